"""Stage 5: what a host's samples say of a batch's calls."""

from datetime import UTC, datetime

SHARE = {
    "host_name": "gpu-1",
    "hour": datetime(2024, 10, 8, 12, tzinfo=UTC),
    "ts": datetime(2024, 10, 8, 12, 30, tzinfo=UTC),
}


def test_the_latest_sharing_out_of_the_hour_holds(stage):
    stage.batch({"span": stage.store.value("SELECT cityHash64('t', 'b')")})
    for version, span, wh in ((1, "a", 5.0), (2, "b", 3.0), (2, "", 1.0), (1, "", 2.0)):
        stage.given("energy_allocation", {**SHARE, "trace_id": "t", "span_id": span, "wh": wh, "version": version})
    assert stage.run("5_measured", "host_name, wh") == [("gpu-1", 3.0)]


def test_a_measured_call_ran_in_the_region_of_its_host_whatever_it_names(stage):
    spans = [stage.store.value(f"SELECT cityHash64('t', '{name}')") for name in "ab"]
    stage.batch({"span": spans[0], "cloud_region": ""}, {"span": spans[1], "cloud_region": "FR"})
    for span in ("a", "b", ""):
        stage.given(
            "energy_allocation",
            {**SHARE, "trace_id": "t", "span_id": span, "cloud_region": "DE", "wh": 1.0, "version": 1},
        )
    assert stage.run("5_measured", "cloud_region") == [("DE",), ("DE",)]
