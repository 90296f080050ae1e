"""Puts closed spool segments into ClickHouse, each once, in order."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import tenacity

from spanledger_collector.spool import length_prefixed
from spanledger_sql.store import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger_collector.spool import Segment, Spool

logger = logging.getLogger(__name__)


class Committer:
    """A thread that takes segments from the spool and inserts them.

    Args:
        spool: Where the segments come from.
        store: Where they go.
        committed: Called after each segment, for example to wake the worker.
    """

    def __init__(self, spool: Spool, store: Store, committed: Callable[[], None] = lambda: None) -> None:
        self.rejected = 0
        self._spool = spool
        self._store = store
        self._committed = committed
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until the spool is closed and empty."""
        self._thread.join()

    def _run(self) -> None:
        while (segment := self._spool.ready.get()) is not None:
            try:
                self._commit(segment)
                self._spool.done(segment)
            except OSError as error:
                logger.error("cannot read segment %s: %s; it is committed at the next start", segment.path, error)
                continue
            self._committed()

    def _commit(self, segment: Segment) -> None:
        try:
            self._insert(segment.path.read_bytes(), segment.token)
        except StoreError as error:
            logger.warning("segment %s was refused (%s); committing its requests in parts", segment.token, error)
            self._commit_parts(list(enumerate(segment.requests())), segment.token)

    def _commit_parts(self, requests: list[tuple[int, bytes]], token: str) -> None:
        """Halve a refused group until the requests that ClickHouse cannot read stand alone, and set those aside."""
        if len(requests) == 1:
            self._set_aside_if_refused(*requests[0], token)
            return
        middle = len(requests) // 2
        for part in (requests[:middle], requests[middle:]):
            try:
                group = b"".join(length_prefixed(body) for _, body in part)
                self._insert(group, f"{token}/{part[0][0]}-{part[-1][0]}")
            except StoreError:
                self._commit_parts(part, token)

    def _set_aside_if_refused(self, number: int, body: bytes, token: str) -> None:
        try:
            self._insert(length_prefixed(body), f"{token}/{number}")
        except StoreError as error:
            folder = self._spool.folder / "rejected"
            folder.mkdir(mode=0o700, exist_ok=True)
            path = folder / f"{token}-{number}.pb"
            path.write_bytes(body)
            path.with_suffix(".txt").write_text(f"{error}\n", encoding="utf-8")
            self.rejected += 1
            logger.error("ClickHouse cannot read a request; kept as %s: %s", path, error)

    def _insert(self, data: bytes, token: str) -> None:
        """Insert, waiting for a database that is away; an error while it is there is the data's fault."""
        for attempt in tenacity.Retrying(
            wait=tenacity.wait_exponential(multiplier=0.2, max=30),
            retry=tenacity.retry_if_exception_type(_DatabaseAway),
            before_sleep=tenacity.before_sleep_log(logger, logging.WARNING),
        ):
            with attempt:
                try:
                    self._store.insert_otlp(data, token)
                except StoreError as error:
                    if not self._database_answers():
                        raise _DatabaseAway(str(error)) from error
                    raise

    def _database_answers(self) -> bool:
        try:
            return bool(self._store.value("SELECT 1") == 1)
        except StoreError:
            return False


class _DatabaseAway(Exception):
    pass
