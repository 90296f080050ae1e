"""Costs equal those that genai-prices computes itself: its whole catalogue, tiers, dates, times of day and variants."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price, data_snapshot
from genai_prices.types import StartDateConstraint
from harness.price_cases import catalogue, constraints, random_case, resolutions, truth, usage_of

from spanledger_enrich.prices import price_list

EXACT = Decimal("1e-12")
CASES_A_MODEL = 2


@pytest.fixture(scope="module")
def priced(books):
    """Cases over the whole catalogue, each with the call it was booked as."""
    draw = random.Random(20241008)
    models = catalogue()
    books.store.insert("model_resolution", resolutions(models))
    cases = [random_case(draw, *model) for model in models for _ in range(CASES_A_MODEL)]
    return list(zip(cases, books.book(*(case.span for case in cases)), strict=True))


def test_the_whole_catalogue_is_compared(priced):
    assert len(priced) > 4_000
    spans = [case.span for case, _ in priced]
    for count in ("cache_read_tokens", "cache_write_1h_tokens", "reasoning_tokens", "web_searches"):
        assert sum(span.get(count, 0) > 0 for span in spans) > 500
    assert sum(call["price_valid_from"].year > 1970 for _, call in priced) > 100
    assert sum(call["service_tier"] != "" for _, call in priced) > 100
    assert sum(call["vendor_unit"] != "" for _, call in priced) > 20


def test_every_cost_equals_that_of_genai_prices(priced):
    wrong = [
        (case.span, call["list_cost"], truth(case))
        for case, call in priced
        if call["list_cost"] is None or abs(call["list_cost"] - truth(case)) > EXACT
    ]
    assert wrong == []


def test_without_a_contract_the_contracted_cost_is_the_list_cost(priced):
    assert [call for _, call in priced if call["contracted_cost"] != call["list_cost"]] == []


def test_the_classes_of_every_call_sum_to_its_cost(priced):
    parts = ("input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "other_cost")
    assert [call for _, call in priced if sum(call[part] for part in parts) != call["list_cost"]] == []


def test_a_future_price_is_not_charged_yet(books):
    changes = [
        (constraint.start_date, provider.id, model.id)
        for provider, model in catalogue()
        for constraint in constraints(model)
        if isinstance(constraint, StartDateConstraint)
    ]
    latest, provider, model = max(changes)
    start = datetime.combine(latest, datetime.min.time(), tzinfo=UTC)
    span = {"provider": provider, "request_model": model, "input_tokens": 1000}
    before, after = books.book(span | {"ts": start - timedelta(microseconds=1)}, span | {"ts": start})
    assert before["price_valid_from"] < start
    assert after["price_valid_from"] == start


def test_the_time_of_day_decides_to_the_second(books):
    span = {"provider": "deepseek", "request_model": "deepseek-chat", "input_tokens": 1_000_000}
    day = datetime(2026, 3, 1, tzinfo=UTC)
    night, first, last, evening = books.book(
        *(span | {"ts": day + timedelta(seconds=second)} for second in (1799.999999, 1800, 59399.999999, 59400))
    )
    assert [call["list_cost"] for call in (night, evening)] == [Decimal("0.135")] * 2
    assert [call["list_cost"] for call in (first, last)] == [Decimal("0.27")] * 2


def test_only_models_that_the_catalogue_does_not_price_are_left_out():
    rows = {(row["provider"], row["model"]) for row in price_list.catalogue()}
    snapshot = data_snapshot.get_snapshot()
    left_out = [
        price
        for provider in snapshot.providers
        for model in provider.models
        if (provider.id, model.id) not in rows
        for price in ([model.prices] if not isinstance(model.prices, list) else [part.prices for part in model.prices])
    ]
    # No price at all, or one by tokens of images and videos alone, which no span counts.
    assert len(left_out) > 100
    assert {key for price in left_out for key, value in vars(price).items() if value is not None} <= {
        "output_image_mtok", "input_image_mtok", "output_video_mtok", "input_video_mtok"
    }  # fmt: skip


def test_what_genai_prices_cannot_compute_has_a_cost_all_the_same(books):
    case = {"provider": "openai", "request_model": "gpt-4o", "ts": datetime(2025, 1, 1, tzinfo=UTC)}
    usage = {"input_tokens": 100, "cache_read_tokens": 150}
    with pytest.raises(ValueError, match="cannot exceed"):
        calc_price(Usage(**usage_of(usage)), "gpt-4o", provider_id="openai")
    [call] = books.book(case | usage)
    assert call["list_cost"] == 150 * Decimal("0.00000125")


def test_the_catalogue_is_loaded_once(books):
    rows = books.store.value("SELECT count() FROM price_list")
    assert rows > 2_000
    assert price_list.load(books.store) == 0
    assert books.store.value("SELECT count() FROM price_list") == rows
