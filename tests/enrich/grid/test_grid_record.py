"""What is stored of an import: new hours, corrections with what was before, and where they are from."""

import pytest

from spanledger_enrich.grid.grid_record import Recorded, record
from spanledger_enrich.grid.sources.grid_file import read_files


@pytest.fixture
def hours(write):
    def make(*values):
        lines = [f"DE,2024-10-08T0{hour}:00Z,{value}" for hour, value in enumerate(values)]
        return read_files([write("zone,datetime,g_per_kwh", *lines)])[0].hours

    return make


def test_the_same_hours_again_change_nothing(store, hours):
    assert record(store, hours(1, 2, 3), "a.csv") == Recorded(new=3)
    imported = "SELECT max(imported_at) FROM grid_intensity"
    before = store.value(imported)
    assert record(store, hours(1, 2, 3), "a.csv") == Recorded(unchanged=3)
    assert store.value(imported) == before
    assert store.value("SELECT count() FROM grid_import") == 1


def test_a_corrected_hour_is_replaced_and_its_former_value_kept(store, hours):
    record(store, hours(1, 2), "a.csv")
    first = store.value("SELECT min(imported_at) FROM grid_intensity")
    assert record(store, hours(1, 20, 30), "b.csv", sha256="ab") == Recorded(new=1, corrected=1, unchanged=1)
    assert store.rows("SELECT g_per_kwh FROM grid_intensity FINAL ORDER BY ts") == [
        {"g_per_kwh": value} for value in (1, 20, 30)
    ]
    assert store.rows("SELECT toString(ts) AS hour, g_per_kwh, source, valid_since FROM grid_correction") == [
        {"hour": "2024-10-08 01:00:00", "g_per_kwh": 2, "source": "grid.csv", "valid_since": first}
    ]
    changed = "SELECT count() AS n FROM grid_intensity FINAL WHERE imported_at > {first:DateTime64(6, 'UTC')}"
    assert store.value(changed, first=first) == 2


def test_every_import_is_told(store, hours):
    record(store, hours(1, 2), "a.csv", sha256="ab")
    record(store, hours(1, 3), "b.csv")
    told = store.frame("reports/grid/imports")
    assert told[["origin", "zone", "new", "corrected", "unchanged", "sha256"]].to_numpy().tolist() == [
        ["b.csv", "DE", 0, 1, 1, ""],
        ["a.csv", "DE", 2, 0, 0, "ab"],
    ]


def test_signals_and_bases_stay_apart(store, write):
    path = write(
        "zone,datetime,g_per_kwh,signal,basis",
        "DE,2024-10-08T00:00Z,1,average,lifecycle",
        "DE,2024-10-08T00:00Z,2,average,direct",
        "DE,2024-10-08T00:00Z,3,marginal,direct",
    )
    assert record(store, read_files([path])[0].hours, "a.csv") == Recorded(new=3)
    listed = store.frame("reports/grid/list", match="de")
    assert listed[["signal", "basis", "g_per_kwh"]].to_numpy().tolist() == [
        ["average", "direct", 2],
        ["average", "lifecycle", 1],
        ["marginal", "direct", 3],
    ]


def test_the_list_counts_what_is_missing(store, hours):
    record(store, hours(1, "", "", 4), "a.csv")
    assert store.frame("reports/grid/list", match="de")[["hours", "missing"]].to_numpy().tolist() == [[2, 2]]
