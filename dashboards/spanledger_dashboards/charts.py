"""The charts over time. Buckets are wall-clock times of the reader's zone, so every scale is drawn as if in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from spanledger_dashboards.palette import CARBON, INTENSITY, MONEY
from spanledger_settings import figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from spanledger_dashboards.period_choice import Grain

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
_FREQUENCIES: Mapping[Grain, str] = {"hour": "h", "day": "D", "week": "W-MON", "month": "MS"}


def spend_over_time(trend: pd.DataFrame, grain: Grain, colours: Mapping[str, str]) -> alt.Chart:
    """Spend in USD, stacked by name: `finance_trend`'s rows, in the colours given (first name lowest)."""
    drawn = trend.assign(
        bucket=_as_utc(trend["bucket"]),
        spend=trend["contracted_cost"].astype(float),
        place=trend["name"].map({name: place for place, name in enumerate(colours)}),
        cost=trend["contracted_cost"].map(figures.usd),
        calls_text=trend["calls"].map(figures.count),
        tokens_text=trend["tokens"].map(figures.count),
    )[["bucket", "name", "spend", "place", "cost", "calls_text", "tokens_text"]]
    chart: alt.Chart = (
        alt.Chart(drawn, height=HEIGHT)
        .mark_bar()
        .encode(
            x=_time(grain),
            y=alt.Y("spend:Q", title=f"USD per {grain}", stack="zero", axis=alt.Axis(format="$,~f", tickCount=5)),
            color=alt.Color(
                "name:N",
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                legend=None,
            ),
            order=alt.Order("place:Q"),
            tooltip=[
                _when(grain),
                alt.Tooltip("name:N", title="Name"),
                alt.Tooltip("cost:N", title="Spend"),
                alt.Tooltip("calls_text:N", title="Calls"),
                alt.Tooltip("tokens_text:N", title="Tokens"),
            ],
        )
    )
    return chart


def emissions_over_time(trend: pd.DataFrame, grain: Grain) -> alt.LayerChart:
    """Emissions with their low-high range as a band: `sustainability_trend`'s rows; without calls they are zero."""
    unit, scale = figures.emissions_unit(trend["co2e_g_high"].max())
    filled = _without_holes(trend, grain)
    drawn = filled.assign(
        central=filled["co2e_g"] / scale,
        low=filled["co2e_g_low"] / scale,
        high=filled["co2e_g_high"] / scale,
        central_text=filled["co2e_g"].map(figures.emissions),
        range_text=[
            figures.emissions_range(low, high)
            for low, high in zip(filled["co2e_g_low"], filled["co2e_g_high"], strict=True)
        ],
        calls_text=filled["calls"].map(figures.count),
        unknown_text=filled["unknown_co2e_calls"].map(figures.count),
    )[["bucket", "central", "low", "high", "central_text", "range_text", "calls_text", "unknown_text"]]
    base = alt.Chart(drawn, height=HEIGHT).encode(
        x=_time(grain),
        tooltip=[
            _when(grain),
            alt.Tooltip("central_text:N", title="Emissions (central)"),
            alt.Tooltip("range_text:N", title="Range"),
            alt.Tooltip("calls_text:N", title="Calls"),
            alt.Tooltip("unknown_text:N", title="Calls of unknown emissions"),
        ],
    )
    y_axis = alt.Axis(title=f"{unit} CO₂e per {grain}", tickCount=5, format=",~f")
    band = base.mark_area(color=CARBON, opacity=0.2, interpolate="monotone").encode(
        y=alt.Y("low:Q", axis=y_axis, scale=alt.Scale(zero=True)), y2="high:Q"
    )
    line = base.mark_line(
        color=CARBON, strokeWidth=2, interpolate="monotone", point={"filled": True, "size": 28, "color": CARBON}
    ).encode(y=alt.Y("central:Q", axis=y_axis))
    return alt.LayerChart(layer=[band, line])


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


def _time(grain: Grain) -> alt.X:
    axis = alt.Axis(
        format="%b %Y" if grain == "month" else "%d %b", labelAngle=0, labelOverlap="greedy", tickCount=8, grid=False
    )
    if grain == "hour":
        axis.format = "%d %b %H:%M"
    return alt.X("bucket:T", timeUnit=_TIME_UNITS[grain], title=None, axis=axis)


def _when(grain: Grain) -> alt.Tooltip:
    return alt.Tooltip("bucket:T", timeUnit=_TIME_UNITS[grain], title="When", format=_TIME_LABELS[grain])


def _without_holes(trend: pd.DataFrame, grain: Grain) -> pd.DataFrame:
    """A row for each bucket between the first and the last, those without calls at zero."""
    by_bucket = trend.assign(bucket=_as_utc(trend["bucket"])).set_index("bucket")
    every = by_bucket.asfreq(_FREQUENCIES[grain])
    silent = every["calls"].isna()
    every.loc[silent, every.columns.difference(["intensity_g_per_kwh"])] = 0
    return every.reset_index()


def _as_utc(buckets: pd.Series[Any]) -> pd.Series[Any]:
    times = buckets.astype("datetime64[ms]") if buckets.dt.tz is None else buckets.dt.tz_convert("UTC")
    return times if times.dt.tz is not None else times.dt.tz_localize("UTC")
