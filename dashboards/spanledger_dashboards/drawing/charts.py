"""The charts over time. Buckets are wall-clock times of the reader's zone, so every scale is drawn as if in UTC."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import altair as alt
import pandas as pd

from spanledger_dashboards.drawing.palette import CARBON, GAP, INTENSITY, MONEY
from spanledger_settings import figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_dashboards.period_choice import Grain
    from spanledger_settings.period import Period

HEIGHT = 300
_TIME_UNITS: Mapping[Grain, Any] = {
    "hour": "utcyearmonthdatehours",
    "day": "utcyearmonthdate",
    "week": "utcyearmonthdate",
    "month": "utcyearmonth",
}
_TIME_LABELS: Mapping[Grain, str] = {
    "hour": "%a %d %b %Y, %H:00",
    "day": "%a %d %b %Y",
    "week": "week of %d %b %Y",
    "month": "%B %Y",
}
_STEPS: Mapping[Grain, Any] = {
    "hour": pd.DateOffset(hours=1),
    "day": pd.DateOffset(days=1),
    "week": pd.DateOffset(weeks=1),
    "month": pd.DateOffset(months=1),
}
_FREQUENCIES: Mapping[Grain, str] = {"hour": "h", "day": "D", "week": "W-MON", "month": "MS"}


def spend_over_time(trend: pd.DataFrame, grain: Grain, colours: Mapping[str, str], period: Period) -> alt.LayerChart:
    """Spend in USD, stacked by name: `finance/trend`'s rows, in the colours given (first name lowest).

    Buckets with calls of unknown cost have a mark.
    """
    drawn = _stacked(trend, colours).assign(
        until=lambda rows: _until(rows["bucket"], grain),
        cost=lambda rows: rows["contracted_cost"].map(figures.usd),
        calls_text=lambda rows: rows["calls"].map(figures.count),
        tokens_text=lambda rows: rows["tokens"].map(figures.count),
        unknown_text=lambda rows: rows["unknown_cost_calls"].map(figures.count),
    )[["bucket", "until", "name", "base", "top", "cost", "calls_text", "tokens_text", "unknown_text"]]
    bars = (
        alt.Chart(drawn, height=HEIGHT)
        .mark_rect()
        .encode(
            x=_time(grain, _span(trend, grain, period)),
            x2="until:T",
            y=alt.Y("base:Q", title=f"USD per {grain}", axis=alt.Axis(format="$,~f", tickCount=5)),
            y2="top:Q",
            color=alt.Color(
                "name:N",
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                legend=None,
            ),
            tooltip=[
                _when(grain),
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
        bucket=lambda rows: _as_utc(rows["bucket"]),
        middle=lambda rows: rows["bucket"] + (_until(rows["bucket"], grain) - rows["bucket"]) / 2,
        text=lambda rows: rows["unknown_cost_calls"].map(figures.count),
    )
    marks = (
        alt.Chart(unknown[["bucket", "middle", "text"]], height=HEIGHT)
        .mark_point(shape="triangle-up", filled=True, color=GAP, size=36, opacity=1, yOffset=5)
        .encode(
            x=alt.X("middle:T", title=None),
            y=alt.datum(0),
            tooltip=[_when(grain), alt.Tooltip("text:N", title="Calls of unknown cost")],
        )
    )
    return alt.LayerChart(layer=[bars, marks])


def _stacked(trend: pd.DataFrame, colours: Mapping[str, str]) -> pd.DataFrame:
    """The rows with a known amount, and ``base`` and ``top`` of their bars: what is unknown has no bar of nothing."""
    place = {name: place for place, name in enumerate(colours)}
    known = trend[trend["contracted_cost"].notna()]
    known = known.assign(bucket=_as_utc(known["bucket"]), place=known["name"].map(place)).sort_values(
        ["bucket", "place"]
    )
    top = known["contracted_cost"].astype(float).groupby(known["bucket"]).cumsum()
    return known.assign(base=top - known["contracted_cost"].astype(float), top=top)


def used_and_idle(rows: pd.DataFrame, grain: Grain, period: Period) -> alt.Chart:
    """What commitments cost in USD, used below and idle above: `commitments/over_time`'s rows."""
    used, idle = rows["used_cost"].astype(float), rows["idle_cost"].astype(float)
    begin = {"bucket": _as_utc(rows["bucket"]), "until": _until(rows["bucket"], grain)}
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
            x=_time(grain, _span(rows, grain, period)),
            x2="until:T",
            y=alt.Y("base:Q", title=f"USD per {grain}", axis=alt.Axis(format="$,~f", tickCount=5)),
            y2="top:Q",
            color=alt.Color("name:N", scale=alt.Scale(domain=["used", "(idle)"], range=[MONEY, GAP]), legend=None),
            tooltip=[_when(grain), alt.Tooltip("name:N", title="Part"), alt.Tooltip("cost:N", title="Cost")],
        )
    )
    return chart


def emissions_over_time(trend: pd.DataFrame, grain: Grain, period: Period) -> tuple[alt.Chart, alt.Chart]:
    """Emissions, and their low-high range apart: `sustainability/trend`'s rows; without calls they are zero.

    Each has an axis of its own: on that of the range the central line would lie on zero.
    """
    filled = _without_holes(trend, grain)
    unit, scale = figures.emissions_unit(trend["co2e_g"].max())
    range_unit, range_scale = figures.emissions_unit(trend["co2e_g_high"].max())
    drawn = filled.assign(
        until=_until(filled["bucket"], grain),
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
    )[["bucket", "until", "central", "low", "high", "central_text", "range_text", "calls_text", "unknown_text"]]
    tooltip = [
        _when(grain),
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
            x=_time(grain, _span(trend, grain, period)),
            y=alt.Y("central:Q", axis=axis, scale=alt.Scale(zero=True)),
            tooltip=tooltip,
        )
    )
    range_axis = alt.Axis(title=f"range, {range_unit}", tickCount=3, format=",~f")
    band: alt.Chart = (
        alt.Chart(drawn, height=HEIGHT // 2)
        .mark_rect(color=CARBON, opacity=0.45)
        .encode(
            x2="until:T",
            x=_time(grain, _span(trend, grain, period)),
            y=alt.Y("low:Q", axis=range_axis, scale=alt.Scale(zero=True)),
            y2="high:Q",
            tooltip=tooltip,
        )
    )
    return line, band


def energy_by_hour(hours: pd.DataFrame) -> alt.Chart:
    """Energy by the hour of the local day: `sustainability_hours`' rows."""
    unit, scale = figures.energy_unit(hours["energy_wh"].max())
    drawn = _hours(hours, "energy_wh", scale, figures.energy)
    return _bars_by_hour(drawn, f"Energy, {unit}", MONEY)


def intensity_by_hour(hours: pd.DataFrame) -> alt.Chart:
    """Mean carbon intensity, weighted by energy, by the hour of the local day: `sustainability_hours`' rows."""
    drawn = _hours(hours, "intensity_g_per_kwh", 1.0, figures.intensity)
    return _bars_by_hour(drawn, "Intensity, g CO₂e/kWh", INTENSITY)


def _hours(hours: pd.DataFrame, column: str, scale: float, written: Any) -> pd.DataFrame:
    return hours.assign(
        figure=hours[column] / scale,
        text=hours[column].map(written),
        calls_text=hours["calls"].map(figures.count),
    )[["hour", "figure", "text", "calls_text"]]


def _bars_by_hour(drawn: pd.DataFrame, title: str, colour: str) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(drawn, height=220)
        .mark_bar(color=colour, cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=alt.X(
                "hour:O",
                title="Hour of the day",
                scale=alt.Scale(domain=list(range(24))),
                axis=alt.Axis(values=[0, 3, 6, 9, 12, 15, 18, 21], labelAngle=0),
            ),
            y=alt.Y("figure:Q", title=title, axis=alt.Axis(tickCount=4, format=",~f")),
            tooltip=[
                alt.Tooltip("hour:O", title="Hour"),
                alt.Tooltip("text:N", title=title.split(",", maxsplit=1)[0]),
                alt.Tooltip("calls_text:N", title="Calls"),
            ],
        )
    )
    return chart


def _span(trend: pd.DataFrame, grain: Grain, period: Period) -> list[str]:
    """What a time axis shows: the whole period by the local clock, and the whole of its buckets.

    As text: milliseconds are moments to Vega only where bars begin and end, and a line would stand on one spot.
    """
    buckets, zone = _as_utc(trend["bucket"]), ZoneInfo(period.timezone)
    begin, end = (pd.Timestamp(at.astimezone(zone).replace(tzinfo=UTC)) for at in (period.begin, period.end))
    return [
        moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        for moment in (min(begin, buckets.min()), max(end, _until(trend["bucket"], grain).max()))
    ]


def _time(grain: Grain, span: list[str]) -> alt.X:
    axis = alt.Axis(
        format="%b %Y" if grain == "month" else "%d %b", labelAngle=0, labelOverlap="greedy", tickCount=8, grid=False
    )
    if grain == "hour":
        axis.format = "%d %b %H:%M"
    return alt.X("bucket:T", title=None, axis=axis, scale=alt.Scale(type="utc", domain=span))


def _when(grain: Grain) -> alt.Tooltip:
    return alt.Tooltip("bucket:T", timeUnit=_TIME_UNITS[grain], title="When", format=_TIME_LABELS[grain])


def _without_holes(trend: pd.DataFrame, grain: Grain) -> pd.DataFrame:
    """A row for each bucket between the first and the last, those without calls at zero."""
    by_bucket = trend.assign(bucket=_as_utc(trend["bucket"])).set_index("bucket")
    every = by_bucket.asfreq(_FREQUENCIES[grain])
    silent = every["calls"].isna()
    every.loc[silent, every.columns.difference(["intensity_g_per_kwh"])] = 0
    return every.reset_index()


# What a bar takes of its bucket; the rest parts it from the next.
_BAR = 0.9


def _until(buckets: pd.Series[Any], grain: Grain) -> pd.Series[Any]:
    """Where the bar of each bucket ends: most of an hour, day, week or month wide, so that it is seen on a phone."""
    begin = _as_utc(buckets)
    until: pd.Series[Any] = begin + (begin + _STEPS[grain] - begin) * _BAR
    return until


def _as_utc(buckets: pd.Series[Any]) -> pd.Series[Any]:
    times = buckets.astype("datetime64[ms]") if buckets.dt.tz is None else buckets.dt.tz_convert("UTC")
    return times if times.dt.tz is not None else times.dt.tz_localize("UTC")
