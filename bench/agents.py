"""Coding agents: log records acknowledged a second at 32 senders, and the CPU of a node with a fleet's metrics (Linux).

Bars: >= 100,000 records/s on 2 cores; 500 agents that export metrics each 60 s < 5 % of a core, with their day so far
in the database.

    python bench/agents.py
"""

from __future__ import annotations

import argparse
import http.client
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from quiet import cpu_seconds

from spanledger_cli.commands.run.doctor import node_status
from spanledger_settings.configuration import load

_EVENTS = ("user_prompt", "api_request", "assistant_response")
_SECOND = 10**9
_CLASSES = ("input", "output", "cacheRead", "cacheCreation")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000, help="of log records")
    parser.add_argument("--per-request", type=int, default=512, help="the SDK's default batch")
    parser.add_argument("--senders", type=int, default=32)
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--hours", type=int, default=4, help="of metrics that are there already")
    parser.add_argument(
        "--seconds",
        type=int,
        default=600,
        help="that the fleet is watched: what its metrics tell is compared every few minutes",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        configuration = load(data_dir=Path(folder))
        ports = ["--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0"]
        command = [sys.executable, "-m", "spanledger_cli", "--data-dir", folder, "up", *ports]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            while (status := node_status(configuration)) is None:
                time.sleep(0.1)
            netloc = urlsplit(status["addresses"]["otlp_http"]).netloc
            share = _fleet(process.pid, netloc, options.agents, options.hours, options.seconds)
            print(f"{options.agents} agents, metrics each 60 s, {options.hours} hours before: {share:.1%} of a core")
            bodies = [_logs(number, options.per_request) for number in range(options.requests)]
            begin = time.perf_counter()
            with ThreadPoolExecutor(options.senders) as senders:
                parts = [bodies[place :: options.senders] for place in range(options.senders)]
                list(senders.map(lambda part: _send(netloc, "logs", part), parts))
            rate = options.requests * options.per_request / (time.perf_counter() - begin)
            print(f"log records sent and acknowledged (fsynced) at {options.senders} senders: {rate:,.0f}/s")
            process.terminate()


def _fleet(process: int, netloc: str, agents: int, hours: int, seconds: int) -> float:
    now = time.time_ns()
    past = [_metrics(agent, now - hours * 3600 * _SECOND, hours * 60) for agent in range(agents)]
    _send(netloc, "metrics", past)
    _settle(process)
    cpu, begin = cpu_seconds(process), time.perf_counter()
    while (passed := time.perf_counter() - begin) < seconds:
        minute, due = divmod(passed, 60)
        part = range(int(due * agents / 60), min(agents, int((due + 1) * agents / 60)))
        _send(netloc, "metrics", [_metrics(agent, now + int(minute) * 60 * _SECOND, 1) for agent in part])
        time.sleep(max(0.0, begin + int(passed) + 1 - time.perf_counter()))
    return (cpu_seconds(process) - cpu) / (time.perf_counter() - begin)


def _settle(process: int) -> None:
    """Wait until what was sent is booked: a node that has nothing to do takes hardly any CPU."""
    time.sleep(20)
    for _ in range(12):
        cpu = cpu_seconds(process)
        time.sleep(10)
        if cpu_seconds(process) - cpu < 0.5:
            return


def _metrics(agent: int, begins: int, intervals: int) -> bytes:
    message = ExportMetricsServiceRequest()
    resource = message.resource_metrics.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "claude-code"
    resource.resource.attributes.add(key="tenant.id").value.string_value = f"team-{agent % 20}"
    scope = resource.scope_metrics.add()
    scope.scope.name = "com.anthropic.claude_code"
    metric = scope.metrics.add(name="claude_code.token.usage", unit="tokens")
    metric.sum.is_monotonic = True
    metric.sum.aggregation_temporality = 1
    for interval in range(intervals):
        for kind in _CLASSES:
            start = begins + interval * 60 * _SECOND + agent
            point = metric.sum.data_points.add(
                start_time_unix_nano=start, time_unix_nano=start + 60 * _SECOND, as_double=1000.0 + interval
            )
            for key, value in (("session.id", f"session {agent}"), ("model", "claude-sonnet-4-5"), ("type", kind)):
                point.attributes.add(key=key).value.string_value = value
    return message.SerializeToString()


def _logs(number: int, records: int) -> bytes:
    message = ExportLogsServiceRequest()
    resource = message.resource_logs.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "claude-code"
    scope = resource.scope_logs.add()
    scope.scope.name = "com.anthropic.claude_code.events"
    now = time.time_ns()
    for place in range(records):
        event = _EVENTS[place % 3]
        log = scope.log_records.add(time_unix_nano=now + number * records + place)
        log.body.string_value = f"claude_code.{event}"
        said = {
            "event.name": event, "session.id": f"session {number}", "user.id": "a" * 64, "terminal.type": "xterm",
            "prompt.id": "2114f83d-dd61-45a4-ae77-b936b6c6b63a", "event.sequence": str(place),
        }  # fmt: skip
        if event == "api_request":
            said |= {
                "model": "claude-sonnet-4-5", "input_tokens": "12", "output_tokens": "38", "cache_read_tokens": "4096",
                "cache_creation_tokens": "2048", "cost_usd": "0.0118188", "duration_ms": "232",
                "request_id": f"req_{number}_{place}",
            }  # fmt: skip
        for key, value in said.items():
            log.attributes.add(key=key).value.string_value = value
    return message.SerializeToString()


def _send(netloc: str, signal: str, bodies: list[bytes]) -> None:
    connection = http.client.HTTPConnection(netloc)
    for body in bodies:
        connection.request("POST", f"/v1/{signal}", body, {"content-type": "application/x-protobuf"})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise SystemExit(f"the node answered {response.status}")
    connection.close()


if __name__ == "__main__":
    main()
