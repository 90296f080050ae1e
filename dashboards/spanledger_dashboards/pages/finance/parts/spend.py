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
_SERIES, _NAMES, _ROWS, _WHOLE = 6, 8, 500, 1
_TOGETHER = "finance/shares"
_APART = (ALL_OTHERS, True)


def asked(
    filters: Filters, choices: Sequence[str] = DIMENSIONS, *, with_units: bool = True
) -> list[tuple[str, dict[str, Any]]]:
    """What this module asks at the first look, by name, to be asked together; ``choices`` are those of the page."""
    stacked_by = picked("stack", filters.named(choices))
    return [
        (_TOGETHER, _asked_together(filters, choices, _units(filters) if with_units else "")),
        ("finance/trend", {**filters.parameters, "dimension": stacked_by, "series": _SERIES}),
    ]


def headline(filters: Filters, choices: Sequence[str] = DIMENSIONS, *, with_units: bool = True) -> pd.Series[Any]:
    """What `finance/headline` tells of all calls, and how many rows of the ledger they are; asked as `asked` does."""
    rows = _together(filters, choices, _units(filters) if with_units else "", ("whole", _WHOLE))
    found = rows if len(rows) else report("finance/headline", **filters.parameters).assign(ledger_rows=0)
    return found.iloc[0]


def _units(filters: Filters) -> str:
    return picked("unit", filters.named(_UNITS))


def _asked_together(filters: Filters, choices: Sequence[str], units: str) -> dict[str, Any]:
    """The whole, the names of each dimension that have bars, and those of the one whose unit costs are told, if any."""
    parts = [("whole", _WHOLE), *((name, _NAMES) for name in filters.named(choices).values())]
    parts += [(units, _ROWS)] if units else []
    return {
        **filters.parameters,
        "dimensions": [dimension for dimension, _ in parts],
        "names": [names for _, names in parts],
    }


def _together(filters: Filters, choices: Sequence[str], units: str, part: tuple[str, int]) -> pd.DataFrame:
    """The rows of a part of what is asked together: a dimension, and how many of its names have a row."""
    rows = report(_TOGETHER, **_asked_together(filters, choices, units))
    return rows[(rows["dimension"] == part[0]) & (rows["kept_names"] == part[1])]


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


def shares(
    filters: Filters,
    title: str,
    dimension: str,
    page: str = "tenants",
    choices: Sequence[str] = DIMENSIONS,
    *,
    with_units: bool = True,
) -> None:
    """Draw the cost of calls by a dimension, the largest first; a name narrows to it, one of a tenant on its page.

    Args:
        filters: Of the page.
        title: Of the dimension.
        dimension: As reports name it.
        page: Where a tenant leads to.
        choices: The dimensions that the page draws, which are asked for together.
        with_units: Whether it draws unit costs, too.
    """
    rows = _together(filters, choices, _units(filters) if with_units else "", (dimension, _NAMES))
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
        rows = _together(filters, DIMENSIONS, dimension, (dimension, _ROWS))
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
