"""Booking: what is new becomes rows of the ledger, batch by batch; what cannot be computed is set aside."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from spanledger_enrich.ledger import count_once
from spanledger_enrich.ledger.batch_size import BatchSize
from spanledger_enrich.ledger.enrichment import last_version, new_calls, record_progress, write
from spanledger_enrich.ledger.parts_seen import PartsSeen
from spanledger_enrich.ledger.resolution import resolve_models, resolve_places
from spanledger_enrich.ledger.stages import Stages
from spanledger_enrich.ledger.tenant_rules import store_rules
from spanledger_sql.data_errors import DATA_ERRORS
from spanledger_sql.store import Store, StoreError, statement

if TYPE_CHECKING:
    from spanledger_enrich.ledger.lease import Lease
    from spanledger_settings.configuration import Configuration

logger = logging.getLogger(__name__)

# So many calls of a batch are set aside one by one, after which those that go wrong together are set aside together.
_ALONE = 1_000
# Workers of one process are one to the lease.
_ONE_AT_A_TIME = threading.Lock()


class Booking:
    """Takes what has arrived since it last looked, for the worker that holds the lease."""

    def __init__(self, store: Store, configuration: Configuration, lease: Lease) -> None:
        self.booked = 0
        """Calls written into the ledger since the start."""
        self.set_aside = 0
        """Calls that cannot be computed, as of the last batch."""
        self.arrived: dict[str, Any] = {}
        """What had arrived when all of it was last taken."""
        self._store = store
        self._configuration = configuration
        self._lease = lease
        self._stages = Stages(store)
        self._scratch = dict(count_once.SCRATCH)
        self._own_tables = False
        self._seen = PartsSeen(store)
        self._size = BatchSize(store, configuration.batch_calls)
        self._alone = 0
        self._rules_stored = False
        self._recount = False

    def recount(self) -> None:
        """Have the next batch count once although it has no new call: some that are booked may count otherwise."""
        self._recount = True

    def failed(self) -> None:
        """Take fewer calls from now on: the last batch may have been more than there is memory for."""
        self._size.failed()

    def begin_anew(self) -> None:
        """Forget what was seen: another worker has had the lease meanwhile."""
        self._own_tables = False
        self.arrived, self._seen = {}, PartsSeen(self._store)

    def next(self) -> int | None:
        """The number of calls of one batch; None where nothing has arrived since the last.

        A batch of none is no end: what it was to look through may have been merged away meanwhile.
        """
        if not self._rules_stored:
            store_rules(self._store, self._configuration.tenant_rules)
            self._rules_stored = True
        arrived = self._store.rows(statement("lookups/progress/arrived"))[0]
        if arrived == self.arrived and not self._recount:
            return None
        with _ONE_AT_A_TIME:
            return self._batch_of(arrived)

    def _batch_of(self, arrived: dict[str, Any]) -> int:
        self._make_own_tables()
        if arrived["taken_up"] != self.arrived.get("taken_up"):
            self._seen = PartsSeen(self._store)
        parts = self._seen.others()
        version = self._lease.version(last_version(self._store, None))
        scope = new_calls(self._store, self._configuration, version)
        limit = self._size.now
        calls = self._stages.choose(scope, parts.of("llm_spans"), parts.of("span_parent"), limit)
        inserts = self._store.value("SELECT count() FROM {inserts:Identifier}", inserts=self._stages.tables["inserts"])
        if inserts or self._recount:
            self._alone = 0
            self._size.begun(calls, version)
            self._book(scope, [])
            self._lease.check()
            self._stages.note_taken(scope["version"])
            record_progress(self._store, calls, scope["version"])
            self._size.ended()
            self._recount = False
            self.booked += calls
        if calls < limit:
            self._seen.add(parts)
            self.arrived = arrived
        self.set_aside = int(self._store.value("SELECT count() FROM set_aside FINAL WHERE waiting = 1"))
        return calls

    def _book(self, scope: dict[str, Any], spans: list[int]) -> None:
        """Book the calls of ``scope``; halve what cannot be computed, and set aside each call that fails alone."""
        try:
            self._compute(scope)
        except Exception as error:
            if not _of_the_data(error):
                raise
            spans = spans or self._stages.spans(scope)
            if len(spans) <= 1 or self._alone >= _ALONE:
                self._put_aside(scope, len(spans), error)
                return
            middle = len(spans) // 2
            for part in (spans[:middle], spans[middle:]):
                self._book({**scope, "first_span": part[0], "last_span": part[-1]}, part)

    def _compute(self, scope: dict[str, Any]) -> None:
        tables = self._stages.tables
        self._stages.take(scope)
        resolve_models(self._store, tables["batch"])
        resolve_places(self._store, tables["batch"])
        count_once.judge(self._store, tables["batch"], tables["inserts"], scope["version"], self._scratch)
        self._lease.check()
        write(self._store, self._stages, scope)

    def _make_own_tables(self) -> None:
        """On a server there may be others: who lost its lease must not meet the next one's rows."""
        if self._own_tables or not (prefix := self._lease.tables):
            return
        self._stages = Stages(self._store, prefix)
        self._scratch = {name: f"{prefix}_{name}" for name in count_once.SCRATCH}
        likes = [(table, f"ledger_{name}") for name, table in self._stages.tables.items()]
        likes += [(self._scratch[name], like) for name, like in count_once.SCRATCH.items()]
        for table, like in likes:
            self._store.execute(statement("ledger/batch/own_table"), {"table": table, "like": like})
        self._own_tables = True

    def drop_own_tables(self) -> None:
        """Leave nothing behind on a server that others use."""
        for table in (*self._stages.tables.values(), *self._scratch.values()) if self._own_tables else ():
            self._store.execute("DROP TABLE IF EXISTS {table:Identifier}", {"table": table})
        self._own_tables = False

    def _put_aside(self, scope: dict[str, Any], calls: int, error: Exception) -> None:
        reason = str(error)[:1000]
        logger.error("%s calls cannot be computed and are set aside: %s", calls, reason)
        self._alone += 1
        self._stages.set_aside(scope, reason)


def take_up_again(store: Store) -> int:
    """Have the worker take up the calls again that were set aside; gives how many there are."""
    waiting = int(store.value("SELECT count() FROM set_aside FINAL WHERE waiting = 1"))
    if waiting:
        store.execute(statement("ledger/batch/take_up_again"))
        store.execute(statement("ledger/batch/taken_up"))
    return waiting


def _of_the_data(error: Exception) -> bool:
    """Whether an error is a call's fault: others, such as a database that is away, may pass."""
    if isinstance(error, StoreError):
        return error.code in DATA_ERRORS
    return isinstance(error, (ArithmeticError, LookupError, TypeError, ValueError, RecursionError))
