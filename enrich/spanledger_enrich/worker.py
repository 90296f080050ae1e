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
from spanledger_enrich.ledger.booking import Booking
from spanledger_enrich.ledger.energy_allocation import SAMPLES, allocate
from spanledger_enrich.ledger.enrichment import last_version
from spanledger_enrich.ledger.hour_sums import MARGIN_S, distrust, sum_hours
from spanledger_enrich.ledger.lease import Lease, LeaseLost
from spanledger_enrich.ledger.outcomes import Outcomes
from spanledger_enrich.ledger.parts_seen import PartsSeen
from spanledger_enrich.ledger.resolution import resolve_again
from spanledger_enrich.ledger.usage.metric_usage import follow_metrics
from spanledger_enrich.ledger.usage.usage_reports import follow_usage
from spanledger_enrich.prices import price_book, price_list
from spanledger_sql.store import Store, StoreError, statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger_settings.configuration import Configuration

logger = logging.getLogger(__name__)

# Sharing out a host's energy goes over a whole hour of its calls; whose outcomes are is looked at as often.
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
# A worker that is to stop goes on for so long, and then ends its statements, of which a batch has fewer than this.
_PATIENCE_S, _MOST_STATEMENTS = 4.0, 50


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
        self._store = store
        self._configuration = configuration
        self._more_comes: Callable[[], bool] = lambda: False
        self._wake = threading.Event()
        self._stopping = False
        self._give_up_at = 0.0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._lease = Lease(store)
        self._booking = Booking(store, configuration, self._lease)
        self._working = False
        self._metered_at: dict[str, Any] = {}
        self._samples_seen = PartsSeen(store, SAMPLES)
        self._outcomes = Outcomes(store)
        self._upkeep = Upkeep(store, configuration)
        self._watch = Watch(store, configuration, lambda: self._working)
        self._problem = ""
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
            self._outcomes.take()
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
        summed, zones = 0, self._configuration.timezones
        while self._works() and (hours := sum_hours(self._store, zones, threads=0, check=self._lease.check)):
            summed += hours
        return summed

    def give_back(self) -> None:
        """Let another worker work at once."""
        self._lease.give_back()
        self._booking.drop_own_tables()

    def start(self) -> None:
        """Run in a thread, woken by `wake`, until `stop`."""
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()
        self._watch.start()

    @property
    def booked(self) -> int:
        """Calls written into the ledger since the start."""
        return self._booking.booked

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
        return self._booking.set_aside

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
            if (calls := self._booking.next()) is None:
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
        if self._booking.arrived and self._booking.arrived == self._metered_at:
            return 0
        enriched = 0
        # What reports tell beyond metrics follows when those are booked.
        for follow in (follow_metrics, follow_usage):
            if follow(self._store, self._lease.version(last_version(self._store, None))):
                # Some that are booked may count otherwise, without a new one.
                self._booking.recount()
                enriched += self._calls()
        self._metered_at = self._booking.arrived
        return enriched

    def _works(self) -> bool:
        """Whether this is the worker whose turn it is."""
        self._working = self._working or self._lease.held()
        return self._working

    def _wait_again(self) -> None:
        self._working = False
        self._booking.begin_anew()
        self._samples_seen = PartsSeen(self._store, SAMPLES)
        self._outcomes = Outcomes(self._store)
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
                    self._outcomes.take()
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
                self._booking.failed()
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
            summed = sum_hours(self._store, self._configuration.timezones, check=self._lease.check)
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
