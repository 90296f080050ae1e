"""Whose an outcome is: by the same rules as its calls, when it comes and after a restatement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from harness.examples import booked
from hypothesis import given
from hypothesis import strategies as st

from spanledger_enrich.books import restatement
from spanledger_enrich.books.scope import Scope
from spanledger_enrich.ledger import outcomes
from spanledger_enrich.ledger.tenant_rules import store_rules
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import Configuration, load
from spanledger_settings.tenant_rule import TenantRule
from spanledger_sql.store import Store

NOON = datetime(2024, 10, 8, 12, tzinfo=UTC)
UNATTRIBUTED = "(unattributed)"
RENAMED = {"attribute": "tenant.id", "lookup": {"globex": "acme"}, "before_span": True}
WHOSE = "SELECT * EXCEPT (attributed_at, ingested_at, restatement_id) FROM outcome FINAL ORDER BY ts, outcome_id"
TABLES = (
    "llm_spans", "ledger", "call_tenant", "tenant_rule", "tenant_rule_set", "enrich_progress", "taken_insert",
    "reported_outcome", "outcome", "restatement", "restatement_total", "restatement_chunk",
)  # fmt: skip


def with_rules(configuration: Configuration, *rules: dict[str, Any]) -> Configuration:
    return load(data_dir=configuration.data_dir, tenant_rules=tuple(TenantRule(**rule) for rule in rules))


def calls_with_outcomes(store: Store, *said: dict[str, str], ingested_at: datetime | None = None) -> None:
    """A call and an outcome of the same run each: the tenant that both name, where they do, and their attributes."""
    now = ingested_at or datetime.now(UTC)
    calls, told = [], []
    for number, attributes in enumerate(said):
        tenant = attributes.get("tenant.id", UNATTRIBUTED)
        source = attributes.get("source", "none" if tenant == UNATTRIBUTED else "tenant.id")
        both = {
            "ingested_at": now, "ts": NOON + timedelta(days=20 * number), "trace_id": f"{number:032x}",
            "tenant_id": tenant, "tenant_source": source, "service_name": attributes.get("service.name", "app"),
            "feature": "", "session_id": "", "run_id": f"run {number}", "response_id": "",
            "attribution_raw": {key: text for key, text in attributes.items() if key not in ("source", "about")},
        }  # fmt: skip
        if attributes.get("about") != "nothing":
            calls.append({
                **both, "span_id": f"{number:016x}", "provider": "openai", "request_model": "gpt-4o",
                "operation": "chat", "status": "ok", "usage_source": "reported", "input_tokens": 1000,
                "output_tokens": 100,
            })  # fmt: skip
        told.append({
            **both, "outcome_id": f"{number:032x}", "name": "solved", "label": "", "score": None, "good": 1,
            "revenue": None, "signal": "span",
        })  # fmt: skip
    store.insert("llm_spans", calls)
    store.insert("reported_outcome", told)


def book(store: Store, configuration: Configuration) -> list[str]:
    Worker(store, configuration).catch_up()
    return tenants(store)


def tenants(store: Store) -> list[str]:
    return [row["tenant_id"] for row in store.rows("SELECT tenant_id FROM outcome FINAL ORDER BY ts")]


def restate(store: Store, configuration: Configuration, scope: Scope | None = None, **options: Any) -> Any:
    given = {"requested_by": "a test", "reason": "a test", **options}
    return restatement.restate(store, configuration, scope or Scope(), **given)


def report(store: Store, *by: str) -> dict[tuple[str, str], dict[str, Any]]:
    frame = store.frame(
        "reports/finance/outcomes", tenants=[], by=list(by), good_score="",
        **{"from": NOON - timedelta(days=30), "to": NOON + timedelta(days=400)},
    )  # fmt: skip
    return {(row["tenant"], row["feature"]): row for row in frame.to_dict("records")}


def test_outcomes_follow_their_calls_to_a_renamed_tenant(loaded_store: Store, configuration: Configuration) -> None:
    store = loaded_store
    calls_with_outcomes(store, {"tenant.id": "globex"}, {"tenant.id": "globex"}, {"tenant.id": "initech"})
    assert book(store, configuration) == ["globex", "globex", "initech"]
    renamed = with_rules(configuration, RENAMED)
    preview = restate(store, renamed, dry_run=True)
    # A dry run leaves the rules as they are, which are none yet.
    assert (preview.changed_calls, preview.changed_outcomes) == (0, 0)
    store_rules(store, renamed.tenant_rules)
    preview = restate(store, renamed, dry_run=True)
    assert (preview.changed_calls, preview.changed_outcomes, tenants(store)[0]) == (2, 2, "globex")
    done = restate(store, renamed)
    assert (done.changed_calls, done.changed_outcomes) == (2, 2)
    assert tenants(store) == ["acme", "acme", "initech"]
    rows = report(store, "tenant")
    assert {whose: (row["outcomes"], row["without_calls"], row["calls"]) for (whose, _), row in rows.items()} == {
        "acme": (2, 0, 2), "initech": (1, 0, 1),
    }  # fmt: skip
    again = restate(store, renamed)
    assert (again.changed_calls, again.changed_outcomes) == (0, 0)
    # Rules that are taken back give each its own word again.
    back = restate(store, with_rules(configuration))
    assert (back.changed_outcomes, tenants(store)) == (2, ["globex", "globex", "initech"])


def test_the_worker_follows_the_rules_in_force_and_leaves_what_it_wrote(
    store: Store, configuration: Configuration
) -> None:
    calls_with_outcomes(store, {"tenant.id": "globex"}, {"tenant.id": "globex", "source": "token"})
    renamed = with_rules(configuration, RENAMED)
    # Whose token brought it is not renamed, as with calls.
    assert book(store, renamed) == ["acme", "globex"]
    calls = store.rows("SELECT tenant_id FROM calls ORDER BY ts")
    assert [row["tenant_id"] for row in calls] == ["acme", "globex"]
    # Rules that change hold for what comes: what is written waits for a restatement, also of a worker that starts anew.
    other = {"attribute": "tenant.id", "lookup": {"globex": "umbrella"}, "before_span": True}
    assert book(store, with_rules(configuration, other)) == ["acme", "globex"]
    [source] = store.rows("SELECT DISTINCT tenant_source FROM outcome FINAL WHERE tenant_id = 'acme'")
    assert source["tenant_source"] == "rule 1: tenant.id"


def test_an_outcome_that_says_nothing_is_its_calls_and_else_what_a_rule_says(
    store: Store, configuration: Configuration
) -> None:
    said = {"service.name": "checkout"}
    calls_with_outcomes(store, {}, said, {**said, "about": "nothing"}, {**said, "tenant.id": "globex"})
    # The evaluator's own service is no tenant of the calls that it looks at.
    rows = store.rows("SELECT * FROM reported_outcome FINAL ORDER BY ts")
    rows[0]["service_name"] = "evaluator"
    store.execute("TRUNCATE TABLE reported_outcome")
    store.insert("reported_outcome", rows)
    book(store, with_rules(configuration, {"attribute": "service.name"}))
    found = {whose: (row["outcomes"], row["without_calls"]) for (whose, _), row in report(store, "tenant").items()}
    assert found == {"app": (1, 0), "checkout": (2, 1), "globex": (1, 0)}
    # Beside one that says whose it is stands nothing else.
    assert store.value("SELECT rule_tenant_id FROM outcome FINAL WHERE tenant_id = 'globex'") == ""


def test_what_changed_is_what_rules_changed_under_also_by_a_clock_that_was_set_back(
    loaded_store: Store, configuration: Configuration
) -> None:
    store, renamed = loaded_store, with_rules(configuration, RENAMED)
    calls_with_outcomes(store, {"tenant.id": "globex"})
    assert book(store, renamed) == ["acme"]
    # Written in ten minutes, by the clock that the machine had, and after the rules.
    store.execute(
        "INSERT INTO outcome SELECT * REPLACE ('umbrella' AS tenant_id, now64(6, 'UTC') + INTERVAL 10 MINUTE AS "
        "attributed_at) FROM outcome FINAL"
    )
    assert (restate(store, renamed).changed_outcomes, tenants(store)) == (0, ["umbrella"])
    assert (restate(store, renamed, Scope(changed=False)).changed_outcomes, tenants(store)) == (1, ["acme"])


@pytest.mark.parametrize(
    ("attribute", "said"),
    [("user.id", "enduser.id"), ("host.name", "resource.host.id"), ("provider.account", "spanledger.provider.account"),
     ("deployment.environment.name", "resource.deployment.environment"), ("spanledger.run_id", "")],
)  # fmt: skip
def test_a_rule_reads_what_an_outcome_says_by_another_name(
    store: Store, configuration: Configuration, attribute: str, said: str
) -> None:
    calls_with_outcomes(store, {**({said: "run 0"} if said else {}), "about": "nothing"})
    book(store, with_rules(configuration, {"attribute": attribute}))
    assert list(report(store, "tenant")) == [("run 0", "")]


@pytest.mark.parametrize("scope", ["tenant", "month"])
def test_a_restatement_of_a_part_leaves_the_others(
    loaded_store: Store, configuration: Configuration, scope: str
) -> None:
    store = loaded_store
    calls_with_outcomes(store, *({"tenant.id": tenant} for tenant in ("globex", "initech", "globex", "initech")))
    book(store, configuration)
    rules = with_rules(
        configuration, {"attribute": "tenant.id", "pattern": "(.).*", "tenant": r"\1", "before_span": True}
    )
    asked = {
        "tenant": (Scope(tenants=("globex",), changed=False), ["g", "initech", "g", "initech"]),
        "month": (Scope(end=datetime(2024, 11, 1, tzinfo=UTC), changed=False), ["g", "i", "globex", "initech"]),
    }  # fmt: skip
    restate(store, rules, asked[scope][0])
    assert tenants(store) == asked[scope][1]
    restate(store, rules, Scope(models=("gpt-4o",), changed=False))
    assert tenants(store) == asked[scope][1]
    assert restate(store, rules, Scope(changed=False)).changed_outcomes == 2
    assert tenants(store) == ["g", "i", "g", "i"]


def test_a_restatement_killed_among_outcomes_is_finished_by_the_next(
    loaded_store: Store, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = loaded_store
    calls_with_outcomes(store, *({"tenant.id": "globex"} for _ in range(6)))
    book(store, configuration)
    renamed = with_rules(configuration, RENAMED)
    written, write = [], outcomes._write

    def killed(*given: Any, **named: Any) -> None:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(given)
        write(*given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(outcomes, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            restate(store, renamed)
    assert set(tenants(store)) == {"acme", "globex"}
    done = restate(store, renamed)
    assert [one.changed_outcomes for one in (*done.resumed, done)] == [6, 0]
    assert tenants(store) == ["acme"] * 6
    kept = store.rows("SELECT changed_calls, changed_outcomes FROM restatement FINAL ORDER BY started_at")
    assert [tuple(row.values()) for row in kept] == [(6, 6), (0, 0)]


_RULES: list[dict[str, Any]] = [
    RENAMED,
    {"attribute": "a", "before_span": True},
    {"attribute": "a", "lookup": {"x": "globex"}},
    {"attribute": "service.name", "pattern": "(s.*)", "tenant": r"of \1"},
    {"attribute": "k8s.namespace.name"},
]


@booked(6)
@given(
    said=st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "tenant.id": st.sampled_from(["globex", "acme"]), "a": st.sampled_from(["x", "y"]),
                "service.name": st.sampled_from(["shop", "app"]), "resource.k8s.namespace.name": st.just("ns"),
                "source": st.just("token"), "about": st.just("nothing"),
            },
        ),
        min_size=1, max_size=6,
    ),
    before=st.lists(st.sampled_from(_RULES), max_size=3, unique_by=str),
    after=st.lists(st.sampled_from(_RULES), max_size=3, unique_by=str),
)  # fmt: skip
def test_restated_outcomes_are_those_that_enriching_from_scratch_would_have_given(
    loaded_store: Store,
    configuration: Configuration,
    said: list[dict[str, str]],
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
) -> None:
    store, new = loaded_store, with_rules(configuration, *after)
    for table in TABLES:
        store.execute(f"TRUNCATE TABLE {table}")
    # Who sends with a token says whose it is.
    said = [{**one, "source": "token"} if "source" in one and "tenant.id" in one else
            {key: text for key, text in one.items() if key != "source"} for one in said]  # fmt: skip
    calls_with_outcomes(store, *said)
    book(store, with_rules(configuration, *before))
    restate(store, new)
    restated, told = store.rows(WHOSE), report(store, "tenant")
    assert restate(store, new).changed_outcomes == 0
    for table in ("ledger", "call_tenant", "enrich_progress", "taken_insert", "outcome"):
        store.execute(f"TRUNCATE TABLE {table}")
    book(store, new)
    assert store.rows(WHOSE) == restated
    assert str(report(store, "tenant")) == str(told)
    # With its call, each outcome that says the call's tenant has it still.
    assert sum(row["without_calls"] for row in told.values()) == sum("about" in one for one in said)
