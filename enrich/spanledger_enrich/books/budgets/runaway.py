"""Spend that runs away: five-minute buckets far above what the tenant spends at that time of day.

What is usual is the median of the same time of day, half an hour around, over the last fifteen days, weekends apart;
how far it scatters is the median absolute deviation, both of logarithms. Two buckets in a row must be far above it, and
each by more than a floor of money, and a fifth above all that was spent around that time before: small tenants scatter
much and cost little, and a tenant of few dear calls spends nothing in most buckets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUCKETS = 288
"""Of five minutes, in a day."""
HISTORY_DAYS = 15
LEAST_DAYS = 3
"""With fewer days of its kind (working days, weekends) before it, a day has nothing to be held against."""
FLOOR_USD = 0.25
"""So much above what is expected must a bucket cost."""
DEVIATIONS = 5.0
# By so much, in logarithms, above all that was spent around that time before: a fifth more.
_ABOVE_ALL = 0.2
_AROUND = 6
# The scatter is at least so much: fifteen days that happen to be alike are no rule.
_LEAST_SCATTER = 0.25
# What a bucket without any call counts for in logarithms, USD.
_NEXT_TO_NOTHING = 0.01


def runaways(
    spend: NDArray[np.float64], weekend: NDArray[np.bool_], first: int, *, floor: float = FLOOR_USD
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which buckets run away, and what was to be expected of each, USD.

    Args:
        spend: A row a day of 288 buckets, USD; days without a gap.
        weekend: Of each day, whether it is one of a weekend.
        first: The first day to look at; those before it are history.
        floor: USD above what is expected.

    Returns:
        Both with a row for each day from ``first`` on. A bucket runs away with the one before it, not alone.
    """
    logs = np.log(spend + _NEXT_TO_NOTHING)
    high = np.zeros((len(spend) - first, BUCKETS), dtype=bool)
    expected = np.zeros((len(spend) - first, BUCKETS))
    for day in range(first, len(spend)):
        before = np.arange(max(0, day - HISTORY_DAYS), day)
        before = before[weekend[before] == weekend[day]]
        if len(before) < LEAST_DAYS:
            expected[day - first] = np.inf
            continue
        usual, scatter, highest = _usual(logs[before])
        expected[day - first] = np.exp(usual) - _NEXT_TO_NOTHING
        far = (logs[day] - usual) > DEVIATIONS * np.maximum(scatter, _LEAST_SCATTER)
        high[day - first] = far & (logs[day] > highest + _ABOVE_ALL) & (spend[day] - expected[day - first] > floor)
    flat = high.reshape(-1)
    again = np.zeros_like(flat)
    again[1:] = flat[1:] & flat[:-1]
    return again.reshape(high.shape), expected


def _usual(logs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Median, scatter and maximum at each time of day, of the buckets half an hour around it on all the days."""
    around = np.concatenate([logs[:, -_AROUND:], logs, logs[:, :_AROUND]], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(around, 2 * _AROUND + 1, axis=1)
    values = windows.transpose(1, 0, 2).reshape(BUCKETS, -1)
    usual = np.median(values, axis=1)
    scatter = 1.4826 * np.median(np.abs(values - usual[:, None]), axis=1)
    return usual, scatter, values.max(axis=1)
