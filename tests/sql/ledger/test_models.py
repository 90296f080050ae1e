"""Stage 3: which list prices and energy entries the calls of a batch can have."""

from datetime import UTC, datetime

RESOLVED = {
    "provider": "openai",
    "request_model": "gpt-4o",
    "price_provider": "openai",
    "price_model": "gpt-4o",
    "energy_id": "ecologits/openai/gpt-4o",
}
PRICE = {
    "book": "list",
    "provider": "openai",
    "model": "gpt-4o",
    "valid_from": datetime(2024, 1, 1, tzinfo=UTC),
    "token_priced": 1,
}


def test_each_step_has_its_prices_by_class(stage):
    stage.batch({})
    stage.given("model_resolution", RESOLVED)
    stage.given(
        "price_list",
        {
            **PRICE,
            "price_id": "p",
            "input_price": 2,
            "output_price": 3,
            "tier_starts": [100],
            "tier_input_prices": [4],
            "tier_output_prices": [5],
        },
    )
    assert stage.run("3_models", "price_id, steps.input AS i, steps.output AS o, steps.search AS s") == [
        ("p", [2, 4], [3, 5], [0, 0])
    ]


def test_the_row_that_says_most_of_tier_and_speed_holds(stage):
    stage.batch({"service_tier": "batch", "price_key": 1}, {"price_key": 2})
    stage.given("model_resolution", RESOLVED)
    stage.given(
        "price_list",
        {**PRICE, "price_id": "any", "service_tier": ""},
        {**PRICE, "price_id": "half", "service_tier": "batch"},
    )
    assert stage.run("3_models", "price_key, price_id") == [(1, "half"), (2, "any")]


def test_the_bounds_of_the_other_method_stand_beside(stage):
    stage.batch({})
    stage.given("model_resolution", RESOLVED)
    stage.given(
        "energy_model",
        {"energy_id": "ecologits/openai/gpt-4o", "method": "ecologits", "wh_per_request": 1},
        {"energy_id": "token-aware/openai/gpt-4o", "method": "token-aware", "wh_per_request_high": 9},
    )
    columns = "energy_id, wh_per_request, other_wh_per_request_high"
    assert stage.run("3_models", columns, energy_method="ecologits") == [("ecologits/openai/gpt-4o", 1.0, 9.0)]
    assert stage.run("3_models", columns, energy_method="ecologits", energy_bounds="method") == [
        ("ecologits/openai/gpt-4o", 1.0, 0.0)
    ]


def test_a_row_for_the_tier_goes_before_one_for_the_speed(stage):
    stage.batch({"service_tier": "batch", "speed": "fast"})
    stage.given("model_resolution", RESOLVED)
    stage.given(
        "price_list",
        {**PRICE, "price_id": "speed", "service_tier": "", "speed": "fast"},
        {**PRICE, "price_id": "tier", "service_tier": "batch", "speed": ""},
    )
    assert stage.run("3_models", "price_id") == [("tier",)]


def test_the_users_own_coefficients_come_first(stage):
    stage.batch({})
    stage.given("model_resolution", RESOLVED)
    for entry in ({"energy_id": "ecologits/openai/gpt-4o", "method": "ecologits"},
                  {"energy_id": "own/openai/gpt-4o", "method": "own"}):  # fmt: skip
        stage.given("energy_model", entry)
    assert stage.run("3_models", "energy_id", energy_method="ecologits") == [("own/openai/gpt-4o",)]


def test_classes_that_the_entry_prices_as_text_go_along(stage):
    stage.batch({})
    stage.given("model_resolution", RESOLVED)
    stage.given("price_list", {**PRICE, "price_id": "p", "text_priced": ["input_audio", "output_audio"]})
    assert stage.run("3_models", "text_priced") == [("input_audio output_audio",)]
