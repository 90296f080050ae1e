"""What the days to come will add up to, from the days that were: a total with an interval made of its own past errors.

Below four weeks of history the last week is repeated (below one, the mean of the days). Above, the Theta method
(Assimakopoulos and Nikolopoulos, 2000): a level smoothed exponentially and half the slope of the trend, on logarithms
without the weekdays' pattern. The interval is conformal and of the total, not of its days: the same method is asked at
earlier days for as many days ahead, and its errors there say how far off it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Method = Literal["mean", "last week", "theta"]
Days = NDArray[np.float64]

WEEK, FOUR_WEEKS = 7, 28
LEVEL = 0.8
_ALPHAS = np.linspace(0.05, 0.95, 10)
# So many earlier days are asked at most, and at least so many errors make an interval of this very horizon.
_MOST_ORIGINS, _LEAST_ORIGINS = 60, 8
_WIDEST = 3.0
_MOST_MOVED = math.log(2.0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The total of the days ahead.

    Attributes:
        total: What is expected.
        low: Lower end of its 80 % interval.
        high: Upper end.
        method: How it was made.
        errors: How many past forecasts the interval rests on; 0: there was no history to ask, and it is a guess.
        typical_error: Their median size, as a share: 0.1 is off by a tenth. NaN without any.
        first_day: What is expected of the first of the days.
    """

    total: float
    low: float
    high: float
    method: Method
    errors: int
    typical_error: float
    first_day: float


def forecast(days: Days, ahead: int) -> Forecast | None:
    """The total of the ``ahead`` days after ``days``, a value each without a gap; None without any day."""
    if len(days) == 0 or ahead < 1:
        return None
    # A day that only took something back, as a credit does, has no logarithm, and foretells no use.
    days = np.maximum(days, 0.0)
    method = _method(len(days))
    coming = daily(days, ahead, method)
    total = float(coming.sum())
    errors = _past_errors(days, ahead, method)
    spread = _quantile(errors, _level(len(errors), len(days), ahead))
    typical = float(np.expm1(np.median(np.abs(errors)))) if len(errors) else float("nan")
    low, high = total * float(np.exp(-spread)), total * float(np.exp(spread))
    return Forecast(total, low, high, method, len(errors), typical, float(coming[0]))


def daily(days: Days, ahead: int, method: Method) -> Days:
    """The days ahead, one by one."""
    if method == "mean":
        return np.full(ahead, days.mean())
    if method == "last week":
        return np.resize(days[-WEEK:], ahead)
    return _theta(days, ahead)


def _method(days: int) -> Method:
    return "mean" if days < WEEK else "last week" if days < FOUR_WEEKS else "theta"


def _theta(days: Days, ahead: int) -> Days:
    # A day without any use has no logarithm: all are lifted by a hundredth of the mean.
    lift = 0.01 * float(days.mean())
    if lift <= 0:
        return np.zeros(ahead)
    logs = np.log(days + lift)
    weekday = np.arange(len(logs)) % WEEK
    trend = _centred_week(logs)
    pattern = np.array([np.median((logs - trend)[weekday == day]) for day in range(WEEK)])
    pattern -= pattern.mean()
    level = logs - pattern[weekday]
    times = np.arange(len(level)) - (len(level) - 1) / 2
    slope = float((times * level).sum() / (times**2).sum())
    smoothed = _smoothed(level)
    coming = np.arange(len(logs), len(logs) + ahead) % WEEK
    lines = smoothed + 0.5 * slope * np.arange(1, ahead + 1) + pattern[coming]
    # The mean of what scatters about a logarithm is more than its exponential: half the variance makes up for it.
    scatter = np.diff(level)
    variance = min(0.5, float(np.median(np.abs(scatter)) * 1.4826) ** 2 / 2)
    highest = float(np.log(days.max() + lift)) + 1.0
    coming_days: Days = np.maximum(np.exp(np.minimum(lines + variance / 2, highest)) - lift, 0.0)
    return coming_days


def _centred_week(logs: Days) -> Days:
    padded = np.concatenate([np.full(3, logs[:WEEK].mean()), logs, np.full(3, logs[-WEEK:].mean())])
    means: Days = np.convolve(padded, np.full(WEEK, 1 / WEEK), mode="valid")
    return means


def _smoothed(level: Days) -> float:
    """The last level by exponential smoothing, with the weight that would have foretold the past days best.

    No day moves it further than twice or half would: a day without any use, as when nothing was sent, is on logarithms
    so far off that it would take most of the level with it.
    """
    state = np.full(len(_ALPHAS), level[:WEEK].mean())
    loss = np.zeros(len(_ALPHAS))
    for value in level:
        miss = value - state
        loss += np.minimum(np.abs(miss), 1.0) ** 2
        state = state + _ALPHAS * np.clip(miss, -_MOST_MOVED, _MOST_MOVED)
    return float(state[int(loss.argmin())])


def _past_errors(days: Days, ahead: int, method: Method) -> Days:
    """By how much the method was off at earlier days: logarithms of what came over what was foretold."""
    least = {"mean": 1, "last week": WEEK, "theta": 2 * WEEK}[method]
    # Where the past is too short for the horizon, a shorter one is asked. Within a week the total's error does not
    # grow, as days make up for each other; after that it does with the root of time.
    asked = max(1, min(ahead, len(days) - least - _LEAST_ORIGINS + 1))
    origins = np.arange(least, len(days) - asked + 1)
    if len(origins) > _MOST_ORIGINS:
        origins = origins[np.linspace(0, len(origins) - 1, _MOST_ORIGINS).astype(int)]
    floor = 0.001 * asked * float(days.mean())
    if floor <= 0:
        return np.zeros(0)
    foretold = np.array([daily(days[:origin], asked, method).sum() for origin in origins])
    came = np.array([days[origin : origin + asked].sum() for origin in origins])
    errors = np.log((came + floor) / (foretold + floor)) * np.sqrt(max(ahead, WEEK) / max(asked, WEEK))
    clipped: Days = np.clip(errors, -_WIDEST, _WIDEST)
    return clipped


def _level(errors: int, days: int, ahead: int) -> float:
    """Which quantile of the errors makes an 80 % interval: a higher one the more of their days they share."""
    return LEVEL + 0.05 * min(1.0, min(ahead, days) / max(errors, 1))


def _quantile(errors: Days, level: float) -> float:
    """The conformal quantile of the errors' sizes: of n the one at (n + 1) level, so that few errors make it wide."""
    if len(errors) == 0:
        return float(np.log(2.0))
    rank = int(np.ceil((len(errors) + 1) * level))
    sizes = np.sort(np.abs(errors))
    return float(sizes[min(rank, len(sizes)) - 1]) * (1.0 if rank <= len(sizes) else 1.5)
