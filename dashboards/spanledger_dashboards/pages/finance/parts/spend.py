"""What calls cost over time, by whom and by what, and what each costs: what several pages show of a set of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.drawing.charts import trends
from spanledger_dashboards.drawing.charts.bar_list import Bar, bar_list, legend_of
from spanledger_dashboards.drawing.charts.palette import ALL_OTHERS, MONEY, UNATTRIBUTED
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.figure import figure
from spanledger_dashboards.drawing.style import caption, plainly
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.filtering import dimension as dimensions
from spanledger_dashboards.report import report
from spanledger_settings import figures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

DIMENSIONS = ("tenant", "model", "feature")
_UNITS = ("model", "tenant", "feature", "provider")
_SERIES, _NAMES, _ROWS = 6, 8, 500
_APART = (ALL_OTHERS, True)


def asked(
    filters: Filters, choices: Sequence[str] = DIMENSIONS, *, with_units: bool = True
) -> list[tuple[str, dict[str, Any]]]:
    """What this module asks at the first look, by name, to be asked together; ``choices`` are those of the page."""
    stacked_by, units = picked("stack", filters.named(choices)), picked("unit", filters.named(_UNITS))
    return [
        ("finance/trend", {**filters.parameters, "dimension": stacked_by, "series": _SERIES}),
        ("finance/shares", _shares_asked(filters, choices)),
        *([("finance/breakdown", {**filters.parameters, "dimension": units, "names": _ROWS})] if with_units else []),
    ]


def over_time(filters: Filters, choices: Sequence[str] = DIMENSIONS) -> None:
    """Draw the cost of calls over the period, stacked by a dimension that the reader chooses."""
    grain = filters.grain
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.header(f"Cost of calls per {grain}", anchor=False)
            title, stacked_by = chosen_dimension("Stacked by", "stack", filters.named(choices))
        asked = {**filters.parameters, "dimension": stacked_by, "series": _SERIES}
        trend = report("finance/trend", **asked)
        if trend["contracted_cost"].isna().all():
            st.info("No call of this period has a known cost.", icon=":material/help:")
            return
        by_spend = trend.groupby("name")["contracted_cost"].agg(lambda costs: costs.dropna().sum())
        named = by_spend.drop([ALL_OTHERS, UNATTRIBUTED], errors="ignore").sort_values(ascending=False).index.tolist()
        apart = flattens(by_spend)
        last = [name for name in (ALL_OTHERS, UNATTRIBUTED) if name in by_spend.index and (name, apart) != _APART]
        if apart:
            others = by_spend[ALL_OTHERS]
            caption(
                f"Those that cost most. Not drawn: {ALL_OTHERS} with {figures.usd(others)}, "
                f"{figures.share(others / by_spend.sum())} of the cost, which would flatten these; the table has them."
            )
        colours = legend_of([*named, *last])
        figure(
            trends.spend_over_time(trend, grain, colours, filters.period),
            f"Cost of calls in USD per {grain}, by {title.lower()}",
            trend,
            [
                Column("bucket", grain.capitalize(), "time" if grain == "hour" else "day"),
                Column("name", title),
                Column("contracted_cost", "Cost", "usd"),
                Column("calls", "Calls", "count"),
                Column("tokens", "Tokens", "count"),
                Column("unknown_cost_calls", "Of unknown cost", "count"),
            ],
            filters,
            key="spend",
        )
        if unknown := int(trend["unknown_cost_calls"].sum()):
            one = f"{'an' if grain == 'hour' else 'a'} {grain}"
            told = figures.count(unknown)
            st.caption(f"▲ marks {one} with calls of unknown cost, {told} in all: they have no bar.")
        evidence("finance/trend", asked, filters)


def flattens(by_spend: pd.Series[Any]) -> bool:
    """Whether the bars of all others would hide those of the names: they are more than these together."""
    others = by_spend.get(ALL_OTHERS, 0)
    named = by_spend.drop([ALL_OTHERS, UNATTRIBUTED], errors="ignore").sum()
    return bool(named and others > named)


def _shares_asked(filters: Filters, choices: Sequence[str]) -> dict[str, Any]:
    return {**filters.parameters, "dimensions": list(filters.named(choices).values()), "names": _NAMES}


def shares(
    filters: Filters, title: str, dimension: str, page: str = "tenants", choices: Sequence[str] = DIMENSIONS
) -> None:
    """Draw the cost of calls by a dimension, the largest first; a name narrows to it, one of a tenant on its page.

    Args:
        filters: Of the page.
        title: Of the dimension.
        dimension: As reports name it.
        page: Where a tenant leads to.
        choices: The dimensions that the page draws, which are asked for together.
    """
    rows = report("finance/shares", **_shares_asked(filters, choices))
    rows = rows[rows["dimension"] == dimension]
    total = rows["contracted_cost"].dropna().sum()
    st.header(f"By {plainly(title)}", anchor=False)
    bar_list(
        [
            Bar(
                row["name"],
                figures.usd(row["contracted_cost"]),
                0.0 if figures.is_unknown(row["contracted_cost"]) else float(row["contracted_cost"]),
                _note(row, total, title),
                link=filters.drill(page if dimension == "tenant" else "", dimension, row["name"]),
            )
            for row in rows.to_dict("records")
        ],
        MONEY,
    )
    evidence("finance/breakdown", {**filters.parameters, "dimension": dimension, "names": _NAMES}, filters)


def _note(row: dict[Any, Any], total: Decimal | float, title: str) -> str:
    known = total and not figures.is_unknown(row["contracted_cost"])
    share = figures.share(row["contracted_cost"] / total) if known else ""
    if row["name"] == ALL_OTHERS:
        return f"{share} {figures.counted(int(row['names']), title)}, not drawn".strip()
    return share


def unit_costs(filters: Filters) -> None:
    """Draw what a call and a token cost, by a dimension that the reader chooses."""
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.header("Unit costs", anchor=False)
            title, dimension = chosen_dimension("Unit costs by", "unit", filters.named(_UNITS))
        st.caption("In USD, over the calls whose cost is known.")
        asked = {**filters.parameters, "dimension": dimension, "names": _ROWS}
        rows = report("finance/breakdown", **asked)
        rows = rows.assign(
            cache_read_share=rows["cache_read_tokens"] / rows["input_tokens"].where(rows["input_tokens"] > 0)
        )
        table(
            f"Unit costs by {title.lower()}",
            rows,
            [
                Column("name", title),
                Column("contracted_cost", "Cost", "usd"),
                Column("calls", "Calls", "count"),
                Column("cost_per_1k_calls", "per 1,000 calls", "usd"),
                Column("cost_per_1m_tokens", "per 1M tokens", "usd"),
                Column("cost_per_1m_input_tokens", "per 1M input", "usd"),
                Column("cost_per_1m_output_tokens", "per 1M output", "usd"),
                Column("cache_read_share", "From cache", "share"),
                Column("unknown_cost_calls", "Of unknown cost", "count"),
            ],
            filters,
            key="units",
            link=lambda row: filters.drill("", dimension, row["name"]),
        )
        evidence("finance/breakdown", asked, filters)


def chosen_dimension(label: str, key: str, choices: dict[str, str]) -> tuple[str, str]:
    """The title that is picked, and the report's word for it; kept in the address."""
    titles = _titles(choices)
    chosen = st.segmented_control(
        label,
        list(titles),
        default=next(iter(titles)),
        required=True,
        key=key,
        bind="query-params",
        format_func=plainly,
        label_visibility="collapsed",
    )
    return str(chosen), titles[str(chosen)]


def picked(key: str, choices: dict[str, str]) -> str:
    """The report's word for what `chosen_dimension` will give, as the address has it: to ask before it is drawn."""
    titles = _titles(choices)
    return titles.get(st.query_params.get(key, ""), next(iter(titles.values())))


def _titles(choices: dict[str, str]) -> dict[str, str]:
    return {(title if word == "own" else dimensions.title(word)): word for title, word in choices.items()}
