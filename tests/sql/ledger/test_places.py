"""Stage 6: what is known of the places where a batch's calls ran."""

from datetime import UTC, datetime, timedelta

ZONE = {"provider": "openai", "cloud_region": "uksouth", "zone": "GB", "country": "GB"}
HOUR = {"zone": "GB", "resolution": "hour", "signal": "average", "basis": "lifecycle", "source": "s"}


def test_the_hour_is_taken_else_that_of_the_day_before(stage):
    stage.batch(
        {"cloud_region": "uksouth", "place_key": 1, "ts": datetime(2024, 10, 8, 12, 5, tzinfo=UTC)},
        {"cloud_region": "uksouth", "place_key": 2, "ts": datetime(2024, 10, 9, 12, 5, tzinfo=UTC)},
    )
    stage.given("grid_zone", ZONE)
    stage.given("grid_intensity", {**HOUR, "ts": datetime(2024, 10, 8, 12, tzinfo=UTC), "g_per_kwh": 100.0})
    assert stage.run("6_places", "place_key, zone, g_per_kwh, resolution") == [
        (1, "GB", 100.0, "hour"),
        (2, "GB", 100.0, "previous day"),
    ]


def test_what_holds_for_a_provider_holds_for_its_regions_without_a_row_of_their_own(stage):
    stage.batch({"cloud_region": "uksouth", "place_key": 1}, {"cloud_region": "ukwest", "place_key": 2})
    stage.given("grid_zone", ZONE, {**ZONE, "cloud_region": "ukwest"})
    bounds = {"provider": "openai", "pue_low": 1.0, "pue_high": 2.0}
    stage.given(
        "energy_facility", {**bounds, "cloud_region": "", "pue": 1.2}, {**bounds, "cloud_region": "ukwest", "pue": 1.1}
    )
    assert stage.run("6_places", "place_key, pue") == [(1, 1.2), (2, 1.1)]


def days(stage, zone, first, count):
    rows = [{**HOUR, "zone": zone, "ts": first + timedelta(hours=hour), "g_per_kwh": 50.0} for hour in range(count)]
    stage.store.insert("grid_intensity", rows)


def test_a_months_mean_stands_in_only_where_half_of_its_hours_are_known(stage):
    stage.batch({"cloud_region": "uksouth", "ts": datetime(2024, 10, 30, 12, tzinfo=UTC)})
    stage.given("grid_zone", ZONE)
    days(stage, "GB", datetime(2024, 10, 1, tzinfo=UTC), 31 * 12 - 1)
    assert stage.run("6_places", "resolution") == [("unknown",)]
    stage.store.execute("TRUNCATE TABLE ledger_places")
    days(stage, "GB", datetime(2024, 10, 20, tzinfo=UTC), 1)
    assert stage.run("6_places", "resolution, g_per_kwh") == [("month", 50.0)]


def test_the_countrys_hours_go_before_yearly_means_and_the_zone_stays_the_calls(stage):
    stage.batch({"cloud_region": "us-west-1", "place_key": 1}, {"cloud_region": "us-west-1", "place_key": 2,
                 "ts": datetime(2023, 5, 1, tzinfo=UTC)})  # fmt: skip
    stage.given("grid_zone", {**ZONE, "cloud_region": "us-west-1", "zone": "US-CAL-CISO", "country": "US"})
    year = {**HOUR, "resolution": "year", "quality": "yearly mean", "ts": datetime(2022, 1, 1, tzinfo=UTC)}
    stage.given("grid_intensity", {**HOUR, "zone": "US", "ts": datetime(2024, 10, 8, 12, tzinfo=UTC), "g_per_kwh": 7.0})
    stage.given("grid_intensity", {**year, "zone": "US", "g_per_kwh": 400.0})
    assert stage.run("6_places", "place_key, zone, g_per_kwh, resolution, source") == [
        (1, "US-CAL-CISO", 7.0, "hour", "s, of US"),
        (2, "US-CAL-CISO", 400.0, "year", "s, mean of 2022, of US"),
    ]


def test_the_users_own_yearly_factor_goes_before_a_newer_one_and_that_of_the_calls_year_before_the_latest(stage):
    stage.batch({"cloud_region": "uksouth", "ts": datetime(2022, 5, 1, tzinfo=UTC)})
    stage.given("grid_zone", ZONE)
    for year, quality, g_per_kwh in (
        (2021, "own yearly mean", 1.0), (2022, "own yearly mean", 2.0), (2023, "own yearly mean", 3.0),
        (2024, "yearly mean", 4.0),
    ):  # fmt: skip
        begin = datetime(year, 1, 1, tzinfo=UTC)
        stage.given(
            "grid_intensity", {**HOUR, "resolution": "year", "quality": quality, "ts": begin, "g_per_kwh": g_per_kwh}
        )
    assert stage.run("6_places", "g_per_kwh, source") == [(2.0, "s, mean of 2022")]


def test_the_users_own_yearly_factor_goes_before_anothers_of_the_calls_year(stage):
    stage.batch({"cloud_region": "uksouth", "ts": datetime(2024, 5, 1, tzinfo=UTC)})
    stage.given("grid_zone", ZONE)
    year = {**HOUR, "resolution": "year"}
    own = {
        **year,
        "quality": "own yearly mean",
        "source": "ours",
        "ts": datetime(2021, 1, 1, tzinfo=UTC),
        "g_per_kwh": 1.0,
    }
    theirs = {**year, "quality": "yearly mean", "ts": datetime(2024, 1, 1, tzinfo=UTC), "g_per_kwh": 4.0}
    stage.given("grid_intensity", own)
    stage.given("grid_intensity", theirs)
    assert stage.run("6_places", "g_per_kwh, source") == [(1.0, "ours, mean of 2021")]


def test_a_contract_without_a_provider_is_for_own_machines_and_a_residual_mix_for_everybody(stage):
    stage.batch(
        {"cloud_region": "uksouth", "place_key": 1}, {"cloud_region": "uksouth", "place_key": 2, "own_machine": 1}
    )
    stage.given("grid_zone", ZONE)
    stage.given("grid_intensity", {**HOUR, "ts": datetime(2024, 10, 8, 12, tzinfo=UTC), "g_per_kwh": 100.0})
    period = {"zone": "GB", "provider": "", "valid_from": datetime(2024, 1, 1, tzinfo=UTC),
              "valid_until": datetime(2025, 1, 1, tzinfo=UTC), "mwh": None}  # fmt: skip
    stage.given("grid_contract", {**period, "contract_id": "go", "kind": "certificate", "share": 1.0, "g_per_kwh": 0.0})
    stage.given(
        "grid_contract", {**period, "contract_id": "mix", "kind": "residual mix", "share": None, "g_per_kwh": 700.0}
    )
    assert stage.run("6_places", "place_key, market_g_per_kwh, market_source") == [
        (1, 700.0, "residual mix mix"),
        (2, 0.0, "certificate go"),
    ]
