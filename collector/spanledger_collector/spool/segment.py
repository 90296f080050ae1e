"""Segments: the files of the spool, the one that is written to and those that wait to be committed."""

from __future__ import annotations

import logging
import os
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanledger_collector.otlp_signal import METRICS
from spanledger_collector.spool.record import length_prefixed, whole_records
from spanledger_settings.spool_files import BEGUN, OPEN, READY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spanledger_collector.export_request import ExportRequest

logger = logging.getLogger(__name__)
# macOS has no fdatasync; the length of the file is data to both.
_sync = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True, slots=True)
class Segment:
    """A closed file of length-prefixed requests.

    moments: The microseconds that its inserts into ClickHouse bear, once they began; they are in the file's name.
    """

    path: Path

    @property
    def token(self) -> str:
        """What tells this segment from all others."""
        return self.path.name.partition(".")[0]

    @property
    def moments(self) -> range:
        """The microseconds that its inserts bear; empty where none was begun."""
        if self.path.suffix != BEGUN:
            return range(0)
        first, _, count = self.path.stem.partition(".")[2].partition("+")
        return range(int(first), int(first) + int(count))

    def readable(self) -> bool:
        """Whether the file can be read to its end."""
        try:
            with self.path.open("rb") as stream:
                while stream.read(2**20):
                    pass
        except OSError:
            return False
        return True

    def requests(self) -> Iterator[bytes]:
        """The whole requests in it, in order."""
        yield from self.contents()[0]

    def contents(self) -> tuple[list[bytes], list[bytes]]:
        """The whole requests in it, and the pieces between them that are none."""
        requests, rotten, position, data = [], [], 0, self.path.read_bytes()
        for begin, body in whole_records(data):
            if begin > position:
                rotten.append(data[position:begin])
            requests.append(body)
            position = begin + len(length_prefixed(body))
        if position < len(data):
            rotten.append(data[position:])
        return requests, rotten


class OpenSegment:
    """The file that is written to, and what is in it so far."""

    def __init__(self, folder: Path, closes_at: float) -> None:
        self.closes_at = closes_at
        self.spans = 0
        self.shared = 0
        self.only_metrics = True
        self._path = folder / f"{time.time_ns():020d}-{secrets.token_hex(4)}{OPEN}"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        self.length = 0
        sync_folder(folder)

    def write(self, requests: list[ExportRequest]) -> int:
        """Append requests and sync them; gives the bytes they take."""
        block = b"".join(length_prefixed(request.body) for request in requests)
        view = memoryview(block)
        while view:
            view = view[self._file.write(view) or 0 :]
        _sync(self._file.fileno())
        self.length += len(block)
        self.spans += sum(request.spans for request in requests)
        self.shared += sum(request.shared for request in requests)
        self.only_metrics = self.only_metrics and all(request.body[0] == METRICS.tag for request in requests)
        return len(block)

    def cut_back(self) -> bool:
        """Take away what a failed write left: half a request must not stay between whole ones. False if that fails."""
        try:
            self._file.truncate(self.length)
            self._file.seek(self.length)
        except OSError as error:
            logger.error("cannot mend a spool segment: %s; it is committed at the next start", error)
            return False
        return True

    def finish(self) -> Segment:
        """Close the file, which waits to be committed from now on."""
        self._file.close()
        ready = self._path.with_suffix(READY)
        self._path.rename(ready)
        return Segment(ready)


def sync_folder(folder: Path) -> None:
    """Have a folder's names be on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def whole_length(path: Path) -> int:
    """How long a file is up to its last whole request."""
    data = path.read_bytes()
    return max((begin + len(length_prefixed(body)) for begin, body in whole_records(data)), default=0)
