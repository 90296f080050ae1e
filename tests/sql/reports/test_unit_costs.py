"""Unit costs are effective cost by what is counted."""

from decimal import Decimal

import pytest
from harness.month_of_charges import METERS, OTHERS, SPAN, TABLES, make


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


def test_sessions_runs_and_users_are_each_counted_once(books):
    for table in TABLES:
        books.store.execute(f"TRUNCATE TABLE {table}")
    told = [("a", "r1", "u"), ("a", "r2", "u"), ("b", "", "v"), ("", "r1", "")]
    books.book_alone(
        *({**SPAN, "session_id": session, "run_id": run, "user_id": user, "tenant_id": f"t{n // 3}",
           "feature": f"f{n}", "input_tokens": 1000} for n, (session, run, user) in enumerate(told))
    )  # fmt: skip
    (whole,) = books.report("finance/unit_costs")
    assert (whole["sessions"], whole["runs"], whole["users"]) == (2, 2, 2)
    assert whole["cost_per_session"] == whole["cost_per_run"] == whole["cost_per_user"] == pytest.approx(0.01 / 2)
    rows = {row["tenant"]: row for row in books.report("finance/unit_costs", ["tenant"])}
    assert [(row["calls"], row["sessions"], row["runs"], row["users"]) for row in (rows["t0"], rows["t1"])] == [
        (3, 2, 2, 2), (1, 0, 1, 0),
    ]  # fmt: skip
    assert rows["t1"]["cost_per_session"] is None
