from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_sql.store import Store

Pages = Callable[..., AppTest]

ALL_OF_OCTOBER = {
    "from": "2024-10-01 00:00:00",
    "to": "2024-11-01 00:00:00",
    "tenants": [],
    "own": "desk",
    "own_values": [],
    "where": [],
    "moment": "2099-01-01 00:00:00",
    "rows": 100_000,
}


def metrics(page: AppTest) -> dict[str, tuple[str, str]]:
    return {metric.label: (metric.value, metric.delta) for metric in page.metric}


def test_the_headline_is_the_sum_of_the_counted_calls(
    open_page: Pages, counted: pd.DataFrame, sample_store: Store
) -> None:
    shown = metrics(open_page("sustainability"))
    # tests/sql/reports/test_intervals.py says that the interval is right.
    total = counted[["energy_wh", "co2e_g"]].sum()
    ends = sample_store.frame("reports/sustainability/headline", **ALL_OF_OCTOBER).iloc[0]
    for name in ("energy_wh_low", "energy_wh_high", "co2e_g_low", "co2e_g_high"):
        total[name] = ends[name]
    assert shown["Emissions, CO₂e"] == (
        figures.emissions(total["co2e_g"], like=total["co2e_g_high"]),
        f"90 %: {figures.emissions_range(total['co2e_g_low'], total['co2e_g_high'])}",
    )
    assert shown["Energy"] == (
        figures.energy(total["energy_wh"], like=total["energy_wh_high"]),
        f"90 %: {figures.energy_range(total['energy_wh_low'], total['energy_wh_high'])}",
    )
    assert shown["Embodied, CO₂e"][0] == figures.emissions(counted["embodied_g"].sum())
    assert figures.count(counted["embodied_g"].isna().sum()) in shown["Embodied, CO₂e"][1]
    assert shown["Calls of unknown emissions"][0] == figures.count(counted["co2e_g"].isna().sum())


def test_the_mean_intensity_is_weighted_by_energy(open_page: Pages, counted: pd.DataFrame) -> None:
    shown = metrics(open_page("sustainability"))
    weighted = counted["co2e_g"].sum() / counted["energy_wh"].sum() * 1000
    assert shown["Mean intensity"][0] == figures.intensity(weighted)
    assert figures.intensity(counted["intensity_g_per_kwh"].mean()) != figures.intensity(weighted)


def test_choosing_a_tenant_narrows_every_figure(open_page: Pages, counted: pd.DataFrame, sample_store: Store) -> None:
    page = open_page("sustainability", tenants=["northwind"])
    chosen = counted[counted["tenant_id"] == "northwind"]
    only = {**ALL_OF_OCTOBER, "tenants": ["northwind"]}
    high = sample_store.frame("reports/sustainability/headline", **only).iloc[0]["co2e_g_high"]
    assert metrics(page)["Emissions, CO₂e"][0] == figures.emissions(chosen["co2e_g"].sum(), like=high)


@pytest.mark.parametrize("dimension", ["tenant", "model", "zone", "own"])
def test_a_breakdown_keeps_the_sum(sample_store: Store, counted: pd.DataFrame, dimension: str) -> None:
    rows = sample_store.frame("reports/sustainability/breakdown", **ALL_OF_OCTOBER, dimension=dimension, names=2)
    assert rows["co2e_g"].sum() == pytest.approx(counted["co2e_g"].sum())
    assert rows["calls"].sum() == len(counted)


def test_the_hour_of_the_day_is_local(sample_store: Store, counted: pd.DataFrame) -> None:
    hours = sample_store.frame("reports/sustainability/hours", **ALL_OF_OCTOBER, timezone="America/New_York")
    local_hour = counted["ts"].dt.tz_convert("America/New_York").dt.hour
    assert hours.set_index("hour")["calls"].to_dict() == local_hour.value_counts().to_dict()


def test_the_coverage_shows_unknown_as_unknown(sample_store: Store, counted: pd.DataFrame) -> None:
    coverage = sample_store.frame("reports/sustainability/coverage", **ALL_OF_OCTOBER)
    energy = coverage[coverage["evidence"] == "energy"].set_index("method")
    assert energy.loc["unknown", "calls"] == counted["energy_wh"].isna().sum()
    assert energy["call_share"].sum() == pytest.approx(1)
    assert energy["energy_share"].sum() == pytest.approx(1)
    grid = coverage[coverage["evidence"] == "grid intensity"].set_index("method")
    assert grid.loc["hourly", "calls"] == (counted["intensity_resolution"] == "hour").sum()
    assert grid.loc["yearly", "calls"] == (counted["intensity_resolution"] == "year").sum()


def test_market_based_emissions_and_water_have_no_card_while_nobody_knows_them(open_page: Pages) -> None:
    assert not {"Market-based, CO₂e", "Water"} & set(metrics(open_page("sustainability")))


def test_market_based_emissions_and_water_stand_apart_and_say_what_they_leave_out(
    open_page: Pages, sample_store: Store
) -> None:
    # Two calls in a month of their own, of one of which the market-based figure is known.
    for change in (
        "2.0 AS co2e_market_g, 'ppa wind' AS market_source, 1500.0 AS water_ml",
        "NULL AS co2e_market_g, 500.0 AS water_ml",
    ):
        sample_store.execute(
            f"INSERT INTO ledger SELECT * REPLACE ('2023-11-15 12:00:00' AS ts, {change}) FROM ledger "
            "WHERE counted = 1 AND toYear(ledger.ts) = 2024 ORDER BY span_id LIMIT 1 OFFSET {offset:UInt8}",
            {"offset": int(change.startswith("NULL"))},
        )
    shown = metrics(open_page("sustainability", period="Custom", days=["2023-11-01", "2023-11-30"]))
    assert shown["Market-based, CO₂e"] == ("2.00 g", "unknown for 1 of 2 calls")
    assert shown["Water"] == ("2.00 L", "of all calls")
