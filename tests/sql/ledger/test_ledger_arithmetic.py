"""Stage 7 at its edges: which step, which class, what is rounded, believed and unknown."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from price_step import step

MODEL = {
    "price_key": 1,
    "price_id": "p",
    "valid_from": datetime(2024, 1, 1, tzinfo=UTC),
    "token_priced": 1,
    "unit_minimum_cost": 0,
    "other_wh_per_request_low": float("inf"),
}
# Noon of the stages' calls is 12:30 UTC.
HALF_PAST_TWELVE = 45_000


def test_a_part_of_the_day_begins_with_its_first_second(stage):
    stage.batch({"input_tokens": 1})
    stage.given(
        "ledger_models", {**MODEL, "window_starts": [HALF_PAST_TWELVE], "steps": [step(input=1), step(input=9)]}
    )
    assert stage.run("7_ledger", "input_cost") == [(9,)]


def test_tokens_of_each_modality_have_their_own_price(stage):
    stage.batch({
        "input_tokens": 1000, "cache_read_tokens": 300, "input_audio_tokens": 150, "cache_read_audio_tokens": 100,
        "input_image_tokens": 80, "cache_read_image_tokens": 50, "input_video_tokens": 20,
        "output_tokens": 100, "output_audio_tokens": 30, "output_image_tokens": 20, "reasoning_tokens": 90,
    })  # fmt: skip
    prices = step(
        input=1, input_audio=10, input_image=100, input_video=1000, cache_read=2, cache_read_audio=20,
        cache_read_image=200, output=3, output_audio=30, output_image=300, reasoning=7,
    )  # fmt: skip
    stage.given("ledger_models", {**MODEL, "steps": [prices]})
    # Of the 700 uncached: 50 of audio, 30 of images, 20 of video; of the answer no more reasoning than what is left.
    assert stage.run("7_ledger", "input_cost, cache_read_cost, output_cost") == [
        (600 + 50 * 10 + 30 * 100 + 20 * 1000, 150 * 2 + 100 * 20 + 50 * 200, 30 * 30 + 20 * 300 + 50 * 7)
    ]


def test_half_of_the_last_digit_is_rounded_up(stage):
    stage.batch({"span": 1, "input_tokens": 1}, {"span": 2, "input_tokens": 1, "price_key": 2})
    stage.given("ledger_models", {**MODEL, "steps": [step(input=Decimal("5e-13"))]})
    stage.given("ledger_models", {**MODEL, "price_key": 2, "steps": [step(input=Decimal("4.9e-13"))]})
    assert stage.run("7_ledger", "input_cost") == [(Decimal(0),), (Decimal("1e-12"),)]


@pytest.mark.parametrize(("quantity", "cost"), [(0, 0), (3, 5), (30, 6)])
def test_any_use_of_a_unit_costs_its_minimum(stage, quantity, cost):
    stage.batch({"vendor_unit": "audio_second", "vendor_quantity": quantity})
    price = {"unit_known": 1, "unit_price": Decimal("0.2"), "unit_minimum_cost": 5}
    stage.given("ledger_models", {**MODEL, **price, "steps": [step()]})
    assert stage.run("7_ledger", "other_cost") == [(cost,)]


@pytest.mark.parametrize(
    ("call", "free", "parts", "status"),
    [
        ({"web_searches": 2, "inference_geo": "us"}, 0, "2 web search, inference_geo us", "partial"),
        ({"web_searches": 2, "inference_geo": "us"}, 1, "", "free"),
        ({"inference_geo": "global"}, 0, "", "priced"),
        ({"inference_geo": "not_available"}, 0, "", "priced"),
    ],
)
def test_what_has_no_price_is_named_but_of_what_is_free(stage, call, free, parts, status):
    stage.batch(call)
    stage.given("ledger_models", {**MODEL, "free": free, "steps": [step(input=1)]})
    assert stage.run("7_ledger", "unpriced_parts, price_status") == [(parts, status)]


@pytest.mark.parametrize(
    ("call", "known"),
    [
        ({"web_searches": 1_000_000}, True),
        ({"web_searches": 1_000_001}, False),
        ({"vendor_unit": "page", "vendor_quantity": 1_000_000_000}, True),
        ({"vendor_unit": "page", "vendor_quantity": 1_000_000_001}, False),
        ({"vendor_unit": "page", "vendor_quantity": -1}, False),
        ({"usage_source": "missing"}, False),
        ({"usage_source": "missing", "status": "error"}, True),
    ],
)
def test_quantities_that_nobody_could_have_used_are_not_believed(stage, call, known):
    stage.batch(call)
    stage.given("ledger_models", {**MODEL, "unit_known": 1, "unit_price": Decimal("0.000001"), "steps": [step()]})
    assert stage.run("7_ledger", "list_cost IS NOT NULL AS known") == [(known,)]


def test_nobodys_embodied_emissions_are_nil(stage):
    stage.batch({"output_tokens": 10})
    energy = {"energy_id": "own/x", "energy_method": "own", "embodied_g_per_output_token": 0.0,
              "embodied_g_per_request": 1.0, "embodied_g_per_second_low": 0.0, "embodied_g_per_second_high": 0.0,
              "seconds_per_output_token_low": 0.0, "seconds_per_output_token_high": 0.0,
              "seconds_per_request": 0.0}  # fmt: skip
    stage.given("ledger_models", {**MODEL, **energy, "steps": [step()]})
    assert stage.run("7_ledger", "embodied_g") == [(None,)]


def test_an_overhead_that_nobody_gave_has_bounds(stage):
    stage.batch({})
    stage.given("ledger_models", {**MODEL, "steps": [step()]})
    stage.given(
        "ledger_measured", {"span": 1, "host_name": "gpu-1", "wh": 10.0, "wh_low": 10.0, "wh_high": 10.0, "pue": None}
    )
    columns = "round(energy_wh_low, 9) AS low, round(energy_wh, 9) AS wh, round(energy_wh_high, 9) AS high"
    assert stage.run("7_ledger", columns, default_pue=1.3) == [(11, 13, 18)]
    assert stage.run("7_ledger", columns, default_pue=2.0) == [(11, 20, 20)]
    assert stage.run("7_ledger", columns, default_pue=1.0) == [(10, 10, 18)]


@pytest.mark.parametrize(("duration_ms", "wh"), [(100.0, 1000 - 90), (99.0, 1000)])
def test_a_span_that_ended_before_its_stream_did_is_not_taken_for_a_short_call(stage, duration_ms, wh):
    stage.batch({"output_tokens": 500, "duration_ms": duration_ms})
    zero = dict.fromkeys(
        ("wh_per_input_token", "wh_per_cache_read_token", "wh_per_request", "seconds_per_request"), 0.0
    )
    energy = {"energy_id": "own/x", "energy_method": "own", "wh_per_output_token": 2.0, "wh_per_second_low": 100.0,
              "wh_per_second_high": 100.0, "seconds_per_output_token_low": 0.002,
              "seconds_per_output_token_high": 0.002, "pue": 1.2}  # fmt: skip
    stage.given("ledger_models", {**MODEL, **zero, **energy, "steps": [step()]})
    assert stage.run("7_ledger", "round(energy_wh, 6) AS wh") == [(wh,)]
