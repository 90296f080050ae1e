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


class MalformedRequest(ValueError):
    """The body is not an OTLP trace export request; the message says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A valid request in its protobuf encoding, and the number of spans in it."""

    body: bytes
    spans: int


def from_protobuf(body: bytes) -> ExportRequest:
    """Validate a protobuf body.

    Raises:
        MalformedRequest: It cannot be parsed.
    """
    return ExportRequest(body, _count(_parsed(body)))


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
        return ExportRequest(request.SerializeToString(), _count(request))
    except (json_format.ParseError, binascii.Error, AttributeError, TypeError, ValueError) as error:
        raise MalformedRequest(f"not an OTLP/JSON ExportTraceServiceRequest: {error}") from None


def _count(request: ExportTraceServiceRequest) -> int:
    return sum(len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans)


def _ids_to_base64(document: dict[str, Any]) -> None:
    """Protobuf's JSON reader wants bytes as base64, OTLP/JSON writes span and trace ids as hex."""
    for resource in document.get("resourceSpans") or ():
        for scope in resource.get("scopeSpans") or ():
            for span in scope.get("spans") or ():
                for holder in (span, *(span.get("links") or ())):
                    for name in ("traceId", "spanId", "parentSpanId"):
                        if value := holder.get(name):
                            holder[name] = base64.b64encode(bytes.fromhex(value)).decode()
