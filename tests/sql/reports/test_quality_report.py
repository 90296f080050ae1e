"""What services and instrumentations leave untold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.ledger.hour_sums import sum_hours
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import Configuration
from spanledger_sql.store import Store

START = datetime(2024, 10, 8, 12, tzinfo=UTC)
PERIOD = {
    "from": START - timedelta(days=1),
    "to": START + timedelta(days=1),
    "tenants": [],
    "own": "",
    "own_values": [],
    "where": [],
    "moment": "2261-01-01 00:00:00",
}


def request(number: int, service: str, **attributes: str | int) -> bytes:
    """One call of a service, by the OpenTelemetry conventions and whatever else is given."""
    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = service
    scope = resource.scope_spans.add()
    scope.scope.name = "my.instrumentation"
    span = scope.spans.add(name="chat", trace_id=number.to_bytes(16), span_id=number.to_bytes(8))
    span.start_time_unix_nano = int(START.timestamp() * 1e9) + number * 10**9
    span.end_time_unix_nano = span.start_time_unix_nano + 10**8
    said = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}
    for name, value in {**said, **{name.replace("__", "."): value for name, value in attributes.items()}}.items():
        if isinstance(value, int):
            span.attributes.add(key=name).value.int_value = value
        else:
            span.attributes.add(key=name).value.string_value = value
    return message.SerializeToString()


def test_what_is_untold_is_counted_by_service_and_instrumentation(store: Store, configuration: Configuration) -> None:
    told = {"gen_ai__usage__input_tokens": 10, "gen_ai__usage__output_tokens": 5}
    requests = [
        request(1, "shop", tenant__id="acme", **told),
        request(2, "shop", **told),
        request(3, "shop", gen_ai__usage__input_tokens="many", gen_ai__usage__output_tokens=3),
        request(
            4, "search", tenant__id="acme", gen_ai__usage__predicted_tokens=7, gen_ai__request__max_tokens=9, **told
        ),
    ]
    store.insert_otlp(b"".join(map(length_prefixed, requests)), "spans")
    Worker(store, configuration).catch_up()
    rows = {row["service"]: row for row in store.frame("reports/attribution/quality", **PERIOD).to_dict("records")}
    shop, search = rows["shop"], rows["search"]
    assert (shop["calls"], shop["unattributed"], shop["missing_usage"], shop["unbelieved"]) == (3, 2, 1, 1)
    assert shop["unattributed_share"] == 2 / 3
    assert shop["unknown_attributes"] == ""
    assert (search["calls"], search["unattributed"], search["missing_usage"]) == (1, 0, 0)
    assert search["unknown_attributes"] == "gen_ai.usage.predicted_tokens"
    call_by_call = store.frame("reports/attribution/quality", **PERIOD)
    while sum_hours(store, quiet_s=0, margin_s=0):
        pass
    assert store.value("SELECT count() FROM ledger_sum WHERE scope_name = 'my.instrumentation'") > 0
    pd.testing.assert_frame_equal(store.frame("reports/attribution/quality", **PERIOD), call_by_call)


def test_a_failed_call_is_not_reproached_with_missing_usage(store: Store, configuration: Configuration) -> None:
    failed = ExportTraceServiceRequest.FromString(request(1, "shop", tenant__id="acme"))
    failed.resource_spans[0].scope_spans[0].spans[0].status.code = 2
    store.insert_otlp(length_prefixed(failed.SerializeToString()), "failed")
    Worker(store, configuration).catch_up()
    [row] = store.frame("reports/attribution/quality", **PERIOD).to_dict("records")
    assert (row["calls"], row["missing_usage"], row["missing_usage_share"]) == (1, 0, 0)


def test_no_call_is_in_no_row(store: Store) -> None:
    assert store.frame("reports/attribution/quality", **PERIOD).empty


def _said(name: str, scope: str, **attributes: str | int) -> bytes:
    """A span of the service shop by a scope, with nothing but the given attributes."""
    message = ExportTraceServiceRequest.FromString(request(1, "shop"))
    instrumented = message.resource_spans[0].scope_spans[0]
    instrumented.scope.name = scope
    span = instrumented.spans[0]
    span.name = name
    span.trace_id = span.span_id = b""
    span.trace_id, span.span_id = name.encode().ljust(16, b".")[:16], name.encode().ljust(8, b".")[:8]
    del span.attributes[:]
    for key, value in attributes.items():
        kind = "int_value" if isinstance(value, int) else "string_value"
        setattr(span.attributes.add(key=key).value, kind, value)
    return message.SerializeToString()


def test_what_speaks_of_a_model_or_tokens_and_is_no_call_is_named(store: Store, configuration: Configuration) -> None:
    spans = [
        # An operation that nobody here knows, with a model.
        _said("telepathy m", "vendor.sdk", **{"gen_ai.operation.name": "telepathy", "gen_ai.request.model": "m"}),
        # A scope that nobody here knows, with usage by names of its own.
        _said("ask", "home.grown", **{"acme.llm.prompt_tokens": 12, "acme.llm.model": "m"}),
        # What a log-like span of a framework says again.
        _said("event.usage", "framework.log", **{"event.name": "api_response", "usage_total": 40}),
        # What is known to be no call, and what speaks of neither.
        _said("agent", "vendor.sdk", **{"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "m"}),
        _said("GET /", "http", **{"http.request.method": "GET", "http.response.status_code": 200}),
    ]
    store.insert_otlp(b"".join(map(length_prefixed, spans)), "unread")
    Worker(store, configuration).catch_up()
    frame = store.frame("reports/attribution/quality", **PERIOD)
    rows = {row["scope"]: row for row in frame.to_dict("records") if row["dialect"] == "(not read)"}
    assert {scope: (row["calls"], row["not_read"], row["not_read_names"]) for scope, row in rows.items()} == {
        "vendor.sdk": (0, 1, "telepathy m"),
        "home.grown": (0, 1, "ask"),
        "framework.log": (0, 1, "event.usage"),
    }
    assert store.value("SELECT count() FROM calls") == 0
    # A tenant's view has none of them: whose they are, nobody knows.
    assert store.frame("reports/attribution/quality", **{**PERIOD, "tenants": ["acme"]}).empty
