"""An OTLP trace export request as bytes: validate it, count its spans, read its JSON form."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.span_limits import let_go

MOST_MONTHS = 48
"""So many different months may the spans of one request begin in."""

_MONTH_NS = 30 * 86_400 * 10**9
_LARGE = 2**20


class MalformedRequest(ValueError):
    """The body is not an OTLP trace export request; the message says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A valid request in its protobuf encoding, the number of spans in it, and of those that were let go of."""

    body: bytes
    spans: int
    refused: int = 0


def from_protobuf(body: bytes) -> ExportRequest:
    """Validate a protobuf body.

    Raises:
        MalformedRequest: It cannot be parsed.
    """
    # Some bytes make an empty part of a request, which takes a hundred times as many in memory.
    if len(body) > _LARGE and body.count(0) * 4 > len(body):
        raise MalformedRequest("more than a quarter of the request is zeros: it is made of empty parts")
    request = _parsed(body)
    _refuse_many_months(request)
    refused = let_go(request)
    return ExportRequest(request.SerializeToString() if refused else body, _count(request), refused)


def as_read(body: bytes) -> bytes:
    """The request as protobuf's own reader understands it: a value too wide for its field is cut to the field's width.

    Raises:
        MalformedRequest: It cannot be parsed.
    """
    read: bytes = _parsed(body).SerializeToString()
    return read


def single_spans(body: bytes) -> list[bytes]:
    """A request for each span of this one.

    Raises:
        MalformedRequest: It cannot be parsed.
    """
    found = []
    for resource in _parsed(body).resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                alone = ExportTraceServiceRequest()
                of_resource = alone.resource_spans.add(resource=resource.resource, schema_url=resource.schema_url)
                of_resource.scope_spans.add(scope=scope.scope, schema_url=scope.schema_url).spans.append(span)
                found.append(alone.SerializeToString())
    return found


def _parsed(body: bytes) -> ExportTraceServiceRequest:
    try:
        request: ExportTraceServiceRequest = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise MalformedRequest(f"not a protobuf ExportTraceServiceRequest: {error}") from None
    return request


def from_json(body: bytes | str) -> ExportRequest:
    """Read an OTLP/JSON body, in which ids are hex, and encode it as protobuf.

    Raises:
        MalformedRequest: It is not JSON, or not of the request's shape.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(f"not JSON: {error}") from None
    if not isinstance(document, dict):
        raise MalformedRequest("expected a JSON object with resourceSpans")
    try:
        _ids_to_base64(document)
        request = json_format.ParseDict(document, ExportTraceServiceRequest(), ignore_unknown_fields=True)
        _refuse_many_months(request)
        refused = let_go(request)
        return ExportRequest(request.SerializeToString(), _count(request), refused)
    except (json_format.ParseError, binascii.Error, AttributeError, TypeError, ValueError) as error:
        raise MalformedRequest(f"not an OTLP/JSON ExportTraceServiceRequest: {error}") from None


def _count(request: ExportTraceServiceRequest) -> int:
    return sum(len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans)


def _refuse_many_months(request: ExportTraceServiceRequest) -> None:
    """Tables are parted by month: spans of all times in one request would make tens of thousands of files."""
    months = {
        span.start_time_unix_nano // _MONTH_NS
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }
    if len(months) > MOST_MONTHS:
        raise MalformedRequest(
            f"spans of {len(months):,} months in one request; at most {MOST_MONTHS}: send them month by month"
        )


def _ids_to_base64(document: dict[str, Any]) -> None:
    """Protobuf's JSON reader wants bytes as base64, OTLP/JSON writes span and trace ids as hex."""
    for resource in document.get("resourceSpans") or ():
        for scope in resource.get("scopeSpans") or ():
            for span in scope.get("spans") or ():
                for holder in (span, *(span.get("links") or ())):
                    for name in ("traceId", "spanId", "parentSpanId"):
                        if value := holder.get(name):
                            holder[name] = base64.b64encode(bytes.fromhex(value)).decode()
