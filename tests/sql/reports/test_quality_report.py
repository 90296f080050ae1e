"""What services and instrumentations leave untold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.spool import length_prefixed
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


def test_a_failed_call_is_not_reproached_with_missing_usage(store: Store, configuration: Configuration) -> None:
    failed = ExportTraceServiceRequest.FromString(request(1, "shop", tenant__id="acme"))
    failed.resource_spans[0].scope_spans[0].spans[0].status.code = 2
    store.insert_otlp(length_prefixed(failed.SerializeToString()), "failed")
    Worker(store, configuration).catch_up()
    [row] = store.frame("reports/attribution/quality", **PERIOD).to_dict("records")
    assert (row["calls"], row["missing_usage"], row["missing_usage_share"]) == (1, 0, 0)


def test_no_call_is_in_no_row(store: Store) -> None:
    assert store.frame("reports/attribution/quality", **PERIOD).empty
