"""What OTLP senders may send, over real sockets, reaches the ledger alike."""

import gzip
import json
import socket
import time

import httpx
import pytest
from harness.node import start_node
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from spanledger_settings.configuration import load
from spanledger_sql.store import Store

USAGE = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 100,
    "gen_ai.response.finish_reasons": ("stop",),
    "tenant.id": "acme",
    "gen_ai.input.messages": '[{"role": "user", "parts": [{"content": "my secret"}]}]',
    "gen_ai.prompt.0.content": "my secret",
    "llm.input_messages.0.message.content": "my secret",
    "input.value": "my secret",
    "traceloop.entity.input": "my secret",
    "ai.prompt.messages": "my secret",
}


earlier = []


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A node of all these tests."""
    running = start_node(load(data_dir=tmp_path_factory.mktemp("node") / "data"))
    yield running
    running.kill()


@pytest.fixture
def usage():
    """What a span says of a call, whose tenant no other test has."""
    tenant = f"acme-{len(earlier)}"
    yield {**USAGE, "tenant.id": tenant}
    earlier.append(tenant)


def calls_in(node):
    """The calls that are of no earlier test."""
    columns = "tenant_id, request_model, input_tokens, output_tokens, toString(list_cost) AS cost, finish_reason"
    query = f"SELECT {columns} FROM calls WHERE NOT has({{earlier:Array(String)}}, tenant_id)"
    with Store.open(node.configuration) as store:
        deadline = time.monotonic() + 30
        while not (rows := store.rows(query, earlier=earlier)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return [tuple(row.values()) for row in rows]


def expected(usage):
    return (usage["tenant.id"], "gpt-4o-mini", 1000, 100, "0.00021", "stop")


@pytest.mark.parametrize("kind", ["grpc", "http", "http gzip"])
def test_the_sdks_exporters_are_understood(node, usage, kind):
    if kind == "grpc":
        exporter = GrpcExporter(endpoint=f"http://{node.addresses['otlp_grpc']}", insecure=True)
    else:
        compression = Compression.Gzip if "gzip" in kind else Compression.NoCompression
        exporter = HttpExporter(endpoint=f"{node.addresses['otlp_http']}/v1/traces", compression=compression)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("chat gpt-4o-mini", attributes=usage):
        pass
    provider.shutdown()
    assert calls_in(node) == [expected(usage)]


@pytest.mark.parametrize("pack", [lambda body: body, gzip.compress], ids=["plain", "gzip"])
def test_json_is_understood(node, usage, pack):
    attributes = [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in usage.items()
        if not isinstance(value, tuple)
    ]
    attributes.append(
        {"key": "gen_ai.response.finish_reasons", "value": {"arrayValue": {"values": [{"stringValue": "stop"}]}}}
    )
    trace = f"5B8EFFF798038103D269B633813FC6{'AC' if pack is gzip.compress else '0C'}"
    span = {
        "traceId": trace, "spanId": "EEE19B7EC3C1B174", "name": "chat", "kind": 3,
        "startTimeUnixNano": "1728345600000000000", "endTimeUnixNano": "1728345601000000000", "attributes": attributes,
    }  # fmt: skip
    body = json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": [span]}]}]}).encode()
    headers = {"content-type": "application/json"} | ({"content-encoding": "gzip"} if pack is gzip.compress else {})
    answer = httpx.post(f"{node.addresses['otlp_http']}/v1/traces", content=pack(body), headers=headers)
    assert (answer.status_code, answer.text) == (200, "{}")
    assert calls_in(node) == [expected(usage)]
    with Store.open(node.configuration) as store:
        kept = "SELECT concat(TraceId, '/', SpanId) FROM otel_traces WHERE upper(TraceId) = {trace:String}"
        assert store.value(kept, trace=trace) == f"{trace.lower()}/eee19b7ec3c1b174"


def test_prompts_are_not_stored(node, usage):
    exporter = HttpExporter(endpoint=f"{node.addresses['otlp_http']}/v1/traces")
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("chat", attributes=usage) as span:
        span.add_event("gen_ai.user.message", {"content": "my secret"})
    provider.shutdown()
    assert calls_in(node) == [expected(usage)]
    with Store.open(node.configuration) as store:
        for table in ("otel_traces", "llm_spans", "ledger"):
            stored = store.client.raw_query(f"SELECT * FROM {table}", fmt="JSONEachRow").decode()
            assert stored
            assert "secret" not in stored


def test_a_sender_that_hangs_up_disturbs_nobody(node, usage):
    host, port = node.addresses["otlp_http"].removeprefix("http://").split(":")
    for _ in range(20):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
            )
    test_the_sdks_exporters_are_understood(node, usage, "http")
