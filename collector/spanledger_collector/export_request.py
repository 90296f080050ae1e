"""An OTLP export request as bytes: validate it, count what it holds, read its JSON form."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf.message import DecodeError

from spanledger_collector import otlp_json
from spanledger_collector.otlp_signal import METRICS, TRACES, Signal, spooled_as
from spanledger_collector.shared_parts import MOST_SHARED, lighten, shared_bytes
from spanledger_collector.span_limits import let_go

MOST_MONTHS = 48
"""So many different months may what one request tells of be from."""

_MONTH_NS = 30 * 86_400 * 10**9
_LARGE = 2**20


class MalformedRequest(ValueError):
    """The body is not an OTLP export request; the message says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A valid request in the encoding of the spool, and the number of spans, log records or data points in it.

    Attributes:
        refused: How many spans were let go of.
        crowded: How many were let go of, for what they share would take too much beside each of them.
        shared: Bytes that resources and scopes take beside each of the others.
        unread: How many spans, log records or data points could not be read.
        complaint: What the first of them says that it cannot be.
    """

    body: bytes
    spans: int
    refused: int = 0
    crowded: int = 0
    shared: int = 0
    unread: int = 0
    complaint: str = ""


def from_protobuf(body: bytes, signal: Signal = TRACES) -> ExportRequest:
    """Validate a protobuf body as it was sent.

    Raises:
        MalformedRequest: It cannot be parsed.
    """
    # Some bytes make an empty part of a request, which takes a hundred times as many in memory.
    if len(body) > _LARGE and body.count(0) * 4 > len(body):
        raise MalformedRequest("more than a quarter of the request is zeros: it is made of empty parts")
    return _from_message(_parsed(body, signal), signal, body)


def from_spool(body: bytes) -> ExportRequest:
    """Validate a request of whatever signal as the spool has it.

    Raises:
        MalformedRequest: It cannot be parsed.
    """
    signal = spooled_as(body)
    return from_protobuf(_sent(body, signal), signal)


def as_read(body: bytes) -> bytes:
    """A request of the spool as protobuf's own reader understands it: a value too wide for its field is cut to it.

    Raises:
        MalformedRequest: It cannot be parsed.
    """
    signal = spooled_as(body)
    read: bytes = _parsed(_sent(body, signal), signal).SerializeToString()
    return signal.spooled(read)


def single_spans(body: bytes) -> list[bytes]:
    """A request for each span, log record or metric of this one of the spool.

    Raises:
        MalformedRequest: It cannot be parsed.
    """
    signal = spooled_as(body)
    found = []
    for resource, scope, record in signal.parts(_parsed(_sent(body, signal), signal)):
        alone = signal.message()
        of_resource = getattr(alone, signal.resources).add(resource=resource.resource, schema_url=resource.schema_url)
        of_scope = getattr(of_resource, signal.scopes).add(scope=scope.scope, schema_url=scope.schema_url)
        getattr(of_scope, signal.records).append(record)
        found.append(signal.spooled(alone.SerializeToString()))
    return found


def from_json(body: bytes | str, signal: Signal = TRACES, *, in_part: bool = False) -> ExportRequest:
    """Read an OTLP/JSON body, in which ids are hex, and encode it as protobuf.

    Args:
        body: As it was sent.
        signal: Of which it is.
        in_part: Leave out what cannot be read, where anything can.

    Raises:
        MalformedRequest: It is not JSON, or not of the request's shape.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(f"not JSON: {error}") from None
    if not isinstance(document, dict):
        raise MalformedRequest(f"expected a JSON object with {signal.json_name}")
    try:
        return _from_message(otlp_json.whole(document, signal), signal)
    except otlp_json.UNREADABLE as error:
        if isinstance(error, MalformedRequest):
            raise
        complaint = f"not an OTLP/JSON {signal.message.DESCRIPTOR.name}: {error}"
    if in_part:
        # What was read so far has its ids as bytes.
        request, unread = otlp_json.in_parts(json.loads(body), signal)
        if signal.count(request):
            return replace(_from_message(request, signal), unread=unread, complaint=complaint)
    raise MalformedRequest(complaint)


def _from_message(request: Any, signal: Signal, body: bytes = b"") -> ExportRequest:
    """The request within its limits; the bytes that it was sent as (``body``) are kept where nothing had to go."""
    _refuse_many_months(request, signal)
    refused = let_go(request, signal)
    crowded, shared = 0, shared_bytes(request, signal)
    share_too_much = shared > MOST_SHARED
    if share_too_much:
        crowded, shared = lighten(request, signal)
    if refused or share_too_much or not body:
        body = request.SerializeToString()
    return ExportRequest(
        _spooled(body, request, signal), signal.count(request), refused, crowded=crowded, shared=shared
    )


def _parsed(body: bytes, signal: Signal) -> Any:
    try:
        return signal.message.FromString(body)
    except DecodeError as error:
        raise MalformedRequest(f"not a protobuf {signal.message.DESCRIPTOR.name}: {error}") from None


def _spooled(body: bytes, request: Any, signal: Signal) -> bytes:
    try:
        return signal.spooled(body)
    except ValueError:
        # It has fields that this version of OTLP does not know.
        request.DiscardUnknownFields()
        return signal.spooled(request.SerializeToString())


def _sent(body: bytes, signal: Signal) -> bytes:
    try:
        return signal.sent(body)
    except ValueError as error:
        raise MalformedRequest(str(error)) from None


def _refuse_many_months(request: Any, signal: Signal) -> None:
    """Tables are parted by month: records of all times in one request would make tens of thousands of files."""
    if signal is METRICS:
        return
    if signal is TRACES:
        # Spelt out: this is asked of every span.
        months = {
            span.start_time_unix_nano // _MONTH_NS
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }
    else:
        months = {
            (log.time_unix_nano or log.observed_time_unix_nano) // _MONTH_NS for _, _, log in signal.parts(request)
        }
    if len(months) > MOST_MONTHS:
        raise MalformedRequest(
            f"{signal.records.replace('_', ' ')} of {len(months):,} months in one request; at most {MOST_MONTHS}: "
            "send them month by month"
        )
