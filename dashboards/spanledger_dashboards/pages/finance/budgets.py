"""Budgets and alarms: how each budget stands, what its period will come to, and what was raised and delivered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.books_moment import books_moment
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.pages.finance.parts.budget_standings import COMMAND, amount, bars, budget_rows
from spanledger_dashboards.pages.finance.parts.command_popover import command_popover
from spanledger_dashboards.pages.finance.parts.headline import headline
from spanledger_dashboards.pages.heading import heading
from spanledger_dashboards.report import report
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

_BARS = 20
_DAYS = 31


def page(filters: Filters) -> None:
    """Draw the page."""
    rows = budget_rows(filters)
    heading("Budgets and alarms", filters, books=True, present=True)
    caption("Budgets are of their own present periods and of what they name, whatever the filters say.")
    if rows.empty:
        st.info(
            "No budget is set. `spanledger budgets import FILE` sets what a tenant, feature, cost centre, model or all "
            "may use in a day, month or year; `spanledger docs budgets` has the fields.",
            icon=":material/savings:",
        )
    else:
        _headline(rows)
        _standings(filters, rows)
    _alarms(filters)


def _headline(rows: pd.DataFrame) -> None:
    states = rows["state"]
    periods, held = int(rows["record_periods"].sum()), int(rows["record_held"].sum())
    cards = (
        ("Breached", str(int((states == "breached").sum())), f"of {figures.counted(len(rows), 'budget')}", ""),
        ("Will be breached", str(int((states == "will be breached").sum())), "by the forecast", ""),
        ("At a threshold", str(int(states.str.endswith("reached").sum())), "and not over", ""),
        (
            "Forecasts that held",
            figures.share(held / periods) if periods else "–",
            f"{held} of {figures.counted(periods, 'period')} that are over" if periods else "no period is over yet",
            "Of the first forecast of each period, whether its 80 % interval had what came.",
        ),
    )
    headline(cards)


def _standings(filters: Filters, rows: pd.DataFrame) -> None:
    with st.container(border=True):
        st.header("How they stand", anchor=False)
        bars(rows.head(_BARS))
        caption(
            f"{f'The {_BARS} that are used most. ' if len(rows) > _BARS else ''}The line is the amount; pale is what "
            "the period will come to, an 80 % interval of the total."
        )
        written = rows.assign(
            **{
                f"{name}_told": [
                    figures.UNKNOWN if figures.is_unknown(value) else amount(value, unit)
                    for value, unit in zip(rows[name], rows["unit"], strict=True)
                ]
                for name in ("amount", "used", "remaining", "expected")
            }
        )
        table(
            "Budgets",
            written,
            [
                Column("budget", "Budget"),
                Column("for", "Of"),
                Column("every", "Each"),
                Column("amount_told", "Amount", "told"),
                Column("used_told", "Used", "told"),
                Column("used_percent", "Used, %", "number"),
                Column("remaining_told", "Remaining", "told"),
                Column("expected_told", "Expected", "told"),
                Column("state", "State"),
                *([Column("method", "Foretold by")] if rows["method"].any() else []),
                Column("unknown_calls", "Calls of unknown amount", "count"),
            ],
            filters,
            key="budgets",
            whole=lambda: rows,
        )
        command_popover(COMMAND)


def _alarms(filters: Filters) -> None:
    with st.container(border=True):
        st.header(f"Alarms of the last {_DAYS} days", anchor=False)
        since = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=_DAYS)
        asked = {"since": f"{since:%Y-%m-%d %H:%M:%S}"}
        rows = report("budgets/alarms", **asked, books=books_moment())
        if rows.empty:
            caption(
                "None was raised. A node looks every five minutes unless told otherwise; "
                "'spanledger budgets check' looks at once."
            )
            evidence("budgets/alarms", asked, filters)
            return
        rows = rows.assign(
            about=[_about(row) for row in rows.to_dict("records")],
            **{
                f"{name}_told": [_amount(value, unit) for value, unit in zip(rows[name], rows["unit"], strict=True)]
                for name in ("reached", "bound")
            },
            threshold=[f"{percent:g} %" if percent else "" for percent in rows["percent"].astype(float)],
            came=[", ".join(names) for names in rows["delivered"]],
            waits=[", ".join(names) for names in rows["waiting"]],
        )
        table(
            "Alarms",
            rows,
            [
                Column("noticed_at", "Raised, UTC", "time"),
                Column("kind", "Kind"),
                Column("about", "Of"),
                Column("threshold", "Threshold"),
                Column("reached_told", "Reached", "told"),
                Column("bound_told", "Bound", "told"),
                Column("came", "Delivered to"),
                Column("waits", "Not yet to"),
                Column("problem", "Problem"),
            ],
            filters,
            key="alarms",
        )
        evidence("budgets/alarms", asked, filters)


def _about(row: dict[Any, Any]) -> str:
    return ", ".join(name for name in (row["budget_id"], row["tenant_id"], row["run_id"]) if name) or "everything"


def _amount(value: Any, unit: str) -> str:
    return figures.counted(int(value), "call") if unit == "calls" else amount(value, unit)
