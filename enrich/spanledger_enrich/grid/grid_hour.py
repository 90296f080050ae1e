"""Hours of a grid's intensity from values of any finer step: their mean, and what it is the mean of."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

# Exact by definition: one pound is 0.45359237 kg (NIST SP 811, appendix B.8), so 1 lb/MWh is so many g/kWh.
G_PER_KWH_OF_LB_PER_MWH = 0.45359237
# Above the dirtiest plant there is (lignite, about 1.7 kg/kWh life cycle): a higher value is in another unit.
HIGHEST_G_PER_KWH = 2500.0
# Over its life cycle no plant emits less than some 4 g/kWh: a lower value is in kg or t per kWh, or says nothing.
LOWEST_LIFECYCLE_G_PER_KWH = 1.0

# From the best to the worst: an hour is as good as the worst value in it.
QUALITIES = ("measured", "estimated", "forecast")
COLUMNS = ("zone", "resolution", "signal", "basis", "ts", "g_per_kwh", "quality", "source")

_SERIES = ["zone", "signal", "basis"]


class GridStepError(ValueError):
    """Times that do not make hours; ``row`` is the label of a sample that shows it."""

    def __init__(self, row: Any, message: str) -> None:
        super().__init__(message)
        self.row = row


def hourly(samples: pd.DataFrame, step_minutes: int | None = None) -> pd.DataFrame:
    """Rows of `grid_intensity`, one for each UTC hour of a zone, signal and basis.

    Hourly values stay as they are. Finer ones are averaged, and the hour's source says of how many values. An hour
    with at least half of its values counts as estimated; one with fewer is left out. Hourly values that do not begin
    at a full UTC hour (India's begin at half past) are split over the two hours that they lie in.

    Args:
        samples: Columns zone, signal, basis, quality, source, ts (UTC, when the value's interval begins; no time
            twice in a series) and g_per_kwh (gCO2e/kWh; NaN is no value).
        step_minutes: How long one value holds; by default the shortest distance between two of a series.

    Raises:
        GridStepError: A series is coarser than an hour, or its times do not divide the hour.
    """
    ordered = samples.sort_values([*_SERIES, "ts"], kind="stable")
    steps = _steps(ordered)
    if step_minutes is not None:
        closer = steps < step_minutes
        if closer.any():
            row = closer.idxmax()
            raise GridStepError(row, f"values lie {steps.at[row]} minutes apart; expected {step_minutes}")
        steps = pd.Series(step_minutes, ordered.index)
    offset = ordered["ts"].dt.minute
    _refuse_what_makes_no_hours(ordered, steps, offset)
    known = ordered["g_per_kwh"].notna()
    ordered, steps, offset = ordered[known], steps[known], offset[known]
    whole = (steps == 60) & (offset == 0)
    parts = [ordered[whole]]
    straddling = (steps == 60) & (offset != 0)
    if straddling.any():
        parts.append(_averaged(*_split(ordered[straddling], offset[straddling]), of="of hourly values"))
    if (steps < 60).any():
        finer = steps < 60
        parts.append(_averaged(ordered[finer], steps[finer]))
    hours = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0].reset_index(drop=True)
    rows: pd.DataFrame = hours.assign(resolution="hour")[list(COLUMNS)]
    return rows


def missing_hours(hours: pd.DataFrame) -> dict[tuple[str, str, str], pd.DatetimeIndex]:
    """The hours between the first and the last of each (zone, signal, basis) that are not there."""
    gaps = {}
    for key, series in hours.groupby(_SERIES, observed=True)["ts"]:
        present = pd.DatetimeIndex(series)
        expected = (present.max() - present.min()) // pd.Timedelta(hours=1) + 1
        if expected > len(present):
            zone, signal, basis = (str(part) for part in key)
            gaps[zone, signal, basis] = pd.date_range(present.min(), present.max(), freq="h").difference(present)
    return gaps


def _steps(ordered: pd.DataFrame) -> pd.Series[int]:
    """Minutes that each sample holds: the shortest distance in its series, at most 60 unless the series is coarser."""
    series = ordered.groupby(_SERIES, observed=True, sort=False)["ts"]
    distance = series.diff().dt.total_seconds() / 60
    shortest = distance.groupby([ordered[name] for name in _SERIES], observed=True, sort=False).transform("min")
    count = series.transform("size")
    midnight = ordered["ts"] == ordered["ts"].dt.floor("D")
    all_midnight = midnight.groupby([ordered[name] for name in _SERIES], observed=True, sort=False).transform("all")
    # Two lone hours may lie far apart; a series that never comes closer is a coarser one.
    coarse = (shortest > 60) & ((count > 2) | all_midnight)
    known = shortest.fillna(60)
    steps: pd.Series[int] = known.where(coarse, known.clip(upper=60)).round().astype("int64")
    return steps


def _refuse_what_makes_no_hours(ordered: pd.DataFrame, steps: pd.Series[int], offset: pd.Series[int]) -> None:
    coarse = steps > 60
    if coarse.any():
        row = coarse.idxmax()
        raise GridStepError(row, f"values lie {steps.at[row]} minutes apart; expected hourly or finer ones")
    odd = (steps <= 0) | (60 % steps.clip(lower=1) != 0) | (ordered["ts"].dt.second != 0)
    odd |= ((steps < 60) & (offset % steps.clip(lower=1) != 0)) | ((steps == 60) & (offset % 15 != 0))
    if odd.any():
        row = odd.idxmax()
        raise GridStepError(row, f"with values {steps.at[row]} minutes apart this time begins none of an hour's parts")


def _split(samples: pd.DataFrame, offset: pd.Series[int]) -> tuple[pd.DataFrame, pd.Series[int]]:
    """Each hourly value as the quarters or halves that it consists of, and their length in minutes."""
    minutes = offset.map(lambda minute: math.gcd(60, int(minute)))
    count = 60 // minutes
    pieces = samples.loc[samples.index.repeat(count)]
    nth = pieces.groupby(level=0).cumcount()
    length = minutes.loc[pieces.index]
    pieces = pieces.assign(ts=pieces["ts"] + pd.to_timedelta(nth * length, unit="min")).reset_index(drop=True)
    return pieces, length.reset_index(drop=True)


def _averaged(samples: pd.DataFrame, steps: pd.Series[int], *, of: str = "") -> pd.DataFrame:
    """The mean of each hour's values; the source says of how many."""
    keyed = samples.assign(
        ts=samples["ts"].dt.floor("h"),
        quality=samples["quality"].map(QUALITIES.index).astype("int64"),
        step=steps,
    )
    hours = (
        keyed.groupby([*_SERIES, "ts"], observed=True, sort=False)
        .agg(
            g_per_kwh=("g_per_kwh", "mean"),
            count=("g_per_kwh", "size"),
            quality=("quality", "max"),
            source=("source", "first"),
            step=("step", "first"),
        )
        .reset_index()
    )
    expected = 60 // hours["step"]
    hours = hours[hours["count"] * 2 >= expected]
    expected = expected.loc[hours.index]
    partial = hours["count"] < expected
    quality = hours["quality"].where(~partial, hours["quality"].clip(lower=QUALITIES.index("estimated")))
    share = (hours["count"].astype(str) + " of " + expected.astype(str)).where(partial, expected.astype(str))
    kind = hours["step"].map(lambda step: "half-hours" if step == 30 else f"{step}-minute values")
    return hours.assign(
        quality=quality.map(dict(enumerate(QUALITIES))),
        source=hours["source"] + ", mean of " + share + " " + kind + (f" {of}" if of else ""),
    )
