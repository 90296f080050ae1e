"""Puts closed spool segments into ClickHouse, each once, in order."""

from __future__ import annotations

import itertools
import logging
import math
import threading
import time
from typing import TYPE_CHECKING

from spanledger_collector.export_request import MalformedRequest, as_read, single_spans
from spanledger_collector.spool.record import length_prefixed
from spanledger_sql.data_errors import DATA_ERRORS
from spanledger_sql.store import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spanledger_collector.spool.segment import Segment
    from spanledger_collector.spool.spool import Spool

logger = logging.getLogger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 30.0


class Committer:
    """A thread that takes segments from the spool and inserts them.

    An insert whose end is not known is taken back before it is done again: each segment lands once in each table,
    whatever happened at whatever moment.

    Args:
        spool: Where the segments come from.
        store: Where they go.
        committed: Called after each segment, for example to wake the worker.
    """

    def __init__(self, spool: Spool, store: Store, committed: Callable[[], None] = lambda: None) -> None:
        self.problem = ""
        """Why the next segment is not in the database yet; empty where nothing is wrong."""
        self.unreadable = 0
        """Segments that could not be read; they are tried again at the next start."""
        self.segments = self.stored_bytes = 0
        """What was put into the database since the start."""
        self._spool = spool
        self._store = store
        self._committed = committed
        self._stop = threading.Event()
        self._last_moment = 0
        self._committing = False
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether segments are being committed."""
        return self._thread.is_alive()

    def at_work(self) -> bool:
        """Whether a segment is being put into the database, or waits for it."""
        return self._committing or not self._spool.ready.empty()

    def join(self, patience_s: float = 5.0, drain_s: float = math.inf) -> None:
        """Wait until the closed spool is empty, or for some seconds where the database does not take it.

        What is left in the spool is committed at the next start.

        Args:
            patience_s: How long a database that does not take a segment, and the last segment, are waited for.
            drain_s: After this no further segment is begun.
        """
        end = time.monotonic() + drain_s
        while self._thread.is_alive() and not self.problem and time.monotonic() < end:
            self._thread.join(0.1)
        if time.monotonic() < end:
            self._thread.join(patience_s)
        self._stop.set()
        self._thread.join(patience_s)

    def _run(self) -> None:
        while (segment := self._spool.ready.get()) is not None:
            self._committing = True
            self._commit_in_the_end(segment)
            self._committing = False

    def _commit_in_the_end(self, segment: Segment) -> None:
        for pause in _pauses():
            if self._stop.is_set():
                return
            try:
                # Under the name that it has by now: an earlier try may have begun it.
                segment = self._spool.current(segment)
                self._commit(segment)
            except OSError as error:
                if not segment.readable():
                    self.unreadable += 1
                    logger.error("cannot read %s: %s; it is committed at the next start", segment.path, error)
                    return
                self._wait(segment, str(error), pause)
            except StoreError as error:
                self._wait(segment, str(error), pause)
            except Exception as error:  # this thread must not end before its spool does
                logger.exception("segment %s met an error that nobody foresaw", segment.token)
                self._wait(segment, f"{type(error).__name__}: {error}", pause)
            else:
                self.problem = ""
                self._committing = False
                self._committed()
                return

    def _wait(self, segment: Segment, problem: str, pause: float) -> None:
        self.problem = problem
        logger.warning("segment %s waits, and is tried again in %.1f s: %s", segment.token, pause, problem)
        self._stop.wait(pause)

    def _commit(self, segment: Segment) -> None:
        if segment.moments:
            self._take_back(segment)
        else:
            segment = self._begin(segment, 1)
        try:
            self._store.insert_segment(segment.path, segment.moments.start, segment=segment.token)
        except StoreError as error:
            if error.code not in DATA_ERRORS:
                raise
            logger.warning("segment %s was refused (%s); committing its requests in parts", segment.token, error)
            self._take_back(segment)
            segment = self._commit_parts(segment)
        size = segment.path.stat().st_size
        self._spool.done(segment)
        self.segments += 1
        self.stored_bytes += size

    def _commit_parts(self, segment: Segment) -> Segment:
        requests, rotten = segment.contents()
        # Halving n requests takes less than 2 n inserts; each that is refused alone is tried once more, then halved.
        segment = self._begin(
            segment, 4 * (len(requests) + sum(len(single_spans(request)) for request in requests)) + 4
        )
        for number, piece in enumerate(rotten):
            self._spool.set_aside(f"{segment.token}-rotten-{number}", piece, "no request begins or ends here")
        _Parts(self._store, self._spool, segment).commit([(str(number), body) for number, body in enumerate(requests)])
        return segment

    def _begin(self, segment: Segment, inserts: int) -> Segment:
        """Give each insert of a segment a microsecond that no other insert of this process has."""
        first = max(time.time_ns() // 1000, self._last_moment + 1)
        self._last_moment = first + inserts - 1
        return self._spool.begin(segment, range(first, first + inserts))

    def _take_back(self, segment: Segment) -> None:
        self._store.take_back(segment.moments.start, segment.moments.stop - 1, segment=segment.token)


class _Parts:
    """Halves a refused segment until what ClickHouse cannot read stands alone, if need be span by span."""

    def __init__(self, store: Store, spool: Spool, segment: Segment) -> None:
        self._store = store
        self._spool = spool
        self._token = segment.token
        self._moments = iter(segment.moments)

    def commit(self, requests: list[tuple[str, bytes]]) -> None:
        if len(requests) == 1:
            self._commit_alone(*requests[0])
            return
        middle = len(requests) // 2
        for part in (requests[:middle], requests[middle:]):
            if part and self._refusal([body for _, body in part]):
                self.commit(part)

    def _commit_alone(self, label: str, body: bytes) -> None:
        """A request that was refused: as other readers of protobuf understand it, else its spans one by one."""
        reason = "the database cannot read it"
        try:
            # A value wider than its field is cut to it by all other readers.
            reason = self._refusal([as_read(body)])
            if not reason:
                return
            spans = single_spans(body)
        except MalformedRequest as error:
            spans, reason = [], str(error)
        if len(spans) > 1:
            self.commit([(f"{label}.{number}", span) for number, span in enumerate(spans)])
            return
        self._spool.set_aside(f"{self._token}-{label}", body, reason)

    def _refusal(self, bodies: list[bytes]) -> str:
        """Insert a group; why the database cannot read it, or nothing once it is stored."""
        moment = next(self._moments)
        try:
            self._store.insert_segment(b"".join(map(length_prefixed, bodies)), moment, segment=self._token)
        except StoreError as error:
            if error.code not in DATA_ERRORS:
                raise
            self._store.take_back(moment, moment, segment=self._token)
            return str(error)
        return ""


def _pauses() -> Iterator[float]:
    for number in itertools.count():
        yield min(_FIRST_PAUSE_S * 2 ** min(number, 10), _LONGEST_PAUSE_S)
