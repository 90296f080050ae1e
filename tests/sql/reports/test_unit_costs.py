"""Unit costs are effective cost by what is counted."""

from decimal import Decimal

import pytest
from harness.month_of_charges import METERS, OTHERS, make


def test_unit_costs_have_every_charge(books):
    make(books)
    (row,) = books.report("finance/unit_costs")
    whole = sum(METERS.values()) + sum(Decimal(cost) for cost in OTHERS.values())
    assert row["effective_cost"] == whole
    assert row["calls"] == 7
    assert row["tokens"] == 1100 + 13 + 789 + 1100 + 8 + 334
    assert row["cost_per_call"] == pytest.approx(float(whole) / 7)
    assert row["cost_per_1k_tokens"] == pytest.approx(float(whole) / row["tokens"] * 1000)
    assert (row["sessions"], row["cost_per_session"]) == (0, None)
