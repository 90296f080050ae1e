"""How much of the calls and of their cost says whose and what for it is, against pandas over the same rows."""

from decimal import Decimal

import pandas as pd
import pytest

TAGS = {
    "tenant": "tenant_id", "feature": "feature", "workflow": "workflow", "user": "user_id",
    "cost_center": "cost_center", "session": "session_id", "run": "run_id", "environment": "environment",
}  # fmt: skip


def call(cost, **said):
    plain = dict.fromkeys(("feature", "workflow", "user_id", "cost_center", "session_id", "run_id", "environment"), "")
    status = "unpriced" if cost is None else "priced"
    return {**plain, "calls": 1, "contracted_cost": cost, "price_status": status, "dimensions": {}, **said}


CALLS = (
    call(Decimal(1), feature="chat", user_id="u", dimensions={"desk": "emea"}),
    call(Decimal(2), tenant_id="(unattributed)", workflow="w", environment="prod"),
    call(Decimal(5), cost_center="cc", session_id="s", run_id="r", calls=4, service_name="batch"),
    call(None, feature="chat", service_name="batch", dimensions={"desk": "", "team": "red"}),
)


@pytest.fixture(scope="module", autouse=True)
def _calls(books):
    books.fill(*CALLS)


@pytest.mark.parametrize("by", [[], ["service"]])
def test_shares_of_calls_and_cost_are_those_that_pandas_finds(books, by):
    frame = pd.DataFrame([{"service_name": "assistant", "tenant_id": "acme", **one} for one in CALLS])
    frame["cost"] = frame["contracted_cost"].map(lambda cost: float(cost or 0))
    told = {(row["service"], row["tag"]): row for row in books.report("finance/tag_coverage", by)}
    groups = frame.groupby("service_name") if by else [("", frame)]
    for service, rows in groups:
        said = {tag: ~rows[column].isin(["", "(unattributed)"]) for tag, column in TAGS.items()}
        said |= {name: rows["dimensions"].map(lambda own, name=name: bool(own.get(name))) for name in ("desk", "team")}
        for tag, are in said.items():
            row = told.pop((service, tag))
            assert (row["calls"], row["tagged_calls"]) == (rows["calls"].sum(), rows["calls"][are].sum())
            assert row["call_share"] == pytest.approx(rows["calls"][are].sum() / rows["calls"].sum())
            assert float(row["tagged_cost"]) == pytest.approx(rows["cost"][are].sum())
            assert row["cost_share"] == pytest.approx(rows["cost"][are].sum() / rows["cost"].sum())
            assert row["is_own"] == (tag in {"desk", "team"})
        price = told.pop((service, "price"))
        assert price["tagged_calls"] == rows["calls"][rows["price_status"] == "priced"].sum()
        assert price["cost_share"] is None
    assert told == {}
