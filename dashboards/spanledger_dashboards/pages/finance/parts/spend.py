"""What calls cost over time, by whom and by what, and what each costs: what several pages show of a set of calls."""

from __future__ import annotations

from dataclasses import dataclass
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
    from decimal import Decimal

    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

_UNITS = ("model", "tenant", "feature", "provider")
_SERIES, _NAMES, _ROWS, _WHOLE = 6, 8, 500, 1
_TOGETHER = "finance/shares"
_APART = (ALL_OTHERS, True)


@dataclass(frozen=True)
class Spend:
    """What a page shows of a set of calls; what all parts show of it is asked in one question.

    Attributes:
        filters: Of the page.
        choices: The dimensions that it draws bars of, and stacks time by.
        with_units: Whether it draws unit costs, too.
    """

    filters: Filters
    choices: tuple[str, ...] = ("tenant", "model", "feature")
    with_units: bool = True

    @property
    def dimensions(self) -> dict[str, str]:
        """Those that have bars: the report's word for each by its title."""
        return self.filters.named(self.choices)

    def asked(self) -> list[tuple[str, dict[str, Any]]]:
        """What the first look asks, by name, to be asked ahead."""
        stacked_by = picked("stack", self.dimensions)
        return [(_TOGETHER, self._asked_together(self._units)), ("finance/trend", self._trend_asked(stacked_by))]

    def headline(self) -> pd.Series[Any]:
        """What `finance/headline` tells of all calls, and how many rows of the ledger they are."""
        rows = self._together("whole", _WHOLE)
        found = rows if len(rows) else report("finance/headline", **self.filters.parameters).assign(ledger_rows=0)
        return found.iloc[0]

    @property
    def _units(self) -> str:
        """The dimension whose unit costs the address asks for, or ''."""
        return picked("unit", self.filters.named(_UNITS)) if self.with_units else ""

    def _asked_together(self, units: str) -> dict[str, Any]:
        """The whole, the names of each dimension that has bars, and those of the one whose unit costs are told."""
        parts = [("whole", _WHOLE), *((name, _NAMES) for name in self.dimensions.values())]
        parts += [(units, _ROWS)] if units else []
        return {
            **self.filters.parameters,
            "dimensions": [dimension for dimension, _ in parts],
            "names": [names for _, names in parts],
        }

    def _together(self, dimension: str, names: int, units: str = "") -> pd.DataFrame:
        """The rows of a part of what is asked together: of a dimension, and how many of its names have a row."""
        rows = report(_TOGETHER, **self._asked_together(units or self._units))
        return rows[(rows["dimension"] == dimension) & (rows["kept_names"] == names)]

    def _trend_asked(self, stacked_by: str) -> dict[str, Any]:
        return {**self.filters.parameters, "dimension": stacked_by, "series": _SERIES}

    def over_time(self) -> None:
        """Draw the cost of calls over the period, stacked by a dimension that the reader chooses."""
        filters, grain = self.filters, self.filters.grain
        with st.container(border=True):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.header(f"Cost of calls per {grain}", anchor=False)
                title, stacked_by = chosen_dimension("Stacked by", "stack", self.dimensions)
            asked = self._trend_asked(stacked_by)
            trend = report("finance/trend", **asked)
            if trend["contracted_cost"].isna().all():
                st.info("No call of this period has a known cost.", icon=":material/help:")
                return
            by_spend = trend.groupby("name")["contracted_cost"].agg(lambda costs: costs.dropna().sum())
            named = (
                by_spend.drop([ALL_OTHERS, UNATTRIBUTED], errors="ignore").sort_values(ascending=False).index.tolist()
            )
            apart = flattens(by_spend)
            last = [name for name in (ALL_OTHERS, UNATTRIBUTED) if name in by_spend.index and (name, apart) != _APART]
            if apart:
                others = by_spend[ALL_OTHERS]
                share = figures.share(others / by_spend.sum())
                caption(
                    f"Those that cost most. Not drawn: {ALL_OTHERS} with {figures.usd(others)}, {share} of the cost, "
                    "which would flatten these; the table has them."
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

    def shares(self, title: str, dimension: str) -> None:
        """Draw the cost of calls by a dimension, the largest first; a name narrows to it, a tenant's on its page."""
        filters, rows = self.filters, self._together(dimension, _NAMES)
        total = rows["contracted_cost"].dropna().sum()
        st.header(f"By {plainly(title)}", anchor=False)
        bar_list(
            [
                Bar(
                    row["name"],
                    figures.usd(row["contracted_cost"]),
                    0.0 if figures.is_unknown(row["contracted_cost"]) else float(row["contracted_cost"]),
                    _note(row, total, title),
                    link=filters.drill("tenants" if dimension == "tenant" else "", dimension, row["name"]),
                )
                for row in rows.to_dict("records")
            ],
            MONEY,
        )
        evidence("finance/breakdown", {**filters.parameters, "dimension": dimension, "names": _NAMES}, filters)

    def unit_costs(self) -> None:
        """Draw what a call and a token cost, by a dimension that the reader chooses."""
        filters = self.filters
        with st.container(border=True):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.header("Unit costs", anchor=False)
                title, dimension = chosen_dimension("Unit costs by", "unit", filters.named(_UNITS))
            st.caption("In USD, over the calls whose cost is known.")
            asked = {**filters.parameters, "dimension": dimension, "names": _ROWS}
            rows = self._together(dimension, _ROWS, units=dimension)
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


def flattens(by_spend: pd.Series[Any]) -> bool:
    """Whether the bars of all others would hide those of the names: they are more than these together."""
    others = by_spend.get(ALL_OTHERS, 0)
    named = by_spend.drop([ALL_OTHERS, UNATTRIBUTED], errors="ignore").sum()
    return bool(named and others > named)


def _note(row: dict[Any, Any], total: Decimal | float, title: str) -> str:
    known = total and not figures.is_unknown(row["contracted_cost"])
    share = figures.share(row["contracted_cost"] / total) if known else ""
    if row["name"] == ALL_OTHERS:
        return f"{share} {figures.counted(int(row['names']), title)}, not drawn".strip()
    return share


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
