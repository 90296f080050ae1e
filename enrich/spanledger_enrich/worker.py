"""The worker: takes calls in the order they were ingested, batch by batch, and writes them into the ledger."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books import restatement
from spanledger_enrich.books.scope import Scope
from spanledger_enrich.energy import energy_model
from spanledger_enrich.grid import grid_intensity, grid_water
from spanledger_enrich.ledger import count_once
from spanledger_enrich.ledger.count_once import Window
from spanledger_enrich.ledger.energy_allocation import allocate
from spanledger_enrich.ledger.enrichment import BEGINNING, new_calls, progress, record_progress, write
from spanledger_enrich.ledger.metric_usage import follow_metrics
from spanledger_enrich.ledger.resolution import resolve_again, resolve_models, resolve_places
from spanledger_enrich.ledger.stages import Stages
from spanledger_enrich.ledger.tenant_rules import store_rules
from spanledger_enrich.prices import price_book, price_list
from spanledger_sql.store import Store, StoreError, statement

if TYPE_CHECKING:
    from spanledger_settings.configuration import Configuration

logger = logging.getLogger(__name__)

# A span can become visible a little after one that was ingested later: each batch looks back this far.
LOOKBACK = timedelta(seconds=60)
# Sharing out a host's energy goes over a whole hour of its calls.
_ALLOCATE_EVERY_S = 15.0
# After a pass over fewer calls than this the worker rests for so many times as long as the pass took, at most so long:
# most of a small pass costs the same for one call as for thousands, so it lets some gather.
_SMALL_PASS_CALLS = 1_000
_REST = 9.0
_LONGEST_REST_S = 3.0
# How often the worker looks whether reference data changed.
_RESTATE_EVERY_S = 60.0


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
        self._wake = threading.Event()
        self._stopping = False
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._stages = Stages(store)
        self._parents = BEGINNING
        self._seen: dict[str, Any] = {}
        self._rules_stored = False
        self._allocate_again_at = 0.0
        self._restate_again_at = 0.0

    def catch_up(self) -> int:
        """Enrich everything ingested so far, measured energy included; gives the number of new calls."""
        enriched = self._calls()
        enriched += self._metered()
        self._measured()
        return enriched

    def start(self) -> None:
        """Run in a thread, woken by `wake`, until `stop`."""
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs, or was not started yet."""
        return self._thread is None or self._thread.is_alive()

    def wake(self) -> None:
        """Say that there is something new."""
        self._wake.set()

    def stop(self) -> None:
        """Catch up and end the thread."""
        self._stopping = True
        self._stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _calls(self) -> int:
        enriched = 0
        while calls := self._batch():
            enriched += calls
        return enriched

    def _metered(self) -> int:
        """What only metrics tell of: it follows when the calls are counted once."""
        if not follow_metrics(self._store):
            return 0
        return self._batch(recount=True) + self._calls()

    def _measured(self) -> None:
        allocate(self._store, self._configuration.default_pue)
        self._allocate_again_at = time.monotonic() + _ALLOCATE_EVERY_S

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(timeout=1.0)
            self._wake.clear()
            begin = time.monotonic()
            try:
                calls = self._calls()
                if self._stopping or time.monotonic() >= self._allocate_again_at:
                    self._metered()
                    self._measured()
                self._restate()
                if 0 < calls < _SMALL_PASS_CALLS:
                    self._stopped.wait(min(_LONGEST_REST_S, _REST * (time.monotonic() - begin)))
            except StoreError as error:
                logger.error("the worker could not enrich a batch and tries again: %s", error)
                time.sleep(1.0)

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

    def _batch(self, *, recount: bool = False) -> int:
        if not self._rules_stored:
            store_rules(self._store, self._configuration.tenant_rules)
            self._rules_stored = True
        arrived = self._store.rows(statement("lookups/arrived"))[0]
        if arrived == self._seen and not recount:
            return 0
        after = progress(self._store)
        batch = self._store.rows(
            statement("lookups/next_batch"), after=after, batch_calls=self._configuration.batch_calls
        )[0]
        calls = int(batch["calls"])
        until = batch["until"] if calls else after
        since = after - LOOKBACK
        version = time.time_ns() // 1000
        scope = new_calls(self._store, self._configuration, since, until, version)
        taken = self._stages.take(scope)
        parents = self._store.value(statement("lookups/newest_parent"), after=since) or self._parents
        if taken or recount or parents != self._parents:
            table = self._stages.tables["batch"]
            resolve_models(self._store, table)
            resolve_places(self._store, table)
            seen = Window(max(self._parents, since), parents)
            changed = count_once.judge(self._store, table, seen, version)
            write(self._store, self._stages, scope)
            if calls or changed or recount:
                record_progress(self._store, until, calls, version)
            self._parents = parents
        # What the database cannot tell is looked at each time.
        if calls < self._configuration.batch_calls and None not in arrived.values():
            self._seen = arrived
        return calls
