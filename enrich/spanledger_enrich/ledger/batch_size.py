"""How many calls the worker takes at once: fewer after a batch that was begun and never came to its end.

A worker that is killed again and again, or has too little memory for a batch, would begin the same one for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_enrich.ledger.enrichment import last_version, record_progress

if TYPE_CHECKING:
    from spanledger_sql.store import Store

# In `enrich_progress`: the batch that was begun last, and how many calls it might hold.
_NAME = "ledger begun"
# Smaller batches are not worth it: most of what they cost is the same for one call as for thousands.
_LEAST = 5_000


class BatchSize:
    """How many calls the next batch may hold.

    Args:
        store: The database; one worker at a time.
        most: As configured.
    """

    def __init__(self, store: Store, most: int) -> None:
        self._store = store
        self._most = most
        self._now = 0

    @property
    def now(self) -> int:
        """The number, at first by how the last batch ended, whoever began it."""
        if not self._now:
            self._now = self._after_the_last()
        return self._now

    def begun(self, calls: int, version: int) -> None:
        """Note that a batch begins, where it is large enough to be a smaller one next time."""
        if calls > _LEAST:
            record_progress(self._store, min(self.now, calls), version, _NAME)

    def ended(self) -> None:
        """Have the next one be larger: the last came to its end."""
        self._now = min(self._most, 2 * self.now)

    def failed(self) -> None:
        """Have the next one be smaller: the database could not do the last. It is not asked: it may be away."""
        if self._now:
            self._now = self._smaller(self._now)

    def _after_the_last(self) -> int:
        for row in self._store.rows(
            "SELECT calls, version FROM enrich_progress FINAL WHERE worker = {worker:String}", worker=_NAME
        ):
            ended = row["version"] <= last_version(self._store)
            return min(self._most, 2 * row["calls"]) if ended else self._smaller(row["calls"])
        return self._most

    def _smaller(self, calls: int) -> int:
        return max(min(_LEAST, self._most), calls // 2)
