"""OTLP in files: protobuf requests, and the JSON lines of an OpenTelemetry Collector's file exporter."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import zstandard
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.export_request import ExportRequest, MalformedRequest, from_json, from_protobuf
from spanledger_collector.spool import length_prefixed, records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spanledger_sql.store import Store

_GROUP_SPANS = 20_000


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
    name = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
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
        with _open(path) as stream:
            if plain.endswith(".pb"):
                yield from _protobuf(path, stream.read())
            elif plain.endswith((".jsonl", ".json")):
                yield from _json_lines(path, stream)
            else:
                raise OtlpFileError(
                    f"{path}: expected a name ending in .pb, .jsonl or .json, or these with .gz or .zst"
                )
    except (OSError, EOFError, zstandard.ZstdError) as error:
        raise OtlpFileError(f"{path}: cannot be read: {error}") from None


def _open(path: Path) -> contextlib.AbstractContextManager[Any]:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rb")
    if path.name.endswith(".zst"):
        unpacked: contextlib.AbstractContextManager[Any] = zstandard.open(path, "rb")
        return unpacked
    return path.open("rb")


def _protobuf(path: Path, data: bytes) -> Iterator[ExportRequest]:
    """One request, or several with their lengths before them."""
    try:
        ExportTraceServiceRequest.FromString(data)
    except DecodeError:
        pass
    else:
        yield from_protobuf(data)
        return
    number = 0
    try:
        for number, body in enumerate(records(data), 1):  # noqa: B007  (named in the error)
            yield from_protobuf(body)
    except (IndexError, MalformedRequest) as error:
        raise OtlpFileError(
            f"{path}: record {number or 1}: {error}; expected one OTLP trace export request, or length-prefixed ones"
        ) from None


def _json_lines(path: Path, stream: IO[bytes]) -> Iterator[ExportRequest]:
    for number, line in enumerate(stream, 1):
        if line.strip():
            try:
                yield from_json(line)
            except MalformedRequest as error:
                raise OtlpFileError(f"{path}:{number}: {error}") from None
