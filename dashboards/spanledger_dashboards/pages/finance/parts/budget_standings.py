"""How budgets stand and what their periods will come to, as the command `budgets check` has it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.books_moment import books_moment
from spanledger_dashboards.drawing.charts.budget_bar import BudgetBar, budget_bars
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.pages.finance.parts.command_popover import command_popover
from spanledger_dashboards.reckoned import reckoned
from spanledger_dashboards.report import OF
from spanledger_enrich.books.budgets import standing, standing_rows
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters
    from spanledger_sql.store import Store

COMMAND = ("budgets", "check", "--no-alarms")
_NEAREST = 5
_EACH = {"day": "today", "month": "this month", "year": "this year"}


def budget_rows(filters: Filters) -> pd.DataFrame:
    """A row a budget, the most used first; the columns are those of `budgets check`."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    now = now.replace(minute=now.minute // 5 * 5)

    def rows(store: Store) -> pd.DataFrame:
        return standing_rows.rows(standing.standings(store, now, foretell=True))

    found = reckoned("budgets", rows, moment=filters.moment.parameter, books=books_moment(), now=now)
    found = found.sort_values(["used_percent", "budget"], ascending=[False, True], ignore_index=True)
    # Whatever is asked of the page: their files say so, as those of the list of budgets do.
    found.attrs[OF] = "budgets/list"
    return found


def nearest_budgets(filters: Filters) -> None:
    """Draw those that are nearest to their amount, for a glance."""
    st.header("Forecast against budget", anchor=False)
    rows = budget_rows(filters)
    if rows.empty:
        caption(
            "No budget is set. 'spanledger budgets import FILE' sets what a tenant, feature, cost centre, model or all "
            "may use in a day, month or year; then this tells what the period will come to."
        )
        return
    bars(rows.head(_NEAREST))
    more = len(rows) - _NEAREST
    rest = (
        f" {figures.counted(more, 'more budget')} {'is' if more == 1 else 'are'} on the page of budgets."
        if more > 0
        else ""
    )
    caption(
        "Of their present periods, whatever the filters say. The line is the amount, pale what is expected "
        f"(80 %).{rest}"
    )
    command_popover(COMMAND)
    st.html(f'<p class="sl-caption"><a href="{filters.link("budgets")}" target="_self">All budgets and alarms</a></p>')


def bars(rows: pd.DataFrame) -> None:
    """Draw a bar for each."""
    budget_bars([_bar(row) for row in rows.to_dict("records")])


def _bar(row: dict[Any, Any]) -> BudgetBar:
    unit = row["unit"]
    known = not figures.is_unknown(row["expected"])
    expected = ", nothing to foretell from"
    if known:
        likely, low, high = (amount(row[name], unit) for name in ("expected", "expected_low", "expected_high"))
        expected = f", expected {likely} ({low} – {high})"
    gap = (
        f"; {figures.counted(int(row['unknown_calls']), 'call')} of unknown amount in none"
        if row["unknown_calls"]
        else ""
    )
    return BudgetBar(
        f"{row['budget']} ({row['for']}), {_EACH[row['every']]}",
        amount(row["used"], unit),
        f"of {amount(row['amount'], unit)}{expected}; {row['state']}{gap}",
        float(row["amount"]),
        float(row["used"]),
        float(row["expected_low"]) if known else None,
        float(row["expected_high"]) if known else None,
        is_carbon=unit == "kgco2e",
    )


def amount(value: Any, unit: str) -> str:
    """An amount in a budget's unit."""
    if unit == "usd":
        return figures.usd(value)
    return f"{figures.count(value)} tokens" if unit == "tokens" else f"{figures.emissions(float(value) * 1000)} CO₂e"
