"""The captures of coding agents' telemetry, and requests of their kind that a test makes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from harness.books import Books
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from spanledger_collector.export_request import ExportRequest, from_json, from_protobuf
from spanledger_collector.otlp_signal import LOGS, METRICS, SIGNALS, spooled_as
from spanledger_collector.spool.record import length_prefixed

AGENTS = Path(__file__).parents[2] / "fixtures" / "agents"
NAMES = ("claude-plain", "codex-plain", "gemini-plain")
LONGER = tuple(f"{agent}-{what}" for agent in ("claude", "codex", "gemini") for what in ("tools", "retries", "two"))
SERVICES = {"claude": "claude-code", "codex": "codex_exec", "gemini": "gemini-cli"}
SECOND = 10**9
BEGIN = 1_790_000_000 * SECOND
_TOLD = (
    "llm_spans", "ledger", "enrich_progress", "taken_insert", "taken_usage", "call_key", "call_verdict", "call_tenant",
    "call_model", "usage_point", "otel_logs", "otel_traces", "span_parent", "otel_metrics_sum",
    "otel_metrics_histogram", "otlp_let_go",
)  # fmt: skip


def truth(agent: str) -> list[dict[str, Any]]:
    """What the provider billed."""
    return [call for call in json.loads((AGENTS / agent / "truth.json").read_text())["calls"] if call["billed"]]


def captured(agent: str, signal: str) -> list[ExportRequest]:
    """What the agent sent of one signal."""
    [kind] = [one for one in SIGNALS if one.name == signal]
    return [
        (from_json if path.suffix == ".json" else from_protobuf)(path.read_bytes(), kind)
        for path in sorted((AGENTS / agent).glob(f"{signal}-*"))
    ]


def forget(books: Books) -> None:
    """Leave reference data alone, and forget all that was told."""
    for table in _TOLD:
        books.store.execute(f"TRUNCATE TABLE {table}")


def take(books: Books, requests: list[ExportRequest], token: str) -> None:
    """Store requests and book them."""
    books.store.insert_otlp([length_prefixed(request.body) for request in requests], token)
    books.enrich()


def booked(books: Books) -> list[dict[str, Any]]:
    """The calls, the first first."""
    return books.store.rows("SELECT * FROM calls ORDER BY ts, span_id")


def tokens(rows: list[dict[str, Any]]) -> tuple[int, ...]:
    """Sums: input, cache read, cache write, output."""
    names = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    return tuple(sum(row[name] for row in rows) for name in names)


def api_request(second: float, number: int, output: int = 10, **attributes: str) -> ExportRequest:
    """Claude Code's log of a call that ended at a second."""
    message = ExportLogsServiceRequest()
    resource = message.resource_logs.add()
    _say(resource.resource, {"service.name": "claude-code"})
    scope = resource.scope_logs.add()
    scope.scope.name = "com.anthropic.claude_code.events"
    log = scope.log_records.add(time_unix_nano=BEGIN + int(second * SECOND))
    log.body.string_value = "claude_code.api_request"
    said = {
        "event.name": "api_request",
        "model": "claude-sonnet-4-5",
        "session.id": "s1",
        "request_id": f"req_{number}",
    }
    _say(log, {**said, **attributes})
    counts = {"input_tokens": "100", "output_tokens": str(output), "cache_read_tokens": "0"}
    _say(log, {name: text for name, text in counts.items() if name not in attributes})
    return from_protobuf(message.SerializeToString(), LOGS)


def token_usage(
    *points: tuple[float, float, str, float], cumulative: bool = False, temporality: int = 0
) -> ExportRequest:
    """Claude Code's counter of tokens: begin and end in seconds, type and value of each point."""
    message = ExportMetricsServiceRequest()
    resource = message.resource_metrics.add()
    _say(resource.resource, {"service.name": "claude-code"})
    scope = resource.scope_metrics.add()
    scope.scope.name = "com.anthropic.claude_code"
    metric = scope.metrics.add(name="claude_code.token.usage")
    metric.sum.is_monotonic = True
    metric.sum.aggregation_temporality = temporality or (2 if cumulative else 1)
    for begin, end, kind, value in points:
        point = metric.sum.data_points.add(
            start_time_unix_nano=BEGIN + int(begin * SECOND) if begin != -1 else 0,
            time_unix_nano=BEGIN + int(end * SECOND),
            as_double=value,
        )
        _say(point, {"session.id": "s1", "model": "claude-sonnet-4-5", "type": kind})
    return from_protobuf(message.SerializeToString(), METRICS)


def standard_usage(kind: str, second: float, calls: int, **sums: float) -> ExportRequest:
    """OpenTelemetry's own histogram of tokens, of a minute that ends at a second: by type the sum over calls."""
    message = ExportMetricsServiceRequest()
    resource = message.resource_metrics.add()
    _say(resource.resource, {"service.name": "assistant", "tenant.id": "acme"})
    metric = resource.scope_metrics.add().metrics.add(name="gen_ai.client.token.usage")
    data = getattr(metric, kind)
    data.aggregation_temporality = 1
    for token_type, value in sums.items():
        point = data.data_points.add(
            start_time_unix_nano=BEGIN + int((second - 60) * SECOND),
            time_unix_nano=BEGIN + int(second * SECOND),
            count=calls,
            sum=value,
        )
        said = {"gen_ai.provider.name": "openai", "gen_ai.response.model": "gpt-4o-2024-08-06"}
        _say(point, {**said, "gen_ai.token.type": token_type})
    return from_protobuf(message.SerializeToString(), METRICS)


def _say(holder: Any, attributes: dict[str, str]) -> None:
    for key, value in attributes.items():
        holder.attributes.add(key=key).value.string_value = value


def again(agent: str, signal: str, *, number: int, seconds: float, times: int = 1) -> list[ExportRequest]:
    """The same once more, as another call: ``seconds`` later, with other ids.

    Counters that go on say ``times`` as much.
    """
    return rewritten(captured(agent, signal), lambda message: _move(message, int(seconds * SECOND), number, times))


def of_session(requests: list[ExportRequest], name: str, **attributes: str) -> list[ExportRequest]:
    """The same, told by another session, whose attributes may be others."""
    said = {"session_id": name, "conversation_id": name, "gen_ai_conversation_id": name, **attributes}

    def rename(message: Any) -> None:
        for field, value in message.ListFields():
            if field.name == "attributes":
                for one in value:
                    if (named := one.key.replace(".", "_")) in said:
                        one.value.string_value = said[named]
            if field.type == field.TYPE_MESSAGE:
                for one in value if isinstance(value, Iterable) else [value]:
                    rename(one)

    return rewritten(requests, rename)


def rewritten(requests: list[ExportRequest], change: Callable[[Any], None]) -> list[ExportRequest]:
    """Requests that were changed on their way."""
    there = []
    for request in requests:
        signal = spooled_as(request.body)
        message = signal.message.FromString(signal.sent(request.body))
        change(message)
        there.append(from_protobuf(message.SerializeToString(), signal))
    return there


def _move(message: Any, nanoseconds: int, number: int, times: int) -> None:
    goes_on = getattr(message, "aggregation_temporality", 0) == 2
    for field, value in message.ListFields():
        if field.name.endswith("unix_nano") and not (times > 1 and field.name.startswith("start")):
            setattr(message, field.name, value + nanoseconds)
        elif field.name in {"trace_id", "span_id", "parent_span_id"}:
            setattr(message, field.name, value[:-1] + bytes([value[-1] ^ number]))
        elif field.name == "string_value":
            message.string_value = re.sub(r"^(req_|resp_|gem)0+[12]$", rf"\g<1>{number:06}", value)
        elif field.name in {"as_int", "as_double", "sum", "count"} and isinstance(value, int | float):
            setattr(message, field.name, value * times)
        elif field.type == field.TYPE_MESSAGE:
            for one in value if isinstance(value, Iterable) else [value]:
                _move(one, nanoseconds, number, times if goes_on or times == 1 or field.name != "data_points" else 1)
