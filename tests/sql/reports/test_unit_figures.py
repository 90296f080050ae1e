"""Figures apiece, per thousand calls, per million tokens, per kWh: against arithmetic on four calls by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from harness.books import OCTOBER, Books

HOUR = datetime(2024, 10, 8, 6, 30, tzinfo=UTC)
NOON = datetime(2024, 10, 8, 12, 30, tzinfo=UTC)
UNKNOWN: dict[str, Any] = dict.fromkeys(
    ("contracted_cost", "list_cost", "input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "co2e_g",
     "co2e_g_low", "co2e_g_high", "embodied_g", "water_ml", "co2e_market_g")
)  # fmt: skip


def costs(whole: str, *parts: str) -> dict[str, Decimal]:
    names = ("input_cost", "cache_read_cost", "cache_write_cost", "output_cost")
    return {
        "contracted_cost": Decimal(whole), "list_cost": 2 * Decimal(whole),
        **dict(zip(names, map(Decimal, parts), strict=True)),
    }  # fmt: skip


def carbon(g: float) -> dict[str, float]:
    bounds = {"energy_wh_low": g / 2, "energy_wh_high": 3 * g, "co2e_g_low": g / 2, "co2e_g_high": 3 * g}
    return {"co2e_g": g, **bounds, "embodied_g": g / 8, "water_ml": 5 * g}


@pytest.fixture(scope="module", autouse=True)
def _four_calls(books: Books) -> None:
    """Three calls of acme's, of which the last has neither a price nor an intensity, and one of globex's."""
    books.fill(
        {**UNKNOWN, "ts": HOUR, "tenant_id": "acme", "input_tokens": 1000, "cache_read_tokens": 400,
         "cache_write_tokens": 0, "output_tokens": 200, "energy_wh": 2.0,
         **costs("0.006", "0.002", "0.001", "0", "0.003"), **carbon(0.8)},
        {**UNKNOWN, "ts": NOON, "tenant_id": "acme", "input_tokens": 3000, "cache_read_tokens": 0,
         "cache_write_tokens": 600, "output_tokens": 800, "energy_wh": 6.0,
         **costs("0.014", "0.006", "0", "0.001", "0.007"), **carbon(1.6)},
        {**UNKNOWN, "ts": NOON, "tenant_id": "acme", "input_tokens": 500, "cache_read_tokens": 0,
         "cache_write_tokens": 0, "output_tokens": 50, "energy_wh": 5.0},
        {**UNKNOWN, "ts": NOON, "tenant_id": "globex", "input_tokens": 1000, "cache_read_tokens": 0,
         "cache_write_tokens": 0, "output_tokens": 0, "energy_wh": None, **costs("0.1", "0.1", "0", "0", "0")},
    )  # fmt: skip


def rows(books: Books, report: str, **parameters: Any) -> list[dict[str, Any]]:
    return books.report(
        report,
        **{"tenants": [], "own": "", "own_values": [], "where": [], "dimension": "tenant", "names": 5, **parameters},
    )


def test_a_tenants_costs_apiece_are_over_its_calls_with_a_price(books: Books) -> None:
    globex, acme = rows(books, "finance/breakdown")
    assert (acme["name"], acme["calls"], acme["unknown_cost_calls"]) == ("acme", 3, 1)
    assert acme["contracted_cost"] == Decimal("0.020")
    assert acme["cost_per_1k_calls"] == pytest.approx(10)
    assert acme["cost_per_1m_tokens"] == pytest.approx(4)
    assert acme["cost_per_1m_input_tokens"] == pytest.approx(2.5)
    assert acme["cost_per_1m_output_tokens"] == pytest.approx(10)
    assert (globex["name"], globex["cost_per_1k_calls"], globex["cost_per_1m_output_tokens"]) == (
        "globex", pytest.approx(100), None,
    )  # fmt: skip


def test_the_periods_costs_apiece_are_over_its_calls_with_a_price(books: Books) -> None:
    [total] = rows(books, "finance/headline")
    assert (total["calls"], total["priced_calls"], total["tokens"]) == (4, 3, 6550)
    assert (total["contracted_cost"], total["list_cost"]) == (Decimal("0.12"), Decimal("0.24"))
    assert total["cost_per_1k_calls"] == pytest.approx(40)
    assert total["cost_per_1m_tokens"] == pytest.approx(20)
    assert total["cache_read_share"] == pytest.approx(400 / 5500)
    # 600 uncached tokens cost 0.002, so the 400 that were read would have, at that price: less what they did cost.
    # Of the other call, 2,400 cost 0.006, and 600 were written.
    assert total["cache_saving"] == pytest.approx(0.002 / 600 * 400 - 0.001 + 0.006 / 2400 * 600 - 0.001)


def test_a_tenants_emissions_apiece_are_over_its_calls_with_a_figure(books: Books) -> None:
    acme, globex = rows(books, "sustainability/breakdown")
    assert (acme["name"], acme["calls"], acme["unknown_co2e_calls"]) == ("acme", 3, 1)
    assert (acme["energy_wh"], acme["co2e_g"]) == pytest.approx((13.0, 2.4))
    assert (acme["co2e_g_low"], acme["co2e_g_high"], acme["embodied_g"]) == pytest.approx((1.2, 7.2, 0.3))
    assert acme["intensity_g_per_kwh"] == pytest.approx(300)
    assert acme["co2e_g_per_1k_calls"] == pytest.approx(1200)
    assert (globex["energy_wh"], globex["intensity_g_per_kwh"], globex["co2e_g_per_1k_calls"]) == (None, None, None)


def test_the_periods_emissions_apiece_are_over_its_calls_with_a_figure(books: Books) -> None:
    [total] = rows(books, "sustainability/headline")
    assert (total["unknown_energy_calls"], total["unknown_co2e_calls"], total["unknown_water_calls"]) == (1, 2, 2)
    assert total["intensity_g_per_kwh"] == pytest.approx(300)
    assert total["co2e_g_per_1k_calls"] == pytest.approx(1200)
    assert total["water_ml"] == pytest.approx(12)


@pytest.mark.parametrize(("timezone", "shift"), [("UTC", 0), ("Europe/Berlin", 2)])
def test_the_intensity_of_an_hour_is_that_of_its_energy(books: Books, timezone: str, shift: int) -> None:
    morning, noon = rows(books, "sustainability/hours", timezone=timezone)
    assert (morning["hour"], noon["hour"]) == (6 + shift, 12 + shift)
    assert morning["intensity_g_per_kwh"] == pytest.approx(400)
    assert noon["intensity_g_per_kwh"] == pytest.approx(1600 / 6)
    trend = rows(books, "sustainability/trend", timezone=timezone, grain="hour")
    assert [(row["bucket"].hour, row["intensity_g_per_kwh"]) for row in trend] == [
        (6 + shift, pytest.approx(400)),
        (12 + shift, pytest.approx(1600 / 6)),
    ]


def test_a_chargeback_is_in_kilowatt_hours_and_kilograms(books: Books) -> None:
    acme = next(row for row in books.report("chargeback/chargeback", ["tenant"]) if row["tenant"] == "acme")
    assert (acme["energy_kwh"], acme["co2e_kg"]) == pytest.approx((0.013, 0.0024))
    assert (acme["co2e_kg_low"], acme["co2e_kg_high"]) == pytest.approx((0.0012, 0.0072))
    assert acme["unknown_energy_calls"] == 0


def test_a_period_holds_its_first_moment_and_not_its_last(books: Books) -> None:
    first = {"from": HOUR, "to": NOON}
    for report in ("finance/breakdown", "sustainability/breakdown", "chargeback/chargeback_table"):
        assert [row["calls"] for row in rows(books, report, **first)] == [1], report
    assert [row["calls"] for row in rows(books, "finance/headline", **{**OCTOBER, "from": NOON})] == [3]


def test_a_row_that_stands_for_nobody_knows_how_many_calls_makes_none_of_the_others_dearer(books: Books) -> None:
    november = datetime(2024, 11, 5, tzinfo=UTC)
    one = {**UNKNOWN, "ts": november, "tenant_id": "acme", "granularity": "call", "calls": 1}
    priced = {**one, **costs("0.006", "0.002", "0.001", "0", "0.003")}
    books.add(priced, priced, {**one, "granularity": "interval", "calls": None})
    asked = {"from": november, "to": datetime(2024, 12, 1, tzinfo=UTC)}
    [acme] = rows(books, "finance/breakdown", **asked)
    assert (acme["calls"], acme["unknown_cost_calls"]) == (2, 1)
    assert acme["cost_per_1k_calls"] == pytest.approx(6)
    [whole] = rows(books, "finance/shares", **{**asked, "dimensions": ["whole"], "names": [1]})
    assert whole["cost_per_1k_calls"] == pytest.approx(6)
