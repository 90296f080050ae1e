"""The page for finance: what was spent, by whom, on what, and what is not known."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import streamlit as st

from spanledger_dashboards.drawing import charts
from spanledger_dashboards.drawing.bar_list import Bar, bar_list, legend_of
from spanledger_dashboards.drawing.palette import ALL_OTHERS, MONEY, UNATTRIBUTED
from spanledger_dashboards.drawing.style import caption, metric_columns, plainly, tiles
from spanledger_dashboards.pages.finance.commitments_by_tenant import commitments_by_tenant
from spanledger_dashboards.pages.finance.gaps import gaps
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.report import report
from spanledger_settings import figures
from spanledger_settings.cell import cell

if TYPE_CHECKING:
    from decimal import Decimal

    from spanledger_dashboards.filters import Filters

_Liking = Literal["normal", "inverse", "off"]
_DIMENSIONS = ("tenant", "model", "feature")


# A page holds no more rows of the chargeback than a reader looks through; the CSV holds all.
_ROWS = 500
_ALL_ROWS = 2**63


def page(filters: Filters) -> None:
    """Draw the page."""
    headline = report("finance/headline", **filters.parameters).iloc[0]
    commitments = _with_commitments(filters, filters.parameters)
    heading("Finance", filters)
    if headline["calls"] == 0 and commitments is None:
        no_calls()
        return
    before = report("finance/headline", **filters.previous_parameters).iloc[0]
    _headline(
        filters,
        _spend(headline, commitments),
        _spend(before, _with_commitments(filters, filters.previous_parameters)),
    )
    if commitments is not None:
        commitments_by_tenant(commitments)
    if headline["calls"] == 0:
        no_calls()
        return
    if filters.own_values and filters.moment.commitments:
        caption(f"Commitments are shared out by tenant, not by {filters.own}: these figures are of calls alone.")
    gaps(report("finance/gaps", **filters.parameters), calls=headline["calls"])
    _trend(filters)
    dimensions = filters.named(_DIMENSIONS)
    for column, (title, dimension) in zip(tiles(len(dimensions)), dimensions.items(), strict=True):
        with column.container(border=True, height="stretch"):
            _shares(filters, title, dimension)
    _unit_costs(filters)
    _chargeback(filters)


def _with_commitments(filters: Filters, parameters: dict[str, Any]) -> pd.DataFrame | None:
    """What each tenant owes with commitments; None where none is shared out over the period."""
    if filters.moment.commitments == 0 or filters.own_values:
        return None
    rows = report("finance/commitments", **parameters)
    shared_out = rows["commitment_cost"].sum() + rows["idle_cost"].sum() if len(rows) else 0
    return rows if shared_out or (len(rows) and rows["covered_calls"].sum()) else None


def _spend(headline: pd.Series[Any], commitments: pd.DataFrame | None) -> pd.Series[Any]:
    """The headline with ``effective_cost``: what calls cost, or what is owed where commitments pay some of them."""
    effective = headline["contracted_cost"] if commitments is None else commitments["effective_cost"].sum()
    more = pd.Series({"effective_cost": effective, "commitments": commitments is not None})
    whole: pd.Series[Any] = pd.concat([headline, more])
    return whole


def _headline(filters: Filters, now: pd.Series[Any], before: pd.Series[Any]) -> None:
    of_calls = f"{figures.usd(now['list_cost'])} at list prices"
    if now["commitments"]:
        of_calls = f"with commitments; calls alone {figures.usd(now['contracted_cost'])}, {of_calls}"
    cards: list[tuple[str, str, str, str, _Liking]] = [
        ("Effective spend", "effective_cost", figures.usd(now["effective_cost"]), of_calls, "inverse"),
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
            delta_description=f"vs {filters.before.days}; {context}" if change else None,
            border=True,
            height="stretch",
        )
    places[5].metric(
        "Input read from cache",
        figures.share(now["cache_read_share"]),
        _saving(now["cache_saving"]),
        delta_color="off",
        delta_arrow="off",
        help="Share of input tokens that the provider's prompt cache answered. The saving is against each call's own "
        "price of uncached input, less what writing the cache cost above it.",
        border=True,
        height="stretch",
    )


def _saving(saving: float | None) -> str:
    if figures.is_unknown(saving) or saving is None:
        return "saving unknown"
    return f"{figures.usd(saving)} saved" if saving >= 0 else f"{figures.usd(-saving)} dearer than uncached"


def _trend(filters: Filters) -> None:
    grain = filters.grain
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(f"Cost of calls per {grain}", anchor=False)
            title, stacked_by = _dimension("Stacked by", "stack", filters.named(_DIMENSIONS))
        trend = report(
            "finance/trend",
            **filters.parameters,
            dimension=stacked_by,
            series=6,
        )
        by_spend = trend.groupby("name")["contracted_cost"].agg(lambda costs: costs.dropna().sum())
        named = by_spend.drop([ALL_OTHERS, UNATTRIBUTED], errors="ignore").sort_values(ascending=False).index.tolist()
        last = [name for name in (ALL_OTHERS, UNATTRIBUTED) if name in by_spend.index]
        if trend["contracted_cost"].isna().all():
            st.info("No call of this period has a known cost.", icon=":material/help:")
            return
        colours = legend_of([*named, *last])
        st.altair_chart(
            charts.spend_over_time(trend, grain, colours, filters.period),
            alt=f"Spend in USD per {grain}, stacked by {title.lower()}",
        )
        if unknown := int(trend["unknown_cost_calls"].sum()):
            st.caption(
                f"▲ marks a {grain} with calls of unknown cost, {figures.count(unknown)} in all: they have no bar."
            )


def _shares(filters: Filters, title: str, dimension: str) -> None:
    rows = report("finance/breakdown", **filters.parameters, dimension=dimension, names=8)
    total = rows["contracted_cost"].dropna().sum()
    st.subheader(f"By {plainly(title)}", anchor=False)
    bar_list(
        [
            Bar(
                row["name"],
                figures.usd(row["contracted_cost"]),
                0.0 if figures.is_unknown(row["contracted_cost"]) else float(row["contracted_cost"]),
                _note(row, total, title),
            )
            for row in rows.to_dict("records")
        ],
        MONEY,
    )


def _note(row: dict[Any, Any], total: Decimal | float, title: str) -> str:
    known = total and not figures.is_unknown(row["contracted_cost"])
    share = figures.share(row["contracted_cost"] / total) if known else ""
    if row["name"] == ALL_OTHERS:
        return f"{share} {figures.counted(int(row['names']), title)}, not drawn".strip()
    return share


def _unit_costs(filters: Filters) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Unit costs", anchor=False)
            title, dimension = _dimension(
                "Unit costs by", "unit", filters.named(("model", "tenant", "feature", "provider"))
            )
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
                "name": st.column_config.TextColumn(_heading(title, dimension), width=190, pinned=True),
                "contracted_cost": st.column_config.NumberColumn("Cost, USD", format="%.4f", width=85),
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
    found = report("finance/chargeback_table", **filters.parameters, rows=_ROWS)
    rows = _of_calls(found, filters)
    number, total = int(found["all_rows"].iloc[0]), found["all_contracted_cost_usd"].iloc[0]
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Cost of calls, for chargeback", anchor=False)
            st.download_button(
                "Download CSV",
                partial(_csv, filters),
                file_name=f"chargeback-{filters.period.first_day}-{filters.period.last_day}.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
            )
        shown = f"The {_ROWS} largest of " if number > _ROWS else ""
        adds = "adds" if number == 1 else "add"
        caption(
            f"{shown}{figures.counted(number, 'row')}, which {adds} up to {figures.usd(total)}"
            f"{', the cost of the calls alone; commitments are above' if filters.moment.commitments else ''}. "
            "The CSV holds every row, and every amount exactly, to twelve decimals."
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
                filters.own or "own": st.column_config.TextColumn(filters.own, width=120),
                "calls": st.column_config.NumberColumn("Calls", format="localized", width=65),
                "unknown_cost_calls": st.column_config.NumberColumn("Of unknown cost", format="localized"),
                "partly_priced_calls": st.column_config.NumberColumn("Partly priced", format="localized"),
                "unpriced_parts": st.column_config.TextColumn("Parts without a price"),
                "input_tokens": st.column_config.NumberColumn("Input tokens", format="localized", width=98),
                "cache_read_tokens": st.column_config.NumberColumn("From cache", format="localized", width=90),
                "output_tokens": st.column_config.NumberColumn("Output tokens", format="localized", width=105),
                "list_cost_usd": st.column_config.NumberColumn("List, USD", format="%.4f", width=80),
                "contracted_cost_usd": st.column_config.NumberColumn("At contract, USD", format="%.4f", width=115),
            },
            column_order=[
                "tenant",
                "model",
                "feature",
                *([filters.own] if filters.own else []),
                "contracted_cost_usd",
                "calls",
                "input_tokens",
                "cache_read_tokens",
                "output_tokens",
                "list_cost_usd",
                "unknown_cost_calls",
                *(["partly_priced_calls", "unpriced_parts"] if rows["partly_priced_calls"].any() else []),
                "cost_center",
            ],
        )


def _csv(filters: Filters) -> bytes:
    """Every row, exactly; texts that a spreadsheet would execute are defused. Asked for when it is downloaded."""
    found = report("finance/chargeback_table", **filters.parameters, rows=_ALL_ROWS)
    return _of_calls(found, filters).map(cell).to_csv(index=False).encode()


def _of_calls(found: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """The rows of the chargeback, with the dimension of one's own under its name, where there is one."""
    rows = found.drop(columns=["all_rows", "all_contracted_cost_usd", *([] if filters.own else ["own"])])
    return rows.rename(columns={"own": filters.own})


def _dimension(label: str, key: str, choices: dict[str, str]) -> tuple[str, str]:
    """The title that is picked, and the report's word for it."""
    titles = {_heading(title, name): title for title, name in choices.items()}
    picked = st.segmented_control(
        label,
        list(titles),
        default=next(iter(titles)),
        required=True,
        key=key,
        bind="query-params",
        format_func=plainly,
        label_visibility="collapsed",
    )
    title = titles[str(picked)]
    return title, choices[title]


def _heading(title: str, dimension: str) -> str:
    """A dimension as the head of a column; one of the reader's own as the reader writes it."""
    return title if dimension == "own" else title.capitalize()
