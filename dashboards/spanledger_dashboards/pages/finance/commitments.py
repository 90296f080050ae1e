"""Commitments and seats: what they cost, how much of them was used, and whether use alone would have been cheaper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.books_moment import books_moment
from spanledger_dashboards.drawing.charts import trends
from spanledger_dashboards.drawing.charts.bar_list import legend
from spanledger_dashboards.drawing.charts.palette import GAP, MONEY
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.figure import figure
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.pages.finance.parts.headline import headline
from spanledger_dashboards.pages.heading import heading
from spanledger_dashboards.report import report
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

REPORT = "commitments/use"
_NONE = "none by use"


def page(filters: Filters) -> None:
    """Draw the page."""
    rows = report(REPORT, **filters.parameters, books=books_moment())
    heading("Commitments and seats", filters, books=True)
    if rows.empty:
        st.info(
            "No commitment runs in this period. `spanledger commitments import FILE` brings in reserved throughput, "
            "leased hardware, flat fees and seats; `spanledger docs commitments` has the fields.",
            icon=":material/inventory_2:",
        )
        evidence(REPORT, filters.parameters, filters)
        return
    _headline(rows)
    _over_time(filters)
    _by_commitment(filters, rows)
    _seats(filters)


def _headline(rows: pd.DataFrame) -> None:
    cost, idle = rows["cost"].sum(), rows["idle_cost"].sum()
    paying = rows[rows["pays_usage"].astype(bool)]
    worth, saved = paying["worth"].dropna().sum(), paying["difference"].dropna().sum()
    unknown = int(paying["unknown_cost_calls"].sum())
    cards = (
        (
            "Cost in the period",
            figures.usd(cost),
            figures.counted(len(rows), "commitment"),
            "What of them is allocated so far.",
        ),
        (
            "Used",
            figures.share(float((cost - idle) / cost)) if cost else "–",
            figures.usd(cost - idle),
            "Share of the cost that was allocated for use.",
        ),
        (
            "Idle",
            figures.usd(idle),
            f"{figures.share(float(idle / cost))} of the cost" if cost else "nothing is allocated",
            "What nobody used.",
        ),
        (
            "Worth by use",
            figures.usd(worth) if len(paying) else "–",
            f"{figures.counted(unknown, 'call')} of unknown cost in none"
            if unknown
            else "of the calls that they pay for",
            "What calls would have cost at contract prices that are charged with a commitment alone.",
        ),
        (
            "Saved",
            figures.usd(saved) if len(paying) else "–",
            "worth less cost" if len(paying) else "none pays for calls",
            "Of commitments that pay for calls. Less than nothing: by use alone the calls would have been cheaper.",
        ),
    )
    headline(cards)


def _over_time(filters: Filters) -> None:
    grain = filters.grain
    asked = {**filters.parameters, "commitments": []}
    rows = report("commitments/over_time", **asked, books=books_moment())
    if rows.empty:
        return
    with st.container(border=True):
        st.header(f"Used and idle, per {grain}", anchor=False)
        legend({"used": MONEY, "(idle)": GAP})
        figure(
            trends.used_and_idle(rows, grain, filters.period),
            f"Cost of commitments in USD per {grain}, used and idle",
            rows,
            [
                Column("bucket", grain.capitalize(), "time" if grain == "hour" else "day"),
                Column("used_cost", "Used", "usd"),
                Column("idle_cost", "Idle", "usd"),
            ],
            filters,
            key="commitments",
        )
        evidence("commitments/over_time", asked, filters)


def _by_commitment(filters: Filters, rows: pd.DataFrame) -> None:
    with st.container(border=True):
        st.header("Use, idle and break-even", anchor=False)
        table(
            "Commitments",
            rows,
            [
                Column("commitment", "Name"),
                Column("kind", "Kind"),
                Column("cost", "Cost", "usd"),
                Column("used_share", "Used", "share"),
                Column("idle_cost", "Idle", "usd"),
                Column(
                    "worth",
                    "Worth by use",
                    "usd",
                    write=lambda amount: _NONE if figures.is_unknown(amount) else figures.usd(amount),
                ),
                Column(
                    "difference",
                    "Saved",
                    "usd",
                    write=lambda amount: "pays no calls" if figures.is_unknown(amount) else figures.usd(amount),
                ),
                Column(
                    "break_even_share",
                    "Break-even use",
                    "share",
                    help="The share of use from which on it pays, at the present mix of calls",
                    write=_break_even,
                ),
                Column("calls", "Calls", "count"),
                Column("unknown_cost_calls", "Of unknown cost", "count"),
                Column("covers", "Covers"),
                Column("begins", "From, UTC", "day"),
                Column("ends", "To, UTC", "day"),
            ],
            filters,
            key="by_commitment",
        )
        caption(
            "What a commitment pays for would have cost its worth by use. It pays from the share of use at which both "
            "are equal, at the present mix of calls; above 100 % it cannot."
        )
        evidence(REPORT, filters.parameters, filters)


def _break_even(share: Any) -> str:
    if figures.is_unknown(share):
        return "–"
    return figures.share(share) if share <= 1 else f"{figures.share(share)}: never"


def _seats(filters: Filters) -> None:
    asked = {
        name: filters.parameters[name] for name in ("from", "to", "tenants", "own", "own_values", "where", "moment")
    }
    rows = report("agents/seats", **asked, books=books_moment())
    if rows.empty:
        return
    with st.container(border=True):
        st.header("Seats, by UTC month", anchor=False)
        rows = rows.assign(
            cost_of_all=rows["used_cost"] + rows["idle_cost"],
            used_share=rows["used_seats"] / rows["seats"],
        )
        table(
            "Seats",
            rows,
            [
                Column("month", "Month", "day"),
                Column("commitment", "Plan"),
                Column("seats", "Seats", "count"),
                Column("used_seats", "Used", "count"),
                Column("idle_seats", "Idle", "count"),
                Column("used_share", "Used", "share"),
                Column("cost_of_all", "Cost", "usd"),
                Column("idle_cost", "Of idle seats", "usd"),
                Column("list_cost", "Its use at list prices", "usd"),
            ],
            filters,
            key="seats",
            link=lambda _row: filters.link("agents"),
        )
        caption("A plan pays where its use at list prices is more than its cost.")
        evidence("agents/seats", asked, filters)
