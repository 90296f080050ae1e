"""The write-ahead spool: a request that was acknowledged is on disk before anybody is told so.

Requests are appended, length-prefixed as ClickHouse's Protobuf reader wants them, to the open segment and fsynced
together with their neighbours. A segment that is full or old enough is closed and handed to the committer. A
segment's name is the token by which ClickHouse recognises it when it is committed a second time after a crash.
"""

from __future__ import annotations

import logging
import os
import queue
import secrets
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanledger_collector.export_request import MalformedRequest, from_protobuf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spanledger_collector.export_request import ExportRequest

logger = logging.getLogger(__name__)

# macOS has no fdatasync; the length of the file is data to both.
_sync = getattr(os, "fdatasync", os.fsync)

_OPEN = ".open"
_READY = ".ready"


class SpoolFull(Exception):
    """More waits on disk than allowed; the sender should try again later."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A closed file of length-prefixed requests."""

    path: Path

    @property
    def token(self) -> str:
        """What ClickHouse knows this segment by."""
        return self.path.stem

    def requests(self) -> Iterator[bytes]:
        """The requests in it, in order."""
        yield from records(self.path.read_bytes())


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


def records(data: bytes) -> Iterator[bytes]:
    """The requests of length-prefixed data.

    Raises:
        IndexError: The last one is cut off.
    """
    position = 0
    while position < len(data):
        length = shift = 0
        while True:
            byte = data[position]
            position += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if position + length > len(data):
            raise IndexError("the last record is cut off")
        yield data[position : position + length]
        position += length


class Spool:
    """A folder of segments with one writer thread.

    Args:
        folder: Where segments lie; created with mode 0700.
        segment_spans: Spans after which the open segment is closed.
        segment_seconds: Age after which it is closed.
        max_bytes: With more than this on disk, `append` refuses.
    """

    def __init__(self, folder: Path, *, segment_spans: int, segment_seconds: float, max_bytes: int) -> None:
        self.folder = folder
        self.ready: queue.SimpleQueue[Segment | None] = queue.SimpleQueue()
        self._segment_spans = segment_spans
        self._segment_seconds = segment_seconds
        self._max_bytes = max_bytes
        self._pending: list[tuple[ExportRequest, Future[None]]] = []
        self._wake = threading.Condition()
        self._closing = False
        self._bytes_on_disk = 0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._recover()
        self._writer = threading.Thread(target=self._write, name="spool-writer", daemon=True)
        self._writer.start()

    @property
    def bytes_on_disk(self) -> int:
        """Bytes that are acknowledged and not in ClickHouse yet."""
        return self._bytes_on_disk

    def append(self, request: ExportRequest) -> Future[None]:
        """Write a request; the future ends when it is safe on disk.

        Raises:
            SpoolFull: Too much is waiting already, or the spool is closing.
        """
        future: Future[None] = Future()
        # A sender that hangs up must not cancel what the writer is about to answer.
        future.set_running_or_notify_cancel()
        with self._wake:
            if self._closing:
                raise SpoolFull("the node is shutting down")
            if self._bytes_on_disk > self._max_bytes:
                raise SpoolFull(f"{self._bytes_on_disk:,} bytes wait to be committed, the limit is {self._max_bytes:,}")
            self._pending.append((request, future))
            self._wake.notify()
        return future

    def done(self, segment: Segment) -> None:
        """Delete a segment that is in ClickHouse."""
        size = segment.path.stat().st_size
        segment.path.unlink()
        with self._wake:
            self._bytes_on_disk -= size

    def close(self) -> None:
        """Write what is pending, close the open segment, and end `ready` with None."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._writer.join()
        self.ready.put(None)

    def _recover(self) -> None:
        """Take up what an earlier process left: its closed segments, and the open one up to its last whole request."""
        for path in sorted(self.folder.glob(f"*{_OPEN}")):
            whole = _length_of_whole_records(path)
            if whole < path.stat().st_size:
                logger.warning("spool segment %s ends in a torn request, which was never acknowledged; cut off", path)
                os.truncate(path, whole)
            if whole:
                path.rename(path.with_suffix(_READY))
            else:
                path.unlink()
        for path in sorted(self.folder.glob(f"*{_READY}")):
            self._bytes_on_disk += path.stat().st_size
            self.ready.put(Segment(path))

    def _write(self) -> None:
        segment: _OpenSegment | None = None
        while True:
            with self._wake:
                if not self._pending and not self._closing:
                    self._wake.wait(None if segment is None else max(0.0, segment.closes_at - time.monotonic()))
                batch, self._pending = self._pending, []
                closing = self._closing
            if batch:
                if segment is None:
                    segment = self._start(batch)
                if segment is not None and not self._write_batch(segment, batch):
                    segment = None
            if segment is not None and (
                closing or segment.spans >= self._segment_spans or time.monotonic() >= segment.closes_at
            ):
                self._finish(segment)
                segment = None
            if closing and not batch:
                return

    def _start(self, batch: list[tuple[ExportRequest, Future[None]]]) -> _OpenSegment | None:
        try:
            return _OpenSegment(self.folder, time.monotonic() + self._segment_seconds)
        except OSError as error:
            _fail(batch, error)
            return None

    def _write_batch(self, segment: _OpenSegment, batch: list[tuple[ExportRequest, Future[None]]]) -> bool:
        """Write and answer a batch; False when the segment can take no more."""
        try:
            written = segment.write([request for request, _ in batch])
        except OSError as error:
            _fail(batch, error)
            return segment.cut_back()
        with self._wake:
            self._bytes_on_disk += written
        for _, future in batch:
            future.set_result(None)
        return True

    def _finish(self, segment: _OpenSegment) -> None:
        try:
            self.ready.put(segment.finish())
        except OSError as error:
            logger.error("cannot close a spool segment: %s; it is committed at the next start", error)


class _OpenSegment:
    def __init__(self, folder: Path, closes_at: float) -> None:
        self.closes_at = closes_at
        self.spans = 0
        self._path = folder / f"{time.time_ns():020d}-{secrets.token_hex(4)}{_OPEN}"
        self._file = self._path.open("xb", buffering=0)
        self._length = 0
        _sync_folder(folder)

    def write(self, requests: list[ExportRequest]) -> int:
        block = b"".join(length_prefixed(request.body) for request in requests)
        view = memoryview(block)
        while view:
            view = view[self._file.write(view) or 0 :]
        _sync(self._file.fileno())
        self._length += len(block)
        self.spans += sum(request.spans for request in requests)
        return len(block)

    def cut_back(self) -> bool:
        """Take away what a failed write left: half a request must not stay between whole ones. False if that fails."""
        try:
            self._file.truncate(self._length)
            self._file.seek(self._length)
        except OSError as error:
            logger.error("cannot mend a spool segment: %s; it is committed at the next start", error)
            return False
        return True

    def finish(self) -> Segment:
        self._file.close()
        ready = self._path.with_suffix(_READY)
        self._path.rename(ready)
        return Segment(ready)


def _fail(batch: list[tuple[ExportRequest, Future[None]]], error: OSError) -> None:
    logger.error("cannot write to the spool: %s; senders are asked to retry", error)
    for _, future in batch:
        future.set_exception(SpoolFull(f"cannot write to disk: {error.strerror}"))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _length_of_whole_records(path: Path) -> int:
    whole = 0
    try:
        for record in records(path.read_bytes()):
            from_protobuf(record)
            whole += len(length_prefixed(record))
    except (IndexError, MalformedRequest):
        pass
    return whole
