"""What a database holds, in figures that tell a whole copy from one that lacks something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_sql.store import Store

# Sums of floating-point numbers depend on the order of their rows.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Contents:
    """The rows of each table, those that replaced ones are not counted in, and sums over the ledger.

    Attributes:
        rows: By table.
        aging: Tables whose rows are deleted by age.
        sums: By name; amounts of money as text, to the last digit.
    """

    rows: dict[str, int]
    aging: list[str]
    sums: dict[str, Any]

    @classmethod
    def of(cls, store: Store) -> Contents:
        """What a database holds now."""
        tables = store.rows(
            "SELECT name, match(engine, 'Replacing|Aggregating') AS replaces, engine_full LIKE '%TTL %' AS ages "
            "FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name"
        )
        rows = {
            table["name"]: int(store.value(f"SELECT count() FROM `{table['name']}` {'FINAL' * table['replaces']}"))  # noqa: S608
            for table in tables
        }
        sums = store.rows(statement("reports/operations/contents"))[0]
        return cls(
            rows,
            [table["name"] for table in tables if table["ages"]],
            {name: value if isinstance(value, int | float) else str(value) for name, value in sums.items()},
        )

    def lacks(self, copy: Contents) -> list[str]:
        """Where a copy of this differs from it; nothing where it is whole."""
        found = [
            f"{table}: {copy.rows.get(table, 0):,} rows, expected {rows:,}"
            for table, rows in self.rows.items()
            if copy.rows.get(table, 0) != rows and not (table in self.aging and copy.rows.get(table, 0) < rows)
        ]
        return found + [
            f"{name} of the ledger: {copy.sums.get(name)}, expected {value}"
            for name, value in self.sums.items()
            if not _same(value, copy.sums.get(name))
        ]


def _same(value: object, other: object) -> bool:
    if isinstance(value, float) and isinstance(other, float):
        return abs(value - other) <= _ROUNDING * abs(value)
    return value == other


def contents_from(document: Mapping[str, Any]) -> Contents:
    """The contents that a document of their fields describes."""
    return Contents(dict(document["rows"]), list(document["aging"]), dict(document["sums"]))
