"""The calls that cost most are found by what sums say of the dearest, and are those of the search over all calls."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from ledger_sample import insert, ledger_sample

from spanledger_enrich.ledger.hour_sums import sum_hours
from spanledger_sql.store import Store

ASKED: dict[str, Any] = {
    "from": "1900-01-01 00:00:00", "to": "2100-01-01 00:00:00", "tenants": [], "own": "", "own_values": [],
    "where": [], "moment": "2099-01-01 00:00:00",
}  # fmt: skip
UNPRICED = "acme-finetune-7b"


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    """Calls many of which cost the same, to a tenth of a cent, so that when they began decides."""
    frame = ledger_sample(1500)
    costs = frame["contracted_cost"]
    # Of two calls that are alike one costs half.
    half = costs.map(lambda cost: cost if cost is None else cost / 2)
    alike = frame.assign(
        trace_id="a" + frame["trace_id"].str[1:], ts=frame["ts"] + pd.Timedelta(seconds=1), contracted_cost=half
    )
    both = pd.concat([frame, alike], ignore_index=True)
    return both.assign(
        contracted_cost=both["contracted_cost"].map(lambda cost: cost if cost is None else round(Decimal(cost), 3))
    )


@pytest.fixture(scope="module")
def restated(sample_store: Store, sample: pd.DataFrame) -> Store:
    """Settled hours are summed; since then dear calls were found cheap, one dear, and two came of long ago."""
    while sum_hours(sample_store, quiet_s=0, margin_s=0):
        pass
    dearest = sample.sort_values("contracted_cost").iloc[[-1, -2, -3]]
    cheap = sample[(sample["counted"] == 1) & (sample["contracted_cost"] == Decimal("0.000"))].iloc[[0]]
    old = sample[sample["counted"] == 1].iloc[[7, 8]].assign(
        trace_id=["f" * 32, "e" * 32], ts=pd.to_datetime(["1969-12-31 23:30", "1970-01-01 00:20"], utc=True),
        contracted_cost=Decimal("0.01"),
    )  # fmt: skip
    changed = [dearest.assign(contracted_cost=Decimal("0.01")), cheap.assign(contracted_cost=Decimal("9.99"))]
    insert(sample_store, pd.concat([*changed, old]).assign(version=10**9))
    return sample_store


@pytest.mark.parametrize("rows", [1, 3, 20, 400, 10_000])
@pytest.mark.parametrize(
    "narrowed",
    [
        {},
        {"tenants": ["northwind"]},
        {"where": ["feature", "feature=contract-review"]},
        {"where": ["model", f"model={UNPRICED}"]},
        {"tenants": ["northwind"], "from": "2024-10-07 08:00:00", "to": "2024-10-07 12:00:00"},
        {"from": "2024-10-07 09:15:00", "to": "2024-10-07 10:20:00"},
        {"to": "1970-01-01 01:00:00"},
        {"tenants": ["nobody"]},
    ],
)
def test_the_dearest_calls_are_those_of_the_search_by_cost(
    restated: Store, narrowed: dict[str, Any], rows: int
) -> None:
    asked = {**ASKED, **narrowed, "rows": rows}
    found = restated.frame("reports/calls/dearest", **asked)
    searched = restated.frame("reports/calls/search", **asked, text="", state="", sort="cost", since="")
    pd.testing.assert_frame_equal(found, searched)
    assert len(found) or narrowed == {"tenants": ["nobody"]}


def test_costs_of_the_sample_tie(restated: Store) -> None:
    found = restated.frame("reports/calls/dearest", **ASKED, rows=400)
    assert found["contracted_cost"].iloc[0] == Decimal("9.99")
    assert found["contracted_cost"].duplicated().sum() > 100
