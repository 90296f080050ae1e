"""Stage 7: cost, energy and emissions from what the other stages put down."""

from datetime import UTC, datetime

import pytest
from price_step import step

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
MODEL = {
    "price_key": 1,
    "price_id": "p",
    "valid_from": LONG_AGO,
    "token_priced": 1,
    "unit_minimum_cost": 0,
    "other_wh_per_request_low": float("inf"),
}
ENERGY = {
    "energy_id": "own/x",
    "energy_method": "own",
    "wh_per_output_token": 2.0,
    "wh_per_input_token": 0.0,
    "wh_per_cache_read_token": 0.0,
    "wh_per_request": 1.0,
    "wh_per_second_low": 0.0,
    "wh_per_second_high": 0.0,
    "seconds_per_output_token_low": 0.0,
    "seconds_per_output_token_high": 0.0,
    "seconds_per_request": 0.0,
    "pue": 1.2,
}
CALL = {
    "input_tokens": 1000,
    "cache_read_tokens": 400,
    "cache_write_tokens": 100,
    "output_tokens": 50,
    "reasoning_tokens": 20,
    "duration_ms": 1.0,
}


def test_every_token_is_billed_once_at_its_classes_price(stage):
    stage.batch(CALL)
    stage.given(
        "ledger_models",
        {**MODEL, "steps": [step(input=1, cache_read=2, cache_write=3, output=4, reasoning=5, request=7)]},
    )
    costs = "input_cost, cache_read_cost, cache_write_cost, output_cost, other_cost, list_cost, contracted_cost"
    assert stage.run("7_ledger", costs) == [(500, 800, 300, 220, 7, 1827, 1827)]


def test_list_and_contract_are_reckoned_by_the_same_arithmetic(stage):
    stage.batch(CALL)
    steps = [step(input=1, cache_read=2, cache_write=3, output=4, reasoning=5, request=7)]
    stage.given("ledger_models", {**MODEL, "steps": steps})
    stage.store.execute(
        "INSERT INTO ledger_contracts SELECT cityHash64(toUInt64(1), cityHash64('')), valid_from, 'c', token_priced, "
        "text_priced, unit_price, unit_known, unit_minimum_cost, other_charge, others_unpriced, tier_starts, "
        "window_starts, steps FROM ledger_models"
    )
    assert stage.run("7_ledger", "contract_price_id, contracted_cost = list_cost AS same") == [("c", True)]


def test_a_prompt_over_a_tiers_start_pays_the_tiers_prices(stage):
    stage.batch({**CALL, "span": 1}, {**CALL, "span": 2, "input_tokens": 1001})
    stage.given("ledger_models", {**MODEL, "tier_starts": [1000], "steps": [step(input=1), step(input=10)]})
    assert stage.run("7_ledger", "input_cost") == [(500,), (5010,)]


def test_without_a_price_the_cost_is_unknown_not_zero(stage):
    stage.batch({**CALL, "price_key": 9})
    assert stage.run("7_ledger", "price_status, list_cost, contracted_cost") == [("unpriced", None, None)]


def test_measured_energy_goes_before_what_the_model_is_reckoned_to_draw(stage):
    stage.batch({**CALL, "span": 1}, {**CALL, "span": 2})
    stage.given("ledger_models", {**MODEL, **ENERGY, "steps": [step()]})
    stage.given("ledger_places", {"place_key": 1, "g_per_kwh": 100.0, "zone": "GB", "resolution": "hour"})
    stage.given(
        "ledger_measured",
        {"span": 2, "host_name": "gpu-1", "wh": 10.0, "wh_low": 9.0, "wh_high": 11.0, "pue": 1.5, "place_key": 1},
    )
    [modelled, measured] = stage.run("7_ledger", "energy_method, energy_wh, pue, co2e_g")[::-1]
    assert modelled[:3] == ("modelled", 101.0, 1.2)
    assert modelled[3] == pytest.approx(10.1)
    assert measured == ("measured", 15.0, 1.5, 1.5)


def test_a_rule_that_goes_first_wins_over_the_span(stage):
    stage.batch({"span": 1, "tenant_id": "acme", "tenant_source": "tenant.id"})
    stage.given(
        "ledger_verdicts",
        {"span": 1, "counted": 1, "rule_tenant_id": "globex", "rule_source": "rule 1: a", "rule_goes_first": 1},
    )
    assert stage.run("7_ledger", "tenant_id, tenant_source, list_cost") == [("globex", "rule 1: a", None)]


@pytest.mark.parametrize(
    ("priced_as_text", "parts"),
    [
        (
            "input_audio cache_read_audio output_audio output_image",
            "30 input audio tokens at the price of text, 20 cached audio tokens at the price of text, "
            "7 output audio tokens at the price of text, 5 output image tokens at the price of text",
        ),
        ("output_image", "5 output image tokens at the price of text"),
        ("", ""),
    ],
)
def test_audio_and_images_that_are_priced_as_text_are_marked(stage, priced_as_text, parts):
    modal = {
        "input_audio_tokens": 50,
        "cache_read_audio_tokens": 20,
        "output_audio_tokens": 7,
        "output_image_tokens": 5,
    }
    stage.batch({**CALL, **modal, "input_image_tokens": 9})
    stage.given("ledger_models", {**MODEL, "text_priced": priced_as_text, "steps": [step(input=1, output=4)]})
    assert stage.run("7_ledger", "unpriced_parts, price_status") == [(parts, "partial" if parts else "priced")]


def test_a_contract_that_prices_audio_takes_the_lists_mark_away(stage):
    stage.batch({**CALL, "output_audio_tokens": 7})
    stage.given("ledger_models", {**MODEL, "text_priced": "output_audio", "steps": [step(output=4)]})
    stage.store.execute(
        "INSERT INTO ledger_contracts (contract_key, valid_from, price_id, token_priced, unit_minimum_cost, steps) "
        "SELECT cityHash64(toUInt64(1), cityHash64('')), valid_from, 'c', token_priced, 0, steps FROM ledger_models"
    )
    assert stage.run("7_ledger", "unpriced_parts, price_status") == [("", "priced")]
