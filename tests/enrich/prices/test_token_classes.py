"""What a call costs by class of tokens, worked by hand; and what is unknown is not zero."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from harness.examples import booked
from hypothesis import given
from hypothesis import strategies as st

from spanledger_enrich.prices import price_list

USD = Decimal
SONNET = {"provider": "anthropic", "request_model": "claude-3-5-sonnet-20240620"}
COSTS = ("list_cost", "contracted_cost", "input_cost", "cache_read_cost", "cache_write_cost", "output_cost")
ENERGY = ("energy_wh", "energy_wh_low", "energy_wh_high", "co2e_g", "co2e_g_low", "co2e_g_high", "embodied_g")


def test_an_anthropic_call_with_reads_and_writes_is_billed_each_token_once(books):
    [call] = books.book(
        SONNET | {"input_tokens": 10_000, "cache_read_tokens": 6_000, "cache_write_tokens": 3_000, "output_tokens": 500}
    )
    # 3, 0.30, 3.75 and 15 USD per million tokens.
    assert call["input_cost"] == 1_000 * USD("0.000003")
    assert call["cache_read_cost"] == 6_000 * USD("0.0000003")
    assert call["cache_write_cost"] == 3_000 * USD("0.00000375")
    assert call["output_cost"] == 500 * USD("0.000015")
    assert call["list_cost"] == USD("0.02355")


def test_writes_kept_for_an_hour_cost_more_than_those_for_five_minutes(books):
    [call] = books.book(
        {
            "provider": "anthropic",
            "request_model": "claude-sonnet-4-20250514",
            "ts": datetime(2025, 7, 1, tzinfo=UTC),
            "input_tokens": 5_000,
            "cache_write_tokens": 3_000,
            "cache_write_1h_tokens": 1_000,
        }
    )
    # 3 USD uncached, 3.75 written for five minutes, 6 for an hour.
    assert call["cache_write_cost"] == 2_000 * USD("0.00000375") + 1_000 * USD("0.000006")
    assert call["list_cost"] == call["cache_write_cost"] + 2_000 * USD("0.000003")


def test_an_openai_call_with_a_cached_prompt_is_billed_each_token_once(books):
    [call] = books.book({"input_tokens": 2_006, "cache_read_tokens": 1_920, "output_tokens": 300})
    # 2.50, 1.25 and 10 USD per million tokens; writing to the cache costs nothing.
    assert call["list_cost"] == 86 * USD("0.0000025") + 1_920 * USD("0.00000125") + 300 * USD("0.00001")
    assert call["cache_write_cost"] == 0


def test_reasoning_is_part_of_the_output_and_not_billed_again(books):
    with_reasoning, without = books.book(
        {"output_tokens": 1_000, "reasoning_tokens": 800}, {"output_tokens": 1_000, "reasoning_tokens": 0}
    )
    assert with_reasoning["list_cost"] == without["list_cost"] == USD("0.01")


def test_more_cached_than_the_whole_prompt_leaves_no_negative_input(books):
    [call] = books.book(SONNET | {"input_tokens": 100, "cache_read_tokens": 5_000, "cache_write_tokens": 70})
    assert call["input_cost"] == 0
    assert call["cache_read_cost"] == 5_000 * USD("0.0000003")
    assert call["list_cost"] == USD("0.0015") + 70 * USD("0.00000375")


def test_a_long_prompt_is_priced_by_its_tier_from_the_token_after_the_threshold(books):
    span = {"provider": "gcp.gemini", "request_model": "gemini-1.5-pro", "ts": datetime(2024, 11, 1, tzinfo=UTC)}
    at, above = books.book(span | {"input_tokens": 128_000}, span | {"input_tokens": 128_001})
    assert at["list_cost"] == 128_000 * USD("0.00000125")
    assert above["list_cost"] == 128_001 * USD("0.0000025")


def test_cached_tokens_count_towards_the_tier(books):
    span = {"provider": "gcp.gemini", "request_model": "gemini-1.5-pro", "ts": datetime(2024, 11, 1, tzinfo=UTC)}
    [call] = books.book(span | {"input_tokens": 128_001, "cache_read_tokens": 128_000})
    assert call["input_cost"] == USD("0.0000025")


@booked(6)
@given(
    usages=st.lists(
        st.fixed_dictionaries(
            {
                name: st.integers(0, 10**7)
                for name in (
                    "input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens"
                )
            }
        ),
        min_size=1,
        max_size=30,
    )
)  # fmt: skip
def test_the_classes_sum_to_the_cost_whatever_is_reported(books, usages):
    for call in books.book(*(SONNET | usage for usage in usages)):
        parts = [call[name] for name in COSTS[2:]] + [call["other_cost"]]
        assert min(parts) >= 0
        assert sum(parts) == call["list_cost"] == call["contracted_cost"]


def test_a_model_without_a_price_has_no_cost_in_any_class(books):
    [call] = books.book({"provider": "vllm", "request_model": "our-own-7b", "input_tokens": 9, "output_tokens": 9})
    assert call["price_status"] == "unpriced"
    assert call["price_id"] == ""
    assert {name: call[name] for name in (*COSTS, "other_cost")} == dict.fromkeys((*COSTS, "other_cost"))


def test_a_call_without_usage_has_neither_cost_nor_energy(books):
    [call] = books.book({"usage_source": "missing"})
    assert call["price_status"] == "priced"
    assert {name: call[name] for name in (*COSTS, *ENERGY)} == dict.fromkeys((*COSTS, *ENERGY))
    assert call["energy_method"] == "unknown"


def test_a_failed_call_without_usage_is_booked_at_no_cost(books):
    [call] = books.book({"usage_source": "missing", "status": "error", "error_type": "timeout"})
    assert (call["status"], call["list_cost"]) == ("error", 0)
    assert call["energy_wh"] is None


def test_a_failed_call_with_usage_is_charged_for_it(books):
    [call] = books.book({"status": "error", "input_tokens": 1_000})
    assert call["list_cost"] == USD("0.0025")


def test_a_fee_for_each_request_is_charged_to_those_that_were_answered(books):
    span = {"provider": "perplexity", "request_model": "sonar", "input_tokens": 1_000}
    answered, failed = books.book(span, span | {"status": "error", "input_tokens": 0})
    assert answered["other_cost"] == USD("0.012")
    assert answered["list_cost"] == USD("0.013")
    assert failed["list_cost"] == 0


def test_a_model_that_nothing_tells_the_size_of_has_unknown_energy(books):
    [call] = books.book({"provider": "vllm", "request_model": "our-own", "input_tokens": 9, "output_tokens": 9})
    assert call["energy_method"] == "unknown"
    assert {name: call[name] for name in ENERGY} == dict.fromkeys(ENERGY)


def test_a_call_before_1970_is_unpriced(books):
    [call] = books.book({"ts": datetime(1969, 12, 31, tzinfo=UTC), "input_tokens": 9})
    assert call["list_cost"] is None


def test_absurd_usage_is_unknown_and_costs_no_neighbour_its_row(books):
    fields = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_1h_tokens", "reasoning_tokens")
    absurd = [{"input_tokens": 5, field: n} for field in fields for n in (100_000_001, 10**15, 2**63, 2**64 - 1)]
    neighbour, *calls = books.book({"input_tokens": 1_000}, *absurd)
    assert neighbour["list_cost"] == USD("0.0025")
    unknown = {"usage_source": "missing", "list_cost": None, "energy_wh": None, "input_tokens": 0, "output_tokens": 0}
    for call in calls:
        assert {name: call[name] for name in unknown} == unknown


def test_the_largest_usage_that_is_believed_has_a_cost(books):
    [call] = books.book({"provider": "openai", "request_model": "o1-pro", "output_tokens": 100_000_000})
    assert call["list_cost"] == 60_000


def test_clocks_that_are_off_by_many_months_do_not_stop_the_batch(books):
    months = [datetime(1970 + number // 12, 1 + number % 12, 1, tzinfo=UTC) for number in range(150)]
    calls = books.book(*({"ts": month, "input_tokens": 1_000} for month in months))
    assert [call["ts"] for call in calls] == months


@pytest.mark.parametrize(
    ("provider", "model", "classes"),
    [
        ("openai", "gpt-audio", ["cache_read_audio", "output_image"]),
        ("openai", "gpt-4o-audio-preview", ["input_audio", "cache_read_audio", "output_audio", "output_image"]),
        ("openai", "gpt-image-1", ["input_audio", "cache_read_audio", "output_audio"]),
        ("google", "gemini-2.5-pro", ["output_audio", "output_image"]),
        ("google", "gemini-3-pro-image-preview", ["input_audio", "cache_read_audio", "output_audio"]),
    ],
)
def test_a_model_names_the_classes_that_it_prices_as_text(provider, model, classes):
    rows = [row for row in price_list.catalogue() if (row["provider"], row["model"]) == (provider, model)]
    assert rows
    assert all(row["text_priced"] == classes for row in rows)
