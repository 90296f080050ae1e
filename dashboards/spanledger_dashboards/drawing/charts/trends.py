"""The charts of money and of emissions over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from spanledger_dashboards.drawing.charts.palette import CARBON, GAP, MONEY
from spanledger_dashboards.drawing.charts.time_axis import as_utc, opacity, span, time_axis, until, when, without_holes
from spanledger_settings import figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_dashboards.filtering.period_choice import Grain
    from spanledger_settings.period import Period

HEIGHT = 300
_OPACITY = alt.Opacity("opacity:Q", scale=None, legend=None)


def spend_over_time(trend: pd.DataFrame, grain: Grain, colours: Mapping[str, str], period: Period) -> alt.LayerChart:
    """Spend in USD, stacked by name: `finance/trend`'s rows, in the colours given (first name lowest).

    A name without a colour is not drawn. Buckets with calls of unknown cost have a mark.
    """
    drawn = _stacked(trend, colours).assign(
        until=lambda rows: until(rows["bucket"], grain),
        cost=lambda rows: rows["contracted_cost"].map(figures.usd),
        opacity=lambda rows: opacity(rows["bucket"], grain, period),
        calls_text=lambda rows: rows["calls"].map(figures.count),
        tokens_text=lambda rows: rows["tokens"].map(figures.count),
        unknown_text=lambda rows: rows["unknown_cost_calls"].map(figures.count),
    )[["bucket", "until", "name", "base", "top", "opacity", "cost", "calls_text", "tokens_text", "unknown_text"]]
    bars = (
        alt.Chart(drawn, height=HEIGHT)
        .mark_rect()
        .encode(
            x=time_axis(grain, span(trend, grain, period)),
            x2="until:T",
            y=alt.Y("base:Q", title=f"USD per {grain}", axis=alt.Axis(format="$,~f", tickCount=5)),
            y2="top:Q",
            color=alt.Color(
                "name:N",
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                legend=None,
            ),
            opacity=_OPACITY,
            tooltip=[
                when(grain),
                alt.Tooltip("name:N", title="Name"),
                alt.Tooltip("cost:N", title="Spend"),
                alt.Tooltip("calls_text:N", title="Calls"),
                alt.Tooltip("tokens_text:N", title="Tokens"),
                alt.Tooltip("unknown_text:N", title="Calls of unknown cost"),
            ],
        )
    )
    unknown = trend.groupby("bucket", as_index=False)["unknown_cost_calls"].sum()
    unknown = unknown[unknown["unknown_cost_calls"] > 0].assign(
        bucket=lambda rows: as_utc(rows["bucket"]),
        middle=lambda rows: rows["bucket"] + (until(rows["bucket"], grain) - rows["bucket"]) / 2,
        text=lambda rows: rows["unknown_cost_calls"].map(figures.count),
    )
    marks = (
        alt.Chart(unknown[["bucket", "middle", "text"]], height=HEIGHT)
        .mark_point(shape="triangle-up", filled=True, color=GAP, size=36, opacity=1, yOffset=5)
        .encode(
            x=alt.X("middle:T", title=None),
            y=alt.datum(0),
            tooltip=[when(grain), alt.Tooltip("text:N", title="Calls of unknown cost")],
        )
    )
    return alt.LayerChart(layer=[bars, marks])


def _stacked(trend: pd.DataFrame, colours: Mapping[str, str]) -> pd.DataFrame:
    """The rows with a known amount, and ``base`` and ``top`` of their bars: what is unknown has no bar of nothing."""
    place = {name: place for place, name in enumerate(colours)}
    known = trend[trend["contracted_cost"].notna() & trend["name"].isin(list(colours))]
    known = known.assign(bucket=as_utc(known["bucket"]), place=known["name"].map(place)).sort_values(
        ["bucket", "place"]
    )
    top = known["contracted_cost"].astype(float).groupby(known["bucket"]).cumsum()
    return known.assign(base=top - known["contracted_cost"].astype(float), top=top)


def used_and_idle(rows: pd.DataFrame, grain: Grain, period: Period) -> alt.Chart:
    """What commitments cost in USD, used below and idle above: `commitments/over_time`'s rows."""
    used, idle = rows["used_cost"].astype(float), rows["idle_cost"].astype(float)
    begin = {
        "bucket": as_utc(rows["bucket"]),
        "until": until(rows["bucket"], grain),
        "opacity": opacity(rows["bucket"], grain, period),
    }
    parts = [
        pd.DataFrame({**begin, "name": name, "base": base, "top": top, "cost": cost.map(figures.usd)})
        for name, base, top, cost in (
            ("used", 0.0, used, rows["used_cost"]),
            ("(idle)", used, used + idle, rows["idle_cost"]),
        )
    ]
    chart: alt.Chart = (
        alt.Chart(pd.concat(parts), height=HEIGHT)
        .mark_rect()
        .encode(
            x=time_axis(grain, span(rows, grain, period)),
            x2="until:T",
            y=alt.Y("base:Q", title=f"USD per {grain}", axis=alt.Axis(format="$,~f", tickCount=5)),
            y2="top:Q",
            color=alt.Color("name:N", scale=alt.Scale(domain=["used", "(idle)"], range=[MONEY, GAP]), legend=None),
            opacity=_OPACITY,
            tooltip=[when(grain), alt.Tooltip("name:N", title="Part"), alt.Tooltip("cost:N", title="Cost")],
        )
    )
    return chart


def emissions_over_time(trend: pd.DataFrame, grain: Grain, period: Period) -> tuple[alt.Chart, alt.Chart]:
    """Emissions, and their low-high range apart: `sustainability/trend`'s rows; without calls they are zero.

    Each has an axis of its own: on that of the range the central line would lie on zero.
    """
    filled = without_holes(trend, grain)
    unit, scale = figures.emissions_unit(trend["co2e_g"].max())
    range_unit, range_scale = figures.emissions_unit(trend["co2e_g_high"].max())
    drawn = filled.assign(
        until=until(filled["bucket"], grain),
        opacity=opacity(filled["bucket"], grain, period),
        central=filled["co2e_g"] / scale,
        low=filled["co2e_g_low"] / range_scale,
        high=filled["co2e_g_high"] / range_scale,
        central_text=[
            figures.emissions(central, like=high)
            for central, high in zip(filled["co2e_g"], filled["co2e_g_high"], strict=True)
        ],
        range_text=[
            figures.emissions_range(low, high)
            for low, high in zip(filled["co2e_g_low"], filled["co2e_g_high"], strict=True)
        ],
        calls_text=filled["calls"].map(figures.count),
        unknown_text=filled["unknown_co2e_calls"].map(figures.count),
    )[
        [
            "bucket",
            "until",
            "central",
            "low",
            "high",
            "opacity",
            "central_text",
            "range_text",
            "calls_text",
            "unknown_text",
        ]
    ]
    tooltip = [
        when(grain),
        alt.Tooltip("central_text:N", title="Emissions (central)"),
        alt.Tooltip("range_text:N", title="Range"),
        alt.Tooltip("calls_text:N", title="Calls"),
        alt.Tooltip("unknown_text:N", title="Calls of unknown emissions"),
    ]
    axis = alt.Axis(title=f"{unit} CO₂e per {grain}", tickCount=5, format=",~f")
    line: alt.Chart = (
        alt.Chart(drawn, height=HEIGHT)
        .mark_line(color=CARBON, strokeWidth=2, point={"filled": True, "size": 28, "color": CARBON})
        .encode(
            x=time_axis(grain, span(trend, grain, period)),
            y=alt.Y("central:Q", axis=axis, scale=alt.Scale(zero=True)),
            tooltip=tooltip,
        )
    )
    range_axis = alt.Axis(title=f"range, {range_unit}", tickCount=3, format=",~f")
    band: alt.Chart = (
        alt.Chart(drawn, height=HEIGHT // 2)
        # The pale inside alone is 1.9:1 on white, and 1.6:1 on the dark background.
        .mark_rect(color=CARBON, fillOpacity=0.45, stroke=CARBON, strokeWidth=1)
        .encode(
            opacity=_OPACITY,
            x2="until:T",
            x=time_axis(grain, span(trend, grain, period)),
            y=alt.Y("low:Q", axis=range_axis, scale=alt.Scale(zero=True)),
            y2="high:Q",
            tooltip=tooltip,
        )
    )
    return line, band
