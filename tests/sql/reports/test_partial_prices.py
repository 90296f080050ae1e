"""What is said of calls of whose cost only a part is known, and of what instrumentations say that calls cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from harness.books import OCTOBER, Books

PERIOD = {"from": OCTOBER["from"], "to": OCTOBER["to"], "tenants": []}
PARTIAL: dict[str, Any] = {"price_status": "partial", "list_cost": Decimal(2), "contracted_cost": Decimal(2)}
PRICED: dict[str, Any] = {
    "price_status": "priced", "list_cost": Decimal(1), "contracted_cost": Decimal(1), "unpriced_parts": "",
}  # fmt: skip
TOLD: dict[str, Any] = {**PRICED, "usage_note": ""}


@pytest.fixture
def sold(books: Books) -> Books:
    """Three calls of gpt-4o for acme, two of them partly priced, and one of zeta's of another model."""
    books.fill(
        {**PARTIAL, "unpriced_parts": "3 web search, service tier scale"},
        {**PARTIAL, "unpriced_parts": "1 web search"},
        PRICED,
        {**PARTIAL, "tenant_id": "zeta", "request_model": "gpt-audio",
         "unpriced_parts": "9 output audio tokens at the price of text"},
    )  # fmt: skip
    return books


def test_a_chargeback_says_what_share_of_its_calls_is_partly_priced_and_of_what(sold: Books) -> None:
    rows = {row["tenant"]: row for row in sold.report("chargeback/chargeback", ["tenant"])}
    told = ("partly_priced_calls", "unpriced_parts")
    assert [rows["acme"][name] for name in told] == [2, "service tier scale, web search"]
    assert rows["acme"]["partly_priced_share"] == pytest.approx(2 / 3)
    assert [rows["zeta"][name] for name in told] == [1, "output audio tokens at the price of text"]


def test_the_finance_pages_table_names_the_same(sold: Books) -> None:
    rows = {row["model"]: row for row in sold.report("chargeback/chargeback_table")}
    assert (rows["gpt-4o"]["partly_priced_calls"], rows["gpt-4o"]["unpriced_parts"]) == (
        2, "service tier scale, web search",
    )  # fmt: skip


def test_quality_lists_parts_without_a_price_by_model(sold: Books) -> None:
    rows = sold.store.frame("reports/attribution/unpriced_parts", **PERIOD).to_dict("records")
    assert [(row["model"], row["part"], row["calls"], row["contracted_cost"]) for row in rows] == [
        ("gpt-4o", "web search", 2, Decimal(4)),
        ("gpt-4o", "service tier scale", 1, Decimal(2)),
        ("gpt-audio", "output audio tokens at the price of text", 1, Decimal(2)),
    ]
    assert [row["share"] for row in rows] == pytest.approx([2 / 3, 1 / 3, 1])
    mine = sold.store.frame("reports/attribution/unpriced_parts", **{**PERIOD, "tenants": ["zeta"]})
    assert list(mine["model"]) == ["gpt-audio"]


def test_costs_as_told_are_held_against_the_list(books: Books) -> None:
    books.fill(
        {**TOLD, "reported_cost": 1.005},
        {**TOLD, "reported_cost": 1.02, "usage_note": "reasoning beside the output, by the total"},
        {**TOLD, "list_cost": Decimal("0.000002"), "reported_cost": 0.0000029},
        {**TOLD, "list_cost": None, "reported_cost": 5.0},
        {**TOLD, "reported_cost": 0.0},
        {**TOLD, "reported_cost": None},
        {**TOLD, "reported_cost": float("nan")},
        {**TOLD, "reported_cost": 1e30},
    )
    frame = books.store.frame("reports/attribution/reported_costs", **PERIOD, tolerance=0.01)
    [row] = frame.to_dict("records")
    assert (row["calls"], row["differing_calls"], row["without_list_cost"]) == (4, 1, 1)
    assert row["differing_share"] == pytest.approx(1 / 3)
    assert (row["reported_cost"], row["list_cost"]) == (Decimal("2.0250029"), Decimal("2.000002"))
    assert row["difference"] == Decimal("0.0250009")
    assert row["usage_notes"] == "reasoning beside the output, by the total"
