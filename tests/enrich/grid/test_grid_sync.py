"""The live sources over real sockets: their shapes, limits, gaps, and what can go wrong."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from harness.grid_server import lifecycle_g

from spanledger_enrich.grid.grid_record import Recorded
from spanledger_enrich.grid.grid_sync import Synced, missing, sync, windows
from spanledger_enrich.grid.sources.electricity_maps import ElectricityMapsApi
from spanledger_enrich.grid.sources.http import GridHttp, GridKeyRefusedError, GridSourceError
from spanledger_enrich.grid.sources.watttime import WattTimeApi

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def fetch(store, source, region, days, zone="", begin=BEGIN, **options):
    hours = missing(store, source, zone or region, begin, begin + days * DAY, **options)
    result = Synced()
    for window in sync(store, source, region, zone or region, hours):
        result += window
    return result


def stored(store):
    return store.rows(
        "SELECT zone, signal, basis, ts, g_per_kwh, quality, source FROM grid_intensity FINAL ORDER BY zone, ts"
    )


def reply(**point):
    return {"zone": "DE", "data": [{"datetime": "2024-01-01T00:00:00Z", "carbonIntensity": 1, **point}]}


def test_electricity_maps_hours_keep_their_value_and_quality(store, electricity_maps):
    result = fetch(store, electricity_maps, "DE", 1)
    assert result.recorded == Recorded(new=24)
    rows = stored(store)
    assert [row["g_per_kwh"] for row in rows] == [lifecycle_g(row["ts"]) for row in rows]
    assert {(row["signal"], row["basis"], row["source"]) for row in rows} == {
        ("average", "lifecycle", "Electricity Maps")
    }
    assert [row["ts"].hour for row in rows if row["quality"] == "estimated"] == [3]


def test_calls_stay_within_ten_days(store, electricity_maps, server):
    assert fetch(store, electricity_maps, "DE", 25).recorded.new == 25 * 24
    assert len(server.asked) == 3


def test_watttime_is_marginal_averaged_to_hours_and_converted(store, watttime):
    assert fetch(store, watttime, "CAISO_NORTH", 2, zone="US-CAL-CISO").recorded == Recorded(new=48)
    rows = stored(store)
    # 800, 805, ... 855 lbs/MWh.
    assert {round(row["g_per_kwh"], 9) for row in rows} == {round(827.5 * 0.45359237, 9)}
    assert {(row["zone"], row["signal"], row["basis"], row["quality"], row["source"]) for row in rows} == {
        (
            "US-CAL-CISO", "marginal", "direct", "measured",
            "WattTime CAISO_NORTH (model 2022-10-01), mean of 12 5-minute values",
        )
    }  # fmt: skip


def test_watttime_logs_in_once_and_again_when_the_token_has_expired(store, watttime, server):
    fetch(store, watttime, "CAISO_NORTH", 1)
    fetch(store, watttime, "CAISO_NORTH", 2)
    assert len(server.calls("/login")) == 1
    server.token += 1
    assert fetch(store, watttime, "CAISO_NORTH", 3).recorded.new == 24
    assert len(server.calls("/login")) == 2


def test_gb_is_direct_and_averaged_from_half_hours(store, gb, server):
    assert fetch(store, gb, "GB", 20).recorded == Recorded(new=480)
    assert len(server.asked) == 2
    rows = stored(store)
    assert {(row["g_per_kwh"], row["basis"], row["quality"], row["source"]) for row in rows} == {
        (75.0, "direct", "measured", "GB Carbon Intensity, mean of 2 half-hours")
    }


def test_an_unsettled_half_hour_is_a_forecast_and_fetched_again(store, gb, server):
    server.unsettled_from = BEGIN + timedelta(hours=22, minutes=30)
    assert fetch(store, gb, "GB", 1).recorded == Recorded(new=24)
    assert [(row["g_per_kwh"], row["quality"]) for row in stored(store)[-3:]] == [
        (75.0, "measured"), (130.0, "forecast"), (200.0, "forecast"),
    ]  # fmt: skip
    server.unsettled_from += DAY
    result = fetch(store, gb, "GB", 1)
    assert result.recorded == Recorded(corrected=2)
    assert {row["quality"] for row in stored(store)} == {"measured"}


def test_only_gaps_are_fetched(store, electricity_maps, server):
    server.nulls = {BEGIN + timedelta(hours=5), BEGIN + timedelta(hours=6)}
    first = fetch(store, electricity_maps, "DE", 2)
    assert (first.recorded.new, first.still_missing) == (46, 2)
    server.nulls.pop()
    server.asked.clear()
    second = fetch(store, electricity_maps, "DE", 2)
    assert (second.asked, second.recorded.new, second.still_missing) == (2, 1, 1)
    assert server.asked[0][1]["start"] == "2024-01-01T05:00:00Z"
    assert server.asked[0][1]["end"] == "2024-01-01T07:00:00Z"
    server.nulls.clear()
    fetch(store, electricity_maps, "DE", 2)
    server.asked.clear()
    assert fetch(store, electricity_maps, "DE", 2) == Synced()
    assert not server.asked


def test_a_refresh_fetches_all_and_keeps_what_was(store, electricity_maps, server):
    fetch(store, electricity_maps, "DE", 1)
    assert fetch(store, electricity_maps, "DE", 1, refresh=True).recorded == Recorded(unchanged=24)
    server.factor = 1.1
    assert fetch(store, electricity_maps, "DE", 1, refresh=True).recorded == Recorded(corrected=24)
    assert store.value("SELECT count() FROM grid_correction") == 24


def test_recent_estimates_are_fetched_again_and_the_running_hour_is_left(store, electricity_maps):
    now = datetime.now(UTC)
    begin = now.replace(hour=0, minute=0, second=0, microsecond=0) - DAY
    result = fetch(store, electricity_maps, "DE", 3, begin=begin)
    assert result.asked == 24 + now.hour
    again = missing(store, electricity_maps, "DE", begin, begin + DAY)
    assert [hour.hour for hour in again] == [3]


def test_what_was_fetched_before_a_failure_stays_and_the_next_run_goes_on(store, electricity_maps, server):
    hours = missing(store, electricity_maps, "DE", BEGIN, BEGIN + 25 * DAY)
    running = sync(store, electricity_maps, "DE", "DE", hours)
    next(running)
    for _ in range(3):
        server.say(500)
    with pytest.raises(GridSourceError, match="answered 500; asked 3 times; try again later"):
        next(running)
    assert len(stored(store)) == 240
    server.asked.clear()
    assert fetch(store, electricity_maps, "DE", 25).recorded.new == 360
    assert server.asked[0][1]["start"] == "2024-01-11T00:00:00Z"


def test_too_many_requests_wait_as_long_as_the_source_asks(store, electricity_maps, server, waits):
    server.say(429, Retry_After="7")
    assert fetch(store, electricity_maps, "DE", 1).recorded.new == 24
    assert 7.0 in waits


def test_a_wait_may_be_given_as_a_date(electricity_maps, server, waits):
    server.say(503, Retry_After=format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True))
    electricity_maps.samples("DE", BEGIN, BEGIN + DAY)
    assert max(waits) == pytest.approx(100, abs=5)


def test_server_errors_are_retried_with_growing_waits(store, electricity_maps, server, waits):
    server.say(503)
    server.say(500)
    assert fetch(store, electricity_maps, "DE", 1).recorded.new == 24
    backoff = [wait for wait in waits if wait > 0.5]
    assert len(backoff) == 2
    assert backoff[0] < backoff[1] + 1


def test_a_source_that_asks_to_wait_for_an_hour_is_not_waited_for(electricity_maps, server, waits):
    server.say(429, Retry_After="3600")
    with pytest.raises(GridSourceError, match="asks to wait 3600 s"):
        electricity_maps.samples("DE", BEGIN, BEGIN + DAY)
    assert not [wait for wait in waits if wait > 1]


def test_a_wrong_key_is_said_without_telling_it(http):
    source = ElectricityMapsApi(http("Electricity Maps", "/v3"), "wrong-key")
    with pytest.raises(GridKeyRefusedError, match=r"refused the key \(401\): Invalid auth-token; set KEY") as refused:
        source.samples("DE", BEGIN, BEGIN + DAY)
    assert "wrong-key" not in str(refused.value)


def test_a_wrong_login_is_said_after_one_try(http, server):
    with pytest.raises(GridKeyRefusedError, match="wrong name or password"):
        WattTimeApi(http("WattTime"), "wt-user", "no").samples("CAISO_NORTH", BEGIN, BEGIN + DAY)
    assert len(server.asked) == 1


def test_a_region_outside_of_the_plan_is_said(watttime):
    with pytest.raises(GridSourceError, match=r"\(403\): your plan has no access"):
        watttime.samples("ERCOT", BEGIN, BEGIN + DAY)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"<html>maintenance</html>", "not understood: Invalid JSON.*is the address right"),
        (b"", "not understood: Invalid JSON"),
        ({"zone": "DE", "history": []}, "data: Field required"),
        ([], "Input should be an object"),
        ({"zone": "FR", "data": []}, "asked for zone DE, answered with 'FR'"),
        (reply(datetime="2024-01-01T00:00:00"), "data.0.datetime.*timezone"),
        (reply(carbonIntensity="a"), "data.0.carbonIntensity"),
        (reply(emissionFactorType="direct"), "asked for lifecycle factors, answered with 'direct'"),
    ],
)
def test_nonsense_is_refused(electricity_maps, server, body, complaint):
    server.say(200, body, Content_Type="text/html")
    with pytest.raises(GridSourceError, match=complaint):
        electricity_maps.samples("DE", BEGIN, BEGIN + DAY)


def test_a_time_within_an_hour_is_refused_and_nothing_stored(store, electricity_maps, server):
    server.say(200, reply(datetime="2024-01-01T00:07:00Z"))
    with pytest.raises(GridSourceError, match="begins none of an hour"):
        fetch(store, electricity_maps, "DE", 1)
    assert not stored(store)


def test_finer_values_than_asked_for_do_not_pass_for_hours(store, electricity_maps, server):
    quarters = [f"2024-01-01T00:{minute:02}:00Z" for minute in (0, 15, 30, 45)]
    server.say(200, {"zone": "DE", "data": [{"datetime": time, "carbonIntensity": 1} for time in quarters]})
    with pytest.raises(GridSourceError, match="15 minutes apart; expected 60"):
        fetch(store, electricity_maps, "DE", 1)


def test_another_unit_is_refused(watttime, server):
    server.units = "kg_co2_per_mwh"
    with pytest.raises(GridSourceError, match="answered in 'kg_co2_per_mwh'; expected lbs_co2_per_mwh"):
        watttime.samples("CAISO_NORTH", BEGIN, BEGIN + DAY)


def test_impossible_values_are_left_out_and_counted(store, electricity_maps, server):
    server.factor = -1.0
    result = fetch(store, electricity_maps, "DE", 1)
    assert (result.impossible, result.still_missing) == (24, 24)


def test_an_empty_answer_leaves_the_gap(store, electricity_maps, server):
    server.say(200, {"zone": "DE", "data": []})
    assert fetch(store, electricity_maps, "DE", 1).still_missing == 24


def test_nobody_there_is_said(waits):
    with (
        GridHttp("the source", "http://127.0.0.1:9", attempts=2, sleep=waits.append) as http,
        pytest.raises(GridSourceError, match=r"no answer from http://127.0.0.1:9.*asked 2 times"),
    ):
        http.get("/login")


def test_questions_keep_to_the_rate(server, waits):
    with GridHttp("the source", server.url, per_second=0.01, sleep=waits.append) as http:
        for _ in range(3):
            http.get("/login", auth=("wt-user", "wt-password"))
    assert waits == pytest.approx([100, 200], abs=20)


def test_windows_are_few_and_short_enough(store, gb):
    hours = missing(store, gb, "GB", BEGIN, BEGIN + 40 * DAY)
    assert [len(window) for window in windows(hours, timedelta(days=14))] == [336, 336, 288]
    scattered = hours[[0, 335, 336, 900]]
    assert [list(window) for window in windows(scattered, timedelta(days=14))] == [
        list(scattered[:2]), list(scattered[2:3]), list(scattered[3:]),
    ]  # fmt: skip
