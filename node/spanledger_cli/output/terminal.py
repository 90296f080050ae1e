"""Prints rows: a table for people, or what `export` writes for programs."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.segment import Segment

from spanledger_cli.output.export import Destination, Format, export, opened
from spanledger_cli.output.table import table_of, visible
from spanledger_sql.result_frame import known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from rich.console import ConsoleOptions, RenderableType

    from spanledger_settings.period import Period

# Wide enough for every report where the output is not a terminal that could say how wide it is.
_WIDTH_WITHOUT_TERMINAL = 200
_MONEY = ("cost", "_usd", "amount")


def print_rows(
    frame: pd.DataFrame,
    output: Destination | Format | None,
    *,
    title: str = "",
    total: Iterable[str] = (),
    gaps: Iterable[str] = (),
    details: Iterable[str] = (),
    period: Period | None = None,
    is_head: bool = False,
    whole: Mapping[str, object] | None = None,
    foremost: Sequence[str] = (),
) -> None:
    """Print a DataFrame on standard output, or into the destination's file.

    Args:
        frame: The rows. Decimals keep their digits in every format but ``table``.
        output: Where to, and in which format.
        title: Stands above a table.
        total: Columns to sum in a last line of a table.
        gaps: Columns that count what is missing: a table leaves them out where nothing is.
        details: Columns for which a table has no room.
        is_head: Whether the rows are the first of a number that nobody knows.
        foremost: Figures that a narrow table keeps, the most important first.
        whole: What the last line has of columns in ``total`` that do not add up, such as the ends of intervals.
        period: Of the rows: every format but ``table`` has it, and the currency, in columns of its own at the end.
    """
    destination = output if isinstance(output, Destination) else Destination(output)
    if destination.chosen is not Format.table:
        export([frame if period is None else _with_period(frame, period)], destination)
        return
    left_out = {*details, *(name for name in gaps if not any(map(known, frame[name])))}
    shown = frame.drop(columns=list(left_out))
    _print_table(shown, title, tuple(total), destination, is_head=is_head, whole=whole, foremost=foremost)


def console(*, stderr: bool = False) -> Console:
    """A console for text and tables, in which no text is markup; with no terminal it is wide: no column is cut."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _WIDTH_WITHOUT_TERMINAL
    return _Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)


def obeyed_by_none(text: str) -> str:
    """A text of several lines, in which no name that a span brought gives orders to the terminal."""
    return "\n".join(map(visible, text.split("\n"))) if not text.isprintable() else text


class _Console(Console):
    """What it prints gives no orders to the terminal but its own, whatever names are in it."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(obeyed_by_none(segment.text), segment.style)


def _print_table(
    frame: pd.DataFrame,
    title: str,
    total: tuple[str, ...],
    destination: Destination,
    **more: Any,
) -> None:
    if destination.file is not None:
        with opened(destination.file) as file, io.TextIOWrapper(file, encoding="utf-8") as stream:
            out = _Console(file=stream, highlight=False, markup=False, emoji=False, width=_WIDTH_WITHOUT_TERMINAL)
            _print_on(out, frame, title, total, **more)
        return
    # That there is nothing is no row of a table, which a program may read on.
    _print_on(console(stderr=frame.empty), frame, title, total, **more)


def _print_on(out: Console, frame: pd.DataFrame, title: str, total: tuple[str, ...], **more: Any) -> None:
    if frame.empty:
        out.print(f"{title}: no rows" if title else "no rows")
        return
    if title:
        out.print(visible(title), style="bold", soft_wrap=True)
    table, narrow, capped = table_of(frame, total, out.width, **more)
    out.print(table)
    if narrow:
        capped = [*capped, f"all columns but {', '.join(narrow)}, which a wider terminal has room for"]
    if capped:
        console(stderr=True).print(
            f"this table has {' and '.join(capped)}; '--format csv' has everything", style="yellow", soft_wrap=True
        )


def _with_period(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The rows with whose they are in time and which money they are in, so that a file says so by itself."""
    added: dict[str, str] = {"period_from": period.begin.isoformat(), "period_to": period.end.isoformat()}
    if any(str(name).endswith(_MONEY) for name in frame):
        added["currency"] = "USD"
    told = frame.assign(**{name: value for name, value in added.items() if name not in frame})
    told.attrs["types"] = {**frame.attrs.get("types", {}), **dict.fromkeys(added, "String")}
    return told
