"""What the formats of files become: hours, their unit, signal, basis, quality and source."""

import re

import pandas as pd
import pytest

from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.grid.grid_zone import is_zone, similar_zones
from spanledger_enrich.grid.sources.grid_file import read_files

ELECTRICITY_MAPS = "Datetime (UTC),Zone Id,Carbon Intensity gCO₂eq/kWh (direct),Carbon Intensity gCO₂eq/kWh (LCA)"
NEWER = (
    "Datetime (UTC),Country,Zone name,Zone id,Carbon intensity gCO₂eq/kWh (direct),"
    "Carbon intensity gCO₂eq/kWh (Life cycle),Data estimated"
)


def hours(path, **options):
    return read_files([path], **options)[0].hours


def utc(text):
    return pd.Timestamp(text, tz="UTC")


def test_a_download_of_electricity_maps_is_direct_and_life_cycle(write):
    read = hours(write(ELECTRICITY_MAPS, "2024-10-08 00:00:00,DE,300,350.5", "2024-10-08 01:00:00,DE,310,360"))
    assert set(read["signal"]) == {"average"}
    assert read[read["basis"] == "lifecycle"]["g_per_kwh"].tolist() == [350.5, 360]
    assert read[read["basis"] == "direct"]["g_per_kwh"].tolist() == [300, 310]
    assert read["ts"].min() == utc("2024-10-08 00:00")


def test_namibias_zone_is_not_a_missing_value(write):
    read = hours(write(NEWER, "2024-10-08 03:00:00,Namibia,Namibia,NA,20,50,true"))
    assert set(read["zone"]) == {"NA"}
    assert set(read["quality"]) == {"estimated"}


def test_finer_downloads_are_averaged_and_say_so(write):
    lines = [
        f"2024-10-08 0{hour}:{minute:02}:00,DE,{minute + 10},{minute + 10}"
        for hour in (0, 1)
        for minute in range(0, 60, 15)
    ]
    read = hours(write(ELECTRICITY_MAPS, *lines))
    assert read["g_per_kwh"].tolist() == [32.5] * 4
    assert set(read["source"]) == {"Electricity Maps, mean of 4 15-minute values"}


def test_watttimes_values_are_marginal_direct_and_in_g_per_kwh(write):
    times = pd.date_range("2024-01-01T00:00Z", periods=24, freq="5min")
    lines = [f"{time.isoformat(sep=' ')},{1000 + number}" for number, time in enumerate(times)]
    read = hours(write("point_time,value", *lines, name="CAISO_NORTH_co2_moer_2024-01-01_2024-01-01.csv"))
    assert read["zone"].tolist() == ["CAISO_NORTH"] * 2
    assert read["g_per_kwh"].tolist() == pytest.approx([1005.5 * 0.45359237, 1017.5 * 0.45359237])
    assert set(read["signal"]) == {"marginal"}
    assert set(read["basis"]) == {"direct"}
    assert set(read["source"]) == {"WattTime CAISO_NORTH, mean of 12 5-minute values"}


def test_a_watttime_region_is_stored_as_the_zone_that_the_user_says(write):
    path = write("timestamp,MOER", "2024-01-01T00:00:00+00:00,900", name="x.csv")
    read = hours(path, zone="CAISO_NORTH", renamed={"CAISO_NORTH": "US-CAL-CISO"})
    assert read["zone"].tolist() == ["US-CAL-CISO"]
    assert read["source"].tolist() == ["WattTime CAISO_NORTH"]
    with pytest.raises(ImportFileError, match="does not say its region"):
        hours(path)


def test_a_plain_file_needs_three_columns(write):
    read = hours(write("zone,datetime,g_per_kwh", "DE,2024-10-08T00:00+02:00,300"))
    assert read.to_dict("records") == [
        {
            "zone": "DE", "resolution": "hour", "signal": "average", "basis": "lifecycle",
            "ts": utc("2024-10-07 22:00"),
            "g_per_kwh": 300.0, "quality": "measured", "source": "grid.csv",
        }
    ]  # fmt: skip


def test_a_plain_file_may_say_more(write):
    path = write(
        "zone,datetime,lbs_per_mwh,signal,basis,quality,source",
        "DE,2024-10-08T00:00Z,1000,marginal,direct,estimated,our meter",
        "DE,2024-10-08T00:00Z,1000,average,direct,,our meter",
    )
    read = hours(path).set_index("signal")
    assert read["g_per_kwh"].tolist() == pytest.approx([453.59237] * 2)
    assert read.loc["marginal", "quality"] == "estimated"
    assert read.loc["average", "quality"] == "measured"


def test_offsets_may_change_with_the_clock(write):
    """Central European time on the night of 27 October 2024: 02:30 comes twice."""
    path = write(
        "zone,datetime,g_per_kwh",
        "DE,2024-10-27T01:00:00+02:00,1", "DE,2024-10-27T02:00:00+02:00,2", "DE,2024-10-27T02:00:00+01:00,3",
        "DE,2024-10-27T03:00:00+01:00,4",
    )  # fmt: skip
    read = hours(path)
    assert read["ts"].tolist() == [utc(f"2024-10-{day}") for day in ("26 23:00", "27 00:00", "27 01:00", "27 02:00")]
    assert read["g_per_kwh"].tolist() == [1, 2, 3, 4]


def test_local_times_take_the_named_zone_and_a_repeated_hour_its_order(write):
    path = write(
        "zone,datetime,g_per_kwh",
        "DE,2024-10-27 01:00,1", "DE,2024-10-27 02:00,2", "DE,2024-10-27 02:00,3", "DE,2024-10-27 03:00,4",
    )  # fmt: skip
    read = hours(path, timezone="Europe/Berlin")
    assert read["ts"].tolist() == [utc(f"2024-10-{day}") for day in ("26 23:00", "27 00:00", "27 01:00", "27 02:00")]
    assert read["g_per_kwh"].tolist() == [1, 2, 3, 4]


def test_hours_that_begin_at_half_past_are_split(write):
    """Indian time is UTC+5:30."""
    path = write(
        "zone,datetime,g_per_kwh",
        "IN,2024-10-08T00:00+05:30,600", "IN,2024-10-08T01:00+05:30,700", "IN,2024-10-08T02:00+05:30,800",
    )  # fmt: skip
    read = hours(path).set_index("ts")
    assert read.loc[utc("2024-10-07 19:00"), "g_per_kwh"] == 650
    assert read.loc[utc("2024-10-07 20:00"), "source"] == "grid.csv, mean of 2 half-hours of hourly values"
    assert read.loc[utc("2024-10-07 18:00"), "source"] == "grid.csv, mean of 1 of 2 half-hours of hourly values"
    assert read.loc[utc("2024-10-07 18:00"), "quality"] == "estimated"


def test_an_incomplete_hour_is_estimated_and_one_with_less_than_half_is_left_out(write):
    times = [*pd.date_range("2024-10-08T00:00Z", periods=9, freq="5min")]
    times += [*pd.date_range("2024-10-08T01:00Z", periods=5, freq="5min")]
    path = write(
        "zone,datetime,g_per_kwh", *(f"DE,{time.isoformat()},{number + 10}" for number, time in enumerate(times))
    )
    read = hours(path)
    assert read["g_per_kwh"].tolist() == [14.0]
    assert read["quality"].tolist() == ["estimated"]
    assert read["source"].tolist() == ["grid.csv, mean of 9 of 12 5-minute values"]


def test_gaps_are_told(write):
    path = write(
        ELECTRICITY_MAPS,
        "2024-10-08 00:00:00,DE,1,1", "2024-10-08 01:00:00,DE,,1", "2024-10-08 04:00:00,DE,1,1",
    )  # fmt: skip
    missing = read_files([path])[0].missing
    assert [str(hour) for hour in missing["DE", "average", "lifecycle"]] == [
        "2024-10-08 02:00:00+00:00", "2024-10-08 03:00:00+00:00",
    ]  # fmt: skip
    assert len(missing["DE", "average", "direct"]) == 3


def test_files_may_overlap_but_not_contradict(write):
    first = write(ELECTRICITY_MAPS, "2024-10-08 03:00:00,DE,1,2", name="a.csv")
    same = write(ELECTRICITY_MAPS, "2024-10-08 03:00:00,DE,1,2", "2024-10-08 04:00:00,DE,1,2", name="b.csv")
    other = write(ELECTRICITY_MAPS, "2024-10-08 03:00:00,DE,1,3", name="c.csv")
    assert len(read_files([first, same])) == 2
    with pytest.raises(
        ImportFileError, match=r"DE 2024-10-08 03:00 UTC .*lifecycle.* different values: .*a\.csv: 2.*c\.csv: 3"
    ):
        read_files([first, other])


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["zone,datetime,g_per_kwh", "DE,2024-10-08T00:00,1"], "grid.csv:2: datetime: .*no offset.*--timezone"),
        (
            ["zone,datetime,g_per_kwh", "DE,2024-10-08T00:00Z,1", "DE,2024-10-08T01:00,1"],
            "grid.csv:3: datetime: '2024-10-08T01:00': no offset",
        ),
        (["zone,datetime,g_per_kwh", "DE,8.10.2024 01:00,1"], "grid.csv:2: datetime: .*expected a time"),
        (["zone,datetime,g_per_kwh", "DE,2024-02-30T00:00Z,1"], "grid.csv:2: datetime: .*no such time"),
        (["zone,datetime,g_per_kwh", "DE,2099-01-02T00:00Z,1"], "grid.csv:2: 2099-01-02 00:00 UTC is to come"),
        (["zone,datetime,g_per_kwh", "DE,1924-01-02T00:00Z,1"], "grid.csv:2: .*expected a time of our days"),
        (["zone,datetime,g_per_kwh", "DE,2024-10-08T00:00Z,-1"], "grid.csv:2: g_per_kwh: '-1': a negative"),
        (["zone,datetime,g_per_kwh", "DE,2024-10-08T00:00Z,4000"], "grid.csv:2: .*is it in lbs/MWh"),
        (["zone,datetime,g_per_kwh", "DE,2024-10-08T00:00Z,inf"], "grid.csv:2: .*expected a number"),
        (["zone,datetime,g_per_kwh", "DE,2024-10-08T00:00Z,12,5"], "more fields than headers"),
        (["zone,datetime,g_per_kwh", "DE,2024-10-08T00:00Z"], "holds no value"),
        (["zone,datetime,g_per_kwh", "", "DE,2024-10-08T00:00Z,x"], "grid.csv:3: g_per_kwh: 'x'"),
        (["zone;datetime;g_per_kwh", "DE;2024-10-08T00:00Z;1"], "expected ',' there"),
        (["zone,datetime,g_per_kwh,lbs_per_mwh", "DE,2024-10-08T00:00Z,1,1"], "one column of g_per_kwh or lbs_per_mwh"),
        (["zone,datetime,intensity", "DE,2024-10-08T00:00Z,1"], "one column of g_per_kwh or lbs_per_mwh, found 0"),
        (["zone,datetime,g_per_kwh,signal", "DE,2024-10-08T00:00Z,1,margin"], "grid.csv:2: signal: .*or marginal"),
        (["zone,datetime,g_per_kwh", "GERMANY,2024-10-08T00:00Z,1"], "'GERMANY' is no known zone; meant DE"),
        (["zone,datetime,g_per_kwh", "US-CAL-CSIO,2024-10-08T00:00Z,1"], "meant US-CAL-CISO"),
        (["zone,datetime,g_per_kwh", ",2024-10-08T00:00Z,1"], "grid.csv:2: zone: blank"),
        (
            ["zone,datetime,g_per_kwh", "DE,2024-10-08T00:00Z,1", "FR,2024-10-08T00:00Z,1", "DE,2024-10-08T00:00Z,2"],
            "grid.csv:4: DE 2024-10-08 00:00 UTC was given in line 2 already",
        ),
        (
            ["zone,datetime,g_per_kwh", *(f"DE,2024-10-0{day}T00:00Z,1" for day in range(1, 4))],
            "1440 minutes apart; expected hourly",
        ),
        (
            ["zone,datetime,g_per_kwh", "DE,2024-10-08T00:00Z,1", "DE,2024-10-08T00:07Z,1"],
            "7 minutes apart this time begins none",
        ),
        ([ELECTRICITY_MAPS, "2024-10-08 00:00:00+02:00,DE,1,1"], "expected a UTC time without an offset"),
        ([ELECTRICITY_MAPS, "2024-01-01 00:00:00,DE,1,1"], "looks like means of a day, a month or a year"),
        ([ELECTRICITY_MAPS, "2024-05-01 00:00:00,DE,1,1"], "looks like means of a day, a month or a year"),
        (["zone,datetime,g_per_kwh", "DE,2024-05-01T03:00Z,0.38"], "too low for DE .*kg/kWh or t/kWh"),
        (["zone,datetime,g_per_kwh", "DE,2024-05-01T03:00Z,0"], "too low for DE"),
        (["zone,datetime,g_per_kwh,basis", "DE,2024-05-01T03:00Z,0.00038,direct"], "too low for DE"),
        (["zone,year,g_per_kwh,basis", "GB,2024,0.20705,direct"], "too low for GB .*kg/kWh"),
        (["zone,year,g_per_kwh", "GB,2099,207"], "grid.csv:2: year: .*expected a number from 1990 to 20"),
        (["zone,datetime,g_per_kwh", "DE,2024-05-01T00:00+02:00,381"], "means of a month or a year"),
        (["Datetime (UTC),Zone Id", "2024-01-01 00:00:00,DE"], "no column 'carbon intensity gco2eq/kwh"),
        (["a,b", "1,2"], "of no known format"),
        (["zone,datetime,g_per_kwh"], "holds no rows"),
        ([""], "cannot be read as CSV"),
    ],
)  # fmt: skip
def test_a_bad_line_is_refused_with_what_to_mend(write, lines, complaint):
    path = write(*lines)
    with pytest.raises(ImportFileError) as refused:
        read_files([path])
    assert re.search(complaint, str(refused.value)), refused.value
    assert str(refused.value).startswith(str(path))


@pytest.mark.parametrize(
    ("time", "complaint"),
    [
        ("2024-03-31 02:30", "skips this time"),
        ("2024-10-27 02:30", "happens twice in Europe/Berlin; give the offset"),
    ],
)
def test_a_local_time_that_the_clock_does_not_know_once_is_refused(write, time, complaint):
    with pytest.raises(ImportFileError, match=complaint):
        hours(write("zone,datetime,g_per_kwh", f"DE,{time},1"), timezone="Europe/Berlin")


def test_an_unknown_time_zone_is_refused(write):
    with pytest.raises(ImportFileError, match="--timezone 'Berlin' is unknown"):
        hours(write("zone,datetime,g_per_kwh", "DE,2024-10-08T00:00,1"), timezone="Berlin")


def test_an_unknown_zone_is_taken_when_the_user_says_so(write):
    path = write("zone,datetime,g_per_kwh", "OUR-PLANT,2024-10-08T00:00Z,1")
    with pytest.raises(ImportFileError, match="--zone OUR-PLANT=OUR-PLANT"):
        hours(path)
    assert hours(path, renamed={"OUR-PLANT": "OUR-PLANT"})["zone"].tolist() == ["OUR-PLANT"]
    with pytest.raises(ImportFileError, match="--zone OUR-PLAN=DE: no file has a zone 'OUR-PLAN'"):
        hours(path, renamed={"OUR-PLANT": "DE", "OUR-PLAN": "DE"})


def test_zones_are_electricity_maps_countries_and_the_world():
    assert all(is_zone(zone) for zone in ("DE", "NA", "US-CAL-CISO", "AQ", "WORLD"))
    assert not is_zone("XX")
    assert similar_zones("de") == ["DE"]
    assert "GB" in similar_zones("Great Britain")


def test_where_the_newest_row_comes_first_a_repeated_hours_second_row_is_summer_time(write):
    rows = ["2024-10-27T03:00,104", "2024-10-27T02:00,103", "2024-10-27T02:00,102", "2024-10-27T01:00,101"]
    falling, rising = (
        hours(write("datetime,g_per_kwh", *lines), zone="DE", timezone="Europe/Berlin").set_index("ts")["g_per_kwh"]
        for lines in (rows, rows[::-1])
    )
    assert falling[utc("2024-10-27 00:00")] == rising[utc("2024-10-27 00:00")] == 102
    assert falling[utc("2024-10-27 01:00")] == rising[utc("2024-10-27 01:00")] == 103


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("CAISO_NORTH_health_damage_2024-01-01.csv", ["point_time,value", "2024-01-01T00:00Z,30"]),
        ("CAISO_NORTH_co2_moer_2024.csv", ["point_time,value,signal_type", "2024-01-01T00:00Z,30,health_damage"]),
        ("CAISO_NORTH_co2_moer_2024.csv", ["point_time,value,units", "2024-01-01T00:00Z,30,percentile"]),
        (
            "CAISO_NORTH.csv",
            [
                "point_time,value,region",
                *(f"2024-01-01T00:{5 * step:02}Z,{step * 8},CAISO_NORTH" for step in range(12)),
            ],
        ),
    ],
)
def test_watttimes_other_signals_are_no_intensities(write, name, lines):
    with pytest.raises(ImportFileError, match=r"co2_moer|lbs_co2_per_mwh"):
        hours(write(*lines, name=name))


@pytest.mark.parametrize("name", ["DE_2024_daily.csv", "DE_2024_monthly.csv", "DE-yearly-2024.csv"])
def test_a_download_that_is_named_after_a_longer_step_is_refused(write, name):
    with pytest.raises(ImportFileError, match="means of a longer period"):
        hours(write(ELECTRICITY_MAPS, "2024-10-08 03:00:00,DE,300,350", name=name))


def test_direct_values_in_another_unit_are_refused_and_a_clean_grids_are_not(write):
    head = "zone,datetime,g_per_kwh,basis"
    with pytest.raises(ImportFileError, match="kg/kWh or t/kWh"):
        hours(write(head, *(f"PL,2024-10-08T{hour:02}:00Z,0.7,direct" for hour in range(3))))
    assert (
        hours(write(head, "IS,2024-10-08T01:00Z,0.4,direct", "IS,2024-10-08T02:00Z,0.3,direct"))["g_per_kwh"].max()
        == 0.4
    )
    assert set(hours(write(head, *(f"IS,2024-10-08T{hour:02}:00Z,0,direct" for hour in range(24))))["g_per_kwh"]) == {0}
