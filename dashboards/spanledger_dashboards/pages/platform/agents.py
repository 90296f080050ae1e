"""The page for whoever pays for coding agents: what they used, by team, user, repository, agent and model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.style import caption, metric_columns
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.filtering.choice import choice
from spanledger_dashboards.pages.heading import heading
from spanledger_dashboards.report import report
from spanledger_settings import figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

_BY = {"team": "Team", "user": "User", "repository": "Repository", "model": "Model", "subagent": "Sub-agent"}
_COLUMNS = (
    Column("calls", "Calls", "count"),
    Column("unknown_buckets", "Buckets of unknown size", "count"),
    Column("input_tokens", "Input tokens", "count"),
    Column("output_tokens", "Output tokens", "count"),
    Column("cache_share", "From the cache", "share"),
    Column("list_cost", "List", "usd"),
    Column("effective_cost", "Effective", "usd"),
    Column("reported_cost", "As told by the agent", "usd"),
    Column(
        "co2e_kg", "CO₂e", "number", write=lambda kg: figures.emissions(None if figures.is_unknown(kg) else kg * 1000)
    ),
    Column("unpriced_calls", "Without a price", "count"),
)
_SEATS = (
    Column("month", "Month", "day"),
    Column("commitment", "Plan"),
    Column("seats", "Seats", "count"),
    Column("used_seats", "Used", "count"),
    Column("idle_seats", "Idle", "count"),
    Column("used_cost", "Used seats", "usd"),
    Column("idle_cost", "Idle seats", "usd"),
    Column("list_cost", "Their use at list prices", "usd"),
)


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("Coding agents", filters)
    by_agent = _usage(filters, "agent")
    if by_agent.empty:
        st.info(
            "No coding agent told of calls in this period. 'spanledger docs coding-agents' has the settings of each.",
            icon=":material/search_off:",
        )
        return
    _headline(by_agent)
    _table(filters, by_agent, "agent", "Agent")
    _seats(filters)
    # One at a time: tabs ask for all, and of them the one that is open is printed.
    by = choice("Broken down by", _BY, key="used_by")
    _table(filters, _usage(filters, by), by, _BY[by])


def _usage(filters: Filters, by: str) -> pd.DataFrame:
    return report("agents/usage", **filters.parameters, by=[by])


def _headline(rows: pd.DataFrame) -> None:
    sums = rows[["calls", "unknown_buckets", "input_tokens", "cache_read_tokens", "output_tokens"]].sum()
    unpriced = int(rows["unpriced_calls"].sum())
    cards = (
        (
            "Calls",
            figures.count(sums["calls"]),
            f"and {figures.count(sums['unknown_buckets'])} buckets of unknown size",
        ),
        ("Tokens", figures.count(sums["input_tokens"] + sums["output_tokens"]), "in and out"),
        (
            "From the cache",
            figures.share(sums["cache_read_tokens"] / sums["input_tokens"]) if sums["input_tokens"] else "–",
            "of the input",
        ),
        ("At list prices", figures.usd(rows["list_cost"].sum()), f"{figures.count(unpriced)} calls without a price"),
        ("Effective", figures.usd(rows["effective_cost"].sum()), "seats and contracts applied"),
        ("Operational CO₂e", figures.emissions(float(rows["co2e_kg"].astype(float).sum()) * 1000), "location-based"),
    )
    for column, (label, value, below) in zip(metric_columns(), cards, strict=False):
        column.metric(label, value, below, delta_color="off", delta_arrow="off", border=True, height="stretch")


def _seats(filters: Filters) -> None:
    """Plans that are paid by the seat, if any. They are everybody's: no narrowed page shows them."""
    if filters.narrowed:
        return
    rows = report("agents/seats", **filters.parameters)
    if rows.empty:
        return
    with st.container(border=True):
        st.header("Seats", anchor=False)
        caption("A seat is used in a month in which its user made a call. Idle seats are in no call's effective cost.")
        table("Seats of coding agents", rows, _SEATS, filters, key="seats")
        evidence("agents/seats", filters.parameters, filters)


def _table(filters: Filters, rows: pd.DataFrame, by: str, label: str) -> None:
    with st.container(border=True):
        st.header(f"By {label.lower()}", anchor=False)
        columns = (Column(by, label, write=lambda name: str(name) or f"(no {label.lower()})"), *_COLUMNS)
        table(
            f"Coding agents by {label.lower()}",
            rows,
            columns,
            filters,
            key=f"agents-{by}",
            link=_leads(filters, by),
        )
        evidence("agents/usage", {**filters.parameters, "by": [by]}, filters)


def _leads(filters: Filters, by: str) -> Callable[[Mapping[str, Any]], str | None] | None:
    """Where a row leads: a model, team or repository to its calls, a user to a search for him."""
    if by == "model":
        return lambda row: filters.drill("calls", "model", str(row["model"]) or "(unknown model)")
    if by in ("team", "repository") and filters.own in ("", by):
        return lambda row: filters.link("calls", own=by, **{f"own_{by}": str(row[by])}) if row[by] else None
    if by == "user":
        return lambda row: filters.link("calls", text=str(row["user"])) if row["user"] else None
    return None
