"""OTLP's three signals: what each calls its parts, and how a request of each is told from the others in the spool.

Requests of all signals have one field, number 1. In the spool that field has the signal's own number, so that one
message, `OtlpRequest` of `views/ingest/otlp/otlp.proto`, reads requests of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

_SENT = 0x0A


@dataclass(frozen=True)
class Signal:
    """One of OTLP's signals.

    Attributes:
        name: As in the path of its endpoint, `/v1/NAME`.
        service: Its gRPC service.
        message: Its export request.
        resources: The field of the request.
        scopes: The field of a resource's part.
        records: The field of a scope's part.
        tag: The first byte of a request in the spool.
        json_name: The request's field in JSON.
    """

    name: str
    service: str
    message: Any
    resources: str
    scopes: str
    records: str
    tag: int
    json_name: str

    def parts(self, request: Any) -> Iterator[tuple[Any, Any, Any]]:
        """Each span, log record or metric, after its resource's and its scope's part."""
        for resource in getattr(request, self.resources):
            for scope in getattr(resource, self.scopes):
                for record in getattr(scope, self.records):
                    yield resource, scope, record

    def count(self, request: Any) -> int:
        """How many spans, log records or data points there are."""
        if self is not METRICS:
            return sum(
                len(getattr(scope, self.records))
                for resource in getattr(request, self.resources)
                for scope in getattr(resource, self.scopes)
            )
        return sum(
            len(getattr(metric, data).data_points) for _, _, metric in self.parts(request) if (data := _data(metric))
        )

    def spooled(self, body: bytes) -> bytes:
        """A request's bytes as the spool has them."""
        # The first byte tells the signal: what a sender put before the field, which nobody here knows, must not.
        return body if self.tag == _SENT and body[:1] == bytes([_SENT]) else _retagged(body, _SENT, self.tag)

    def sent(self, body: bytes) -> bytes:
        """A request's bytes as they were sent, from those in the spool."""
        return body if self.tag == _SENT else _retagged(body, self.tag, _SENT)


TRACES = Signal(
    "traces", "opentelemetry.proto.collector.trace.v1.TraceService", ExportTraceServiceRequest,
    "resource_spans", "scope_spans", "spans", _SENT, "resourceSpans",
)  # fmt: skip
LOGS = Signal(
    "logs", "opentelemetry.proto.collector.logs.v1.LogsService", ExportLogsServiceRequest,
    "resource_logs", "scope_logs", "log_records", 0x12, "resourceLogs",
)  # fmt: skip
METRICS = Signal(
    "metrics", "opentelemetry.proto.collector.metrics.v1.MetricsService", ExportMetricsServiceRequest,
    "resource_metrics", "scope_metrics", "metrics", 0x1A, "resourceMetrics",
)  # fmt: skip
SIGNALS = (TRACES, LOGS, METRICS)


def spooled_as(body: bytes) -> Signal:
    """The signal of a request in the spool; that of traces for what is none."""
    return next((signal for signal in SIGNALS if body[:1] == bytes([signal.tag])), TRACES)


def sent_as(body: bytes) -> Signal:
    """The signal of a request as it was sent, by what its records are; that of traces where nothing tells.

    The three have the same outer parts: what is read as the wrong one lacks what each of its records must have.
    """
    for signal in SIGNALS:
        try:
            records = [record for _, _, record in signal.parts(signal.message.FromString(body))]
        except DecodeError:
            continue
        if records and all(_is_sound(signal, record) for record in records[:20]):
            return signal
    return TRACES


def _is_sound(signal: Signal, record: Any) -> bool:
    match signal.name:
        case "traces":
            return len(record.trace_id) == 16 and len(record.span_id) == 8
        case "logs":
            return bool(record.time_unix_nano or record.observed_time_unix_nano)
        case _:
            return bool(record.name and _data(record))


def _data(metric: Any) -> str:
    return metric.WhichOneof("data") or ""


def _retagged(body: bytes, old: int, new: int) -> bytes:
    """The fields of one tag under another; what has any other tag is left out.

    Raises:
        ValueError: It ends within a field, or holds a field that has no length.
    """
    kept, position = bytearray(), 0
    while position < len(body):
        tag, position = _varint(body, position)
        begin = position
        if tag & 7 != 2:
            raise ValueError("a field of a request has no length")
        length, position = _varint(body, position)
        if position + length > len(body):
            raise ValueError("a request ends within a field")
        position += length
        if tag == old:
            kept.append(new)
            kept += body[begin:position]
    return bytes(kept)


def _varint(body: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while position < len(body) and shift < 64:
        byte = body[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7
    raise ValueError("a request ends within a number")
