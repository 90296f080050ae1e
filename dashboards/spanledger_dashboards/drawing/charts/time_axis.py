"""The time that charts are drawn over. Buckets are wall-clock times of the reader's zone, drawn as if in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import altair as alt
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_dashboards.filtering.period_choice import Grain
    from spanledger_settings.period import Period

_UNITS: Mapping[Grain, Any] = {
    "hour": "utcyearmonthdatehours",
    "day": "utcyearmonthdate",
    "week": "utcyearmonthdate",
    "month": "utcyearmonth",
}
_LABELS: Mapping[Grain, str] = {
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
# What a bar takes of its bucket; the rest parts it from the next.
_BAR = 0.9
_PALE = 0.45
# No more buckets than these each have a tick.
_FEW = 8


def span(trend: pd.DataFrame, grain: Grain, period: Period) -> list[str]:
    """What a time axis shows: the whole period by the local clock, and the whole of its buckets.

    As text: milliseconds are moments to Vega only where bars begin and end, and a line would stand on one spot.
    """
    buckets = as_utc(trend["bucket"])
    begin, end = _local(period.begin, period), _local(period.end, period)
    return [
        moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        for moment in (min(begin, buckets.min()), max(end, until(trend["bucket"], grain).max()))
    ]


def time_axis(grain: Grain, shown: list[str]) -> alt.X:
    """An axis of buckets over the time that `span` gives."""
    axis = alt.Axis(
        format="%b %Y" if grain == "month" else "%d %b", labelAngle=0, labelOverlap="greedy", tickCount=8, grid=False
    )
    if grain == "hour":
        axis.format = "%d %b %H:%M"
    elif len(begun := _begins(grain, shown)) <= _FEW:
        # Ticks between these would be called as these are.
        axis.values = begun
    return alt.X("bucket:T", title=None, axis=axis, scale=alt.Scale(type="utc", domain=shown))


def _begins(grain: Grain, shown: list[str]) -> list[alt.DateTime]:
    """Where each day, week or month begins in the time that is shown; a tick in milliseconds has no label."""
    begin, end = (pd.Timestamp(moment) for moment in shown)
    each = pd.date_range(begin.normalize(), end, freq=_FREQUENCIES[grain], inclusive="left")
    return [alt.DateTime(year=at.year, month=at.month, date=at.day, utc=True) for at in each if at >= begin]


def when(grain: Grain) -> alt.Tooltip:
    """A bucket's time in a tooltip."""
    return alt.Tooltip("bucket:T", timeUnit=_UNITS[grain], title="When", format=_LABELS[grain])


def until(buckets: pd.Series[Any], grain: Grain) -> pd.Series[Any]:
    """Where the bar of each bucket ends: most of an hour, day, week or month wide, so that it is seen on a phone."""
    begin = as_utc(buckets)
    ends: pd.Series[Any] = begin + (begin + _STEPS[grain] - begin) * _BAR
    return ends


def as_utc(buckets: pd.Series[Any]) -> pd.Series[Any]:
    """Wall-clock times, drawn as if in UTC."""
    times = buckets.astype("datetime64[ms]") if buckets.dt.tz is None else buckets.dt.tz_convert("UTC")
    return times if times.dt.tz is not None else times.dt.tz_localize("UTC")


def without_holes(trend: pd.DataFrame, grain: Grain) -> pd.DataFrame:
    """A row for each bucket between the first and the last, those without calls at zero."""
    by_bucket = trend.assign(bucket=as_utc(trend["bucket"])).set_index("bucket")
    every = by_bucket.asfreq(_FREQUENCIES[grain])
    silent = every["calls"].isna()
    every.loc[silent, every.columns.difference(["intensity_g_per_kwh"])] = 0
    return every.reset_index()


def is_partial(buckets: pd.Series[Any], grain: Grain, period: Period, now: datetime | None = None) -> pd.Series[Any]:
    """Whether only a part of each bucket is drawn: the period begins or ends within it, or it is not over yet."""
    begin = as_utc(buckets)
    end = min(period.end, max(now or datetime.now(UTC), period.begin))
    partial: pd.Series[Any] = (begin < _local(period.begin, period)) | (begin + _STEPS[grain] > _local(end, period))
    return partial


def opacity(buckets: pd.Series[Any], grain: Grain, period: Period) -> pd.Series[Any]:
    """How each bucket's bar is drawn: pale where it is partial."""
    pale: pd.Series[Any] = is_partial(buckets, grain, period).map({True: _PALE, False: 1.0})
    return pale


def partial_told(buckets: pd.Series[Any], grain: Grain, period: Period) -> str:
    """Which ends are partial, in a sentence; '' where none is."""
    if buckets.empty:
        return ""
    ordered = buckets.sort_values()
    first, last = is_partial(ordered.iloc[[0, -1]], grain, period).tolist()
    ends = [end for end, partial in (("first", first), ("last", last)) if partial]
    if not ends:
        return ""
    return f"The {' and the '.join(ends)} {grain} {'is' if len(ends) == 1 else 'are'} not whole."


def _local(moment: datetime, period: Period) -> pd.Timestamp:
    return pd.Timestamp(moment.astimezone(ZoneInfo(period.timezone)).replace(tzinfo=UTC))
