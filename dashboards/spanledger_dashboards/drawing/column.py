"""A column of a table: its heading, and how what it holds is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from spanledger_settings import figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Kind = Literal[
    "text", "told", "count", "number", "usd", "share", "energy", "emissions", "intensity", "water", "time", "day"
]

LINES = 4
_WRITTEN: Mapping[str, Callable[..., str]] = {
    "count": figures.in_a_column,
    "number": figures.in_a_column,
    "usd": figures.usd,
    "share": figures.share,
    "energy": figures.energy,
    "emissions": figures.emissions,
    "intensity": figures.intensity,
    "water": figures.water,
}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: Of the rows.
        label: Its heading, with the unit where ``kind`` writes none.
        kind: What it holds, as `spanledger_settings.figures` writes it; ``number`` and ``count`` have no unit;
            ``told`` is a figure in words, each row's in its unit.
        help: What its figures mean, where the heading is not enough.
        write: How its values are written, instead; given ``like``'s value, too, where there is one.
        like: The column with the upper end of the range that this is of, whose unit it has, too.
        below: Further figures in the same cell, each on a line of its own, as their labels are in the heading.
        in_words: Whether its texts are a few words of the ledger's own, which are never broken; a name may be long.
        lines: Of how many lines a very long text is at most; it is whole where one points, and on paper.
    """

    name: str
    label: str
    kind: Kind = "text"
    help: str = ""
    write: Callable[..., str] | None = None
    like: str = ""
    below: tuple[Column, ...] = ()
    in_words: bool = False
    lines: int = LINES


def each(columns: Sequence[Column]) -> Iterator[tuple[str, Column]]:
    """Each column and those below it, as it is called away from the others: `First token: 95 of 100`."""
    for column in columns:
        yield column.label, column
        for below in column.below:
            whole = below.label[0].isupper()
            yield below.label if whole else f"{column.label.partition(',')[0]}: {below.label}", below


def written(row: dict[Any, Any], column: Column) -> str:
    """A row's value as the table shows it."""
    value = row[column.name]
    like = (row[column.like],) if column.like else ()
    if column.write is not None:
        return column.write(value, *like)
    if column.kind in ("text", "told"):
        return "" if unknown(value) else str(value)
    if unknown(value):
        return figures.UNKNOWN
    if column.kind == "time":
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if column.kind == "day":
        return f"{value:%Y-%m-%d}"
    return _WRITTEN[column.kind](value, *like)


def exact(row: dict[Any, Any], column: Column) -> str:
    """Every digit of a row's value, where it is shown with fewer; else ''."""
    value = row[column.name]
    exactly = column.kind in ("usd", "number") or (column.kind == "told" and column.write is not None)
    return str(value) if exactly and not unknown(value) else ""


def side(column: Column) -> str:
    """How a column's cells are set, as the style's classes say it."""
    if column.kind in ("time", "day"):
        return "text when"
    if column.kind == "text":
        return "text words" if column.in_words else "text"
    return "figure"


def unknown(value: object) -> bool:
    """Whether a cell has no value."""
    return value is None or bool(pd.api.types.is_scalar(value) and pd.isna(value))  # type: ignore[call-overload]
