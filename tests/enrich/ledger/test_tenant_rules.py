"""Whose a call is, by the configured rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from harness.examples import booked
from hypothesis import given
from hypothesis import strategies as st

from spanledger_enrich.books.restatement import restate
from spanledger_enrich.books.scope import Scope
from spanledger_enrich.ledger.tenant_rules import TenantRuleError, store_rules
from spanledger_enrich.prices import price_book
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import Configuration, ConfigurationError, load
from spanledger_settings.tenant_rule import TenantRule
from spanledger_sql.store import Store

START = datetime(2024, 10, 8, 12, tzinfo=UTC)
UNATTRIBUTED = "(unattributed)"


def calls(store: Store, *said: dict[str, Any]) -> None:
    """Spans of one call each: the tenant that it names, where it does, and its attributes."""
    seen = int(store.value("SELECT count() FROM llm_spans"))
    rows = []
    for number, attributes in enumerate(said, seen):
        tenant = attributes.get("tenant.id", UNATTRIBUTED)
        rows.append(
            {
                "ingested_at": datetime.now(UTC),
                "trace_id": f"{number:032x}",
                "span_id": f"{number:016x}",
                "ts": START + timedelta(minutes=number),
                "service_name": attributes.get("service.name", "app"),
                "tenant_id": tenant,
                "tenant_source": "none" if tenant == UNATTRIBUTED else "tenant.id",
                "provider": "openai",
                "request_model": "gpt-4o",
                "operation": "chat",
                "status": "ok",
                "usage_source": "reported",
                "input_tokens": 1000 + number,
                "output_tokens": 100,
                "attribution_raw": {name: text for name, text in attributes.items() if name != "tenant.id"},
            }
        )
    store.insert("llm_spans", rows)


def with_rules(configuration: Configuration, *rules: dict[str, Any]) -> Configuration:
    return load(data_dir=configuration.data_dir, tenant_rules=tuple(TenantRule(**rule) for rule in rules))


def book(store: Store, configuration: Configuration) -> list[tuple[str, str]]:
    Worker(store, configuration).catch_up()
    return tenants(store)


def tenants(store: Store) -> list[tuple[str, str]]:
    return [(row["tenant_id"], row["tenant_source"]) for row in store.rows("SELECT * FROM calls ORDER BY trace_id")]


def test_the_first_rule_that_gives_a_tenant_holds(store: Store, configuration: Configuration) -> None:
    calls(
        store,
        {"key.alias": "team-acme-prod"},
        {"key.alias": "nobody's", "service.name": "checkout"},
        {"session.id": "globex"},
        {"key.alias": "team-acme-prod", "session.id": "globex"},
        {},
    )
    found = book(
        store,
        with_rules(
            configuration,
            {"attribute": "key.alias", "pattern": "team-([a-z]+)-.*", "tenant": r"\1"},
            {"attribute": "service.name", "lookup": {"checkout": "shop"}},
            {"attribute": "session.id"},
        ),
    )
    assert found == [
        ("acme", "rule 1: key.alias"),
        ("shop", "rule 2: service.name"),
        ("globex", "rule 3: session.id"),
        ("acme", "rule 1: key.alias"),
        (UNATTRIBUTED, "none"),
    ]


def test_the_span_goes_before_rules_but_for_those_that_go_first(store: Store, configuration: Configuration) -> None:
    calls(store, {"tenant.id": "told", "a": "x", "b": "y"}, {"tenant.id": "told", "a": "x"}, {"a": "x"})
    rules = ({"attribute": "a"}, {"attribute": "b", "before_span": True})
    assert book(store, with_rules(configuration, *rules)) == [
        ("y", "rule 2: b"),
        ("told", "tenant.id"),
        ("x", "rule 1: a"),
    ]


def test_tenants_may_be_renamed(store: Store, configuration: Configuration) -> None:
    calls(store, {"tenant.id": "t-17"}, {"tenant.id": "t-18"})
    rule = {"attribute": "tenant.id", "lookup": {"t-17": "acme"}, "before_span": True}
    assert [tenant for tenant, _ in book(store, with_rules(configuration, rule))] == ["acme", "t-18"]


def test_attributes_of_the_resource_are_found(store: Store, configuration: Configuration) -> None:
    calls(store, {"resource.k8s.namespace.name": "acme"})
    assert book(store, with_rules(configuration, {"attribute": "k8s.namespace.name"})) == [
        ("acme", "rule 1: k8s.namespace.name")
    ]


def test_changed_rules_restate_and_the_same_again_changes_nothing(
    loaded_store: Store, configuration: Configuration
) -> None:
    calls(loaded_store, {"a": "x"}, {"a": "y"}, {"tenant.id": "told"})
    book(loaded_store, configuration)
    total = loaded_store.value("SELECT sum(list_cost) FROM calls")
    rules = with_rules(configuration, {"attribute": "a", "lookup": {"x": "acme"}})

    def restated(configuration: Configuration) -> int:
        return restate(loaded_store, configuration, Scope(), requested_by="a test", reason="a test").changed_calls

    assert restated(rules) == 1
    assert [tenant for tenant, _ in tenants(loaded_store)] == ["acme", UNATTRIBUTED, "told"]
    assert restated(rules) == 0
    assert restated(with_rules(configuration, {"attribute": "a"})) == 2
    assert [tenant for tenant, _ in tenants(loaded_store)] == ["x", "y", "told"]
    assert restated(configuration) == 0
    assert restated(with_rules(configuration)) == 2
    assert [tenant for tenant, _ in tenants(loaded_store)] == [UNATTRIBUTED, UNATTRIBUTED, "told"]
    assert loaded_store.value("SELECT sum(list_cost) FROM calls") == total


def test_the_tenant_of_a_rule_gets_its_contract_prices(
    loaded_store: Store, configuration: Configuration, tmp_path: Path
) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(
        "book: acme\napplies_to: {tenant: acme}\nlines:\n  - {kind: discount, provider: openai, discount_percent: 50}\n"
    )
    price_book.import_book(loaded_store, file)
    calls(loaded_store, {"a": "acme"}, {"a": "globex"})
    book(loaded_store, with_rules(configuration, {"attribute": "a"}))
    found = loaded_store.rows("SELECT list_cost, contracted_cost FROM calls ORDER BY trace_id")
    assert [row["contracted_cost"] / row["list_cost"] for row in found] == [Decimal("0.5"), 1]


@booked(6)
@given(
    values=st.lists(
        st.tuples(st.sampled_from(["", "p", "q"]), st.sampled_from(["", "r", "s"])), min_size=1, max_size=8
    ),
    order=st.permutations([0, 1, 2]),
)
def test_rules_move_cost_and_change_no_total(
    loaded_store: Store, configuration: Configuration, values: list[tuple[str, str]], order: list[int]
) -> None:
    for table in ("llm_spans", "ledger", "call_tenant", "tenant_rule", "tenant_rule_set", "enrich_progress"):
        loaded_store.execute(f"TRUNCATE TABLE {table}")
    known: list[dict[str, Any]] = [
        {"attribute": "a", "lookup": {"p": "one"}},
        {"attribute": "b", "pattern": "[rs]", "tenant": "two"},
        {"attribute": "a"},
    ]
    rules = [known[place] for place in order]
    calls(loaded_store, *({"a": a, "b": b} for a, b in values))
    found = [tenant for tenant, _ in book(loaded_store, with_rules(configuration, *rules))]

    def expected(a: str, b: str) -> str:
        answers = [{"p": "one"}.get(a, ""), "two" if b else "", a]
        return next((answers[place] for place in order if answers[place]), UNATTRIBUTED)

    assert found == [expected(a, b) for a, b in values]
    by_tenant = "SELECT sum(c) FROM (SELECT tenant_id, sum(list_cost) AS c FROM calls GROUP BY tenant_id)"
    assert loaded_store.value(by_tenant) == loaded_store.value("SELECT sum(list_cost) FROM ledger FINAL")


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"attribute": ""}, "tenant_rules.0.attribute"),
        ({"attribute": "a", "tenants": {}}, "tenant_rules.0.tenants"),
        ({"attribute": "a", "pattern": "x"}, "pattern and tenant go together"),
        ({"attribute": "a", "pattern": "(", "tenant": "x"}, "no regular expression"),
        ({"attribute": "a", "pattern": "x", "tenant": "y", "lookup": {"a": "b"}}, "exclude each other"),
        ({"attribute": "a", "lookup": {"x": ""}}, "neither of them empty"),
        ({"attribute": "a", "lookup_file": "nowhere.csv"}, "nowhere.csv: cannot be read"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_named(rule: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"tenant_rules\.0") as raised:
        load(data_dir=tmp_path, tenant_rules=(rule,))
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,tenant\nx,y\n", "rules.csv:1: expected the columns value,tenant"),
        ("value,tenant\nx,\n", "rules.csv:2: expected a value and a tenant"),
        ("value,tenant\nx,y\nx,z\n", "rules.csv:3: 'x' is 'y' above"),
    ],
)
def test_a_bad_lookup_file_is_named_by_its_line(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "rules.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as raised:
        load(data_dir=tmp_path, tenant_rules=({"attribute": "a", "lookup_file": tmp_path / "rules.csv"},))
    assert says in str(raised.value)


def test_a_pattern_that_the_engine_does_not_know_is_named(store: Store, configuration: Configuration) -> None:
    rules = with_rules(
        configuration, {"attribute": "a"}, {"attribute": "a", "pattern": "x(?=y)", "tenant": "t"}
    ).tenant_rules
    with pytest.raises(TenantRuleError, match="rule 2"):
        store_rules(store, rules)
    assert not store.value("SELECT count() FROM tenant_rule_set")
