"""The page for whoever pays for coding agents: what they used, by team, user, repository, agent and model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards.drawing.style import caption, metric_columns
from spanledger_dashboards.pages.heading import heading
from spanledger_dashboards.report import report
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filters import Filters

_BY = {"team": "Team", "user": "User", "repository": "Repository", "model": "Model", "subagent": "Sub-agent"}
_ROWS = 500


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
    _table(by_agent, "agent", "Agent")
    _seats(filters)
    for tab, (name, label) in zip(st.tabs(list(_BY.values())), _BY.items(), strict=True):
        with tab:
            _table(_usage(filters, name), name, label)


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
        ("Operational CO2e", f"{rows['co2e_kg'].sum():,.2f} kg", "location-based"),
    )
    for column, (label, value, below) in zip(metric_columns(), cards, strict=False):
        column.metric(label, value, below, delta_color="off", delta_arrow="off", border=True, height="stretch")


def _seats(filters: Filters) -> None:
    """Plans that are paid by the seat, if any. They are everybody's: no single tenant's page shows them."""
    if filters.tenants:
        return
    rows = report("agents/seats", **filters.parameters)
    if rows.empty:
        return
    number = st.column_config.NumberColumn
    money = {
        "used_cost": "Used seats, USD",
        "idle_cost": "Idle seats, USD",
        "list_cost": "Their use at list prices, USD",
    }
    with st.container(border=True):
        st.subheader("Seats", anchor=False)
        caption("A seat is used in a month in which its user made a call. Idle seats are in no call's effective cost.")
        st.dataframe(
            rows.assign(**{name: rows[name].astype(float) for name in money}),
            hide_index=True,
            column_config={
                "month": st.column_config.DateColumn("Month", format="YYYY-MM", pinned=True),
                "commitment": st.column_config.TextColumn("Plan"),
                "seats": number("Seats", format="localized"),
                "used_seats": number("Used", format="localized"),
                "idle_seats": number("Idle", format="localized"),
                **{name: number(title, format="%.2f") for name, title in money.items()},
            },
        )


def _table(rows: pd.DataFrame, by: str, label: str) -> None:
    number = st.column_config.NumberColumn
    money = {"list_cost": "List, USD", "effective_cost": "Effective, USD", "reported_cost": "As told by the agent, USD"}
    with st.container(border=True):
        st.subheader(f"By {label.lower()}", anchor=False)
        if len(rows) > _ROWS:
            caption(f"The {_ROWS} largest of {figures.count(len(rows))}.")
        shown = rows.head(_ROWS)
        shown = shown.assign(**{name: shown[name].astype(float) for name in money})
        st.dataframe(
            shown[[by, "calls", "unknown_buckets", "input_tokens", "output_tokens", "cache_share", *money, "co2e_kg"]],
            hide_index=True,
            column_config={
                by: st.column_config.TextColumn(label, pinned=True),
                "calls": number("Calls", format="localized"),
                "unknown_buckets": number("Buckets of unknown size", format="localized"),
                "input_tokens": number("Input tokens", format="localized"),
                "output_tokens": number("Output tokens", format="localized"),
                "cache_share": number("From the cache", format="percent"),
                **{name: number(title, format="%.4f") for name, title in money.items()},
                "co2e_kg": number("CO2e, kg", format="%.3f"),
            },
        )
