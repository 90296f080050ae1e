"""Tables for people: whole where they fit, and where they do not, with a word on what was left out."""

from __future__ import annotations

import textwrap
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from spanledger_settings import figures
from spanledger_sql.result_frame import known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# More rows than these nobody reads on a terminal.
MOST_ROWS = 1_000
_HEADER_WIDTH = 10
# A text that is longer is folded where there is no room, but not below this.
_NARROWEST_TEXT = 12
# But for the last figure that is left, it is folded down to this.
_FEWEST_LETTERS = 6


def table_of(
    frame: pd.DataFrame,
    total: Sequence[str],
    width: int,
    *,
    is_head: bool = False,
    whole: Mapping[str, object] | None = None,
    foremost: Sequence[str] = (),
) -> tuple[Table, list[str], list[str]]:
    """A table of at most ``width`` characters.

    Args:
        frame: The rows.
        total: Columns to sum in a last line.
        width: Of the terminal.
        is_head: Whether the rows are the first of a number that nobody knows.
        whole: What the last line has of columns that do not add up.
        foremost: Figures that stay where there is no room for all, the most important first.

    Returns:
        The table, without a title; the names of columns for which there is no room; and what else is not whole.
    """
    shown = frame.head(MOST_ROWS)
    columns = [_Column(str(name), frame[name], shown[name], total, whole or {}) for name in frame]
    fitting = _fitting(columns, width, foremost)
    table = Table(show_footer=bool(total), box=SIMPLE)
    for number, column in enumerate(fitting):
        footer = column.footer or ("total" if number == 0 and total else "")
        justify: Literal["left", "right"] = "right" if column.right else "left"
        table.add_column(
            Text(column.header, justify=justify), footer=Text(footer), overflow="fold", no_wrap=column.right,
            min_width=column.narrowest,
        )  # fmt: skip
    for row in zip(*(column.cells for column in fitting), strict=True):
        table.add_row(*(Text(cell) for cell in row))
    of_all = "rows, and there are more" if is_head else f"of {len(frame):,} rows"
    capped = [f"the first {MOST_ROWS:,} {of_all}"] if len(frame) > MOST_ROWS else []
    return table, [column.name for column in columns if column not in fitting], capped


def amount(value: object) -> str:
    """A cell of a table as people read it: figures as everywhere, unknown as a dash."""
    if known(value) is None:
        return figures.UNKNOWN_IN_A_COLUMN
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float, Decimal)) or hasattr(value, "dtype"):
        return figures.in_a_column(value)  # type: ignore[arg-type]
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M")
    return visible(str(value))


def visible(text: str) -> str:
    """A text that gives no orders to the terminal, as a name that a span brought might."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


class _Column:
    def __init__(
        self,
        name: str,
        column: pd.Series[Any],
        shown: pd.Series[Any],
        total: Sequence[str],
        whole: Mapping[str, object],
    ) -> None:
        self.name = name
        self.right = _is_numeric(column)
        cells = [amount(value) for value in shown]
        footer = amount(whole[name] if name in whole else _sum(column)) if name in total else ""
        # Figures are never cut, so that their headers wrap here.
        self.header = textwrap.fill(
            visible(name).replace("_", " "), _HEADER_WIDTH if self.right else 200, break_long_words=False
        )
        header = max(len(line) for line in self.header.splitlines() or [""])
        if self.right:
            *cells, footer = _on_the_point([*cells, footer], header)
        self.cells, self.footer = cells, footer
        widest = max(map(_width, [*cells, footer, "total" if total else ""]), default=0)
        self.narrowest = max(header, widest if self.right else min(widest, _NARROWEST_TEXT))
        self.fewest = max(header, _FEWEST_LETTERS)


def _fitting(columns: list[_Column], width: int, foremost: Sequence[str]) -> list[_Column]:
    """Those that there is room for: the last figures go first, and texts, which say what a row is, never."""
    kept = list(columns)
    rank = {name: len(foremost) - place for place, name in enumerate(foremost)}

    def needed() -> int:
        # The box's edges, and two spaces between columns.
        return sum(column.narrowest + 2 for column in kept) + 2

    leaving = columns[::-1]
    leaving.sort(key=lambda column: rank.get(column.name, 0))
    for column in leaving:
        if needed() <= width:
            break
        if sum(one.right for one in kept) == 1 and column.right:
            for text in (one for one in kept if not one.right):
                text.narrowest = min(text.narrowest, text.fewest)
            if needed() <= width:
                break
        if column.right and len(kept) > 1:
            kept.remove(column)
    return kept


def _on_the_point(cells: Iterable[str], width: int) -> list[str]:
    """Figures of one column, filled up to one width, so that their decimal points stand below each other."""
    texts = list(cells)
    behind = [len(text) - text.rfind(".") if "." in text else 0 for text in texts]
    most = max(behind, default=0)
    filled = [text + " " * (most - length) for text, length in zip(texts, behind, strict=True)]
    widest = max(width, *map(len, filled))
    return [text.rjust(widest) if text.strip() else "" for text in filled]


def _width(text: str) -> int:
    return Text(text).cell_len


def _is_numeric(column: pd.Series[Any]) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return True
    values = column.dropna()
    return len(values) > 0 and all(isinstance(value, Decimal) for value in values)


def _sum(column: pd.Series[Any]) -> object:
    values = column.dropna()
    if values.empty:
        return None
    if any(isinstance(value, Decimal) for value in values):
        return sum((value for value in values if isinstance(value, Decimal)), Decimal(0))
    return values.sum()
