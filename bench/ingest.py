"""Spans per second into the node, against parsing and flattening them in Python, in one run.

Bar: acknowledged end to end >= 3 x the Python path. Both write the same rows into tables of the same schema. The node's
time, CPU and memory until the calls are in the ledger stand beside them (Linux). It is asked four times a second how
far it is, since it answers at the cost of its own CPU.

    python bench/ingest.py
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from quiet import cpu_seconds
from traffic import requests

from spanledger_cli.commands.run.doctor import node_status
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

_LOOK_S = 0.25
_KINDS = {1: "Internal", 2: "Server", 3: "Client", 4: "Producer", 5: "Consumer"}
_COLUMNS = ["Timestamp", "TraceId", "SpanId", "ParentSpanId", "TraceState", "SpanName", "SpanKind", "ServiceName",
            "ResourceAttributes", "ScopeName", "ScopeVersion", "SpanAttributes", "Duration", "StatusCode",
            "StatusMessage"]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=400_000)
    parser.add_argument("--per-request", type=int, default=512, help="the SDK's default batch")
    options = parser.parse_args()
    count = options.spans // options.per_request
    bodies = requests(count, options.per_request)
    spans = count * options.per_request
    print(f"{spans:,} spans in {count:,} requests of {options.per_request}, {sum(map(len, bodies)) / 1e6:,.0f} MB")
    # Interleaved, so that a noisy neighbour disturbs both.
    python, acknowledged, committed, booked, cpu, peaks = [], [], [], [], [], []
    for _ in range(3):
        python.append(spans / _python_path(bodies))
        ack_s, commit_s, book_s, cpu_s, peak = _node_path(bodies, spans)
        acknowledged.append(spans / ack_s)
        committed.append(spans / commit_s)
        booked.append(spans / book_s)
        cpu.append(cpu_s / spans * 1e6)
        peaks.append(peak)
    floor = max(python)
    print(f"{'path':<44} {'spans/s':>10} {'ratio':>7}")
    for name, rates in (
        ("parse and flatten in Python, insert", python),
        ("node: sent and acknowledged (fsynced)", acknowledged),
        ("node: sent until in otel_traces and llm_spans", committed),
        ("node: sent until in the ledger", booked),
    ):
        print(f"{name:<44} {max(rates):>10,.0f} {max(rates) / floor:>7.2f}")
    print(
        f"wire to ledger: {min(cpu):,.0f} CPU s of the node per million calls, at most {max(peaks):,.0f} MB of memory"
    )


def _python_path(bodies: list[bytes]) -> float:
    with tempfile.TemporaryDirectory() as folder, Store.open(load(data_dir=Path(folder)), exclusive=True) as store:
        migrate(store)
        begin = time.perf_counter()
        rows: list[list[object]] = []
        for body in bodies:
            rows += _flat(ExportTraceServiceRequest.FromString(body))
            if len(rows) >= 20_000:
                store.client.insert("otel_traces", rows, column_names=_COLUMNS)
                rows = []
        if rows:
            store.client.insert("otel_traces", rows, column_names=_COLUMNS)
        return time.perf_counter() - begin


def _flat(request: ExportTraceServiceRequest) -> list[list[object]]:
    rows: list[list[object]] = []
    for resource in request.resource_spans:
        attributes = {item.key: _text(item.value) for item in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                rows.append([
                    span.start_time_unix_nano, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(),
                    span.trace_state, span.name, _KINDS.get(span.kind, "Unspecified"),
                    attributes.get("service.name", ""), attributes, scope.scope.name, scope.scope.version,
                    {item.key: _text(item.value) for item in span.attributes},
                    span.end_time_unix_nano - span.start_time_unix_nano, "Unset", span.status.message,
                ])  # fmt: skip
    return rows


def _text(value: object) -> str:
    kind = value.WhichOneof("value")  # type: ignore[attr-defined]
    if kind == "array_value":
        return json.dumps([_text(item) for item in value.array_value.values])  # type: ignore[attr-defined]
    return str(getattr(value, kind)) if kind else ""


def _node_path(bodies: list[bytes], spans: int) -> tuple[float, float, float, float, float]:
    with tempfile.TemporaryDirectory() as folder:
        configuration = load(data_dir=Path(folder))
        ports = ["--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0"]
        command = [sys.executable, "-m", "spanledger_cli", "--data-dir", folder, "up", *ports]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            while (status := node_status(configuration)) is None:
                time.sleep(0.1)
            endpoint = urlsplit(status["addresses"]["otlp_http"])
            begin, cpu = time.perf_counter(), cpu_seconds(process.pid)
            with ThreadPoolExecutor(4) as senders:
                for _ in senders.map(lambda part: _send(endpoint.netloc, part), [bodies[i::4] for i in range(4)]):
                    pass
            acknowledged = time.perf_counter() - begin
            with Store.open(configuration) as store:
                while store.value("SELECT count() FROM llm_spans") < spans:
                    time.sleep(_LOOK_S)
                committed = time.perf_counter() - begin
                while store.value("SELECT count() FROM ledger") < spans:
                    time.sleep(_LOOK_S)
                booked, cpu = time.perf_counter() - begin, cpu_seconds(process.pid) - cpu
            peak = _peak_mb(process.pid)
            process.terminate()
    return acknowledged, committed, booked, cpu, peak


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def _send(netloc: str, bodies: list[bytes]) -> None:
    connection = http.client.HTTPConnection(netloc)
    for body in bodies:
        connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise SystemExit(f"the node answered {response.status}")
    connection.close()


if __name__ == "__main__":
    main()
