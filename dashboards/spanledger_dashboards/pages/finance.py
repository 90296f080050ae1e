"""The page for finance: what was spent, by whom, on what, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import streamlit as st

from spanledger_dashboards import charts
from spanledger_dashboards.bar_list import Bar, bar_list, legend_of
from spanledger_dashboards.pages.finance_gaps import gaps
from spanledger_dashboards.palette import ALL_OTHERS, MONEY, UNATTRIBUTED
from spanledger_dashboards.period_choice import grain as grain_of
from spanledger_dashboards.report import report
from spanledger_dashboards.style import metric_columns
from spanledger_settings import figures
from spanledger_settings.cell import cell

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filters import Filters

Dimension = Literal["tenant", "model", "feature", "provider"]
_Liking = Literal["normal", "inverse", "off"]
_DIMENSIONS: tuple[Dimension, ...] = ("tenant", "model", "feature")


def page(filters: Filters) -> None:
    """Draw the page."""
    headline = report("finance/headline", **filters.parameters).iloc[0]
    st.title("Finance")
    st.caption(str(filters))
    if headline["calls"] == 0:
        st.info("No calls in this period. Choose another period or other tenants.", icon=":material/search_off:")
        return
    _headline(headline, report("finance/headline", **filters.previous_parameters).iloc[0])
    gaps(report("finance/gaps", **filters.parameters), calls=headline["calls"])
    _trend(filters)
    for column, dimension in zip(st.columns(3, gap="small"), _DIMENSIONS, strict=True):
        with column.container(border=True, height="stretch"):
            _shares(filters, dimension)
    _unit_costs(filters)
    _chargeback(filters)


def _headline(now: pd.Series[Any], before: pd.Series[Any]) -> None:
    cards: list[tuple[str, str, str, str, _Liking]] = [
        (
            "Effective spend",
            "contracted_cost",
            figures.usd(now["contracted_cost"]),
            f"{figures.usd(now['list_cost'])} at list prices",
            "inverse",
        ),
        ("Calls", "calls", figures.count(now["calls"]), f"{figures.count(now['failed_calls'])} failed", "off"),
        (
            "Tokens",
            "tokens",
            figures.count(now["tokens"]),
            f"{figures.count(now['input_tokens'])} in, {figures.count(now['output_tokens'])} out",
            "off",
        ),
        (
            "Cost per 1,000 calls",
            "cost_per_1k_calls",
            figures.usd(now["cost_per_1k_calls"]),
            "of calls with a known cost",
            "inverse",
        ),
        (
            "Cost per 1M tokens",
            "cost_per_1m_tokens",
            figures.usd(now["cost_per_1m_tokens"]),
            "input and output alike",
            "inverse",
        ),
    ]
    places = metric_columns()
    for place, (label, figure, value, context, liking) in zip(places, cards, strict=False):
        change = figures.change(now[figure], before[figure]) if before["calls"] > 0 else None
        place.metric(
            label,
            value,
            change or context,
            delta_color=liking if change else "off",
            delta_arrow="auto" if change else "off",
            delta_description="vs the period before" if change else None,
            help=f"{context[0].upper()}{context[1:]}." if change else None,
            border=True,
            height="stretch",
        )
    saving = now["cache_saving"]
    places[5].metric(
        "Input read from cache",
        figures.share(now["cache_read_share"]),
        f"{figures.usd(saving)} saved" if saving >= 0 else f"{figures.usd(-saving)} more than uncached",
        delta_color="off",
        delta_arrow="off",
        help="Share of input tokens that the provider's prompt cache answered. The saving is against each call's own "
        "price of uncached input, less what writing the cache cost above it.",
        border=True,
        height="stretch",
    )


def _trend(filters: Filters) -> None:
    grain = grain_of(filters.period)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(f"Spend per {grain}", anchor=False)
            stacked_by = _dimension("Stacked by", "stack", _DIMENSIONS)
        trend = report(
            "finance/trend",
            **filters.parameters,
            timezone=filters.period.timezone,
            grain=grain,
            dimension=stacked_by,
            series=6,
        )
        by_spend = trend.groupby("name")["contracted_cost"].agg(lambda costs: costs.dropna().sum())
        named = by_spend.drop([ALL_OTHERS, UNATTRIBUTED], errors="ignore").sort_values(ascending=False).index.tolist()
        last = [name for name in (ALL_OTHERS, UNATTRIBUTED) if name in by_spend.index]
        colours = legend_of([*named, *last])
        st.altair_chart(
            charts.spend_over_time(trend, grain, colours), alt=f"Spend in USD per {grain}, stacked by {stacked_by}"
        )


def _shares(filters: Filters, dimension: Dimension) -> None:
    rows = report("finance/breakdown", **filters.parameters, dimension=dimension, names=8)
    total = rows["contracted_cost"].dropna().sum()
    st.subheader(f"By {dimension}", anchor=False)
    bar_list(
        [
            Bar(
                row["name"],
                figures.usd(row["contracted_cost"]),
                0.0 if figures.is_unknown(row["contracted_cost"]) else float(row["contracted_cost"]),
                figures.share(row["contracted_cost"] / total) if total and row["contracted_cost"] is not None else "",
            )
            for row in rows.to_dict("records")
        ],
        MONEY,
    )


def _unit_costs(filters: Filters) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Unit costs", anchor=False)
            dimension = _dimension("Unit costs by", "unit", ("model", "tenant", "feature", "provider"))
        st.caption("In USD, over the calls whose cost is known.")
        rows = report("finance/breakdown", **filters.parameters, dimension=dimension, names=500)
        costs = ["cost_per_1k_calls", "cost_per_1m_tokens", "cost_per_1m_input_tokens", "cost_per_1m_output_tokens"]
        st.dataframe(
            rows.assign(
                contracted_cost=rows["contracted_cost"].astype(float),
                cache_read_share=rows["cache_read_tokens"] / rows["input_tokens"].where(rows["input_tokens"] > 0),
            )[["name", "contracted_cost", "calls", *costs, "cache_read_share", "unknown_cost_calls"]],
            hide_index=True,
            placeholder="unknown",
            column_config={
                "name": st.column_config.TextColumn(dimension.capitalize(), width=190, pinned=True),
                "contracted_cost": st.column_config.NumberColumn("Spend, USD", format="%.2f", width=85),
                "calls": st.column_config.NumberColumn("Calls", format="localized", width=65),
                "cost_per_1k_calls": st.column_config.NumberColumn("per 1,000 calls", format="%.3f", width=105),
                "cost_per_1m_tokens": st.column_config.NumberColumn("per 1M tokens", format="%.3f", width=100),
                "cost_per_1m_input_tokens": st.column_config.NumberColumn("per 1M input", format="%.3f", width=105),
                "cost_per_1m_output_tokens": st.column_config.NumberColumn("per 1M output", format="%.3f", width=100),
                "cache_read_share": st.column_config.NumberColumn("From cache", format="percent", width=85),
                "unknown_cost_calls": st.column_config.NumberColumn("Of unknown cost", format="localized", width=112),
            },
        )


def _chargeback(filters: Filters) -> None:
    rows = report("finance/chargeback_table", **filters.parameters)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Chargeback", anchor=False)
            st.download_button(
                "Download CSV",
                rows.map(cell).to_csv(index=False).encode(),
                file_name=f"chargeback-{filters.period.first_day}-{filters.period.last_day}.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
            )
        total = rows["contracted_cost_usd"].dropna().sum()
        st.caption(
            f"{figures.count(len(rows))} rows add up to {figures.usd(total)}, the spend above. "
            "The CSV holds every amount exactly, to twelve decimals."
        )
        st.dataframe(
            rows.assign(
                list_cost_usd=rows["list_cost_usd"].astype(float),
                contracted_cost_usd=rows["contracted_cost_usd"].astype(float),
            ),
            hide_index=True,
            placeholder="unknown",
            height=min(38 + 35 * len(rows), 430),
            column_config={
                "tenant": st.column_config.TextColumn("Tenant", width=115),
                "cost_center": st.column_config.TextColumn("Cost centre"),
                "model": st.column_config.TextColumn("Model", width=190),
                "feature": st.column_config.TextColumn("Feature", width=120),
                "calls": st.column_config.NumberColumn("Calls", format="localized", width=65),
                "unknown_cost_calls": st.column_config.NumberColumn("Of unknown cost", format="localized"),
                "input_tokens": st.column_config.NumberColumn("Input tokens", format="localized", width=98),
                "cache_read_tokens": st.column_config.NumberColumn("From cache", format="localized", width=90),
                "output_tokens": st.column_config.NumberColumn("Output tokens", format="localized", width=105),
                "list_cost_usd": st.column_config.NumberColumn("List, USD", format="%.4f", width=80),
                "contracted_cost_usd": st.column_config.NumberColumn("Effective, USD", format="%.4f", width=105),
            },
            column_order=[
                "tenant",
                "model",
                "feature",
                "contracted_cost_usd",
                "calls",
                "input_tokens",
                "cache_read_tokens",
                "output_tokens",
                "list_cost_usd",
                "unknown_cost_calls",
                "cost_center",
            ],
        )


def _dimension(label: str, key: str, choices: tuple[Dimension, ...]) -> Dimension:
    picked = st.segmented_control(
        label,
        [choice.capitalize() for choice in choices],
        default=choices[0].capitalize(),
        required=True,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
    )
    return next(choice for choice in get_args(Dimension) if choice == str(picked).lower())
