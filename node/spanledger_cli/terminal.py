"""Prints rows: a table for people, CSV, JSON lines' array or Parquet for programs."""

from __future__ import annotations

import json
import math
import sys
import textwrap
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from spanledger_settings import figures

if TYPE_CHECKING:
    from collections.abc import Iterable

# Wide enough for every report where the output is not a terminal that could say how wide it is.
_WIDTH_WITHOUT_TERMINAL = 200
_HEADER_WIDTH = 10


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def print_rows(
    frame: pd.DataFrame,
    output: Format | None,
    *,
    title: str = "",
    total: Iterable[str] = (),
    gaps: Iterable[str] = (),
    details: Iterable[str] = (),
) -> None:
    """Print a DataFrame on standard output.

    Args:
        frame: The rows. Decimals keep their digits in every format but ``table``.
        output: The format; None takes ``table`` on a terminal and ``csv`` in a pipe.
        title: Stands above a table.
        total: Columns to sum in a last line of a table.
        gaps: Columns that count what is missing: a table leaves them out where nothing is.
        details: Columns for which a table has no room.
    """
    if output is None:
        output = Format.table if sys.stdout.isatty() else Format.csv
    match output:
        case Format.table:
            left_out = {*details, *(name for name in gaps if not frame[name].any())}
            _print_table(frame.drop(columns=list(left_out)), title, tuple(total))
        case Format.csv:
            frame.to_csv(sys.stdout, index=False)
        case Format.json:
            rows = [{name: known(value) for name, value in row.items()} for row in frame.to_dict("records")]
            json.dump(rows, sys.stdout, default=_as_json, indent=1, allow_nan=False)
            sys.stdout.write("\n")
        case Format.parquet:
            frame.to_parquet(sys.stdout.buffer, index=False)


def console(*, stderr: bool = False) -> Console:
    """A console for text and tables; with no terminal it is wide, so that no column is cut."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else _WIDTH_WITHOUT_TERMINAL)


def amount(value: object) -> str:
    """A cell of a table as people read it: figures as everywhere, unknown as a dash."""
    if known(value) is None:
        return figures.UNKNOWN_IN_A_COLUMN
    if isinstance(value, str):
        # A name that a span brought must not give orders to the terminal.
        return "".join(character if character.isprintable() else "�" for character in value)
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float, Decimal)) or hasattr(value, "dtype"):
        return figures.in_a_column(value)  # type: ignore[arg-type]
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M")
    return str(value)


def known(value: object) -> object:
    """The value, or None where pandas marks it as missing."""
    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return value


def _print_table(frame: pd.DataFrame, title: str, total: tuple[str, ...]) -> None:
    if frame.empty:
        console().print(f"{title}: no rows" if title else "no rows")
        return
    numeric = {name for name in frame if _is_numeric(frame[name])}
    table = Table(title=title or None, title_justify="left", title_style="bold", show_footer=bool(total), box=SIMPLE)
    for name in frame:
        footer = amount(_sum(frame[name])) if name in total else ("total" if name == frame.columns[0] and total else "")
        right = name in numeric
        # Figures are never cut, so that their headers wrap here.
        header = textwrap.fill(str(name).replace("_", " "), _HEADER_WIDTH if right else _WIDTH_WITHOUT_TERMINAL)
        table.add_column(header, justify="right" if right else "left", footer=footer, no_wrap=right, overflow="fold")
    for row in frame.itertuples(index=False, name=None):
        table.add_row(*(amount(value) for value in row))
    console().print(table)


def _is_numeric(column: pd.Series[Any]) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return True
    known = column.dropna()
    return len(known) > 0 and all(isinstance(value, Decimal) for value in known)


def _sum(column: pd.Series[Any]) -> object:
    known = column.dropna()
    if known.empty:
        return None
    if any(isinstance(value, Decimal) for value in known):
        return sum((value for value in known if isinstance(value, Decimal)), Decimal(0))
    return known.sum()


def _as_json(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    return str(value)
