"""How often alarms are false and runaways found, and how well months are foretold, on made-up tenants.

Bars, of each seed: at most 0.1 false alarms a tenant and month, at least 70 % of runaways found, half of them within
10 minutes; 80 % intervals hold 75 to 92 % of the periods. Of all seeds: the error is at most 1.05 times that of
statsmodels' Theta. The rules were made with the seeds 17, 99, 2027 and 31337: measure them on others.

    python bench/foretelling.py --seeds 424242 9001 777 --tenants 200
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
from made_up_use import daily, run_away, spend

from spanledger_enrich.books.budgets import forecast
from spanledger_enrich.books.budgets.runaway import HISTORY_DAYS, runaways

# Days of history, and days ahead.
HORIZONS = ((27, 10), (60, 20), (100, 30), (180, 15))
# What is alarmed again within six hours is the same alarm.
_SAME = 72


@dataclass(frozen=True)
class Alarms:
    false: float
    found: float
    minutes: float


@dataclass(frozen=True)
class Months:
    held: float
    errors: list[float]
    judges: list[float]

    @property
    def error(self) -> float:
        return float(np.median(self.errors))

    @property
    def judge(self) -> float:
        return float(np.median(self.judges))


def alarms(seed: int, tenants: int) -> Alarms:
    """Of a seed's tenants: false alarms a tenant and month, the share of runaways found, and after how many minutes."""
    rng = np.random.default_rng(seed)
    false, minutes = 0, []
    for _ in range(tenants):
        made_up, weekend = spend(rng, 30)
        alarmed = np.flatnonzero(runaways(made_up, weekend, HISTORY_DAYS)[0])
        false += 0 if len(alarmed) == 0 else 1 + int((np.diff(alarmed) > _SAME).sum())
        day = HISTORY_DAYS + 15
        start, end = run_away(rng, made_up[day])
        found = np.flatnonzero(runaways(made_up[: day + 1], weekend[: day + 1], day)[0][0, start:end])
        if len(found):
            minutes.append(5 * (int(found[0]) + 1))
    return Alarms(false / tenants, len(minutes) / tenants, float(np.median(minutes)))


def months(seed: int, tenants: int, *, judged: bool) -> Months:
    """Of a seed's tenants: which share of intervals held, and the errors of a month, ours and the judge's."""
    held, ours, theirs = [], [], []
    for history, ahead in HORIZONS:
        for number in range(tenants):
            days = daily(seed + 1000 * history + number, history + ahead)
            told = forecast.forecast(days[:history], ahead)
            assert told is not None
            held.append(told.low <= days[history:].sum() <= told.high)
    for number in range(tenants if judged else 0):
        days = daily(seed + number, 120)
        came = days[90:].sum()
        ours.append(abs(forecast.daily(days[:90], 30, "theta").sum() / came - 1))
        theirs.append(abs(_judge(days[:90]) / came - 1))
    return Months(float(np.mean(held)), ours, theirs)


def _judge(days: np.ndarray) -> float:
    from statsmodels.tsa.forecasting.theta import ThetaModel

    series = pd.Series(days, pd.date_range("2024-01-01", periods=len(days)))
    return float(ThetaModel(series, period=7, method="multiplicative").fit().forecast(30).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[424242, 9001, 777])
    parser.add_argument("--tenants", type=int, default=200)
    asked = parser.parse_args()
    fine, ours, theirs = True, [], []
    for seed in asked.seeds:
        found, told = alarms(seed, asked.tenants), months(seed, asked.tenants, judged=True)
        print(
            f"seed {seed}: {found.false:.3f} false alarms a tenant and month, {found.found:.1%} of runaways found, "
            f"median {found.minutes:.0f} min; {told.held:.1%} of intervals held, error {told.error:.3f} against "
            f"{told.judge:.3f}, {told.error / told.judge:.2f} x"
        )
        fine &= found.false <= 0.1 and found.found >= 0.7 and found.minutes <= 10
        fine &= 0.75 <= told.held <= 0.92
        ours += told.errors
        theirs += told.judges
    error, judge = float(np.median(ours)), float(np.median(theirs))
    print(f"all seeds: error {error:.3f} against {judge:.3f}, {error / judge:.2f} x")
    if not fine or error > 1.05 * judge:
        sys.exit("below the bars")


if __name__ == "__main__":
    main()
