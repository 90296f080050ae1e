"""Stage 6: what a host's samples say of a batch's calls."""

from datetime import UTC, datetime

SHARE = {
    "host_name": "gpu-1",
    "hour": datetime(2024, 10, 8, 12, tzinfo=UTC),
    "ts": datetime(2024, 10, 8, 12, 30, tzinfo=UTC),
}


def test_the_latest_sharing_out_of_the_hour_holds(stage):
    stage.batch({})
    for version, span, wh in ((1, "a", 5.0), (2, "b", 3.0), (2, "", 1.0), (1, "", 2.0)):
        stage.given("energy_allocation", {**SHARE, "trace_id": "t", "span_id": span, "wh": wh, "version": version})
    assert stage.run("6_measured", "host_name, wh") == [("gpu-1", 3.0)]
