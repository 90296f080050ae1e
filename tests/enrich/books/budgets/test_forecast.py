"""Forecasts of made-up tenants, with a fixed seed: intervals hold as often as they say, errors are the judge's."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from spanledger_enrich.books.budgets.forecast import daily, forecast

sys.path.insert(0, str(Path(__file__).parents[4] / "bench"))
try:
    from foretelling import months
    from made_up_use import daily as days_of
finally:
    sys.path.pop(0)

_TENANTS = 100


def test_eighty_percent_intervals_hold_and_the_error_is_at_most_that_of_statsmodels_theta():
    # Of a seed that nothing was made with.
    told = months(424242, _TENANTS, judged=True)
    assert 0.75 <= told.held <= 0.92
    assert told.error <= 1.05 * told.judge


def test_above_four_weeks_it_is_better_than_the_last_week_repeated():
    ours, naive = [], []
    for seed in range(_TENANTS):
        days = days_of(seed, 120)
        came = days[90:].sum()
        ours.append(abs(daily(days[:90], 30, "theta").sum() / came - 1))
        naive.append(abs(daily(days[:90], 30, "last week").sum() / came - 1))
    assert np.mean(ours) < np.mean(naive)


def test_a_day_or_nothing_at_all_is_no_error():
    assert forecast(np.zeros(0), 5) is None
    assert forecast(np.array([3.0]), 0) is None
    one = forecast(np.array([3.0]), 4)
    assert one is not None
    assert (one.total, one.errors, one.method) == (12.0, 0, "mean")
    idle = forecast(np.zeros(40), 10)
    assert idle is not None
    assert (idle.low, idle.total, idle.high) == (0.0, 0.0, 0.0)


def test_days_that_took_something_back_foretell_no_use_and_no_nan():
    for history in ([-1.0] * 3, [-1.0] * 10, [-1.0] * 40):
        back = forecast(np.array(history), 5)
        assert back is not None
        assert (back.low, back.total, back.high) == (0.0, 0.0, 0.0)
    mixed = forecast(np.array([1.0] * 39 + [-5.0]), 5)
    unused = forecast(np.array([1.0] * 39 + [0.0]), 5)
    assert mixed is not None
    assert mixed == unused
    assert 0 < mixed.low <= mixed.total <= mixed.high


def test_one_day_without_use_does_not_take_the_days_that_follow_with_it():
    # A walk, of which the last level tells most.
    days = 10 * np.exp(np.random.default_rng(3).normal(0, 0.05, 110).cumsum())
    usual = forecast(days, 30)
    after = forecast(np.append(days, 0.0), 30)
    assert usual is not None
    assert after is not None
    assert 0.45 * usual.total < after.total < usual.total


def test_one_huge_day_does_not_make_all_that_follow_huge():
    days = np.full(60, 10.0)
    days[30] = 10_000.0
    told = forecast(days, 10)
    assert told is not None
    assert 90 < told.total < 150
