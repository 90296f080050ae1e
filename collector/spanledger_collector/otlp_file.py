"""OTLP in files: protobuf requests, and the JSON lines of an OpenTelemetry Collector's file exporter."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import zstandard

from spanledger_collector import span_limits
from spanledger_collector.export_request import ExportRequest, MalformedRequest, from_json, from_protobuf
from spanledger_collector.otlp_signal import LOGS, METRICS, TRACES, sent_as
from spanledger_collector.pinning import MARK, holds_mark, unpinned
from spanledger_collector.protobuf_file import (
    LONGEST_RECORD,
    CutOff,
    is_one_request,
    length_prefixed_bodies,
    resource_spans,
)
from spanledger_collector.shared_parts import MOST_SHARED, message
from spanledger_collector.spool.record import length_prefixed
from spanledger_settings.mendable import MendableError
from spanledger_sql.store import StoreError

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Iterator
    from pathlib import Path

    from spanledger_sql.store import Store

_GROUP_SPANS = 20_000
_GROUP_BYTES = 64 * 2**20


class OtlpFileError(MendableError):
    """A file that is not OTLP; the message names the file and the line or record."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a file held; spans: with log records and data points."""

    requests: int
    spans: int


def check(store: Store, path: Path, *, was_spooled: bool = False) -> Ingested:
    """Read a file to its end without storing anything; ``was_spooled`` as in `ingest`.

    Raises:
        OtlpFileError: The file cannot be read or holds something else.
    """
    requests = spans = 0
    for group in _groups(path, was_spooled):
        if group.lines:
            try:
                store.check_otlp_json(group.body)
            except StoreError as error:
                raise OtlpFileError(_refused(path, group, str(error))) from None
        requests += group.requests
        spans += group.spans
    if not requests:
        raise OtlpFileError(f"{path}: holds no OTLP requests")
    return Ingested(requests, spans)


def ingest(store: Store, path: Path, *, was_spooled: bool = False) -> Ingested:
    """Store what a file holds; the same file again changes nothing. `check` it first: this stops at the first error.

    What a process that was killed left of it is taken back and stored whole. Of requests that our spool held
    (``was_spooled``) the tenant is believed that their sender's token had pinned.
    """
    requests = spans = 0
    with path.open("rb") as stream:
        name = hashlib.file_digest(stream, "sha256").hexdigest()[:32]
    for number, group in enumerate(_groups(path, was_spooled)):
        _take_in(store, f"file/{name}/{number}", group)
        requests += group.requests
        spans += group.spans
    return Ingested(requests, spans)


@dataclass(frozen=True, slots=True)
class _Group:
    """Requests that are stored together: protobuf with lengths before them, or JSON, a line each.

    lines: where each stood in its file; empty for protobuf.
    """

    body: bytes
    requests: int
    spans: int
    lines: tuple[int, ...] = ()


def _take_in(store: Store, token: str, group: _Group) -> None:
    """Store a group once: before its insert begins, it is noted by what its rows can be found."""
    query = "SELECT moment, done, version FROM taken_file FINAL WHERE token = {token:String}"
    [before] = store.rows(query, token=token) or [{"moment": 0, "done": 0, "version": 0}]
    if before["done"]:
        return
    moment = time.time_ns() // 1000
    if before["moment"]:
        store.take_back(before["moment"], before["moment"], segment=token)
    note = {"token": token, "moment": moment, "done": 0, "version": before["version"] + 1}
    store.insert("taken_file", [note])
    # Who stores the same file at the same time has the same token; after something was taken back, it would do nothing.
    first = "" if before["moment"] else token
    store.insert_segment(group.body, moment, segment=token, token=first, json_lines=bool(group.lines))
    store.insert("taken_file", [{**note, "done": 1, "version": note["version"] + 1}])


def _groups(path: Path, was_spooled: bool) -> Iterator[_Group]:
    plain = path.name.removesuffix(".gz").removesuffix(".zst")
    try:
        if plain.endswith(".pb"):
            yield from _protobuf_groups(path, was_spooled)
        elif plain.endswith((".jsonl", ".json")):
            with _open(path) as stream:
                yield from _json_groups(path, stream)
        else:
            raise OtlpFileError(f"{path}: expected a name ending in .pb, .jsonl or .json, or these with .gz or .zst")
    except (OSError, EOFError, zstandard.ZstdError) as error:
        raise OtlpFileError(f"{path}: cannot be read: {error}") from None


def _protobuf_groups(path: Path, was_spooled: bool) -> Iterator[_Group]:
    body, requests, spans, shared = io.BytesIO(), 0, 0, 0
    for request in _protobuf(path, was_spooled):
        if requests and shared + request.shared > MOST_SHARED:
            yield _Group(body.getvalue(), requests, spans)
            body, requests, spans, shared = io.BytesIO(), 0, 0, 0
        body.write(length_prefixed(request.body))
        requests += 1
        spans += request.spans
        shared += request.shared
        if spans >= _GROUP_SPANS or body.tell() >= _GROUP_BYTES:
            yield _Group(body.getvalue(), requests, spans)
            body, requests, spans, shared = io.BytesIO(), 0, 0, 0
    if requests:
        yield _Group(body.getvalue(), requests, spans)


def _json_groups(path: Path, stream: IO[bytes]) -> Iterator[_Group]:
    """Lines of spans as they are, for the engine reads their JSON; logs and metrics as protobuf."""
    body, lines, spans, shared = io.BytesIO(), list[int](), 0, 0
    others, other_records = io.BytesIO(), 0
    for number, line in enumerate(iter(lambda: stream.readline(LONGEST_RECORD + 1), b""), 1):
        if len(line) > LONGEST_RECORD:
            raise OtlpFileError(f"{path}:{number}: a line of more than {LONGEST_RECORD:,} bytes")
        if not line.strip():
            continue
        of_line, shared_of_line, of_other_signals = _read(path, number, line)
        for request in of_other_signals:
            others.write(length_prefixed(request.body))
            other_records += request.spans
        if shared_of_line > MOST_SHARED:
            yield _lightened(path, number, line)
            continue
        if lines and shared + shared_of_line > MOST_SHARED:
            yield _Group(body.getvalue(), len(lines), spans, tuple(lines))
            body, lines, spans, shared = io.BytesIO(), [], 0, 0
        body.write(line.strip() + b"\n")
        lines.append(number)
        spans += of_line
        shared += shared_of_line
        if spans >= _GROUP_SPANS or body.tell() >= _GROUP_BYTES:
            yield _Group(body.getvalue(), len(lines), spans, tuple(lines))
            body, lines, spans, shared = io.BytesIO(), [], 0, 0
        if other_records >= _GROUP_SPANS or others.tell() >= _GROUP_BYTES:
            yield _Group(others.getvalue(), 0, other_records)
            others, other_records = io.BytesIO(), 0
    if lines:
        yield _Group(body.getvalue(), len(lines), spans, tuple(lines))
    if other_records:
        yield _Group(others.getvalue(), 0, other_records)


def _read(path: Path, number: int, line: bytes) -> tuple[int, int, list[ExportRequest]]:
    """As `_spans`, and what the line holds of other signals."""
    try:
        spans, shared = _spans(line)
        others = list(_other_signals(line))
    except MalformedRequest as error:
        raise OtlpFileError(f"{path}:{number}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise OtlpFileError(f"{path}:{number}: not JSON: {error}") from None
    except (AttributeError, TypeError):
        raise OtlpFileError(
            f"{path}:{number}: expected a JSON object with resourceSpans, resourceLogs or resourceMetrics"
        ) from None
    if holds_mark(line):
        raise OtlpFileError(f"{path}:{number}: holds {MARK}, which only a sender's token says; take it out")
    return spans, shared, others


def _other_signals(line: bytes) -> Iterator[ExportRequest]:
    for signal in (LOGS, METRICS):
        if signal.json_name.encode() in line and (request := _whole(from_json(line, signal))).spans:
            yield request


def _spans(line: bytes) -> tuple[int, int]:
    """The spans of a line, and about how many bytes their resources and scopes take beside each of them."""
    document = json.loads(line)
    # A Collector may write its other signals into the same file, and empty requests.
    if document != {} and not any(
        signal in document for signal in ("resourceSpans", "resourceLogs", "resourceMetrics")
    ):
        raise TypeError
    spans = shared = 0
    for resource in document.get("resourceSpans") or ():
        of_resource = len(json.dumps(resource.get("resource")))
        for scope in resource.get("scopeSpans") or ():
            count = len(scope.get("spans") or ())
            spans += count
            shared += count * (of_resource + len(json.dumps(scope.get("scope"))))
    return spans, shared


def _lightened(path: Path, number: int, line: bytes) -> _Group:
    """A line whose spans share much, without what is stored of no resource."""
    try:
        request = _whole(from_json(line, TRACES))
    except MalformedRequest as error:
        raise OtlpFileError(f"{path}:{number}: {error}") from None
    return _Group(length_prefixed(request.body), 1, request.spans)


def _whole(request: ExportRequest) -> ExportRequest:
    """The request, unless records had to be left out of it: of a file all is taken, or nothing."""
    if request.crowded:
        raise MalformedRequest(message(request.crowded, "records"))
    if request.refused:
        raise MalformedRequest(span_limits.message(request.refused))
    return request


def _refused(path: Path, group: _Group, reason: str) -> str:
    """Which line of the file the engine could not read, of which it tells the row, and why."""
    row = re.search(r"at row (\d+)", reason)
    place = f"{path}:{group.lines[int(row[1]) - 1]}" if row else str(path)
    why = " ".join(re.split(r": \(at row", reason.rsplit("DB::Exception: ", 1)[-1])[0].split())
    return f"{place}: not an OTLP/JSON request: {why}"


def _open(path: Path) -> contextlib.AbstractContextManager[Any]:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rb")
    if path.name.endswith(".zst"):
        unpacked: contextlib.AbstractContextManager[Any] = zstandard.open(path, "rb")
        return unpacked
    return path.open("rb")


def _protobuf(path: Path, was_spooled: bool) -> Iterator[ExportRequest]:
    """One request, of any size, or several with their lengths before them: read piece by piece."""
    with _open(path) as stream:
        one = is_one_request(stream)
    number = 0
    with _open(path) as stream:
        try:
            for number, body in enumerate(resource_spans(stream) if one else length_prefixed_bodies(stream), 1):  # noqa: B007
                request = _whole(from_protobuf(body, sent_as(body)))
                yield request if was_spooled else unpinned(request)
        except (CutOff, MalformedRequest) as error:
            raise OtlpFileError(
                f"{path}: record {number or 1}: {error}; expected one OTLP request, or length-prefixed ones"
            ) from None
