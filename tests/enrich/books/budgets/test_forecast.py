"""Forecasts of made-up tenants, with a fixed seed: intervals hold as often as they say, errors are the judge's."""

from __future__ import annotations

import numpy as np

from spanledger_enrich.books.budgets.forecast import daily, forecast

_TENANTS = 100


def made_up(seed: int, days: int) -> np.ndarray:
    """A tenant: a pattern of weekdays, growth, steps of level, days far out."""
    rng = np.random.default_rng(seed)
    level, growth = rng.lognormal(3, 1), rng.normal(0.002, 0.004)
    office = np.array([1, 1, 1, 1, 1, 0.4, 0.35]) * rng.lognormal(0, 0.1, 7)
    week = office if rng.random() < 0.7 else rng.lognormal(0, 0.1, 7)
    time = np.arange(days)
    steps = np.cumsum((rng.random(days) < 0.01) * rng.normal(0, 0.3, days))
    spikes = np.where(rng.random(days) < 0.02, rng.lognormal(0.8, 0.4, days), 1)
    return level * np.exp(growth * time + steps) * week[time % 7] * rng.lognormal(0, 0.2, days) * spikes


def test_eighty_percent_intervals_hold_on_held_out_months():
    held = []
    for history, ahead in ((27, 10), (60, 20), (100, 30), (180, 15)):
        for seed in range(_TENANTS):
            days = made_up(1000 * history + seed, history + ahead)
            told = forecast(days[:history], ahead)
            assert told is not None
            held.append(told.low <= days[history:].sum() <= told.high)
    assert 0.75 <= np.mean(held) <= 0.92


def test_above_four_weeks_it_is_better_than_the_last_week_repeated():
    ours, naive = [], []
    for seed in range(_TENANTS):
        days = made_up(seed, 120)
        came = days[90:].sum()
        ours.append(abs(daily(days[:90], 30, "theta").sum() / came - 1))
        naive.append(abs(daily(days[:90], 30, "last week").sum() / came - 1))
    assert np.mean(ours) < np.mean(naive)


def test_its_error_is_at_most_that_of_statsmodels_theta():
    import pandas as pd
    from statsmodels.tsa.forecasting.theta import ThetaModel

    ours, theirs = [], []
    for seed in range(_TENANTS):
        days = made_up(seed, 120)
        came = days[90:].sum()
        series = pd.Series(days[:90], pd.date_range("2024-01-01", periods=90))
        judge = ThetaModel(series, period=7, method="multiplicative").fit().forecast(30).sum()
        ours.append(abs(daily(days[:90], 30, "theta").sum() / came - 1))
        theirs.append(abs(judge / came - 1))
    assert np.median(ours) <= 1.05 * np.median(theirs)


def test_a_day_or_nothing_at_all_is_no_error():
    assert forecast(np.zeros(0), 5) is None
    assert forecast(np.array([3.0]), 0) is None
    one = forecast(np.array([3.0]), 4)
    assert one is not None
    assert (one.total, one.errors, one.method) == (12.0, 0, "mean")
    idle = forecast(np.zeros(40), 10)
    assert idle is not None
    assert (idle.low, idle.total, idle.high) == (0.0, 0.0, 0.0)


def test_one_huge_day_does_not_make_all_that_follow_huge():
    days = np.full(60, 10.0)
    days[30] = 10_000.0
    told = forecast(days, 10)
    assert told is not None
    assert 90 < told.total < 150
