"""The rows of a file of the vocabulary, checked; a fault is named by file, line and column."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER: Final = Path(__file__).parent / "rows"


class VocabularyError(ValueError):
    """A row that cannot be; the message says which file, line and column, and what was expected."""


class Row:
    """One row: its cells by column, and where it stands."""

    def __init__(self, place: str, cells: dict[str, str]) -> None:
        self.place = place
        self.cells = cells

    def text(self, column: str) -> str:
        """The cell, which may be empty."""
        return self.cells[column]

    def word(self, column: str) -> str:
        """The cell, one word.

        Raises:
            VocabularyError: It is empty or has a space.
        """
        cell = self.cells[column]
        if not cell or cell.split() != [cell]:
            raise self.refuse(column, f"expected one word, found {cell!r}")
        return cell

    def words(self, column: str) -> tuple[str, ...]:
        """The cell's words, between which are spaces."""
        return tuple(self.cells[column].split())

    def one_of(self, column: str, known: Sequence[str]) -> str:
        """The cell, one of ``known``.

        Raises:
            VocabularyError: It is another.
        """
        cell = self.cells[column]
        if cell not in known:
            raise self.refuse(column, f"expected one of {', '.join(known)}, found {cell!r}")
        return cell

    def refuse(self, column: str, reason: str) -> VocabularyError:
        """The error for this row's ``column``."""
        return VocabularyError(f"{self.place}: {column}: {reason}")


def read(path: Path, columns: Sequence[str]) -> list[Row]:
    """The rows of a CSV file.

    Raises:
        VocabularyError: The file has other columns, or a line has too few or too many cells.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream)
        header = next(lines, [])
        if header != list(columns):
            raise VocabularyError(f"{path.name}:1: expected the columns {','.join(columns)}, found {','.join(header)}")
        rows = []
        for cells in lines:
            place = f"{path.name}:{lines.line_num}"
            if len(cells) != len(columns):
                raise VocabularyError(f"{place}: expected {len(columns)} cells, found {len(cells)}")
            for column, cell in zip(columns, cells, strict=True):
                if cell != cell.strip():
                    raise VocabularyError(f"{place}: {column}: spaces around {cell!r}")
            rows.append(Row(place, dict(zip(columns, cells, strict=True))))
    return rows


class Once:
    """Refuses what was there before."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def take(self, row: Row, column: str, value: str) -> None:
        """Note ``value``.

        Raises:
            VocabularyError: Another row has it.
        """
        first = self._seen.setdefault(value, row.place)
        if first != row.place:
            raise row.refuse(column, f"{value!r} is there already, at {first}")
