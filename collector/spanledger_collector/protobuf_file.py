"""A file of protobuf, read piece by piece: one request of any size, or several with their lengths before them."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from spanledger_collector.spool.record import encoded_length

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_RECORD = 128 * 2**20
"""No request is longer, nor a line: a file may unpack to a thousand times its size."""

_PART_BYTES = 2**20
# The only field of a request: number 1, with a length before it.
_RESOURCE_SPANS = b"\x0a"


class CutOff(Exception):
    """The file ends within a record."""


def is_one_request(stream: IO[bytes]) -> bool:
    """Whether all of a file is fields of `resource_spans`, which is all that a request has."""
    try:
        while tag := stream.read(1):
            length = _length(stream)
            if tag != _RESOURCE_SPANS or length > LONGEST_RECORD or len(stream.read(length)) < length:
                return False
    except CutOff:
        return False
    return True


def resource_spans(stream: IO[bytes]) -> Iterator[bytes]:
    """The parts of one request, as requests of about a megabyte or of a single resource."""
    part = bytearray()
    while tag := stream.read(1):
        length = _length(stream)
        part += tag + encoded_length(length) + _exactly(stream, length)
        if len(part) >= _PART_BYTES:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)


def length_prefixed_bodies(stream: IO[bytes]) -> Iterator[bytes]:
    """The requests of a file that has a length before each."""
    while first := stream.read(1):
        yield _exactly(stream, _length(stream, first))


def _length(stream: IO[bytes], first: bytes = b"") -> int:
    length = shift = 0
    while byte := first or stream.read(1):
        first = b""
        length |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            return length
        if shift > 63:
            raise CutOff("no length stands where one should")
    raise CutOff("the last record is cut off")


def _exactly(stream: IO[bytes], length: int) -> bytes:
    if length > LONGEST_RECORD:
        raise CutOff(f"a length of {length:,} bytes, more than {LONGEST_RECORD:,}")
    body = stream.read(length)
    if len(body) < length:
        raise CutOff("the last record is cut off")
    return body
