"""What metrics and usage reports have not been compared with yet: told by inserts and versions, never by a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spanledger_enrich.ledger.enrichment import last_version, record_progress
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from spanledger_sql.store import Store

_NEWS: Final = {"metrics": "metrics/0_news", "usage": "usage/0_news"}


class UsageNews:
    """The inserts of points or lines, and of calls, that are new to one of the two who compare.

    Args:
        store: The database; one worker at a time.
        name: Who compares: `metrics` or `usage`.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self.first = last_version(store, name) == 0
        """Whether nothing was ever compared."""
        store.execute("TRUNCATE TABLE usage_news")
        store.execute(statement(_NEWS[name]), {"since": last_version(store, name)})

    def __bool__(self) -> bool:
        return bool(self._store.value("SELECT count() FROM usage_news"))

    def taken(self, version: int) -> None:
        """Note that they were compared, with what was decided as ``version``."""
        self._store.execute(statement("ledger/batch/note_usage"), {"version": version})
        record_progress(self._store, 0, version, self._name)


def verdicts_wait(store: Store) -> bool:
    """Whether calls count otherwise than the ledger has it, also by what a worker decided that was killed then."""
    booked = last_version(store)
    return bool(store.value("SELECT count() FROM call_verdict WHERE version > {booked:UInt64}", booked=booked))
