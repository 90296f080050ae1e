"""The write-ahead spool: a request that was acknowledged is on disk before anybody is told so.

Requests are appended, length-prefixed as ClickHouse's Protobuf reader wants them, to the open segment and fsynced
together with their neighbours. A segment that is full or old enough is closed and handed to the committer. Once
its commit has begun, a segment's name holds the microseconds that its rows bear in ClickHouse: by these what a crash
left of it there is taken back, before it is committed a second time.
"""

from __future__ import annotations

import logging
import math
import os
import queue
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING

from spanledger_collector.shared_parts import MOST_SHARED
from spanledger_collector.spool.segment import OpenSegment, Segment, sync_folder, whole_length
from spanledger_settings.spool_files import BEGUN, OPEN, READY

if TYPE_CHECKING:
    from pathlib import Path

    from spanledger_collector.export_request import ExportRequest

logger = logging.getLogger(__name__)

# A commit costs the same for one span as for thousands: a segment with less than this waits until so many times the age
# at which segments are closed has passed since the one before.
_FEW_SPANS, _BETWEEN_FEW = 500, 24
_SOME_SPANS, _BETWEEN_SOME = 10_000, 6
# What holds metrics alone waits longer, and for more: who counts tells it each minute, and nobody waits for a call.
_FEW_POINTS, _BETWEEN_POINTS = 10_000, 120
# After a write failed, the spool says for so long that it takes nothing; it tries whatever comes all the same.
_DISK_PAUSE_S = 10.0
# An insert holds a segment in memory several times over, however few its spans.
_MOST_BYTES = 2**26
# How soon a segment that is old enough looks again whether another one waits to be committed.
_LOOK_AGAIN_S = 0.1


class SpoolFull(Exception):
    """More waits on disk than allowed; the sender should try again later."""


class Spool:
    """A folder of segments with one writer thread.

    Args:
        folder: Where segments lie; created with mode 0700.
        segment_spans: Spans after which the open segment is closed.
        segment_seconds: Age after which it is closed; with few spans, that long 24 times after another, with some
            thousands 6 times, with metrics alone 120 times. While another one waits to be committed it goes on: a
            commit costs the same for many.
        max_bytes: With more than this on disk, `append` refuses.
    """

    def __init__(self, folder: Path, *, segment_spans: int, segment_seconds: float, max_bytes: int) -> None:
        self.folder = folder
        self.ready: queue.SimpleQueue[Segment | None] = queue.SimpleQueue()
        self.requests = 0
        """Requests written since the start."""
        self.items = 0
        """Spans in them."""
        self._segment_spans = segment_spans
        self._segment_seconds = segment_seconds
        self._max_bytes = max_bytes
        self._pending: list[tuple[ExportRequest, Future[None]]] = []
        self._wake = threading.Condition()
        self._closing = False
        self._bytes_on_disk = 0
        self._closed_at = -math.inf
        self._disk_problem = ""
        self._disk_failed_at = 0.0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._recover()
        self._writer = threading.Thread(target=self._write, name="spool-writer", daemon=True)
        self._writer.start()

    @property
    def bytes_on_disk(self) -> int:
        """Bytes that are acknowledged and not in ClickHouse yet."""
        return self._bytes_on_disk

    @property
    def alive(self) -> bool:
        """Whether requests are being written."""
        return self._writer.is_alive()

    @property
    def refuses(self) -> str:
        """Why `append` takes nothing now; empty where it does."""
        if self._closing:
            return "the node is shutting down"
        if self._bytes_on_disk > self._max_bytes:
            return f"{self._bytes_on_disk:,} bytes wait to be committed, the limit is {self._max_bytes:,}"
        if self._disk_problem and time.monotonic() - self._disk_failed_at < _DISK_PAUSE_S:
            return self._disk_problem
        return ""

    @property
    def lag_seconds(self) -> float:
        """How long the oldest segment waits."""
        oldest = min((path.name for path in self.folder.glob("*.*")), default="")
        begun = oldest.partition("-")[0]
        return max(0.0, time.time() - int(begun) / 1e9) if begun.isdigit() else 0.0

    def append(self, request: ExportRequest) -> Future[None]:
        """Write a request; the future ends when it is safe on disk.

        Raises:
            SpoolFull: Too much is waiting already, or the spool is closing.
        """
        future: Future[None] = Future()
        # A sender that hangs up must not cancel what the writer is about to answer.
        future.set_running_or_notify_cancel()
        with self._wake:
            if self._closing or self._bytes_on_disk > self._max_bytes:
                raise SpoolFull(self.refuses)
            self._pending.append((request, future))
            self._wake.notify()
        return future

    def begin(self, segment: Segment, moments: range) -> Segment:
        """Write down, before an insert begins, by what its rows can be found; gives the segment under its new name."""
        path = segment.path.with_name(f"{segment.token}.{moments.start}+{len(moments)}{BEGUN}")
        segment.path.rename(path)
        sync_folder(self.folder)
        return Segment(path)

    def current(self, segment: Segment) -> Segment:
        """The segment under the name that it has by now."""
        return next((Segment(path) for path in self.folder.glob(f"{segment.token}.*{BEGUN}")), segment)

    def set_aside(self, name: str, body: bytes, reason: str) -> None:
        """Keep a request that the database cannot read in ``rejected/``, with the reason beside it."""
        folder = self.folder / "rejected"
        folder.mkdir(mode=0o700, exist_ok=True)
        for suffix, content in ((".txt", f"{reason}\n".encode()), (".pb", body)):
            unfinished = folder / f"{name}{suffix}.part"
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(folder / f"{name}{suffix}")
        sync_folder(folder)
        sync_folder(self.folder)
        logger.error("ClickHouse cannot read a request; kept as %s: %s", folder / f"{name}.pb", reason)

    def rejected(self) -> int:
        """How many requests are set aside."""
        return sum(1 for _ in (self.folder / "rejected").glob("*.pb"))

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
        for path in sorted(self.folder.glob(f"*{OPEN}")):
            try:
                self._close_left_open(path)
            except OSError as error:
                logger.error("cannot read %s: %s; it is committed at the next start that can", path, error)
        for path in sorted(path for path in self.folder.iterdir() if path.suffix in {READY, BEGUN}):
            self._bytes_on_disk += path.stat().st_size
            self.ready.put(Segment(path))

    @staticmethod
    def _close_left_open(path: Path) -> None:
        whole = whole_length(path)
        if whole < path.stat().st_size:
            logger.warning("spool segment %s ends in a torn request, which was never acknowledged; cut off", path)
            os.truncate(path, whole)
        if whole:
            path.rename(path.with_suffix(READY))
        else:
            path.unlink()

    def _write(self) -> None:
        segment: OpenSegment | None = None
        while True:
            with self._wake:
                if not self._pending and not self._closing:
                    self._wake.wait(None if segment is None else self._wait_s(segment))
                batch, self._pending = self._pending, []
                closing = self._closing
            for part in _parts(batch):
                if part:
                    if segment is not None and segment.shared + _shared(part) > MOST_SHARED:
                        self._finish(segment)
                        segment = None
                    if segment is None:
                        segment = self._start(part)
                    if segment is not None and not self._write_batch(segment, part):
                        segment = None
                if segment is not None and (closing or self._is_full(segment) or self._is_due(segment)):
                    self._finish(segment)
                    segment = None
            if closing and not batch:
                return

    def _closes_at(self, segment: OpenSegment) -> float:
        if segment.only_metrics:
            between = _BETWEEN_POINTS if segment.spans < _FEW_POINTS else 0
        elif segment.spans < _FEW_SPANS:
            between = _BETWEEN_FEW
        else:
            between = _BETWEEN_SOME if segment.spans < _SOME_SPANS else 0
        return max(segment.closes_at, self._closed_at + between * self._segment_seconds)

    def _is_full(self, segment: OpenSegment) -> bool:
        return segment.spans >= self._segment_spans or segment.length >= _MOST_BYTES

    def _is_due(self, segment: OpenSegment) -> bool:
        return time.monotonic() >= self._closes_at(segment) and self.ready.empty()

    def _wait_s(self, segment: OpenSegment) -> float:
        remaining = self._closes_at(segment) - time.monotonic()
        return remaining if remaining > 0 else _LOOK_AGAIN_S

    def _start(self, batch: list[tuple[ExportRequest, Future[None]]]) -> OpenSegment | None:
        try:
            return OpenSegment(self.folder, time.monotonic() + self._segment_seconds)
        except OSError as error:
            self._fail(batch, error)
            return None

    def _write_batch(self, segment: OpenSegment, batch: list[tuple[ExportRequest, Future[None]]]) -> bool:
        """Write and answer a batch; False when the segment can take no more."""
        try:
            written = segment.write([request for request, _ in batch])
        except OSError as error:
            self._fail(batch, error)
            return segment.cut_back()
        with self._wake:
            self._bytes_on_disk += written
        self._disk_problem = ""
        self.requests += len(batch)
        self.items += sum(request.spans for request, _ in batch)
        for _, future in batch:
            future.set_result(None)
        return True

    def _fail(self, batch: list[tuple[ExportRequest, Future[None]]], error: OSError) -> None:
        logger.error("cannot write to the spool: %s; senders are asked to retry", error)
        self._disk_problem, self._disk_failed_at = f"cannot write to disk: {error.strerror}", time.monotonic()
        for _, future in batch:
            future.set_exception(SpoolFull(self._disk_problem))

    def _finish(self, segment: OpenSegment) -> None:
        self._closed_at = time.monotonic()
        try:
            self.ready.put(segment.finish())
        except OSError as error:
            logger.error("cannot close a spool segment: %s; it is committed at the next start", error)


def _shared(batch: list[tuple[ExportRequest, Future[None]]]) -> int:
    return sum(request.shared for request, _ in batch)


def _parts(batch: list[tuple[ExportRequest, Future[None]]]) -> list[list[tuple[ExportRequest, Future[None]]]]:
    """A batch as it is, or in parts of which each fits into a segment with what it shares; an empty one is one part."""
    parts: list[list[tuple[ExportRequest, Future[None]]]] = [[]]
    shared = 0
    for one in batch:
        if parts[-1] and shared + one[0].shared > MOST_SHARED:
            parts.append([])
            shared = 0
        parts[-1].append(one)
        shared += one[0].shared
    return parts
