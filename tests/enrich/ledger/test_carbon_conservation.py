"""Every row's emissions, recomputed from its own evidence by other code; and the parts sum to the whole."""

import math
import random
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load

DAY = datetime(2024, 10, 8, tzinfo=UTC)
MODELS = (
    ("openai", "gpt-4o-2024-08-06"),
    ("anthropic", "claude-sonnet-4-5"),
    ("vllm", "our-own-70b"),
    ("vllm", "our-own"),
    ("x_ai", "grok-3"),
)
REGIONS = ("", "germanywestcentral", "westus", "eu-frankfurt-1", "nowhere-7")


@pytest.fixture(scope="module")
def rows(books):
    """A day of calls of every kind, by both methods, some measured, under contracts, with gaps in the grid's hours."""
    books.hours("DE", "2024-10-07", [200.0 + hour for hour in range(24)])
    books.hours("DE", "2024-10-08 06:00", [400.0 + hour for hour in range(10)])
    books.hours("US-CAL-CISO", "2024-10-12", [100.0] * 372)
    books.store.insert(
        "grid_contract",
        [
            {
                "contract_id": "wind", "kind": "ppa", "provider": "", "zone": "DE", "valid_from": DAY,
                "valid_until": DAY + timedelta(hours=12), "mwh": None, "share": 0.5, "g_per_kwh": 10.0, "source": "",
            },
            {
                "contract_id": "rest", "kind": "residual mix", "provider": "", "zone": "US", "valid_from": DAY,
                "valid_until": DAY + timedelta(days=1), "mwh": None, "share": None, "g_per_kwh": 450.0, "source": "",
            },
        ],
    )  # fmt: skip
    draw = random.Random(7)
    for method in ("ecologits", "token-aware"):
        spans = []
        for _ in range(150):
            provider, model = draw.choice(MODELS)
            spans.append(
                {
                    "provider": provider, "request_model": model, "cloud_region": draw.choice(REGIONS),
                    "tenant_id": draw.choice(["a", "b", "c"]), "ts": DAY + timedelta(minutes=draw.randrange(1440)),
                    "input_tokens": draw.randrange(9_000), "output_tokens": draw.randrange(900),
                    "cache_read_tokens": 0, "duration_ms": float(draw.randrange(20_000)),
                    "host_name": "gpu-1" if model == "our-own" else "",
                    "usage_source": draw.choice(["reported"] * 9 + ["missing"]),
                }
            )  # fmt: skip
        books.ingest(*spans)
        Worker(books.store, load(data_dir=books.configuration.data_dir, energy_method=method)).catch_up()
    books.store.insert(
        "energy_sample",
        [
            {
                "ingested_at": datetime.now(UTC), "trace_id": f"m{number}", "span_id": f"m{number}",
                "host_name": "gpu-1", "started_at": DAY + timedelta(minutes=number),
                "ended_at": DAY + timedelta(minutes=number + 1), "wh": draw.uniform(0, 9), "gpu_source": "nvml",
            }
            for number in range(1440)
        ],
    )  # fmt: skip
    books.enrich()
    return books.store.query_frame("SELECT * FROM calls")


def test_the_day_holds_rows_of_every_kind(rows):
    assert set(rows["energy_method"]) == {"measured", "modelled", "proxy", "unknown"}
    assert set(rows["intensity_resolution"]) == {"hour", "previous day", "month", "year"}
    assert {text.split("/")[0] for text in rows["energy_id"]} == {"ecologits", "token-aware", "proxy", "measured"}
    assert {"ppa wind, location-based intensity", "residual mix rest"} < set(rows["market_source"])


@pytest.mark.parametrize(
    ("result", "energy", "factor"),
    [
        ("co2e_g", "energy_wh", "intensity_g_per_kwh"),
        ("co2e_g_low", "energy_wh_low", "intensity_g_per_kwh"),
        ("co2e_g_high", "energy_wh_high", "intensity_g_per_kwh"),
        ("co2e_market_g", "energy_wh", "market_g_per_kwh"),
    ],
)
def test_kilowatt_hours_times_intensity_are_the_emissions_of_every_row(rows, result, energy, factor):
    expected = rows[energy] / 1000 * rows[factor]
    pd.testing.assert_series_equal(rows[result], expected, check_names=False, rtol=1e-12)
    assert rows[result].isna().equals(rows[energy].isna()), "unknown energy has unknown emissions, never zero"


def test_water_is_energy_times_the_places_litres(rows):
    expected = rows["energy_wh"] * rows["water_l_per_kwh"]
    known = rows["energy_wh"] > 0
    pd.testing.assert_series_equal(rows["water_ml"][known], expected[known], check_names=False, rtol=1e-9)


def test_the_intensity_is_that_of_the_stored_hours_by_the_stated_rule(rows, books):
    stored = books.store.query_frame(
        "SELECT zone, ts, g_per_kwh FROM grid_intensity FINAL WHERE resolution = 'hour' AND zone = 'DE'"
    )
    hours = dict(zip(stored["ts"], stored["g_per_kwh"], strict=True))
    german = rows[(rows["zone"] == "DE")]
    assert len(german) > 20
    for row in german.itertuples():
        hour = row.ts.floor("h")
        wanted = hours.get(hour, hours.get(hour - pd.Timedelta(days=1)))
        assert row.intensity_g_per_kwh == wanted
        assert row.intensity_resolution == ("hour" if hour in hours else "previous day")


def test_tenants_sum_to_the_total_in_energy_emissions_and_water(rows, books):
    names = ("energy_wh", "energy_wh_low", "energy_wh_high", "co2e_g", "co2e_market_g", "embodied_g", "water_ml")
    sums = ", ".join(f"sum(c.{name}) AS {name}" for name in names)
    parts = books.store.rows(f"SELECT tenant_id, {sums} FROM calls AS c GROUP BY tenant_id")
    assert len(parts) == 3
    for name in names:
        whole = math.fsum(rows[name].dropna())
        assert math.fsum(part[name] for part in parts) == pytest.approx(whole, rel=1e-12)


def test_bounds_hold_their_central_value(rows):
    known = rows[rows["energy_wh"].notna()]
    assert (known["energy_wh_low"] <= known["energy_wh"] * (1 + 1e-12)).all()
    assert (known["energy_wh"] <= known["energy_wh_high"] * (1 + 1e-12)).all()
