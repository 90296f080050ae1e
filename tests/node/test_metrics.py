"""What a node tells of itself: its metrics, its readiness, and its log."""

from __future__ import annotations

import json
import time

import grpc
import httpx
import pytest
from harness.command import start
from harness.otlp_request import call
from harness.spooled import request
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from spanledger_collector.export_request import from_protobuf
from spanledger_collector.otlp_http import receiver
from spanledger_collector.spool.spool import Spool, SpoolFull

PROTOBUF = {"content-type": "application/x-protobuf"}
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def figures(url):
    """Each sample by its name and labels."""
    answer = httpx.get(f"{url}/metrics").raise_for_status()
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def eventually(condition, timeout_s=60.0):
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return found


def test_a_node_counts_what_it_received_refused_stored_and_booked(start_node):
    node = start_node()
    url = node.addresses["otlp_http"]
    for number in range(3):
        httpx.post(f"{url}/v1/traces", content=request(number * 10, 10), headers=PROTOBUF).raise_for_status()
    assert httpx.post(f"{url}/v1/traces", content=b"\xff", headers=PROTOBUF).status_code == 400
    elsewhere = {**PROTOBUF, "host": "spans.example"}
    assert httpx.post(f"{url}/v1/traces", content=request(0), headers=elsewhere).status_code == 421
    with grpc.insecure_channel(node.addresses["otlp_grpc"]) as channel:
        export = channel.unary_unary(EXPORT)
        export(request(100, 5))
        with pytest.raises(grpc.RpcError, match="protobuf"):
            export(b"\xff")
    now = figures(url)
    assert now["spanledger_requests_total", "200", "http", "traces"] == 3
    assert now["spanledger_requests_total", "400", "http", "traces"] == 1
    assert now["spanledger_requests_total", "421", "http", "traces"] == 1
    assert now["spanledger_requests_total", "OK", "grpc", "traces"] == 1
    assert now["spanledger_requests_total", "INVALID_ARGUMENT", "grpc", "traces"] == 1
    assert now["spanledger_spool_requests_total",] == 4
    assert now["spanledger_spool_items_total",] == 35
    assert now["spanledger_rejected",] == 0
    assert now["spanledger_failing", "worker"] == 0
    booked = eventually(lambda: (f := figures(url))["spanledger_worker_calls_total",] == 35 and f)
    assert booked["spanledger_spool_waiting_bytes",] == 0
    assert booked["spanledger_stored_segments_total",] >= 1
    ledger = eventually(lambda: (f := figures(url))["spanledger_ledger_calls",] == 35 and f)
    assert (ledger["spanledger_ledger_waiting",], ledger["spanledger_ledger_unattributed",]) == (0, 35)
    assert {
        ("spanledger_ledger_lag_seconds",),
        ("spanledger_ledger_unpriced",),
        ("spanledger_ledger_duplicates",),
    } <= set(ledger)


def test_a_page_of_metrics_names_nobody_and_does_not_grow_by_what_is_asked_for(node):
    url = node.addresses["otlp_http"]
    body = call(tenant__id="northwind", user__id="alice")
    httpx.post(f"{url}/v1/traces", content=body, headers=PROTOBUF).raise_for_status()
    for number in range(30):
        assert httpx.post(f"{url}/v1/{number}").status_code in {404, 405}
    eventually(lambda: figures(url)["spanledger_worker_calls_total",] == 1)
    counted = [key for key in figures(url) if key[0] == "spanledger_requests_total"]
    assert {key[3] for key in counted} == {"traces", "other"}
    page = httpx.get(f"{url}/metrics").text
    assert not [name for name in ("northwind", "alice", "gpt-4o", str(node.configuration.data_dir)) if name in page]


def test_a_node_that_takes_nothing_is_alive_and_not_ready(configuration):
    spool = Spool(configuration.spool, segment_spans=1000, segment_seconds=60, max_bytes=1)
    client = TestClient(receiver(spool, max_request_bytes=2**20))
    assert client.get("/ready").json()["ready"] is True
    spool.append(from_protobuf(request(0, 1))).result(timeout=10)
    ready = client.get("/ready")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert "the limit is 1" in ready.json()["because"]
    assert client.get("/health").status_code == 200
    spool.close()
    assert "shutting down" in client.get("/ready").json()["because"]


def test_a_disk_that_cannot_be_written_makes_a_node_not_ready(configuration):
    spool = Spool(configuration.spool, segment_spans=1000, segment_seconds=60, max_bytes=2**20)
    configuration.spool.rename(configuration.spool.with_name("away"))
    with pytest.raises(SpoolFull, match="cannot write to disk"):
        spool.append(from_protobuf(request(0, 1))).result(timeout=10)
    assert "cannot write to disk" in spool.refuses
    configuration.spool.with_name("away").rename(configuration.spool)
    spool.append(from_protobuf(request(0, 1))).result(timeout=10)
    assert spool.refuses == ""
    spool.close()


def test_logs_are_lines_of_json_where_asked(configuration):
    arguments = ("--otlp-http-port", 0, "--otlp-grpc-port", 0, "--dashboard-port", 0, "--log-format", "json")
    with start("up", *arguments, data_dir=configuration.data_dir) as node:
        while "Ctrl-C" not in node.stdout.readline():
            assert node.poll() is None
        node.terminate()
        _, told = node.communicate(timeout=60)
    events = [json.loads(line) for line in told.splitlines()]
    [stopping] = [event for event in events if event["message"].startswith("stopping")]
    assert (stopping["level"], stopping["logger"], stopping["thread"]) == ("info", "spanledger_node.node", "MainThread")
    assert stopping["time"].endswith("+00:00")
