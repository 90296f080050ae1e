"""Which intensity a call gets: its hour's, else its country's yearly mean; never another hour's."""

from csv import DictReader
from datetime import UTC, datetime, timedelta
from importlib import resources

import pandas as pd
import pytest

from spanledger_enrich.grid import grid_zone
from spanledger_enrich.grid.grid_intensity import WORLD, load_yearly_means
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load

GERMANY = {"provider": "azure.ai.openai", "cloud_region": "germanywestcentral", "output_tokens": 100}
CALIFORNIA = {"provider": "azure.ai.openai", "cloud_region": "westus", "output_tokens": 100}


def found(call):
    return call["zone"], call["intensity_g_per_kwh"], call["intensity_resolution"]


def at(day, hour, minute=0):
    return datetime(2024, 3, day, hour, minute, tzinfo=UTC)


def test_each_call_gets_the_value_of_its_own_hour(books):
    books.hours("DE", "2024-03-01", [100.0, 200.0, 300.0])
    calls = books.book(*(GERMANY | {"ts": at(1, hour, minute)} for hour in range(3) for minute in (0, 30, 59)))
    assert [call["intensity_g_per_kwh"] for call in calls] == [100] * 3 + [200] * 3 + [300] * 3
    assert {call["intensity_resolution"] for call in calls} == {"hour"}


def test_the_last_nanosecond_of_an_hour_belongs_to_it(books):
    books.hours("DE", "2024-03-02", [100.0, 200.0])
    # DateTime64(9) keeps nanoseconds, Python's datetime does not.
    moments = pd.to_datetime(["2024-03-02 00:59:59.999999999", "2024-03-02 01:00:00.000000000"], utc=True)
    ids = ["last nanosecond", "next hour"]
    books.store.insert_frame(
        "llm_spans",
        pd.DataFrame(
            GERMANY
            | {"ingested_at": pd.Timestamp.now(UTC).as_unit("us"), "trace_id": "t", "span_id": ids, "ts": moments}
            | {"usage_source": "reported", "status": "ok", "request_model": "gpt-4o-2024-08-06"}
        ),
    )
    books.enrich()
    rows = books.store.rows("SELECT *, toString(ts) AS at FROM calls WHERE trace_id = 't' ORDER BY ts")
    assert [(row["span_id"], row["intensity_g_per_kwh"]) for row in rows] == list(zip(ids, (100, 200), strict=True))
    assert rows[0]["at"] == "2024-03-02 00:59:59.999999999"


def test_a_missing_hour_gets_the_day_befores_else_the_months_mean_else_the_yearly_one_and_says_so(books):
    poland = {"provider": "azure.ai.openai", "cloud_region": "polandcentral", "output_tokens": 100}
    books.hours("PL", "2024-03-03", [100.0, 200.0], source="a test, mean of 2 half-hours")
    books.hours("PL", "2024-03-04 00:00", [300.0])
    # A month's mean needs half of its hours.
    books.hours("PL", "2024-03-10", [200.0] * 372)
    mean = books.store.value(
        "SELECT argMax(g_per_kwh, ts) FROM grid_intensity WHERE resolution = 'year' AND zone = 'PL'"
    )
    moments = [at(3, 1), at(4, 0), at(4, 1), at(5, 1), at(2, 0), datetime(2024, 4, 1, 1, tzinfo=UTC)]
    own, other, day_before, two_days_after, before_all, next_month = books.book(
        *(poland | {"ts": moment} for moment in moments)
    )
    assert found(own) == ("PL", 200, "hour")
    assert found(other) == ("PL", 300, "hour")
    assert found(day_before) == ("PL", 200, "previous day")
    assert day_before["intensity_source"] == "a test, mean of 2 half-hours, a day earlier"
    assert found(two_days_after) == found(before_all) == ("PL", 200, "month")
    assert two_days_after["intensity_source"] == "a test, mean of 375 hours of 2024-03"
    assert found(next_month) == ("PL", mean, "year")
    assert next_month["intensity_source"].startswith("CodeCarbon")
    assert ", mean of 20" in next_month["intensity_source"]


def test_the_day_before_counts_over_the_turn_of_the_month(books):
    austria = {"provider": "azure.ai.openai", "cloud_region": "AT", "output_tokens": 100}
    books.hours("AT", "2024-02-29 07:00", [77.0])
    [call] = books.book(austria | {"ts": at(1, 7)})
    assert found(call) == ("AT", 77, "previous day")


def test_a_zone_without_hours_gets_its_own_yearly_mean_else_its_countrys(books):
    virginia = {"provider": "azure.ai.openai", "cloud_region": "eastus", "output_tokens": 100}
    [national] = books.book(virginia | {"ts": at(4, 1)})
    assert (national["zone"], national["intensity_resolution"]) == ("US-MIDA-PJM", "year"), "the zone stays the call's"
    assert national["intensity_source"].endswith(", of US")
    books.hours("US-MIDA-PJM", "2023-01-01", [371.0], resolution="year", quality="yearly mean", source="by zone")
    [zonal] = books.book(virginia | {"ts": at(4, 1)})
    assert found(zonal) == ("US-MIDA-PJM", 371, "year")
    assert zonal["intensity_source"] == "by zone, mean of 2023"


def test_direct_and_marginal_values_are_never_taken_for_life_cycle_averages(books):
    may = datetime(2024, 5, 5, tzinfo=UTC)
    books.hours("DE", "2024-05-05", [1.0], basis="direct")
    books.hours("DE", "2024-05-05", [2.0], signal="marginal")
    [without] = books.book(GERMANY | {"ts": may})
    books.hours("DE", "2024-05-05", [350.0])
    [call] = books.book(GERMANY | {"ts": may})
    assert without["intensity_resolution"] == "year"
    assert found(call) == ("DE", 350, "hour")


def test_a_corrected_hour_holds_for_the_calls_that_follow(books):
    books.hours("DE", "2024-03-06", [400.0])
    books.hours("DE", "2024-03-06", [380.0])
    [call] = books.book(GERMANY | {"ts": at(6, 0)})
    assert call["intensity_g_per_kwh"] == 380


def test_the_latest_yearly_mean_counts(books):
    common = {"zone": "XX", "resolution": "year", "signal": "average", "basis": "lifecycle", "quality": "yearly mean"}
    books.store.insert(
        "grid_intensity",
        [
            {**common, "ts": datetime(year, 1, 1, tzinfo=UTC), "g_per_kwh": float(year), "source": f"of {year}"}
            for year in (2023, 2021, 2022)
        ],
    )
    books.store.insert(
        "grid_zone",
        [{"provider": "vllm", "cloud_region": "xx-1", "zone": "XX", "country": "XX", "source": "by hand"}],
    )
    [call] = books.book({"provider": "vllm", "cloud_region": "xx-1"})
    assert (call["intensity_g_per_kwh"], call["intensity_source"]) == (2023, "of 2023, mean of 2023")


def test_emissions_are_energy_times_intensity_in_every_row(books):
    moments = [at(7, 0) + timedelta(minutes=37 * number) for number in range(50)]
    books.hours("DE", "2024-03-07", [100.0 + number for number in range(12)])
    books.hours("DE", "2024-03-12", [150.0] * 372)
    spans = [
        place | {"ts": moment, "output_tokens": 10 * number}
        for number, moment in enumerate(moments)
        for place in (GERMANY, CALIFORNIA, {"provider": "openai"})
    ]
    frame = pd.DataFrame(books.book(*spans))
    assert frame["co2e_g"].notna().all()
    assert {"hour", "previous day", "month", "year"} == set(frame["intensity_resolution"])
    for bound in ("", "_low", "_high"):
        expected = frame[f"energy_wh{bound}"] / 1000 * frame["intensity_g_per_kwh"]
        pd.testing.assert_series_equal(frame[f"co2e_g{bound}"], expected, check_names=False, rtol=1e-12)
    assert (frame["co2e_g_low"] <= frame["co2e_g"]).all()
    assert (frame["co2e_g"] <= frame["co2e_g_high"]).all()


def test_unknown_energy_has_unknown_emissions_in_a_known_zone(books):
    [call] = books.book(GERMANY | {"request_model": "our-own"})
    assert call["zone"] == "DE"
    assert call["co2e_g"] is None


@pytest.mark.parametrize(
    ("region", "zone", "country"),
    [
        ("germanywestcentral", "DE", "DE"),
        ("uksouth", "GB", "GB"),
        ("westus", "US-CAL-CISO", "US"),
        ("eu-central-1", "DE", "DE"),
        ("us-east-1", "US-MIDA-PJM", "US"),
        ("europe-west1", "BE", "BE"),
        ("EU-CENTRAL-1", "DE", "DE"),
        ("eu-frankfurt-1", "DE", "DE"),
        ("us-east-1a", "US-MIDA-PJM", "US"),
        ("us-central1-a", "US-MIDW-MISO", "US"),
        ("West US 2", "US-NW-GCPD", "US"),
        ("France Central", "FR", "FR"),
        ("US_EAST_1", "US-MIDA-PJM", "US"),
        ("use1-az4", "US-MIDA-PJM", "US"),
        ("euc1-az1", "DE", "DE"),
        ("apne1-az1", "JP-TK", "JP"),
        ("eastus-1", "US-MIDA-PJM", "US"),
        ("swedencentral-3", "SE-SE3", "SE"),
        ("eastus2-2", "US-MIDA-PJM", "US"),
        ("europe-west4-b", "NL", "NL"),
        ("us-ashburn-1", "US-MIDA-PJM", "US"),
        ("Uocm:PHX-AD-1", "US-SW-SRP", "US"),
        ("EU-FRANKFURT-1-AD-2", "DE", "DE"),
        ("iad", "US-MIDA-PJM", "US"),
    ],
)
def test_a_clouds_region_means_a_zone(region, zone, country):
    place = grid_zone.locate("openai", region)
    assert (place.zone, place.country) == (zone, country)
    assert "region" in place.source


@pytest.mark.parametrize(
    ("region", "zone", "country"),
    [("DE", "DE", "DE"), ("us-cal-ciso", "US-CAL-CISO", "US"), (" se-se3 ", "SE-SE3", "SE")],
)
def test_a_span_may_name_the_grid_zone_itself(region, zone, country):
    place = grid_zone.locate("vllm", region)
    assert (place.zone, place.country) == (zone, country)


def test_a_global_endpoint_is_no_place():
    assert grid_zone.locate("vllm", "global") == grid_zone.Place("", "", "default zone")
    assert grid_zone.locate("gcp.vertex_ai", "global").zone == "US"


@pytest.mark.parametrize("region", ["mars-1", "my-dc", "my-region", "in-house", "xx1-az1", "PHX-AD", "georgia"])
def test_what_is_no_known_region_is_not_guessed(region):
    place = grid_zone.locate("vllm", region)
    assert (place.zone, place.country) == ("", "")
    assert place.source == f"cloud region {region!r} is unknown; default zone"


@pytest.mark.parametrize(
    ("provider", "region", "zone"),
    [
        ("openai", "finlandcentral", "FI"),
        ("openai", "southafricanorth2", "ZA"),
        ("openai", "Singapore", "SG"),
        ("openai", "uksouth3", "GB"),
        ("openai", "japanwest9", "JP"),
        ("openai", "EMEA region", "EUROPE"),
        ("openai", "asia1", ""),
        ("openai", "uaen", ""),
        # Mistral's machines are in Sweden, but these are not.
        ("mistral_ai", "us-east-9", "US"),
        ("mistral_ai", "eastus-9", "US"),
        ("mistral_ai", "us-west-2-lax-1a", "US"),
        ("openai", "cn-hangzhou", "CN"),
        ("openai", "jp-tok", "JP"),
        ("openai", "uk1", "GB"),
        ("openai", "mx-north-1", "MX"),
        ("openai", "eu-de", "DE"),
        ("openai", "eu-west-9", "EUROPE"),
        ("openai", "sa-east-9", ""),
    ],
)
def test_an_unknown_region_lies_where_its_name_says_not_at_the_providers_home(provider, region, zone):
    place = grid_zone.locate(provider, region)
    assert (place.zone, place.country) == (zone, zone)
    assert "is unknown" in place.source


def test_each_availability_zone_of_a_region_is_where_the_region_is():
    with (resources.files("spanledger_enrich.files") / "reference/cloud_region.csv").open(encoding="utf-8") as file:
        rows = list(DictReader(file))
    zones = {"aws": "{}b", "azure": "{}-2", "gcp": "{}-c", "oci": "Uocm:{}-AD-1"}
    assert {row["cloud"] for row in rows} == set(zones)
    for row in rows:
        part = zones[row["cloud"]].format(row["region"])
        assert grid_zone.locate("vllm", part).zone == row["zone"], part


def test_every_region_leads_to_a_known_zone():
    assert [place for place in grid_zone._regions().values() if not grid_zone.is_zone(place.zone)] == []
    assert {place.source.split()[0] for place in grid_zone._regions().values()} == {"aws", "azure", "gcp", "oci"}


def test_places_are_listed_with_what_nobody_knows_first(books):
    books.book({"provider": "openai", "cloud_region": "moon-1"}, {"provider": "tgi"}, GERMANY)
    rows = books.store.frame("reports/grid/zones", only_open=0)
    states = {(row.provider, row.cloud_region): row.state for row in rows.itertuples()}
    assert rows["state"].iloc[0] == "unknown region"
    assert states["openai", "moon-1"] == "unknown region"
    assert states["tgi", ""] == "default"
    assert states["azure.ai.openai", "germanywestcentral"] == "known"
    still_open = books.store.frame("reports/grid/zones", only_open=1)
    assert set(still_open["state"]) == {"unknown region", "default"}


def test_an_unknown_region_is_reported_and_the_providers_country_stands_in(books):
    books.book({"provider": "openai", "cloud_region": "mars-north-1"})
    [place] = books.store.rows("SELECT * FROM grid_zone FINAL WHERE cloud_region = 'mars-north-1'")
    assert place["zone"] == "US"
    assert place["source"] == "cloud region 'mars-north-1' is unknown; EcoLogits: data centres of openai"


def test_a_provider_of_no_known_place_gets_the_default_zone(books):
    [call] = books.book(
        {"provider": "vllm", "request_model": "meta-llama/Meta-Llama-3.1-8B-Instruct", "output_tokens": 9}
    )
    assert (call["zone"], call["intensity_resolution"]) == (WORLD, "year")
    assert call["co2e_g"] > 0


def test_the_default_zone_can_be_set(books):
    books.hours("FR", "2024-03-08", [44.0])
    settings = load(data_dir=books.configuration.data_dir, default_zone="FR")
    [span] = books.ingest({"provider": "ollama", "ts": at(8, 0)})
    Worker(books.store, settings).catch_up()
    [call] = books.store.rows("SELECT * FROM calls WHERE span_id = {span:String}", span=span)
    assert found(call) == ("FR", 44, "hour")
    books.hours("US-NY-NYIS", "2024-03-08", [55.0])
    [again] = books.ingest({"provider": "ollama", "ts": at(8, 0)})
    Worker(books.store, load(data_dir=books.configuration.data_dir, default_zone="US-NY-NYIS")).catch_up()
    [call] = books.store.rows("SELECT * FROM calls WHERE span_id = {span:String}", span=again)
    assert found(call) == ("US-NY-NYIS", 55, "hour"), "a place that nobody knows is not remembered as a default was"


def test_the_ledgers_kind_of_intensity_can_be_set_and_nothing_else_stands_in_for_it(books):
    june = datetime(2024, 6, 1, tzinfo=UTC)
    books.hours("DE", "2024-06-01", [1.0])
    books.hours("DE", "2024-06-01", [2.0], basis="direct")
    books.hours("DE", "2024-06-01", [3.0], signal="marginal", basis="direct")
    figures = []
    for kind in ({"grid_basis": "direct"}, {"grid_basis": "direct", "grid_signal": "marginal"}):
        spans = books.ingest(GERMANY | {"ts": june}, GERMANY | {"ts": june.replace(month=7)})
        Worker(books.store, load(data_dir=books.configuration.data_dir, **kind)).catch_up()
        rows = books.store.rows("SELECT * FROM calls WHERE span_id IN {s:Array(String)} ORDER BY ts", s=spans)
        figures.append([(row["intensity_g_per_kwh"], row["intensity_resolution"]) for row in rows])
    assert figures == [[(2, "hour"), (None, "unknown")], [(3, "hour"), (None, "unknown")]]


def test_no_region_and_no_provider_is_the_default_zone():
    assert grid_zone.locate("", "") == grid_zone.Place("", "", "default zone")


def test_every_country_of_a_known_region_has_a_yearly_mean(books):
    means = {row["zone"] for row in books.store.rows("SELECT zone FROM grid_intensity WHERE resolution = 'year'")}
    places = [*grid_zone._regions().values(), *grid_zone._codecarbon_regions().values()]
    assert {place.country for place in places} - means == set()


def test_yearly_means_are_loaded_once(books):
    assert load_yearly_means(books.store) == 0
