"""Stage 5: what is known of the places where a batch's calls ran."""

from datetime import UTC, datetime

ZONE = {"provider": "openai", "cloud_region": "uksouth", "zone": "GB", "country": "GB"}
HOUR = {"zone": "GB", "resolution": "hour", "signal": "average", "basis": "lifecycle", "source": "s"}


def test_the_hour_is_taken_else_that_of_the_day_before(stage):
    stage.batch(
        {"cloud_region": "uksouth", "place_key": 1, "ts": datetime(2024, 10, 8, 12, 5, tzinfo=UTC)},
        {"cloud_region": "uksouth", "place_key": 2, "ts": datetime(2024, 10, 9, 12, 5, tzinfo=UTC)},
    )
    stage.given("grid_zone", ZONE)
    stage.given("grid_intensity", {**HOUR, "ts": datetime(2024, 10, 8, 12, tzinfo=UTC), "g_per_kwh": 100.0})
    assert stage.run("5_places", "place_key, zone, g_per_kwh, resolution") == [
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
    assert stage.run("5_places", "place_key, pue") == [(1, 1.2), (2, 1.1)]
