"""The worker: takes calls in the order they were ingested, batch by batch, and writes them into the ledger."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from spanledger_enrich import energy_model, grid_intensity, price_list, restatement
from spanledger_enrich.enrichment import enrich, progress, record_progress
from spanledger_enrich.resolution import resolve_models, resolve_places
from spanledger_sql.store import Store, StoreError, statement

if TYPE_CHECKING:
    from spanledger_sql.configuration import Configuration

logger = logging.getLogger(__name__)

# A span can become visible a little after one that was ingested later: each batch looks back this far.
LOOKBACK = timedelta(seconds=60)
# How often the worker looks whether reference data changed, in seconds.
_RESTATE_EVERY = 60.0


def load_reference_data(store: Store) -> None:
    """Put list prices, energy coefficients and yearly grid means into the database, where they are not there yet."""
    price_list.load(store)
    energy_model.load(store)
    grid_intensity.load_yearly_means(store)


class Worker:
    """Brings the ledger up to date, once or in a thread of its own.

    Running it again, or after it was killed at any point, leaves one ledger row a call.
    """

    def __init__(self, store: Store, configuration: Configuration) -> None:
        self._store = store
        self._configuration = configuration
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._look_again_until = 0.0
        self._restate_after = 0.0

    def catch_up(self) -> int:
        """Enrich everything ingested so far; gives the number of new calls."""
        enriched = 0
        while calls := self._batch():
            enriched += calls
        return enriched

    def start(self) -> None:
        """Run in a thread, woken by `wake`, until `stop`."""
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something new."""
        self._wake.set()

    def stop(self) -> None:
        """Catch up and end the thread."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(timeout=1.0)
            self._wake.clear()
            try:
                self.catch_up()
                self._restate()
            except StoreError as error:
                logger.error("the worker could not enrich a batch and tries again: %s", error)
                time.sleep(1.0)

    def _restate(self) -> None:
        if not self._configuration.restate_automatically or time.monotonic() < self._restate_after:
            return
        self._restate_after = time.monotonic() + _RESTATE_EVERY
        if not restatement.reference_changed(self._store):
            return
        try:
            done = restatement.restate(
                self._store, self._configuration, restatement.Scope(), requested_by="worker",
                reason="reference data changed", keep_on=lambda: not self._stopping,
            )  # fmt: skip
        except restatement.RestatementError as error:
            logger.warning("%s", error)
            return
        if done.changed_calls:
            logger.info("restatement %s gave %s calls a new version", done.restatement_id, done.changed_calls)

    def _batch(self) -> int:
        after = progress(self._store)
        batch = self._store.rows(
            statement("enrich/next_batch"), after=after, batch_calls=self._configuration.batch_calls
        )[0]
        calls = int(batch["calls"])
        if calls:
            self._look_again_until = time.monotonic() + LOOKBACK.total_seconds()
        elif time.monotonic() >= self._look_again_until:
            return 0
        until = batch["until"] if calls else after
        since = after - LOOKBACK
        resolve_models(self._store, since, until)
        resolve_places(self._store, since, until, self._configuration.default_zone)
        enrich(self._store, self._configuration, since, until)
        if calls:
            record_progress(self._store, until, calls)
        return calls
