"""The worker: takes calls in the order they were ingested, batch by batch, and writes them into the ledger."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books import restatement
from spanledger_enrich.books.budgets.watch import Watch
from spanledger_enrich.books.scope import Scope
from spanledger_enrich.books.upkeep import Upkeep
from spanledger_enrich.energy import energy_model
from spanledger_enrich.grid import grid_intensity, grid_water
from spanledger_enrich.ledger import count_once
from spanledger_enrich.ledger.batch_size import BatchSize
from spanledger_enrich.ledger.energy_allocation import SAMPLES, allocate
from spanledger_enrich.ledger.enrichment import last_version, new_calls, record_progress, write
from spanledger_enrich.ledger.hour_sums import MARGIN_S, distrust, sum_hours
from spanledger_enrich.ledger.lease import Lease, LeaseLost
from spanledger_enrich.ledger.parts_seen import PartsSeen
from spanledger_enrich.ledger.resolution import resolve_again, resolve_models, resolve_places
from spanledger_enrich.ledger.stages import Stages
from spanledger_enrich.ledger.tenant_rules import store_rules
from spanledger_enrich.ledger.usage.metric_usage import follow_metrics
from spanledger_enrich.ledger.usage.usage_reports import follow_usage
from spanledger_enrich.prices import price_book, price_list
from spanledger_sql.data_errors import DATA_ERRORS
from spanledger_sql.store import Store, StoreError, statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger_settings.configuration import Configuration

logger = logging.getLogger(__name__)

# Sharing out a host's energy goes over a whole hour of its calls.
_ALLOCATE_EVERY_S = 15.0
# What metrics and usage reports tell is looked at as rarely, and after this many times as long as it took: a fleet's
# metrics of a day are compared with its calls each time. Nobody waits for more than two minutes all the same.
_METERING_RESTS, _LONGEST_METERING_REST_S = 100.0, 120.0
# After a pass over fewer calls than this the worker rests for so many times as long as the pass took, at most so long:
# most of a small pass costs the same for one call as for thousands, so it lets some gather.
_SMALL_PASS_CALLS = 1_000
_REST = 15.0
_LONGEST_REST_S = 7.0
# While more is on its way into the database the worker waits for it, at most so long, and takes it together.
_GATHER_S, _LOOK_AGAIN_S = 5.0, 0.1
# Who stores something here wakes the worker; what others store, it finds by looking.
_LOOK_EVERY_S = 3.0
# After looking who pays commitments and charges the worker rests from it for so many times as long as that took:
# charges are weighed by all calls of their time whenever one comes.
_KEEPING_RESTS = 20.0
# How often the worker looks for hours to sum, and for how many times as long as it took to sum some it rests: less than
# a tenth of a core goes there, however many hours wait.
_SUM_EVERY_S, _SUMMING_RESTS = 60.0, 10.0
# How often the worker looks whether reference data changed.
_RESTATE_EVERY_S = 60.0
# So many calls of a batch are set aside one by one, after which those that go wrong together are set aside together.
_ALONE = 1_000
# A worker that is to stop goes on for so long, and then ends its statements, of which a batch has fewer than this.
_PATIENCE_S, _MOST_STATEMENTS = 4.0, 50
# Workers of one process are one to the lease.
_ONE_AT_A_TIME = threading.Lock()


def load_reference_data(store: Store) -> None:
    """Put list prices, energy coefficients and yearly grid means into the database, where they are not there yet."""
    new_prices = price_list.load(store)
    new_energy = energy_model.load(store)
    grid_intensity.load_yearly_means(store)
    grid_water.load(store)
    if new_prices:
        price_book.follow_the_list(store)
    if new_prices or new_energy:
        resolve_again(store)


class Worker:
    """Brings the ledger up to date, once or in a thread of its own.

    Running it again, or after it was killed at any point, leaves one ledger row a call.
    """

    def __init__(self, store: Store, configuration: Configuration) -> None:
        self.booked = 0
        """Calls written into the ledger since the start."""
        self._store = store
        self._configuration = configuration
        self._more_comes: Callable[[], bool] = lambda: False
        self._wake = threading.Event()
        self._stopping = False
        self._give_up_at = 0.0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._lease = Lease(store)
        self._stages = Stages(store)
        self._scratch = dict(count_once.SCRATCH)
        self._own_tables = False
        self._working = False
        self._arrived: dict[str, Any] = {}
        self._metered_at: dict[str, Any] = {}
        self._seen = PartsSeen(store)
        self._samples_seen = PartsSeen(store, SAMPLES)
        self._upkeep = Upkeep(store, configuration)
        self._watch = Watch(store, configuration, lambda: self._working)
        self._size = BatchSize(store, configuration.batch_calls)
        self._alone = 0
        self._problem = ""
        self._set_aside_calls = 0
        self._rules_stored = False
        self._recount = False
        self._allocate_again_at = 0.0
        self._meter_again_at = 0.0
        self._keep_again_at = 0.0
        self._restate_again_at = 0.0
        self._sum_again_at = 0.0

    def catch_up(self) -> int:
        """Enrich everything ingested so far, measured energy included; gives the number of new calls.

        Where another worker is at work, this waits until that one has done it.
        """
        while not self._works():
            if not self._store.rows(statement("reports/operations/backlog"))[0]["llm_spans"]:
                return 0
            time.sleep(0.5)
        try:
            enriched = self._calls()
            enriched += self._metered()
            self._measured()
            self._upkeep.follow(self._lease.check)
        except LeaseLost:
            self._wait_again()
            return self.catch_up()
        return enriched

    def sum_hours(self, *, anew: bool = False) -> int:
        """Take the sums of all hours that have settled and lack them; gives how many, 0 where another worker does it.

        Args:
            anew: Also of those that have them.
        """
        if anew:
            distrust(self._store)
            # Queries that began before still read the former sums, which the new ones replace.
            time.sleep(MARGIN_S)
        summed = 0
        while self._works() and (hours := sum_hours(self._store, check=self._lease.check)):
            summed += hours
        return summed

    def give_back(self) -> None:
        """Let another worker work at once."""
        self._lease.give_back()
        self._drop_own_tables()

    def start(self) -> None:
        """Run in a thread, woken by `wake`, until `stop`."""
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()
        self._watch.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs, or was not started yet."""
        return self._thread is None or self._thread.is_alive()

    @property
    def problem(self) -> str:
        """Why the ledger is not up to date; empty where nothing is wrong."""
        return self._problem

    @property
    def set_aside(self) -> int:
        """How many calls cannot be computed, as of the last batch."""
        return self._set_aside_calls

    def wake(self) -> None:
        """Say that there is something new."""
        self._wake.set()

    def gather_while(self, more_comes: Callable[[], bool]) -> None:
        """Begin no batch while this says that more calls are about to be stored, but for some seconds at most."""
        self._more_comes = more_comes

    def stop(self, patience_s: float = _PATIENCE_S) -> None:
        """Catch up and end the thread; after some seconds in the middle of a batch, which comes again next time."""
        self._give_up_at = time.monotonic() + patience_s
        self._stopping = True
        self._stopped.set()
        self._wake.set()
        if self._thread is None:
            return
        self._watch.stop()
        self._thread.join(patience_s)
        if self._thread.is_alive():
            logger.warning("calls that are stored wait for the next start to be booked: there is no time left")
        for _ in range(_MOST_STATEMENTS):
            if not self._thread.is_alive():
                break
            if self._store.kind != "embedded":
                # A server goes on by itself; its lease passes on as that of a worker that died.
                return
            self._store.value("KILL QUERY WHERE query_kind IN ('Insert', 'Select', 'Delete') ASYNC")
            self._thread.join(0.2)
        with contextlib.suppress(StoreError):
            self.give_back()

    def _calls(self) -> int:
        enriched = 0
        while not self._late():
            self._gather()
            if (calls := self._batch()) is None:
                break
            enriched += calls
        return enriched

    def _gather(self) -> None:
        until = time.monotonic() + _GATHER_S
        while self._more_comes() and not self._stopping and time.monotonic() < until:
            self._stopped.wait(_LOOK_AGAIN_S)

    def _late(self) -> bool:
        """Whether it is time to stop, whatever there is to do."""
        return self._stopping and time.monotonic() >= self._give_up_at

    def _metered(self) -> int:
        """What only metrics and usage reports tell of: it follows when the calls are counted once."""
        if self._arrived and self._arrived == self._metered_at:
            return 0
        enriched = 0
        # What reports tell beyond metrics follows when those are booked.
        for follow in (follow_metrics, follow_usage):
            if follow(self._store, self._lease.version(last_version(self._store, None))):
                # Some that are booked may count otherwise, without a new one.
                self._recount = True
                enriched += self._calls()
        self._metered_at = self._arrived
        return enriched

    def _works(self) -> bool:
        """Whether this is the worker whose turn it is."""
        self._working = self._working or self._lease.held()
        return self._working

    def _wait_again(self) -> None:
        self._working = self._own_tables = False
        self._arrived, self._seen = {}, PartsSeen(self._store)
        self._samples_seen = PartsSeen(self._store, SAMPLES)
        self._upkeep = Upkeep(self._store, self._configuration)

    def _measured(self) -> None:
        allocate(self._store, self._configuration, seen=self._samples_seen)
        self._allocate_again_at = time.monotonic() + _ALLOCATE_EVERY_S

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(timeout=_LOOK_EVERY_S)
            self._wake.clear()
            begin = time.monotonic()
            try:
                if not self._works():
                    continue
                calls = self._calls()
                if not self._late() and (self._stopping or time.monotonic() >= self._allocate_again_at):
                    self._measured()
                if not self._late() and (self._stopping or time.monotonic() >= self._meter_again_at):
                    begun = time.monotonic()
                    self._metered()
                    took = time.monotonic() - begun
                    rest = min(_LONGEST_METERING_REST_S, _METERING_RESTS * took)
                    self._meter_again_at = time.monotonic() + max(_ALLOCATE_EVERY_S, rest)
                self._restate()
                if not self._late() and (self._stopping or time.monotonic() >= self._keep_again_at):
                    self._keep_allocated()
                if not self._stopping and time.monotonic() >= self._sum_again_at:
                    self._sum_hours()
                self._problem = ""
                if 0 < calls < _SMALL_PASS_CALLS:
                    self._stopped.wait(min(_LONGEST_REST_S, _REST * (time.monotonic() - begin)))
            except LeaseLost as lost:
                logger.warning("%s; this one waits", lost)
                self._wait_again()
            except Exception as error:  # this thread must not end: what it waits for may pass, and health tells
                if self._late():
                    return
                # It may be that a rival took the tables away, or that the batch is more than there is memory for.
                self._working = False
                self._size.failed()
                self._problem = f"the worker: {error}"
                said = "the worker could not enrich a batch and tries again: %s"
                logger.error(said, error, exc_info=not isinstance(error, StoreError))
                time.sleep(1.0)

    def _keep_allocated(self) -> None:
        begun = time.monotonic()
        try:
            self._upkeep.follow(self._lease.check)
        except LeaseLost:
            raise
        except StoreError as error:
            # What was allocated before stays in force, and reports say that it is behind.
            logger.warning("commitments and charges could not be allocated, and are tried again: %s", error)
        took = time.monotonic() - begun
        self._keep_again_at = time.monotonic() + max(_ALLOCATE_EVERY_S, _KEEPING_RESTS * took)

    def _sum_hours(self) -> None:
        begun, summed = time.monotonic(), 0
        try:
            summed = sum_hours(self._store, check=self._lease.check)
        except LeaseLost:
            raise
        except StoreError as error:
            # Reports read the calls of hours that lack sums.
            logger.warning("the worker could not sum hours of the ledger, and tries again: %s", error)
        took = time.monotonic() - begun
        self._sum_again_at = time.monotonic() + (_SUMMING_RESTS * took if summed else _SUM_EVERY_S)

    def _restate(self) -> None:
        if not self._configuration.restate_automatically or time.monotonic() < self._restate_again_at:
            return
        self._restate_again_at = time.monotonic() + _RESTATE_EVERY_S
        if not restatement.reference_changed(self._store, self._configuration):
            return
        try:
            done = restatement.restate(
                self._store, self._configuration, Scope(), requested_by="worker",
                reason="reference data changed", keep_on=lambda: not self._stopping,
            )  # fmt: skip
        except restatement.RestatementError as error:
            logger.warning("%s", error)
            return
        if done.changed_calls:
            logger.info("restatement %s gave %s calls a new version", done.restatement_id, done.changed_calls)

    def _batch(self) -> int | None:
        """The number of calls of one batch; None where nothing has arrived since the last.

        A batch of none is no end: what it was to look through may have been merged away meanwhile.
        """
        if not self._rules_stored:
            store_rules(self._store, self._configuration.tenant_rules)
            self._rules_stored = True
        arrived = self._store.rows(statement("lookups/progress/arrived"))[0]
        if arrived == self._arrived and not self._recount:
            return None
        with _ONE_AT_A_TIME:
            return self._batch_of(arrived)

    def _batch_of(self, arrived: dict[str, Any]) -> int:
        self._make_own_tables()
        if arrived["taken_up"] != self._arrived.get("taken_up"):
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
            self._arrived = arrived
        self._set_aside_calls = int(self._store.value("SELECT count() FROM set_aside FINAL WHERE waiting = 1"))
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
                self._set_aside(scope, len(spans), error)
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

    def _drop_own_tables(self) -> None:
        for table in (*self._stages.tables.values(), *self._scratch.values()) if self._own_tables else ():
            self._store.execute("DROP TABLE IF EXISTS {table:Identifier}", {"table": table})
        self._own_tables = False

    def _set_aside(self, scope: dict[str, Any], calls: int, error: Exception) -> None:
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
