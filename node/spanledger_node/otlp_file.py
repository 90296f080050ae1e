"""OTLP in files: protobuf requests, and the JSON lines of an OpenTelemetry Collector's file exporter."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import zstandard

from spanledger_collector.export_request import ExportRequest, MalformedRequest, from_json, from_protobuf
from spanledger_collector.spool import encoded_length, length_prefixed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spanledger_sql.store import Store

_GROUP_SPANS = 20_000
_PART_BYTES = 2**20
# The only field of a request: number 1, with a length before it.
_RESOURCE_SPANS = b"\x0a"


class OtlpFileError(ValueError):
    """A file that is not OTLP; the message names the file and the line or record."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a file held."""

    requests: int
    spans: int


def check(path: Path) -> Ingested:
    """Read a file to its end without storing anything.

    Raises:
        OtlpFileError: The file cannot be read or holds something else.
    """
    requests = spans = 0
    for request in _requests(path):
        requests += 1
        spans += request.spans
    if not requests:
        raise OtlpFileError(f"{path}: holds no OTLP requests")
    return Ingested(requests, spans)


def ingest(store: Store, path: Path) -> Ingested:
    """Store a file's spans; the same file again changes nothing. `check` it first: this stops at the first error."""
    group, spans, number, requests, total = io.BytesIO(), 0, 0, 0, 0
    with path.open("rb") as stream:
        name = hashlib.file_digest(stream, "sha256").hexdigest()[:32]
    for request in _requests(path):
        group.write(length_prefixed(request.body))
        requests += 1
        spans += request.spans
        total += request.spans
        if spans >= _GROUP_SPANS:
            store.insert_otlp(group.getvalue(), f"file/{name}/{number}")
            group, spans, number = io.BytesIO(), 0, number + 1
    if group.tell():
        store.insert_otlp(group.getvalue(), f"file/{name}/{number}")
    return Ingested(requests, total)


def _requests(path: Path) -> Iterator[ExportRequest]:
    plain = path.name.removesuffix(".gz").removesuffix(".zst")
    try:
        if plain.endswith(".pb"):
            yield from _protobuf(path)
        elif plain.endswith((".jsonl", ".json")):
            with _open(path) as stream:
                yield from _json_lines(path, stream)
        else:
            raise OtlpFileError(f"{path}: expected a name ending in .pb, .jsonl or .json, or these with .gz or .zst")
    except (OSError, EOFError, zstandard.ZstdError) as error:
        raise OtlpFileError(f"{path}: cannot be read: {error}") from None


def _open(path: Path) -> contextlib.AbstractContextManager[Any]:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rb")
    if path.name.endswith(".zst"):
        unpacked: contextlib.AbstractContextManager[Any] = zstandard.open(path, "rb")
        return unpacked
    return path.open("rb")


def _protobuf(path: Path) -> Iterator[ExportRequest]:
    """One request, of any size, or several with their lengths before them: read piece by piece."""
    with _open(path) as stream:
        one = _is_one_request(stream)
    number = 0
    with _open(path) as stream:
        try:
            for number, body in enumerate(_resource_spans(stream) if one else _length_prefixed(stream), 1):  # noqa: B007
                yield from_protobuf(body)
        except (_CutOff, MalformedRequest) as error:
            raise OtlpFileError(
                f"{path}: record {number or 1}: {error}; expected one OTLP trace request, or length-prefixed ones"
            ) from None


class _CutOff(Exception):
    """The file ends within a record."""


def _is_one_request(stream: IO[bytes]) -> bool:
    """Whether all of a file is fields of `resource_spans`, which is all that a request has."""
    try:
        while tag := stream.read(1):
            length = _length(stream)
            if tag != _RESOURCE_SPANS or len(stream.read(length)) < length:
                return False
    except _CutOff:
        return False
    return True


def _resource_spans(stream: IO[bytes]) -> Iterator[bytes]:
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


def _length_prefixed(stream: IO[bytes]) -> Iterator[bytes]:
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
    raise _CutOff("the last record is cut off")


def _exactly(stream: IO[bytes], length: int) -> bytes:
    body = stream.read(length)
    if len(body) < length:
        raise _CutOff("the last record is cut off")
    return body


def _json_lines(path: Path, stream: IO[bytes]) -> Iterator[ExportRequest]:
    for number, line in enumerate(stream, 1):
        if line.strip():
            try:
                yield from_json(line)
            except MalformedRequest as error:
                raise OtlpFileError(f"{path}:{number}: {error}") from None
