"""Upkeep: what commitments and charges cost whom stays allocated as the ledger and the files of costs have it by now.

The worker follows what is new: by the parts of the ledger that it has not looked through, by the files, and by the
hour. Who imports or restates brings everything up to date at its end. Reports only read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.books import allocation, charge_shares
from spanledger_enrich.ledger.enrichment import last_version, record_progress
from spanledger_enrich.ledger.parts_seen import PartsSeen
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger_enrich.books.allocation import Allocated
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

# In `enrich_progress`: up to which version the ledger was looked at.
_NAME: Final = "allocation"


class Upkeep:
    """Follows a ledger for as long as it lives; a new one looks at everything once.

    Args:
        store: The database.
        configuration: Says how many calls one statement takes.
    """

    def __init__(self, store: Store, configuration: Configuration) -> None:
        self._store = store
        self._configuration = configuration
        self._seen = PartsSeen(store, ("ledger",))
        self._files: dict[str, Any] = {}
        self._hour: datetime | None = None

    def follow(self, still_mine: Callable[[], None] = lambda: None, now: datetime | None = None) -> bool:
        """Allocate anew what new calls, files or hours change; gives whether there were any.

        Args:
            still_mine: Called before anything comes in force; raises where another worker has taken over.
            now: The present.
        """
        files = self._store.rows(statement("lookups/progress/charge_files"))[0]
        if not files["commitments"][0] and not files["charges"][0]:
            return False
        moment = now or datetime.now(UTC)
        hour = moment.replace(minute=0, second=0, microsecond=0)
        # Read before the parts: what a batch of that version wrote is in them.
        version = last_version(self._store)
        parts = self._seen.others()
        if not parts and (files, hour) == (self._files, self._hour):
            return False
        everything = self._hour is None
        touched = [] if everything else self._store.rows(
            statement("books/touched_days"), parts=parts.of("ledger"), hour=hour
        )  # fmt: skip
        allocation.allocate(
            self._store,
            self._configuration,
            moment,
            touched=None if everything else {row["day"] for row in touched if row["is_over"]},
            still_mine=still_mine,
        )
        charge_shares.allocate(
            self._store, touched=None if everything else {row["day"] for row in touched}, still_mine=still_mine
        )
        record_progress(self._store, 0, version, _NAME)
        self._seen.add(parts)
        self._files, self._hour = files, hour
        return True


def bring_up_to_date(store: Store, configuration: Configuration, now: datetime | None = None) -> list[Allocated]:
    """Allocate whatever is not as it must be; gives the commitments."""
    version = last_version(store)
    done = allocation.allocate(store, configuration, now)
    charge_shares.allocate(store)
    record_progress(store, 0, version, _NAME)
    return done


def bring_up_to_date_if_allowed(store: Store, configuration: Configuration) -> bool:
    """The same, before something that rests on it is kept; gives whether it is done: who may only read may not."""
    if configuration.tenant_scope is not None:
        return False
    try:
        bring_up_to_date(store, configuration)
    except StoreError as error:
        if not error.is_forbidden:
            raise
        return False
    return True


def note_restatement(store: Store) -> None:
    """Say that calls are restated, so that who reads knows until they were looked at again."""
    record_progress(store, 0, last_version(store), "restatement")
