"""Made-up tenants: what one spends in five minutes, and in a day, to measure forecasts and alarms on."""

from __future__ import annotations

import numpy as np

from spanledger_enrich.books.budgets.runaway import BUCKETS, HISTORY_DAYS


def spend(rng: np.random.Generator, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Spend in five minutes, so many days after those of history, with honest batches; and which days are weekends."""
    days += HISTORY_DAYS
    weekend = np.arange(days) % 7 >= 5
    size, calls = 0.3 * rng.lognormal(0.0, 1.5), rng.lognormal(3, 1)
    hour = np.arange(BUCKETS) / 12
    shape = 0.1 + np.exp(-(((hour - rng.uniform(9, 16)) / rng.uniform(3, 8)) ** 2))
    quiet, drift = rng.uniform(0.2, 1), np.exp(np.cumsum(rng.normal(0, 0.05, days)))
    made_up = np.zeros((days, BUCKETS))
    for day in range(days):
        much = shape * (quiet if weekend[day] else 1)
        made = rng.poisson(calls * much) / (calls * much)
        made_up[day] = size * much * drift[day] * made * rng.lognormal(0, 0.3, BUCKETS)
        if rng.random() < 0.2:
            start = rng.integers(0, BUCKETS - 8)
            made_up[day, start : start + rng.integers(1, 6)] *= rng.uniform(1.5, 4)
    return made_up, weekend


def run_away(rng: np.random.Generator, day: np.ndarray) -> tuple[int, int]:
    """Have a day's spend run away, 8 to 60 times the usual for half an hour to two hours; gives its buckets."""
    start, lasts = int(rng.integers(0, BUCKETS - 28)), int(rng.integers(6, 25))
    day[start : start + lasts] *= np.exp(rng.uniform(np.log(8), np.log(60)))
    return start, start + lasts


def daily(seed: int, days: int) -> np.ndarray:
    """A tenant's days: a pattern of weekdays, growth, steps of level, days far out."""
    rng = np.random.default_rng(seed)
    level, growth = rng.lognormal(3, 1), rng.normal(0.002, 0.004)
    office = np.array([1, 1, 1, 1, 1, 0.4, 0.35]) * rng.lognormal(0, 0.1, 7)
    week = office if rng.random() < 0.7 else rng.lognormal(0, 0.1, 7)
    time = np.arange(days)
    steps = np.cumsum((rng.random(days) < 0.01) * rng.normal(0, 0.3, days))
    spikes = np.where(rng.random(days) < 0.02, rng.lognormal(0.8, 0.4, days), 1)
    return level * np.exp(growth * time + steps) * week[time % 7] * rng.lognormal(0, 0.2, days) * spikes
