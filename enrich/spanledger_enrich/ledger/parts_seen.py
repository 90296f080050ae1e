"""Which parts of the tables of spans a worker has looked through: only what is in others can be new."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanledger_sql.store import Store

# Where spans and their parents are.
SPANS = ("llm_spans", "span_parent")
_Place = tuple[str, str]


@dataclass(frozen=True)
class Part:
    """A part of a table, and the numbers of the first and last insert that it holds."""

    table: str
    name: str
    partition: str
    first: int
    last: int


class Parts(tuple[Part, ...]):
    """Some parts."""

    __slots__ = ()

    def of(self, table: str) -> list[str]:
        """The names of those of a table."""
        return [part.name for part in self if part.table == table]


class PartsSeen:
    """Remembers parts for as long as a worker lives: their numbers may be given again after a restart.

    Args:
        store: The database.
        tables: Whose parts.
    """

    def __init__(self, store: Store, tables: Sequence[str] = SPANS) -> None:
        self._store = store
        self._tables = list(tables)
        self._names: set[Part] = set()
        self._blocks: dict[_Place, list[tuple[int, int]]] = defaultdict(list)

    def others(self) -> Parts:
        """The parts that were not seen; what was merged from seen ones was."""
        return Parts(part for part in self._parts() if not self._is_seen(part))

    def add(self, parts: Parts) -> None:
        """Remember parts that were looked through, those that are still there: of others it is not certain."""
        there = self._parts()
        self._names = {part for part in there if part in parts or self._is_seen(part)}
        self._blocks.clear()
        for part in sorted(self._names, key=lambda part: part.first):
            self._blocks[part.table, part.partition].append((part.first, part.last))

    def _is_seen(self, part: Part) -> bool:
        if part in self._names:
            return True
        held = [
            (first, last)
            for first, last in self._blocks[part.table, part.partition]
            if part.first <= first and last <= part.last
        ]
        return sum(last - first + 1 for first, last in held) == part.last - part.first + 1

    def _parts(self) -> list[Part]:
        return [
            Part(row["of"], row["name"], row["partition_id"], row["first_block"], row["last_block"])
            for row in self._store.rows(statement("lookups/progress/parts"), tables=self._tables)
        ]
