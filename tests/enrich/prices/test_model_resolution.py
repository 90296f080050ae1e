"""Which price a reported model means: providers' names in every dialect, regions in names, and what is not known."""

from datetime import UTC, datetime

import pytest

from spanledger_enrich.energy import energy_model
from spanledger_enrich.prices import catalogue_names, price_list
from spanledger_enrich.prices.catalogue_names import PriceEntry
from spanledger_vocabulary.provider import providers


@pytest.mark.parametrize(
    ("provider", "model", "entry"),
    [
        ("openai", "gpt-4o-2024-08-06", ("openai", "gpt-4o")),
        ("openai", "GPT-4o", ("openai", "gpt-4o")),
        ("azure.ai.openai", "gpt-4o-2024-08-06", ("openai", "gpt-4o")),
        ("az.ai.openai", "gpt-4o", ("openai", "gpt-4o")),
        ("azure.ai.inference", "gpt-4o", ("openai", "gpt-4o")),
        ("azure", "gpt-35-turbo", ("openai", "gpt-3.5-turbo")),
        ("anthropic", "claude-3-5-sonnet-20240620", ("anthropic", "claude-3-5-sonnet")),
        (
            "aws.bedrock",
            "us.anthropic.claude-3-5-sonnet-20240620-v1:0",
            ("aws", "regional.anthropic.claude-3-5-sonnet-20240620-v1:0"),
        ),
        (
            "bedrock",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-5-sonnet-20240620-v1:0",
            ("aws", "regional.anthropic.claude-3-5-sonnet-20240620-v1:0"),
        ),
        (
            "aws.bedrock",
            "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            ("aws", "global.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ),
        ("gcp.vertex_ai", "gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("gcp.vertex_ai", "claude-sonnet-4@20250514", ("google", "claude-4-sonnet")),
        ("gcp.vertex_ai", "publishers/google/models/gemini-2.0-flash", ("google", "gemini-2.0-flash")),
        ("gcp.gemini", "gemini-2.0-flash", ("google", "gemini-2.0-flash")),
        ("gcp.gen_ai", "models/gemini-2.0-flash", ("google", "gemini-2.0-flash")),
        ("gemini", "gemini-2.0-flash", ("google", "gemini-2.0-flash")),
        ("mistral_ai", "mistral-large-latest", ("mistral", "mistral-large")),
        ("mistralai", "mistral-large-latest", ("mistral", "mistral-large")),
        ("x_ai", "grok-3", ("x-ai", "grok-3")),
        ("cohere", "command-r-plus", ("cohere", "command-r-plus")),
        ("groq", "llama-3.3-70b-versatile", ("groq", "llama-3.3-70b-versatile")),
        ("litellm", "anthropic/claude-3-5-sonnet-20240620", ("anthropic", "claude-3-5-sonnet")),
        ("", "litellm_proxy/gpt-4o", ("openai", "gpt-4o")),
        ("", "litellm_proxy/anthropic/claude-3-5-sonnet-20240620", ("anthropic", "claude-3-5-sonnet")),
    ],
)
def test_providers_and_models_are_known_by_the_names_that_spans_give(provider, model, entry):
    found = catalogue_names.resolve(provider, [model])
    assert (found.provider, found.model) == entry


def test_every_name_of_a_provider_leads_to_one_of_the_catalogue():
    known = {row["provider"] for row in price_list.catalogue()} | {"azure"}
    assert "gateway" not in known  # it sells nothing itself
    known.add("gateway")
    assert {provider.catalogue for provider in providers() if provider.catalogue} <= known


def test_without_a_provider_the_models_maker_is_found():
    assert catalogue_names.resolve("", ["claude-3-5-sonnet-20240620"]) == PriceEntry(
        "anthropic", "claude-3-5-sonnet", "", "anthropic"
    )


def test_the_model_that_answered_is_priced_before_the_one_that_was_asked_for():
    assert catalogue_names.resolve("openai", ["gpt-4o-mini-2024-07-18", "gpt-4o"]).model == "gpt-4o-mini"


def test_a_response_model_that_nobody_knows_leaves_the_request_model():
    assert catalogue_names.resolve("azure.ai.openai", ["my-deployment", "gpt-4o"]).model == "gpt-4o"


def test_an_unknown_model_says_what_was_looked_for():
    entry = catalogue_names.resolve("openai", ["acme-7b", "acme-base"])
    assert (entry.provider, entry.model) == ("", "")
    assert "has no 'acme-7b' or 'acme-base' of provider 'openai'" in entry.note


def test_an_unknown_provider_is_no_other_providers_price():
    entry = catalogue_names.resolve("my-gateway", ["gpt-4o"])
    assert entry.model == ""
    assert "my-gateway" in entry.note


def test_a_span_without_a_model_is_said():
    assert catalogue_names.resolve("openai", ["", ""]).note == "the span names no model"


def test_anothers_price_stands_in_for_the_standard_tier_alone(books):
    assert catalogue_names.resolve("azure.ai.openai", ["gpt-4o"]) == PriceEntry(
        "openai", "gpt-4o", "", "azure", standard_only=True
    )
    october = datetime(2026, 10, 20, tzinfo=UTC)
    span = {"request_model": "gpt-4o", "service_tier": "batch", "ts": october, "input_tokens": 1_000_000}
    at_openai, at_azure = books.book(span | {"provider": "openai"}, span | {"provider": "azure.ai.openai"})
    assert at_openai["list_cost"] == 1.25
    assert at_azure["list_cost"] == 2.5


def test_the_ledger_prices_the_response_model(books):
    [call] = books.book(
        {"request_model": "gpt-4o", "response_model": "gpt-4o-mini-2024-07-18", "input_tokens": 1_000_000}
    )
    assert call["price_id"].startswith("list/openai/gpt-4o-mini@")


def test_a_model_is_resolved_once_however_often_it_is_called(books):
    span = {"provider": "openai", "request_model": "gpt-4o-2024-05-13"}
    books.book(span, span)
    books.book(span)
    query = "SELECT count() FROM model_resolution WHERE request_model = 'gpt-4o-2024-05-13'"
    assert books.store.value(query) == 1


def test_a_resolution_by_the_user_holds_for_the_calls_that_follow(books):
    span = {"provider": "vllm", "request_model": "our-gpt-4o", "input_tokens": 1_000_000}
    [before] = books.book(span)
    books.store.insert(
        "model_resolution",
        [
            {
                "provider": "vllm",
                "request_model": "our-gpt-4o",
                "response_model": "",
                "price_provider": "openai",
                "price_model": "gpt-4o",
                "energy_id": "",
                "note": "by hand",
            }
        ],
    )
    [after] = books.book(span)
    assert before["list_cost"] is None
    assert after["list_cost"] == 2.5


@pytest.mark.parametrize(
    ("provider", "model", "energy"),
    [
        ("openai", "gpt-4o-2024-08-06", "ecologits/openai/gpt-4o-2024-08-06"),
        ("azure.ai.openai", "gpt-4o-2024-08-06", "ecologits/openai/gpt-4o-2024-08-06"),
        ("az.ai.openai", "gpt-4o", "ecologits/openai/gpt-4o"),
        ("gcp.vertex_ai", "gemini-2.5-pro", "ecologits/google_genai/gemini-2.5-pro"),
        ("vertex_ai", "gemini-2.5-pro", "ecologits/google_genai/gemini-2.5-pro"),
        ("gemini", "gemini-2.5-pro", "ecologits/google_genai/gemini-2.5-pro"),
        ("mistral_ai", "mistral-large-latest", "ecologits/mistralai/mistral-large-latest"),
        (
            "vllm",
            "meta-llama/Meta-Llama-3.1-8B-Instruct",
            "ecologits/huggingface_hub/meta-llama/Meta-Llama-3.1-8B-Instruct",
        ),
        ("vllm", "nobody/knows", ""),
    ],
)
def test_energy_is_known_by_the_names_that_spans_give(provider, model, energy):
    assert energy_model.resolve(provider, [model]) == energy


def test_the_energy_of_the_response_model_comes_first():
    names = ["gpt-4o-mini-2024-07-18", "gpt-4o"]
    assert energy_model.resolve("openai", names) == "ecologits/openai/gpt-4o-mini-2024-07-18"
