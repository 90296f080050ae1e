"""The rate of false alarms and of found runaways, on made-up tenants with a fixed seed."""

from __future__ import annotations

import numpy as np

from spanledger_enrich.books.budgets.runaway import BUCKETS, HISTORY_DAYS, runaways

# So many tenants of each seed.
_TENANTS = {17: 60, 99: 100}
_DAYS = 30


def made_up(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A tenant's spend in five minutes: hours and weekends, drift, chance, and honest batches on every fifth day."""
    days = HISTORY_DAYS + _DAYS
    weekend = np.arange(days) % 7 >= 5
    size, calls = 0.3 * rng.lognormal(0.0, 1.5), rng.lognormal(3, 1)
    hour = np.arange(BUCKETS) / 12
    shape = 0.1 + np.exp(-(((hour - rng.uniform(9, 16)) / rng.uniform(3, 8)) ** 2))
    quiet, drift = rng.uniform(0.2, 1), np.exp(np.cumsum(rng.normal(0, 0.05, days)))
    spend = np.zeros((days, BUCKETS))
    for day in range(days):
        much = shape * (quiet if weekend[day] else 1)
        made = rng.poisson(calls * much) / (calls * much)
        spend[day] = size * much * drift[day] * made * rng.lognormal(0, 0.3, BUCKETS)
        if rng.random() < 0.2:
            start = rng.integers(0, BUCKETS - 8)
            spend[day, start : start + rng.integers(1, 6)] *= rng.uniform(1.5, 4)
    return spend, weekend


def test_false_alarms_are_rare_and_runaways_are_found_soon():
    false = 0
    minutes: list[int] = []
    seeded = {seed: np.random.default_rng(seed) for seed in _TENANTS}
    for rng in (seeded[seed] for seed, tenants in _TENANTS.items() for _ in range(tenants)):
        spend, weekend = made_up(rng)
        alarmed = np.flatnonzero(runaways(spend, weekend, HISTORY_DAYS)[0])
        # What is alarmed again within six hours is the same alarm.
        false += 0 if len(alarmed) == 0 else 1 + int((np.diff(alarmed) > 72).sum())
        day, start, lasts = HISTORY_DAYS + 15, rng.integers(0, BUCKETS - 28), rng.integers(6, 25)
        spend[day, start : start + lasts] *= np.exp(rng.uniform(np.log(8), np.log(60)))
        found = np.flatnonzero(runaways(spend[: day + 1], weekend[: day + 1], day)[0][0, start : start + lasts])
        if len(found):
            minutes.append(5 * (int(found[0]) + 1))
    tenants = sum(_TENANTS.values())
    rate, share = false / tenants, len(minutes) / tenants
    assert rate <= 0.1
    assert share >= 0.7
    assert np.median(minutes) <= 10


def test_a_single_bucket_alarms_nobody():
    spend = np.full((20, BUCKETS), 1.0)
    weekend = np.zeros(20, dtype=bool)
    spend[19, 100] = 500.0
    assert not runaways(spend, weekend, 19)[0].any()
    spend[19, 101] = 500.0
    assert np.flatnonzero(runaways(spend, weekend, 19)[0][0]).tolist() == [101]


def test_a_tenant_without_a_history_of_that_kind_of_day_alarms_nobody():
    spend = np.full((3, BUCKETS), 0.1)
    spend[2, 100:110] = 500.0
    assert not runaways(spend, np.zeros(3, dtype=bool), 2)[0].any()
