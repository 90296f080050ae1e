"""A table as HTML: whole in print and to screen readers, sorted, searched, bounded, with rows that lead on, and a CSV.

Nothing of the ledger in it is read as Markdown, HTML or a link.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from spanledger_dashboards import open_store
from spanledger_dashboards.drawing.column import LINES, Column, each, exact, side, unknown, written
from spanledger_dashboards.drawing.plain_text import escape, isolated
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.file_offer import offer
from spanledger_dashboards.report import OF, takes
from spanledger_settings import figures
from spanledger_settings.cell import cell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from spanledger_dashboards.filtering.filters import Filters

__all__ = ["Column", "table"]

ROWS = 100
# Fewer rows than this are seen at a glance: they need no search.
_FEW = 10
# More characters than this may be more lines than a row should have.
_LONG = 50


def table(
    title: str,
    rows: pd.DataFrame,
    columns: Sequence[Column],
    filters: Filters,
    *,
    key: str,
    link: Callable[[Mapping[str, Any]], str | None] | None = None,
    bound: int = ROWS,
    number: int | None = None,
    whole: Callable[[], pd.DataFrame] | None = None,
    search: bool = True,
) -> None:
    """Draw it.

    Args:
        title: For screen readers, and for the name of the file; the heading above it is the page's.
        rows: In the order that they are shown in at first.
        columns: What is shown of them; the file holds every column of ``rows``.
        filters: Of the page; the file says them.
        key: Tells the page's tables apart.
        link: Where a row leads, or None: ``lambda row: filters.drill("tenants", "tenant", row["tenant"])``.
        bound: How many rows are shown at most.
        number: How many rows there are, where ``rows`` are the first of them only.
        whole: Gives all rows, for the file, where ``rows`` are the first of them only; asked when it is downloaded.
        search: Whether the rows may be searched and ordered here; a page may have fields of its own for it.
    """
    st.fragment(_draw)(title, rows, columns, filters, key, link, bound, number or len(rows), whole, search)


def _draw(
    title: str,
    rows: pd.DataFrame,
    columns: Sequence[Column],
    filters: Filters,
    key: str,
    link: Callable[[Mapping[str, Any]], str | None] | None,
    bound: int,
    number: int,
    whole: Callable[[], pd.DataFrame] | None,
    search: bool,
) -> None:
    searched = rows
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"sl-tools-{key}"):
        if search and len(rows) > _FEW:
            sought = st.text_input(
                f"Search in {title}",
                key=f"search-{key}",
                placeholder="Search",
                icon=":material/search:",
                label_visibility="collapsed",
                live=True,
                width=220,
            )
            orders = _orders(columns)
            order = st.selectbox(
                f"Order of {title}",
                list(orders),
                index=None,
                key=f"order-{key}",
                placeholder="Order",
                label_visibility="collapsed",
                width=220,
            )
            searched = _sorted(_found(rows, columns, sought or ""), orders.get(order or ""))
        stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        offer(
            "CSV",
            partial(_file, open_store.current(), whole or (lambda: rows), filters),
            f"{stem}-{filters.period.first_day}-{filters.period.last_day}.csv",
            "text/csv",
            key=f"csv-{key}",
            told=f"{title}: every row and column, with the filters and the moment.",
        )
    st.html(_html(title, searched.head(bound), columns, link))
    if told := _left_out(
        len(rows), len(searched), min(bound, len(searched)), number, number if whole is not None else len(rows)
    ):
        caption(told)


def _orders(columns: Sequence[Column]) -> dict[str, tuple[str, bool]]:
    """The orders that may be chosen: the column, and whether the least come first."""
    found = {}
    for label, column in each(columns):
        if column.kind == "text":
            found[f"{label}, A to Z"] = (column.name, True)
        elif column.kind != "told":
            most, least = ("latest", "earliest") if column.kind in ("time", "day") else ("most", "least")
            found[f"{label}, {most} first"] = (column.name, False)
            found[f"{label}, {least} first"] = (column.name, True)
    return found


def _found(rows: pd.DataFrame, columns: Sequence[Column], sought: str) -> pd.DataFrame:
    """The rows with a text that holds what is sought, capitals or not."""
    texts = [column.name for column in columns if column.kind == "text"]
    if not sought.strip() or not texts:
        return rows
    within = [
        rows[name].astype(str).str.casefold().str.contains(sought.strip().casefold(), regex=False) for name in texts
    ]
    return rows[pd.concat(within, axis=1).any(axis=1)]


def _sorted(rows: pd.DataFrame, order: tuple[str, bool] | None) -> pd.DataFrame:
    """The rows in an order, what is unknown last."""
    if order is None:
        return rows
    name, rising = order
    values = rows[name].map(lambda value: None if unknown(value) else value)
    values = values.astype(str).str.casefold() if values.dtype == object and _is_text(values) else values
    return rows.loc[values.sort_values(ascending=rising, kind="stable", na_position="last").index]


def _is_text(values: pd.Series[Any]) -> bool:
    return any(isinstance(value, str) for value in values)


def _left_out(held: int, found: int, shown: int, number: int, in_file: int) -> str:
    """Which rows are not shown, and whether the file has them; '' where all are."""
    if found == held == shown == number:
        return ""
    file = "The CSV has all" if in_file == number else f"The CSV has the first {in_file:,}"
    if found == held:
        return f"The first {shown:,} of {number:,} rows; {number - shown:,} are left out here. {file}."
    told = f"{figures.counted(found, 'row')} of {held:,} {'has' if found == 1 else 'have'} what is sought"
    told += f"; the first {shown:,} are shown" if shown < found else ""
    sought = f" {number - held:,} more rows were not searched." if held < number else ""
    return f"{told}.{sought} {file} {number:,}." if in_file == number else f"{told}.{sought} {file}."


def _html(
    title: str,
    rows: pd.DataFrame,
    columns: Sequence[Column],
    link: Callable[[Mapping[str, Any]], str | None] | None,
) -> str:
    head = "".join(
        f'<th scope="col" class="{side(column)}"{_title(column.help)}>{escape(column.label)}'
        f"{''.join(_line(below.label, below.help) for below in column.below)}</th>"
        for column in columns
    )
    body = "".join(_row(row, columns, link) for row in rows.to_dict("records"))
    return (
        f'<div class="sl-table" role="region" aria-label="{escape(title)}" tabindex="0"><table>'
        f"<caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: dict[Any, Any], columns: Sequence[Column], link: Callable[[Mapping[str, Any]], str | None] | None) -> str:
    cells = []
    for place, column in enumerate(columns):
        told = written(row, column)
        text = escape(told) if len(told) < _LONG else _bounded(told, column.lines)
        text += "".join(_line(written(row, below), exact(row, below)) for below in column.below)
        pointed_at = _title(exact(row, column))
        if place:
            cells.append(f'<td class="{side(column)}"{pointed_at}>{text}</td>')
            continue
        address = link(row) if link is not None else None
        inside = text if address is None else f'<a href="{escape(address)}" target="_self">{text}</a>'
        cells.append(f'<th scope="row" class="{side(column)}">{inside}</th>')
    return f"<tr>{''.join(cells)}</tr>"


def _bounded(text: str, lines: int) -> str:
    style = f' style="-webkit-line-clamp:{lines}"' if lines != LINES else ""
    return f'<span class="long"{style}{_title(isolated(text))}>{escape(text)}</span>'


def _line(text: str, title: str) -> str:
    # The space is what parts the lines to a screen reader.
    return f' <span class="below"{_title(title)}>{escape(text)}</span>'


def _title(text: str) -> str:
    return f' title="{escape(text)}"' if text else ""


def _file(store: Any, whole: Callable[[], pd.DataFrame], filters: Filters) -> bytes:
    """Every row, exactly, with what it was narrowed to; texts that a spreadsheet would execute are defused.

    Rows of a report that does not take a filter or the period are of all, and say so.
    """
    with open_store.kept(store):
        rows = whole()
    taken = takes(rows.attrs[OF]) if OF in rows.attrs else None
    narrowed = {
        "period_from": filters.period.begin.isoformat(),
        "period_to": filters.period.end.isoformat(),
        "timezone": filters.timezone,
        "filters": "; ".join((filters if taken is None else filters.heeded_by(taken)).told),
        "ledger_up_to": filters.moment.at.isoformat(),
    }
    if taken is not None and not taken.keys() & {"from", "first"}:
        narrowed |= {"period_from": "", "period_to": ""}
    told = rows.assign(**{name: value for name, value in narrowed.items() if name not in rows})
    return told.rename(columns=cell).map(cell).to_csv(index=False).encode()
