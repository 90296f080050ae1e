"""The stages of the ledger: statements that each put down a table one can select from, the last the ledger's rows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from spanledger_enrich.ledger.hour_sums import mark_hours
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spanledger_sql.store import Store

# What each puts down is named after it; the last stage, 7_ledger, writes the target.
_LOOKED_UP = ("2_verdicts", "3_models", "4_contracts", "5_measured", "6_places")
_NAMES = ("inserts", "batch", *(stage[2:] for stage in _LOOKED_UP))
# What these put down holds for later batches too, as long as the reference data stands; so many rows of it are kept.
_KEPT = ("models", "places")
_MOST_KEPT = 20_000


class Stages:
    """The stages' tables of one user of them: ``ledger_batch`` and the like are the worker's.

    Args:
        store: The database.
        prefix: What the tables' names begin with.
    """

    def __init__(self, store: Store, prefix: str = "ledger") -> None:
        self._store = store
        self.tables = {name: f"{prefix}_{name}" for name in _NAMES}
        self._reference: object = None

    def choose(
        self, scope: Mapping[str, Any], call_parts: Sequence[str], parent_parts: Sequence[str], limit: int
    ) -> int:
        """Put down the inserts in these parts that are to be taken, some ``limit`` calls; gives how many calls."""
        self._empty("inserts")
        looked_at = {"call_parts": call_parts, "parent_parts": parent_parts, "batch_calls": limit}
        self._store.execute(statement("ledger/0_inserts"), {**scope, **self.tables, **looked_at})
        told = self._store.rows(
            "SELECT sum(calls) AS calls, count() AS inserts FROM {inserts:Identifier}", inserts=self.tables["inserts"]
        )[0]
        if told["inserts"]:
            self._store.execute(statement("ledger/batch/call_model"), {**self.tables, "version": scope["version"]})
        return int(told["calls"])

    def take(self, scope: Mapping[str, Any]) -> int:
        """Put down the calls of ``scope`` in place of those before; gives how many there are."""
        self._empty("batch")
        return self._add(scope, recounted=0)

    def take_recounted(self, scope: Mapping[str, Any]) -> int:
        """Add the calls of earlier batches that count otherwise since; gives how many calls there are now."""
        changed = """SELECT (SELECT count() FROM call_verdict WHERE version > {verdicts_after:UInt64})
            + (SELECT count() FROM call_model WHERE version > {verdicts_after:UInt64})"""
        if not self._store.value(changed, verdicts_after=scope["verdicts_after"]):
            return self._taken()
        return self._add(scope, recounted=1)

    def cost(self, scope: Mapping[str, Any]) -> None:
        """Find what the calls put down are costed by, where there is any of it, and write them into the target."""
        known = self._store.rows(statement("ledger/batch/known"), **self.tables)[0]
        keep = self._stands(known)
        # What a pass that fails leaves is of no use to the next.
        self._reference = None
        for stage in _LOOKED_UP:
            name = stage[2:]
            if not (keep and name in _KEPT):
                self._empty(name)
            # What was measured may have run elsewhere than its span says.
            if known.get(name, 1) or (name in _KEPT and not keep) or (name == "places" and known["measured"]):
                self._store.execute(statement(f"ledger/{stage}"), {**scope, **self.tables})
        self._reference = known["reference"]
        if scope["target"] == "ledger":
            mark_hours(self._store, self.tables["batch"])
        self._store.execute(statement("ledger/7_ledger"), {**scope, **self.tables})

    def _stands(self, known: Mapping[str, Any]) -> bool:
        """Whether what was put down before of models and places holds for this batch.

        Other workers may share the tables on a server, and a cluster does not tell of all of its parts.
        """
        return self._store.kind == "embedded" and known["reference"] == self._reference and known["kept"] <= _MOST_KEPT

    def set_aside(self, scope: Mapping[str, Any], reason: str) -> None:
        """Set the calls of ``scope`` aside."""
        self._store.execute(statement("ledger/batch/set_aside"), {**scope, **self.tables, "reason": reason})

    def spans(self, scope: Mapping[str, Any]) -> list[int]:
        """The hashes of the calls of ``scope``, in order."""
        return [
            row["span"] for row in self._store.rows(statement("ledger/batch/batch_spans"), **{**scope, **self.tables})
        ]

    def note_taken(self, version: int) -> None:
        """Note that the inserts put down are taken; it holds once ``version`` is the progress."""
        self._store.execute(statement("ledger/batch/note_taken"), {**self.tables, "version": version})

    def _add(self, scope: Mapping[str, Any], *, recounted: int) -> int:
        self._store.execute(statement("ledger/1_batch"), {**scope, **self.tables, "recounted": recounted})
        return self._taken()

    def _taken(self) -> int:
        return int(self._store.value("SELECT count() FROM {batch:Identifier}", batch=self.tables["batch"]))

    def _empty(self, name: str) -> None:
        self._store.execute("TRUNCATE TABLE {table:Identifier}", {"table": self.tables[name]})


@contextmanager
def own_stages(store: Store, prefix: str) -> Iterator[Stages]:
    """Stages with tables of their own, gone at the end: for who works beside the worker."""
    stages = Stages(store, prefix)
    try:
        for name, table in stages.tables.items():
            store.execute(statement("ledger/batch/own_table"), {"table": table, "like": f"ledger_{name}"})
        yield stages
    finally:
        for table in stages.tables.values():
            store.execute("DROP TABLE IF EXISTS {table:Identifier}", {"table": table})
