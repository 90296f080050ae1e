"""Every signal by every way over real sockets: what agents send is booked, what cannot be read is said."""

from __future__ import annotations

import gzip
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import httpx
import zstandard
from captured_agents import AGENTS, NAMES, SECOND, api_request, rewritten, token_usage, tokens, truth
from harness.node import RunningNode

from spanledger_collector.export_request import ExportRequest
from spanledger_collector.otlp_signal import LOGS, METRICS, SIGNALS
from spanledger_enrich.worker import Worker
from spanledger_sql.store import Store

COUNTS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
PROTOBUF, JSON = "application/x-protobuf", "application/json"
PACKED = {"": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}


def bodies(agent: str, signal: str) -> list[Path]:
    return sorted((AGENTS / agent).glob(f"{signal}-*"))


def post(node: RunningNode, signal: str, body: bytes, kind: str = PROTOBUF, packed: str = "") -> httpx.Response:
    headers = {"content-type": kind, **({"content-encoding": packed} if packed else {})}
    return httpx.post(
        f"{node.addresses['otlp_http']}/v1/{signal}", content=PACKED[packed](body), headers=headers, timeout=30
    )


def call(node: RunningNode, service: str, body: bytes) -> Any:
    with grpc.insecure_channel(node.addresses["otlp_grpc"]) as channel:
        return channel.unary_unary(f"/{service}/Export")(body, timeout=30)


def with_an_odd_neighbour(signal: str) -> bytes:
    """Gemini CLI's captured request as JSON, with a record beside its own that nobody can read."""
    document = json.loads(bodies(NAMES[2], signal)[0].read_bytes())
    [resources] = document.values()
    scope = resources[0]["scope" + signal.capitalize().replace("Traces", "Spans")][0]
    records = next(value for value in scope.values() if isinstance(value, list))
    records.insert(0, {**records[0], "name": 7, "traceId": "no id", "timeUnixNano": "soon"})
    if signal == "metrics":
        # A metric that can be read but for a point of it.
        records[0] = {"name": "odd", "sum": {"dataPoints": [7]}}
        of_tokens = next(one for one in records if one["name"] == "gemini_cli.token.usage")
        of_tokens["sum"]["dataPoints"].extend([{"asInt": "many"}, 7])
    return json.dumps(document).encode()


def test_every_signal_comes_by_every_way_and_bad_ones_are_said(node: RunningNode) -> None:
    for signal in SIGNALS:
        for malformed in (b"\xff\xff\xff", b"\x0a\x05ab"):
            answer = post(node, signal.name, malformed)
            assert answer.status_code == 400
            assert signal.message.DESCRIPTOR.name.encode() in answer.content
            try:
                call(node, signal.service, malformed)
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.INVALID_ARGUMENT  # noqa: PT017
        assert post(node, signal.name, b"[1]", JSON).status_code == 400
        assert post(node, signal.name, b"{", JSON).status_code == 400
        assert post(node, signal.name, b"", "text/plain").status_code == 415
        assert post(node, signal.name, b"{}", JSON).text == "{}"
        odd = with_an_odd_neighbour(signal.name)
        unread = "3" if signal is METRICS else "1"
        assert unread in post(node, signal.name, odd, JSON).json()["partialSuccess"].values()
        assert post(node, signal.name, bytes(2**26 + 1), packed="gzip").status_code == 413

    claude, codex, gemini = NAMES
    for signal in SIGNALS:
        for number, path in enumerate(bodies(claude, signal.name)):
            answer = post(node, signal.name, path.read_bytes(), packed=list(PACKED)[number % 3])
            assert (answer.status_code, answer.content) == (200, b"")
        for path in bodies(codex, signal.name):
            assert call(node, signal.service, path.read_bytes()) == b""
        for path in bodies(gemini, signal.name):
            assert post(node, signal.name, path.read_bytes(), JSON, "zstd").text == "{}"

    billed = [sum(one[name] for agent in NAMES for one in truth(agent)) for name in COUNTS]
    with Store.open(node.configuration) as store:
        deadline = time.monotonic() + 60
        rows: list[dict[str, Any]] = []
        # Gemini's span tells less than its log, which may be committed after it.
        while time.monotonic() < deadline and (len(rows), list(tokens(rows))) != (3, billed):
            time.sleep(0.5)
            rows = store.rows("SELECT * FROM calls")
    assert [row["granularity"] for row in rows] == ["call"] * 3
    assert list(tokens(rows)) == billed
    node.stop()
    files = [path for path in node.configuration.data_dir.rglob("*") if path.is_file()]
    assert [path for path in files if b"SECRET-CONTENT" in path.read_bytes()] == []


def odd_metrics() -> list[ExportRequest]:
    """Requests with a point that cannot be beside one of 5 tokens that can."""

    def with_point(change: Callable[[Any, Any], None], number: int) -> ExportRequest:
        def of_metric(message: Any) -> None:
            metric = message.resource_metrics[0].scope_metrics[0].metrics[0]
            change(metric, metric.sum.data_points[0])

        [there] = rewritten([token_usage((60 * number, 60 * number + 60, "output", 1000))], of_metric)
        return there

    changes: list[Callable[[Any, Any], None]] = [
        lambda metric, point: setattr(point, "as_double", math.nan),
        lambda metric, point: setattr(point, "as_double", 1e300),
        lambda metric, point: setattr(point, "as_int", -1),
        lambda metric, point: setattr(point, "time_unix_nano", 0),
        lambda metric, point: setattr(point, "time_unix_nano", (2262 - 1970) * 31_556_952 * SECOND),
        lambda metric, point: setattr(metric.sum, "aggregation_temporality", 0),
    ]
    return [with_point(change, number) for number, change in enumerate(changes)]


def odd_logs() -> list[ExportRequest]:
    """Requests of calls whose counts or times cannot be."""

    def at(time_unix_nano: int) -> Callable[[Any], None]:
        def move(message: Any) -> None:
            message.resource_logs[0].scope_logs[0].log_records[0].time_unix_nano = time_unix_nano

        return move

    return [
        api_request(10, 11, output_tokens="NaN"),
        api_request(20, 12, input_tokens="-5"),
        api_request(30, 13, output_tokens="1e300"),
        *rewritten([api_request(40, 14)], at(1)),
        *rewritten([api_request(50, 15)], at(2**63 - 1)),
    ]


def test_what_cannot_be_is_acknowledged_said_and_costs_no_neighbour(node: RunningNode) -> None:
    sound = [(METRICS, token_usage((1000, 1060, "output", 5), (1000, 1060, "input", 7))), (LOGS, api_request(5000, 16))]
    # A counter that goes back begins anew: 30, then 4.
    back = [
        token_usage((2000, 2060, "output", 30), cumulative=True),
        token_usage((2000, 2120, "output", 4), cumulative=True),
    ]
    told = [(METRICS, one) for one in (*odd_metrics(), *back)] + [(LOGS, one) for one in odd_logs()] + sound
    for number, (signal, request) in enumerate(told):
        body = signal.sent(request.body)
        if number % 2:
            assert post(node, signal.name, body).status_code == 200
        else:
            assert call(node, signal.service, body) == b""
    # What was acknowledged last is booked when the node ends, or when the next one starts.
    assert node.stop() == 0
    with Store.open(node.configuration, exclusive=True) as store:
        Worker(store, node.configuration).catch_up()
        rows = store.rows("SELECT * FROM calls")
        uncounted = store.value("SELECT sum(records) FROM otlp_let_go")
    calls = [row for row in rows if row["granularity"] == "call"]
    intervals = [row for row in rows if row["granularity"] == "interval"]
    assert uncounted == 6
    assert sorted(row["output_tokens"] for row in intervals) == [4, 5, 30]
    assert [row["usage_note"] for row in intervals if row["output_tokens"] == 4] == [
        "a counter went back: counted from nothing"
    ]
    assert sorted(row["output_tokens"] for row in calls) == [0, 0, 0, 10, 10, 10]
    assert [row["usage_note"] for row in calls if row["usage_source"] == "missing"] == ["not a count"] * 3
