"""The pages of sustainability show what the reports and the command line give, and lead on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from shown_table import number, shown_tables
from streamlit.testing.v1 import AppTest

from spanledger_dashboards.filtering.address import AddressError
from spanledger_settings import figures
from spanledger_sql.policy.access import scope_settings

if TYPE_CHECKING:
    from spanledger_sql.store import Store

Pages = Callable[..., AppTest]

OCTOBER: dict[str, Any] = {"from": "2024-10-01 00:00:00", "to": "2024-11-01 00:00:00"}
ASKED = {**OCTOBER, "tenants": [], "own": "", "own_values": [], "where": [], "moment": "2099-01-01 00:00:00"}
EVERYBODY = {**OCTOBER, "by": [], "custom": [], "where_names": [], "where_values": []}
LEDGERS = {"signal": "average", "basis": "lifecycle", "booked": 1}


@pytest.fixture(scope="module", autouse=True)
def _hours_of_the_grid(sample_store: Store) -> Iterator[None]:
    """Hours of three zones, every other one foretold, none as the sample's calls were booked."""
    begin = datetime(2024, 10, 1, tzinfo=UTC)
    sample_store.insert(
        "grid_intensity",
        [
            {
                "zone": zone, "resolution": "hour", "signal": "average", "basis": "lifecycle", "source": "sample",
                "ts": begin + timedelta(hours=hour), "g_per_kwh": 200 + 100 * math.cos(hour / 12 * math.pi) + hour % 7,
                "quality": ("measured", "forecast")[hour % 2],
            }
            for zone in ("DE", "GB", "FR")
            for hour in range(32 * 24)
        ],
    )  # fmt: skip
    yield
    sample_store.execute("TRUNCATE TABLE grid_intensity")


def text(page: AppTest) -> str:
    return "".join(block.proto.body for block in page.get("html"))


@pytest.mark.parametrize("unit", ["call", "1000-tokens", "user"])
def test_the_sci_of_a_page_is_the_command_lines(sample_store: Store, unit: str) -> None:
    [page] = sample_store.frame("reports/sustainability/sci", **ASKED, unit=unit).to_dict("records")
    [command] = sample_store.frame("reports/carbon/sci", **EVERYBODY, unit=unit).to_dict("records")
    assert {name: command[name] for name in page} == pytest.approx(page, nan_ok=True)


def test_the_inventory_of_a_page_is_the_command_lines(sample_store: Store) -> None:
    own = {"own_providers": ["self-hosted"], "own_hosts": []}
    page = sample_store.frame("reports/sustainability/inventory", **ASKED, **own)
    command = sample_store.frame("reports/carbon/ghg", **EVERYBODY, **own, timezone="UTC")
    assert len(page) == 3
    for column in ("scope", "category"):
        assert list(page[column]) == list(command[column])
    for column in ("calls", "energy_kwh", "location_kg", "location_kg_low", "location_kg_high", "embodied_kg"):
        assert list(page[column].astype(float)) == pytest.approx(list(command[column].astype(float)), nan_ok=True)


@pytest.mark.parametrize("zone", ["", "FR", "DE"])
def test_waiting_and_moving_come_to_what_the_command_line_reckons_call_by_call(sample_store: Store, zone: str) -> None:
    waits = [0, 1, 6]
    page = sample_store.frame("reports/sustainability/elsewhere", **ASKED, **LEDGERS, zones=["US", zone], waits=waits)
    page = page[page["zone"] == zone]
    for wait, row in zip(waits, page.to_dict("records"), strict=True):
        [command] = sample_store.frame(
            "reports/carbon/whatif", **EVERYBODY, **LEDGERS, timezone="UTC", zone=zone, window=wait, costed="calls",
            recosted=0,
        ).to_dict("records")  # fmt: skip
        assert row["wait"] == wait
        assert row["calls"] == command["calls"]
        assert row["not_compared_calls"] == command["not_compared_calls"] > 0
        for page_name, name in (("co2e_g", "co2e_kg"), ("then_co2e_g", "then_co2e_kg"),
                                ("then_co2e_g_most", "then_co2e_kg_most")):  # fmt: skip
            assert row[page_name] == pytest.approx(command[name] * 1000)
        assert row["shifted_hours"] == pytest.approx(command["shifted_hours"])
    saved = page["co2e_g"] - page["then_co2e_g"]
    assert saved.iloc[2] > saved.iloc[1] > saved.iloc[0]


def test_what_is_made_once_for_a_query_is_of_the_readers_tenant_alone(sample_store: Store) -> None:
    reader = sample_store.scoped(scope_settings("quarry"))
    asked = {**ASKED, **LEDGERS, "zones": ["", "FR"], "waits": [0, 1]}
    his = reader.frame("reports/sustainability/elsewhere", **asked)
    narrowed = sample_store.frame("reports/sustainability/elsewhere", **{**asked, "tenants": ["quarry"]})
    pd.testing.assert_frame_equal(his, narrowed)
    assert his["calls"].iloc[0] < sample_store.frame("reports/sustainability/elsewhere", **asked)["calls"].iloc[0]


def test_a_zone_says_how_good_its_hours_are_and_that_a_booked_value_was_corrected_since(sample_store: Store) -> None:
    booked = "zone = 'FR', intensity_g_per_kwh = 300, intensity_resolution = 'hour'"
    sample_store.execute(f"ALTER TABLE ledger UPDATE {booked} WHERE span_id < '0000000000000010' "
                         "SETTINGS mutations_sync = 1")  # fmt: skip
    places = sample_store.frame("reports/sustainability/places", **ASKED).set_index("zone")
    assert places["energy_share"].sum() == pytest.approx(1)
    assert places.loc["USA", "yearly_share"] == pytest.approx(1)
    assert places.loc["DE", "replaced_share"] == pytest.approx(1)
    [hour] = sample_store.rows(
        "SELECT toStartOfHour(toDateTime(ts, 'UTC')) AS hour, count() AS calls FROM ledger WHERE zone = 'FR' "
        "GROUP BY hour ORDER BY calls DESC, hour LIMIT 1"
    )
    sample_store.insert("grid_intensity", [{
        "zone": "FR", "resolution": "hour", "signal": "average", "basis": "lifecycle", "ts": hour["hour"],
        "g_per_kwh": 300.0, "quality": "estimated", "source": "somebody",
    }])  # fmt: skip
    changed = sample_store.frame("reports/sustainability/places", **ASKED).set_index("zone").loc["FR"]
    assert 0 < changed["estimated_share"] < 1
    assert changed["estimated_share"] + changed["replaced_share"] == pytest.approx(1)
    assert changed["sources"] == "somebody"


def test_a_breakdown_says_how_energy_was_found_and_keeps_the_headline(
    sample_store: Store, counted: pd.DataFrame
) -> None:
    rows = sample_store.frame("reports/sustainability/breakdown", **ASKED, dimension="feature", names=50)
    assert rows["co2e_g"].sum() == pytest.approx(counted["co2e_g"].sum())
    energy = (rows["measured_share"] * rows["energy_wh"]).sum()
    assert energy == pytest.approx(counted.loc[counted["energy_method"] == "measured", "energy_wh"].sum())
    assert "(no feature)" in set(rows["name"])


def test_names_are_not_ranked_where_ranges_overlap_and_each_row_leads_on(open_page: Pages) -> None:
    page = open_page("breakdown", by="feature", tenants=["northwind"])
    table = shown_tables(page)["Emissions by Feature"]
    named = [name for name in table["Feature"] if not name.startswith("(")]
    assert named == sorted(named)
    assert "Their ranges overlap" in text(page) or "The ranges of these overlap" in text(page)
    assert 'href="breakdown?' in text(page)
    assert "feature=search" in text(page)
    # By the next level: northwind alone is asked for, and of it one feature.
    assert "tenants=northwind&amp;feature=search&amp;by=model" in text(page)


def test_an_address_that_asks_for_what_there_is_not_is_refused(open_page: Pages, sample_store: Store) -> None:
    with pytest.raises(AssertionError, match="broken down by 'weather' is unknown; expected one of tenant, model"):
        open_page("breakdown", by="weather")
    assert issubclass(AddressError, Exception)
    assert sample_store.value("SELECT 1") == 1


def test_the_overview_explains_its_range_by_its_causes(open_page: Pages, sample_store: Store) -> None:
    page = open_page("sustainability")
    headline = sample_store.frame("reports/sustainability/headline", **ASKED).iloc[0]
    parts = [headline[name] for name in headline.index if name.endswith("_variance")]
    assert sum(parts) == pytest.approx(1)
    assert figures.share(max(parts)) in text(page)
    assert "Why the range is as wide as it is" in [heading.value for heading in page.header]


def test_the_market_based_column_is_there_only_with_contracts(open_page: Pages, sample_store: Store) -> None:
    table = shown_tables(open_page("inventory"))["Emissions by scope"]
    assert not [name for name in table if "arket" in name]
    sample_store.execute(
        "ALTER TABLE ledger UPDATE market_source = 'ppa wind', co2e_market_g = co2e_g / 2 "
        "WHERE tenant_id = 'northwind' SETTINGS mutations_sync = 1"
    )
    table = shown_tables(open_page("inventory"))["Emissions by scope"]
    assert [name for name in table if name.startswith("Market-based")]


def test_the_week_is_local_and_whole(open_page: Pages, sample_store: Store, counted: pd.DataFrame) -> None:
    rows = sample_store.frame("reports/sustainability/heat_map", **ASKED, timezone="America/New_York")
    local = counted["ts"].dt.tz_convert("America/New_York")
    expected = counted.groupby([local.dt.day_of_week + 1, local.dt.hour]).size()
    assert rows.set_index(["weekday", "hour"])["calls"].to_dict() == expected.to_dict()
    page = open_page("hours", timezone="America/New_York")
    table = shown_tables(page)["Energy by hour and weekday"]
    assert table["Calls"].map(number).sum() <= len(counted)
    assert "would have been saved" in text(page)


def test_what_if_shows_the_zone_that_the_address_names(open_page: Pages, sample_store: Store) -> None:
    page = open_page("whatif", elsewhere="FR", wait="6")
    [row] = sample_store.frame("reports/sustainability/elsewhere", **ASKED, **LEDGERS, zones=["FR"], waits=[6]).to_dict(
        "records"
    )
    shown = {metric.label: metric.value for metric in page.metric}
    like = max(row["co2e_g"], row["then_co2e_g"])
    assert shown["Then, CO₂e: FR, France, up to 6 h later"] == figures.emissions(row["then_co2e_g"], like=like)
    assert shown["As it is, CO₂e"] == figures.emissions(row["co2e_g"], like=like)


def test_the_command_of_another_model_says_what_it_cannot_be_narrowed_by(open_page: Pages) -> None:
    page = open_page("whatif", elsewhere="FR", tenants="northwind", zone="DE", own="desk", own_desk="emea")
    [told] = [block.value for block in page.code if block.value.startswith("spanledger carbon whatif")]
    assert told.endswith("--zone FR --where desk=emea")
    assert "The command cannot be narrowed by tenant or grid zone: its figures are of all." in text(page)
    assert "The command cannot be narrowed" not in text(open_page("whatif", elsewhere="FR"))


def test_a_zone_that_there_is_not_is_told_with_the_nearest_that_there_are(open_page: Pages) -> None:
    with pytest.raises(AssertionError, match=r"zone 'FRA' is unknown; expected one of .*FR") as refused:
        open_page("whatif", elsewhere="FRA")
    assert "expected one of ," not in str(refused.value)


def test_where_there_is_no_zone_to_choose_that_is_told(open_page: Pages, sample_store: Store) -> None:
    kept = sample_store.rows("SELECT * FROM grid_intensity WHERE zone IN ('DE', 'GB', 'FR')")
    sample_store.execute("TRUNCATE TABLE grid_intensity")
    try:
        with pytest.raises(AssertionError, match="zone 'FR' is unknown; there is none to choose yet"):
            open_page("whatif", elsewhere="FR")
    finally:
        sample_store.insert("grid_intensity", kept)
