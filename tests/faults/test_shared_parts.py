"""What many spans share stands beside each of them in the database: a small request must not become gigabytes there."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from harness.node import RunningNode, start_node
from harness.spooled import eventually, request
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from spanledger_collector import otlp_file
from spanledger_collector.export_request import from_json, from_protobuf
from spanledger_collector.otlp_file import OtlpFileError
from spanledger_collector.otlp_signal import LOGS, METRICS
from spanledger_collector.shared_parts import MOST_SHARED
from spanledger_collector.span_limits import MOST_ATTRIBUTES
from spanledger_collector.spool.spool import Spool
from spanledger_settings.configuration import Configuration


def sharing(length: int = 0, attributes: int = 0, spans: int = 2000, scope: int = 0) -> bytes:
    message = ExportTraceServiceRequest.FromString(request(0, spans))
    resource = message.resource_spans[0].resource
    resource.attributes.add(key="tenant.id").value.string_value = "northwind"
    if length:
        resource.attributes.add(key="process.command_line").value.string_value = "a" * length
    for number in range(attributes):
        resource.attributes.add(key=f"key{number}").value.string_value = "v"
    message.resource_spans[0].scope_spans[0].scope.name = "s" * scope
    return message.SerializeToString()


@pytest.mark.parametrize("what", [{"length": 1_000_000}, {"scope": 1_000_000}])
def test_a_long_value_that_nobody_stores_is_let_go_of_and_every_span_is_taken(what: dict[str, int]) -> None:
    taken = from_protobuf(sharing(**what))
    assert (taken.spans, taken.crowded) == (2000, 0)
    assert taken.shared < 2000 * 2_000
    assert b"northwind" in taken.body


def test_spans_that_share_too_much_are_not_taken_and_those_of_others_are() -> None:
    message = ExportTraceServiceRequest.FromString(sharing(attributes=10_000))
    message.MergeFromString(request(5000, 7))
    taken = from_protobuf(message.SerializeToString())
    assert (taken.spans, taken.crowded) == (7, 2000)


def test_a_resource_as_clusters_have_is_left_as_it_is() -> None:
    body = sharing(length=3_000, attributes=30, spans=8192)
    taken = from_protobuf(body)
    assert (taken.spans, taken.crowded, taken.body) == (8192, 0, body)


def test_logs_metrics_and_json_are_held_to_it_as_well() -> None:
    logs = ExportLogsServiceRequest()
    of_logs = logs.resource_logs.add()
    metrics = ExportMetricsServiceRequest()
    of_metrics = metrics.resource_metrics.add()
    for number in range(10_000):
        for resource in (of_logs.resource, of_metrics.resource):
            resource.attributes.add(key=f"key{number}").value.string_value = "v"
    log_scope, metric = of_logs.scope_logs.add(), of_metrics.scope_metrics.add().metrics.add(name="tokens")
    for _ in range(2000):
        log_scope.log_records.add(time_unix_nano=10**18)
        metric.sum.data_points.add(time_unix_nano=10**18, as_int=1)
    assert from_protobuf(logs.SerializeToString(), LOGS).crowded == 2000
    assert from_protobuf(metrics.SerializeToString(), METRICS).crowded == 2000
    document = MessageToDict(ExportTraceServiceRequest.FromString(sharing(attributes=10_000)))
    for span in document["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        span.update(traceId="a" * 32, spanId="b" * 16, parentSpanId="c" * 16)
    assert from_json(json.dumps(document)).crowded == 2000


def test_no_segment_holds_more_of_it_than_a_request_may(tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment_spans=100_000, segment_seconds=60, max_bytes=2**30)
    one = from_protobuf(sharing(attributes=600))
    assert one.shared < MOST_SHARED < 2 * one.shared
    for future in [spool.append(one) for _ in range(5)]:
        future.result(10)
    spool.close()
    segments = list(iter(spool.ready.get, None))
    held = [[from_protobuf(body).shared for body in segment.requests()] for segment in segments]
    assert [len(shared) for shared in held] == [1] * 5


def test_files_are_held_to_it(tmp_path: Path) -> None:
    document = MessageToDict(ExportTraceServiceRequest.FromString(sharing(length=1_000_000)))
    for span in document["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        span.update(traceId="a" * 32, spanId="b" * 16, parentSpanId="c" * 16)
    lines = tmp_path / "long.jsonl"
    lines.write_text(json.dumps(document) + "\n")
    [group] = otlp_file._groups(lines, was_spooled=False)
    assert group.spans == 2000
    assert len(group.body) < len(lines.read_bytes()) - 900_000

    packed = tmp_path / "many.pb"
    packed.write_bytes(sharing(attributes=10_000))
    with pytest.raises(OtlpFileError, match=r"2,000 records are not taken.*smaller batches"):
        list(otlp_file._groups(packed, was_spooled=False))

    wide = ExportTraceServiceRequest.FromString(request(0, 1))
    for number in range(MOST_ATTRIBUTES):
        wide.resource_spans[0].scope_spans[0].spans[0].attributes.add(key=f"a{number}").value.int_value = number
    packed.write_bytes(wide.SerializeToString())
    with pytest.raises(OtlpFileError, match=r"record 1: 1 spans have more than 1,024 attributes"):
        list(otlp_file._groups(packed, was_spooled=False))


@pytest.fixture
def node(configuration: Configuration):
    node = start_node(configuration)
    yield node
    node.kill()


def test_a_node_that_takes_such_requests_keeps_its_memory(node: RunningNode) -> None:
    url = f"{node.addresses['otlp_http']}/v1/traces"
    headers = {"content-type": "application/x-protobuf"}

    def post(body: bytes) -> int:
        answer = httpx.post(url, content=body, headers=headers, timeout=60)
        assert answer.status_code == 200
        return int(ExportTraceServiceResponse.FromString(answer.content).partial_success.rejected_spans)

    bodies = [sharing(length=1_000_000), sharing(attributes=10_000), *[sharing(attributes=800)] * 4]
    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(post, bodies)) == [0, 0, 0, 0, 0, 2000]
    health = f"{node.addresses['otlp_http']}/health"
    eventually(lambda: httpx.get(health, timeout=60).json()["spool_bytes"] == 0)
    assert peak_bytes(node.process.pid) < 2_000_000_000


def peak_bytes(pid: int) -> int:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024
