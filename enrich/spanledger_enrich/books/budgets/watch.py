"""The watch: budgets and alarms are checked by themselves, while this process's worker is the one whose turn it is."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from spanledger_enrich.books.budgets import alarm, outbox, standing
from spanledger_enrich.books.budgets.channel import channels
from spanledger_sql.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spanledger_enrich.books.budgets.alarm import Row
    from spanledger_enrich.books.budgets.outbox import Delivery
    from spanledger_enrich.books.budgets.standing import Standing
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

logger = logging.getLogger(__name__)

# After a check it rests for so many times as long as that took.
_RESTS: Final = 20.0
# A forecast reads more than a year: it is made so often.
_FORETELL_EVERY: Final = timedelta(hours=1)
# So often is looked whether it is this process's turn.
_LOOK_S: Final = 1.0
# A watch that is to stop waits so long for a receiver that does not answer.
_PATIENCE_S: Final = 4.0
_BUDGETS: Final = "SELECT count() FROM budget FINAL WHERE removed = 0"


def raise_alarms(
    store: Store,
    configuration: Configuration,
    found: Sequence[Standing],
    now: datetime,
    keep_on: Callable[[], bool] = lambda: True,
) -> tuple[list[Row], Delivery]:
    """Keep what was foretold, store alarms that nobody raised yet, and deliver what is not delivered; gives both."""
    standing.remember_forecasts(store, found, now)
    new = alarm.note(store, [*alarm.of_budgets(found), *alarm.of_calls(store, now)])
    return new, outbox.deliver(store, configuration, keep_on=keep_on)


class Watch:
    """Checks in a thread of its own, from `start` to `stop`.

    Args:
        store: The database.
        configuration: Says how often, and who is told.
        is_turn: Whether this process is the one that checks: others wait.
    """

    def __init__(self, store: Store, configuration: Configuration, is_turn: Callable[[], bool]) -> None:
        self._store = store
        self._configuration = configuration
        self._is_turn = is_turn
        self._stopped = threading.Event()
        self._foretold_at: datetime | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Check from now on, where the configuration wants it."""
        if self._configuration.budgets_every_seconds:
            self._thread = threading.Thread(target=self._run, name="budgets", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End; what is not delivered yet is so by the next."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)

    def check(self, now: datetime | None = None) -> None:
        """Check once, where there is a budget, or somebody to be told."""
        if not self._store.value(_BUDGETS) and not channels(self._configuration):
            return
        moment = now or datetime.now(UTC)
        foretell = self._foretold_at is None or moment - self._foretold_at >= _FORETELL_EVERY
        found = standing.standings(self._store, moment, foretell=foretell)
        if foretell:
            self._foretold_at = moment
        new, done = raise_alarms(
            self._store, self._configuration, found, moment, lambda: self._is_turn() and not self._stopped.is_set()
        )
        for row in new:
            logger.warning("alarm: %s", alarm.told(row))
        for channel, problem in done.problems.items():
            logger.warning("%s: %s: alarms wait for the next check", channel, problem)

    def _run(self) -> None:
        rest = _LOOK_S
        while not self._stopped.wait(rest):
            begun = time.monotonic()
            if not self._is_turn():
                rest = _LOOK_S
                continue
            try:
                self.check()
            except Exception as error:  # this thread must not end: what it waits for may pass
                if self._stopped.is_set():
                    return
                said = "budgets could not be checked, and are tried again: %s"
                logger.error(said, error, exc_info=not isinstance(error, StoreError))
            rest = max(self._configuration.budgets_every_seconds, _RESTS * (time.monotonic() - begun))
