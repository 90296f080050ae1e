"""The worker: takes calls in the order they were ingested, batch by batch, and writes them into the ledger."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from spanledger_enrich import count_once, energy_model, grid_intensity, grid_water, price_book, price_list
from spanledger_enrich.count_once import Window
from spanledger_enrich.energy_allocation import allocate
from spanledger_enrich.resolution import resolve_again, resolve_models, resolve_places
from spanledger_sql.store import Store, StoreError, statement

if TYPE_CHECKING:
    from spanledger_sql.configuration import Configuration

logger = logging.getLogger(__name__)

# A span can become visible a little after one that was ingested later: each batch looks back this far.
LOOKBACK = timedelta(seconds=60)
# Sharing out a host's energy goes over a whole hour of its calls.
_ALLOCATE_EVERY_S = 15.0
_NAME = "ledger"
_BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)


def load_reference_data(store: Store) -> None:
    """Put list prices, energy coefficients and yearly grid means into the database, where they are not there yet."""
    new_prices = price_list.load(store)
    energy_model.load(store)
    grid_intensity.load_yearly_means(store)
    grid_water.load(store)
    if new_prices:
        price_book.follow_the_list(store)
        resolve_again(store)


def methods(configuration: Configuration) -> dict[str, str | float]:
    """The configured choices that the enrichment statement takes as parameters."""
    return {
        "default_zone": configuration.default_zone,
        "energy_method": configuration.energy_method,
        "grid_signal": configuration.grid_signal,
        "grid_basis": configuration.grid_basis,
        "default_pue": configuration.default_pue,
    }


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
        self._parents = _BEGINNING
        self._allocate_again_at = 0.0

    def catch_up(self) -> int:
        """Enrich everything ingested so far, measured energy included; gives the number of new calls."""
        enriched = self._calls()
        self._measured()
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

    def _calls(self) -> int:
        enriched = 0
        while calls := self._batch():
            enriched += calls
        return enriched

    def _measured(self) -> None:
        allocate(self._store, self._configuration.default_pue)
        self._allocate_again_at = time.monotonic() + _ALLOCATE_EVERY_S

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(timeout=1.0)
            self._wake.clear()
            try:
                self._calls()
                if self._stopping or time.monotonic() >= self._allocate_again_at:
                    self._measured()
            except StoreError as error:
                logger.error("the worker could not enrich a batch and tries again: %s", error)
                time.sleep(1.0)

    def _batch(self) -> int:
        after = progress(self._store)
        batch = self._store.rows(
            statement("enrich/next_batch"), after=after, batch_calls=self._configuration.batch_calls
        )[0]
        calls = int(batch["calls"])
        until = batch["until"] if calls else after
        since = after - LOOKBACK
        parents = self._store.value(statement("enrich/newest_parent"), after=since)
        if not calls:
            late = self._store.value(statement("enrich/late_calls"), after=since, until=until)
            if not late and parents == self._parents:
                return 0
        seen, self._parents = max(self._parents, since), parents
        resolve_models(self._store, since, until)
        resolve_places(self._store, since, until)
        version = time.time_ns() // 1000
        changed = count_once.judge(self._store, Window(since, until), Window(seen, parents), version)
        self._store.execute(
            statement("enrich/ledger"),
            {
                "after": since,
                "until": until,
                "verdicts_after": last_version(self._store),
                "version": version,
                **methods(self._configuration),
            },
        )
        if calls or changed:
            self._store.insert(
                "enrich_progress",
                [
                    {
                        "worker": _NAME,
                        "ingested_until": until,
                        "calls": calls,
                        "updated_at": datetime.now(UTC),
                        "version": version,
                    }
                ],
            )
        return calls


def progress(store: Store) -> datetime:
    """The time of ingestion up to which every call is in the ledger."""
    until = store.value("SELECT max(ingested_until) FROM enrich_progress WHERE worker = {worker:String}", worker=_NAME)
    return max(until, _BEGINNING) if isinstance(until, datetime) else _BEGINNING


def last_version(store: Store) -> int:
    """The version of the last batch that was written whole."""
    return int(store.value("SELECT max(version) FROM enrich_progress WHERE worker = {worker:String}", worker=_NAME))
