"""The rate of false alarms and of found runaways, on made-up tenants of the benchmark."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from spanledger_enrich.books.budgets.runaway import BUCKETS, runaways

sys.path.insert(0, str(Path(__file__).parents[4] / "bench"))
try:
    from foretelling import alarms
finally:
    sys.path.pop(0)


def test_false_alarms_are_rare_and_runaways_are_found_soon():
    # Of a seed that the rules were not made with.
    told = alarms(424242, 100)
    assert told.false <= 0.1
    assert told.found >= 0.7
    assert told.minutes <= 10


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
