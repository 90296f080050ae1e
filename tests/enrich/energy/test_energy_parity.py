"""Energy and embodied emissions equal those that EcoLogits computes itself."""

import pytest
from ecologits.impacts.llm import compute_llm_impacts
from ecologits.model_repository import ParametersMoE, models
from ecologits.tracers.utils import PROVIDER_CONFIG_MAP, llm_impacts
from ecologits.utils.range_value import RangeValue

from spanledger_enrich.energy import energy_model

OUTPUTS = (1, 37, 400, 20_000)


def maker(model):
    return getattr(model.provider, "value", model.provider)


def bounds(value):
    """(low, high) in Wh or g of EcoLogits' kWh or kg."""
    if isinstance(value, RangeValue):
        return value.min * 1000, value.max * 1000
    return value * 1000, value * 1000


def own(model, output_tokens):
    """EcoLogits' own figures of a request that latency does not cut short."""
    parameters = model.architecture.parameters
    moe = isinstance(parameters, ParametersMoE)
    place = PROVIDER_CONFIG_MAP[maker(model)]
    return compute_llm_impacts(
        model_active_parameter_count=parameters.active if moe else parameters,
        model_total_parameter_count=parameters.total if moe else parameters,
        output_token_count=output_tokens,
        request_latency=float("inf"),
        if_electricity_mix_adpe=0.0,
        if_electricity_mix_pe=0.0,
        if_electricity_mix_gwp=0.0,
        if_electricity_mix_wue=0.0,
        datacenter_pue=place.datacenter_pue,
        datacenter_wue=place.datacenter_wue,
        tps=model.deployment.tps if model.deployment else None,
        ttft=model.deployment.ttft if model.deployment else None,
    )


TEXT_MODELS = [model for model in models.list_models() if maker(model) in PROVIDER_CONFIG_MAP]


@pytest.fixture(scope="module")
def coefficients():
    return {(row["provider"], row["model"]): row for row in energy_model.catalogue()}


def test_every_model_with_a_data_centre_is_in_the_catalogue(coefficients):
    assert len(TEXT_MODELS) > 100
    assert set(coefficients) == {(maker(model), model.name) for model in TEXT_MODELS}


@pytest.mark.parametrize("output_tokens", OUTPUTS)
def test_coefficients_give_ecologits_energy_at_any_length(coefficients, output_tokens):
    for model in TEXT_MODELS:
        row = coefficients[maker(model), model.name]
        low, high = bounds(own(model, output_tokens).energy.value)
        ours = {
            bound: row[f"wh_per_output_token{bound}"] * output_tokens + row[f"wh_per_request{bound}"]
            for bound in ("_low", "", "_high")
        }
        expected = {"_low": low, "": (low + high) / 2, "_high": high}
        assert ours == pytest.approx(expected, rel=1e-9), model.name


@pytest.mark.parametrize("output_tokens", OUTPUTS)
def test_coefficients_give_ecologits_embodied_emissions_at_any_length(coefficients, output_tokens):
    for model in TEXT_MODELS:
        row = coefficients[maker(model), model.name]
        low, high = bounds(own(model, output_tokens).embodied.gwp.value)
        ours = row["embodied_g_per_output_token"] * output_tokens + row["embodied_g_per_request"]
        assert ours == pytest.approx((low + high) / 2, rel=1e-9), model.name


def test_no_range_is_inverted_and_no_coefficient_negative(coefficients):
    for row in coefficients.values():
        assert 0 < row["wh_per_output_token_low"] <= row["wh_per_output_token"] <= row["wh_per_output_token_high"]
        assert 0 <= row["wh_per_request_low"] <= row["wh_per_request"] <= row["wh_per_request_high"]
        assert row["embodied_g_per_output_token"] >= 0
        assert row["embodied_g_per_request"] >= 0


# The span's provider, EcoLogits' name of it, and a model.
SAMPLES = [
    ("openai", "openai", "gpt-4o-2024-08-06"),
    ("openai", "openai", "gpt-4o-mini-2024-07-18"),
    ("azure.ai.openai", "openai", "gpt-4-turbo-2024-04-09"),
    ("anthropic", "anthropic", "claude-3-5-sonnet-20240620"),
    ("mistral_ai", "mistralai", "mistral-large-latest"),
    ("gcp.gemini", "google_genai", "gemini-2.5-pro"),
]


@pytest.mark.usefixtures("own_bounds")
def test_the_ledgers_energy_is_that_of_ecologits_tracer(books):
    known = {(maker(model), model.name) for model in TEXT_MODELS}
    cases = [(*sample, tokens) for sample in SAMPLES if sample[1:] in known for tokens in OUTPUTS]
    assert len(cases) >= 4 * len(OUTPUTS)
    spans = [{"provider": p, "request_model": model, "output_tokens": tokens} for p, _, model, tokens in cases]
    for (_, theirs, model, tokens), call in zip(cases, books.book(*spans), strict=True):
        impacts = llm_impacts(theirs, model, tokens, request_latency=float("inf"))
        low, high = bounds(impacts.energy.value)
        assert call["energy_wh_low"] == pytest.approx(low, rel=1e-9)
        assert call["energy_wh"] == pytest.approx((low + high) / 2, rel=1e-9)
        assert call["energy_wh_high"] == pytest.approx(high, rel=1e-9)
        assert call["energy_method"] == "modelled"


@pytest.mark.usefixtures("own_bounds")
def test_input_tokens_do_not_change_the_energy(books):
    short, long = books.book({"input_tokens": 1, "output_tokens": 50}, {"input_tokens": 100_000, "output_tokens": 50})
    assert short["energy_wh"] == long["energy_wh"]


def test_every_coefficient_arrives_in_the_database_as_computed(books, coefficients):
    stored = books.store.rows(
        "SELECT * FROM energy_model FINAL WHERE method = 'ecologits' AND source = {source:String}",
        source=energy_model.SOURCE,
    )
    assert len(stored) == len(coefficients)
    for row in stored:
        expected = coefficients[row["provider"], row["model"]]
        assert {name: row[name] for name in expected} == expected


def test_the_catalogue_is_loaded_once(books):
    assert energy_model.load(books.store) == 0
