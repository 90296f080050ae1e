"""Requests as they stand in a segment: each with its length before it, and found again where some are rotten."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spanledger_collector.export_request import MalformedRequest, from_spool
from spanledger_collector.otlp_signal import SIGNALS

if TYPE_CHECKING:
    from collections.abc import Iterator


def length_prefixed(body: bytes) -> bytes:
    """A request with its length before it."""
    return encoded_length(len(body)) + body


def encoded_length(length: int) -> bytes:
    """A length as protobuf writes it: seven bits a byte, low bits first."""
    prefix = bytearray()
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix)


def whole_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The requests of length-prefixed data and where each begins; what is rotten or cut off is passed over."""
    position = 0
    while position < len(data):
        body = _record(data, position)
        if body is None:
            following = _next_record(data, position + 1)
            if following is None:
                return
            position = following
            continue
        yield position, body
        position += len(length_prefixed(body))


def _record(data: bytes, position: int) -> bytes | None:
    """The request that begins here; None where none does."""
    length = shift = 0
    while position < len(data) and shift < 35:
        byte = data[position]
        position += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    else:
        return None
    body = data[position : position + length]
    if len(body) < length:
        return None
    try:
        # A request without spans is never written; a piece of a request may look like one.
        return body if from_spool(body).spans else None
    except MalformedRequest:
        return None


def _next_record(data: bytes, position: int) -> int | None:
    """Where the next request begins: a length, then the tag of its first field."""
    tags = re.compile(b"[" + bytes(signal.tag for signal in SIGNALS) + b"]")
    while found := tags.search(data, position + 1):
        tag = found.start()
        for begin in range(max(position, tag - 5), tag):
            # All bytes of a length but its last have their high bit set.
            prefix = data[begin:tag]
            if prefix[-1] < 0x80 and all(byte >= 0x80 for byte in prefix[:-1]) and _record(data, begin) is not None:
                return begin
        position = tag
    return None
