"""Whose calls a token brings: its tenant's, whatever the spans say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from harness.books import OCTOBER, Books
from harness.otlp_request import NOON, call

from spanledger_collector import otlp_file
from spanledger_collector.admission import Sender
from spanledger_collector.export_request import from_protobuf
from spanledger_collector.otlp_signal import LOGS, METRICS, Signal
from spanledger_collector.pinning import MARK
from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.ledger.tenant_rules import store_rules
from spanledger_settings.tenant_rule import TenantRule

TRACE, SPAN = bytes(range(16)), bytes(range(8))
COLUMNS = "tenant_id, tenant_source, input_tokens, counted, trace_id, span_id"


def ledger(books: Books, *requests: tuple[bytes, str | None]) -> list[dict[str, Any]]:
    """The ledger's rows once these requests came, each with the tenant that its sender's token is for."""
    for number, (body, tenant) in enumerate(requests):
        marked = Sender(tenant=tenant).marked(from_protobuf(body))
        books.store.insert_otlp(length_prefixed(marked.body), f"test {number}")
    books.enrich()
    return books.store.rows(f"SELECT {COLUMNS} FROM ledger FINAL ORDER BY tenant_id, input_tokens")


def test_a_token_says_whose_a_call_is(fresh_books: Books) -> None:
    [row] = ledger(fresh_books, (call(), "northwind"))
    assert (row["tenant_id"], row["tenant_source"]) == ("northwind", "token")


def test_a_claim_of_another_tenant_is_overridden_and_counted(fresh_books: Books) -> None:
    rows = ledger(
        fresh_books, (call(tenant__id="acme"), "northwind"), (call({"tenant.id": "acme"}), "northwind"),
        (call(tenant__id="northwind"), "northwind"),
    )  # fmt: skip
    assert {row["tenant_id"] for row in rows} == {"northwind"}
    assert sorted(row["tenant_source"] for row in rows) == [
        "token", "token over resource tenant.id", "token over tenant.id",
    ]  # fmt: skip
    period = {"from": OCTOBER["from"], "to": OCTOBER["to"]}
    [quality] = fresh_books.store.frame(
        "reports/attribution/quality",
        tenants=[],
        own="",
        own_values=[],
        where=[],
        moment="2261-01-01 00:00:00",
        **period,
    ).to_dict("records")
    assert (quality["calls"], quality["overridden"]) == (3, 2)


def test_a_rule_that_goes_first_does_not_go_before_a_token(fresh_books: Books) -> None:
    store_rules(
        fresh_books.store, [TenantRule(attribute="user.id", pattern="(.*)", tenant="by-rule", before_span=True)]
    )
    rows = ledger(fresh_books, (call(user__id="alice"), "northwind"), (call(user__id="alice"), None))
    assert [row["tenant_id"] for row in rows] == ["by-rule", "northwind"]


@pytest.mark.parametrize("tenant", [None, "northwind"])
def test_a_senders_own_mark_is_not_believed(fresh_books: Books, tenant: str | None) -> None:
    [row] = ledger(fresh_books, (call({MARK: "acme"}), tenant))
    assert row["tenant_id"] == (tenant or "(unattributed)")
    assert row["tenant_source"] == ("token" if tenant else "none")


def test_a_files_mark_is_not_believed(tmp_path: Path, fresh_books: Books) -> None:
    path = tmp_path / "requests.pb"
    path.write_bytes(call({MARK: "acme"}))
    otlp_file.ingest(fresh_books.store, path)
    assert fresh_books.store.value("SELECT tenant_id FROM llm_spans") == "(unattributed)"
    marked = tmp_path / "requests.jsonl"
    attribute = {"key": MARK, "value": {"stringValue": "acme"}}
    marked.write_text(json.dumps({"resourceSpans": [{"resource": {"attributes": [attribute]}}]}))
    with pytest.raises(otlp_file.OtlpFileError, match=MARK):
        otlp_file.check(fresh_books.store, marked)


def test_the_same_ids_of_two_tenants_are_two_calls(fresh_books: Books) -> None:
    """Who knows another's trace and span id, as everybody called by it does, cannot write over its row."""
    rows = ledger(
        fresh_books, (call(trace=TRACE, span=SPAN), "northwind"),
        (call(trace=TRACE, span=SPAN, gen_ai__usage__input_tokens=1), "acme"),
    )  # fmt: skip
    assert [(row["tenant_id"], row["input_tokens"], row["counted"]) for row in rows] == [
        ("acme", 1, 1), ("northwind", 1000, 1),
    ]  # fmt: skip
    assert all(row["trace_id"].startswith(TRACE.hex()) for row in rows)


@pytest.mark.parametrize("signal", [LOGS, METRICS], ids=lambda signal: signal.name)
def test_a_token_says_whose_logs_and_metrics_are(fresh_books: Books, signal: Signal) -> None:
    request = signal.message()
    part = getattr(request, signal.resources).add()
    for key, text in (("tenant.id", "acme"), ("service.name", "claude-code")):
        part.resource.attributes.add(key=key).value.string_value = text
    scope = getattr(part, signal.scopes).add()
    scope.scope.name = "com.anthropic.claude_code"
    said = {"event.name": "api_request", "model": "claude-sonnet-4-5", "input_tokens": "5", "output_tokens": "7",
            "session.id": "s", "type": "input"}  # fmt: skip
    if signal is LOGS:
        record = scope.log_records.add(time_unix_nano=NOON)
        record.body.string_value = "claude_code.api_request"
    else:
        metric = scope.metrics.add(name="claude_code.token.usage", unit="tokens")
        metric.sum.aggregation_temporality, metric.sum.is_monotonic = 1, True
        record = metric.sum.data_points.add(start_time_unix_nano=NOON, time_unix_nano=NOON + 10**9, as_double=5)
    for key, text in said.items():
        record.attributes.add(key=key).value.string_value = text
    marked = Sender(tenant="northwind").marked(from_protobuf(request.SerializeToString(), signal))
    fresh_books.store.insert_otlp(length_prefixed(marked.body), "signal")
    table = "llm_spans" if signal is LOGS else "usage_point"
    assert fresh_books.store.rows(f"SELECT tenant_id FROM {table}") == [{"tenant_id": "northwind"}]
    fresh_books.enrich()
    booked = fresh_books.store.rows("SELECT tenant_id, tenant_source FROM ledger")
    assert booked == [{"tenant_id": "northwind", "tenant_source": "token over tenant.id"}]


def test_a_call_is_explained_by_the_id_that_its_sender_knows(fresh_books: Books) -> None:
    ledger(fresh_books, (call(trace=TRACE, span=SPAN), "northwind"))
    found = fresh_books.store.frame("reports/calls/explain", trace_id=TRACE.hex(), span_id=SPAN.hex())
    assert list(found["tenant_id"]) == ["northwind"]


def test_a_tenants_token_brings_no_measurements_of_hosts(fresh_books: Books) -> None:
    sample = {"gen_ai__operation__name": "energy_sample", "host__name": "gpu-1", "spanledger__energy__wh": 5}
    ledger(fresh_books, (call(**sample), "northwind"), (call(**sample), None))
    assert fresh_books.store.value("SELECT count() FROM energy_sample") == 1
