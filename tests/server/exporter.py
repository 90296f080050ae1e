"""What the Collector's ClickHouse exporter writes of a request: rows of its own table, all values as text."""

from __future__ import annotations

import base64
import json
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

# The exporter's columns, as its internal/sqltemplates/traces_insert.sql names them.
COLUMNS = (
    "Timestamp", "TraceId", "SpanId", "ParentSpanId", "TraceState", "SpanName", "SpanKind", "ServiceName",
    "ResourceAttributes", "ScopeName", "ScopeVersion", "SpanAttributes", "Duration", "StatusCode", "StatusMessage",
    "Events.Timestamp", "Events.Name", "Events.Attributes", "Links.TraceId", "Links.SpanId", "Links.TraceState",
    "Links.Attributes",
)  # fmt: skip
_KINDS = ("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer")
_CODES = ("Unset", "Ok", "Error")


def rows(body: bytes) -> list[list[Any]]:
    """The rows of an OTLP request's spans."""
    found: list[list[Any]] = []
    for part in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _map(part.resource.attributes)
        for scope in part.scope_spans:
            found += [_row(resource, scope.scope, span) for span in scope.spans]
    return found


def _row(resource: dict[str, str], scope: Any, span: Any) -> list[Any]:
    return [
        span.start_time_unix_nano, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), span.trace_state,
        span.name, _KINDS[span.kind], resource.get("service.name", ""), resource, scope.name, scope.version,
        _map(span.attributes), span.end_time_unix_nano - span.start_time_unix_nano, _CODES[span.status.code],
        span.status.message, [event.time_unix_nano for event in span.events], [event.name for event in span.events],
        [_map(event.attributes) for event in span.events], [link.trace_id.hex() for link in span.links],
        [link.span_id.hex() for link in span.links], [link.trace_state for link in span.links],
        [_map(link.attributes) for link in span.links],
    ]  # fmt: skip


def _map(attributes: Any) -> dict[str, str]:
    return {one.key: _text(one.value) for one in attributes}


def _text(value: Any) -> str:
    plain = _plain(value)
    if isinstance(plain, str):
        return plain
    return json.dumps(plain, separators=(",", ":"), ensure_ascii=False) if plain is not None else ""


def _plain(value: Any) -> Any:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_plain(one) for one in value.array_value.values]
        case "kvlist_value":
            return {one.key: _plain(one.value) for one in value.kvlist_value.values}
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "double_value":
            return int(value.double_value) if value.double_value.is_integer() else value.double_value
        case kind:
            return getattr(value, kind)
