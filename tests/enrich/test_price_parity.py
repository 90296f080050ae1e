"""Costs equal those that genai-prices computes itself, over its whole catalogue."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price, data_snapshot
from genai_prices.types import StartDateConstraint, TieredPrices

from spanledger_enrich import price_list

EXACT = Decimal("1e-9")
TOKENS = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
)


def entries(model):
    return model.prices if isinstance(model.prices, list) else []


def price_sets(model):
    return [entry.prices for entry in entries(model)] or [model.prices]


def catalogue():
    """(provider id, model) of the models that their provider's catalogue finds by their own id."""
    snapshot = data_snapshot.get_snapshot()
    for provider in snapshot.providers:
        for model in provider.models:
            try:
                _, found = snapshot.find_provider_model(model.id, None, provider.id, None)
            except LookupError:
                continue
            if found is model:
                yield provider.id, model


def is_unpriced_on_purpose(model):
    """Not priced by tokens or requests at all; or by the time of day, or by reasoning, which no row can say."""
    by_tokens = any(
        vars(prices).get(key) is not None
        for prices in price_sets(model)
        for key in ("input_mtok", "output_mtok", "requests_kcount")
    )
    by_time_of_day = any(type(entry.constraint).__name__ == "TimeOfDateConstraint" for entry in entries(model))
    by_reasoning = any(vars(prices).get("output_reasoning_mtok") is not None for prices in price_sets(model))
    return not by_tokens or by_time_of_day or by_reasoning


def digits_beyond_a_millionth(model):
    """Prices such as OpenRouter's 0.0833333333333333 per million tokens: the ledger keeps 1e-12 USD a token."""
    amounts = [
        amount
        for prices in price_sets(model)
        for price in vars(prices).values()
        if price is not None
        for amount in (
            [price.base, *(tier.price for tier in price.tiers)] if isinstance(price, TieredPrices) else [price]
        )
    ]
    return any(amount.as_tuple().exponent < -6 for amount in amounts)


def moments(model, draw):
    """A random moment, and the last and first moments around each change of the price."""
    yield datetime(2023, 6, 1, tzinfo=UTC) + timedelta(seconds=draw.randrange(4 * 365 * 86_400))
    for entry in entries(model):
        if isinstance(entry.constraint, StartDateConstraint):
            start = datetime.combine(entry.constraint.start_date, datetime.min.time(), tzinfo=UTC)
            yield start
            yield start - timedelta(microseconds=1)


def usages(model, draw):
    """A random usage, and ones at and just above each tier's threshold."""
    thresholds = {
        tier.start
        for prices in price_sets(model)
        for price in vars(prices).values()
        if isinstance(price, TieredPrices)
        for tier in price.tiers
    }
    for tokens in [draw.choice([1, 999, 150_000, 2_000_000]), *thresholds, *(start + 1 for start in thresholds)]:
        read = draw.choice([0, draw.randrange(tokens // 3 + 1)])
        written = draw.choice([0, draw.randrange(tokens // 3 + 1)])
        hour = draw.choice([0, written // 2, written])
        yield dict(zip(TOKENS, (tokens, read, written, hour, draw.randrange(20_000)), strict=True))


def truth(case):
    usage = Usage(**{name: case[name] for name in TOKENS})
    return calc_price(
        usage, case["request_model"], provider_id=case["provider"], genai_request_timestamp=case["ts"]
    ).total_price


@pytest.fixture(scope="module")
def priced(books):
    """Cases over the whole catalogue, each with its model and the call it was booked as."""
    draw = random.Random(20241008)
    models = [(provider, model) for provider, model in catalogue() if not is_unpriced_on_purpose(model)]
    cases = [
        ({"provider": provider, "request_model": model.id, "ts": moment} | usage, model)
        for provider, model in models
        for moment in moments(model, draw)
        for usage in usages(model, draw)
    ]
    calls = books.book(*(case for case, _ in cases))
    return [(case, model, call) for (case, model), call in zip(cases, calls, strict=True)]


def test_the_whole_catalogue_is_compared(priced):
    assert len(priced) > 2_000
    assert sum(bool(call["price_valid_from"].year > 1970) for *_, call in priced) > 100
    assert sum(call["cache_read_tokens"] > 0 for *_, call in priced) > 500
    assert sum(call["cache_write_1h_tokens"] > 0 for *_, call in priced) > 500


def test_every_cost_equals_that_of_genai_prices(priced):
    wrong = [
        (case, call["list_cost"], truth(case))
        for case, model, call in priced
        if not digits_beyond_a_millionth(model) and abs(call["list_cost"] - truth(case)) > EXACT
    ]
    assert wrong == []


def test_prices_of_endless_decimals_are_right_to_half_a_unit_of_the_twelfth_digit_a_token(priced):
    endless = [(case, call) for case, model, call in priced if digits_beyond_a_millionth(model)]
    assert endless
    for case, call in endless:
        tokens = case["input_tokens"] + case["output_tokens"]
        assert abs(call["list_cost"] - truth(case)) <= tokens * Decimal("5e-13") + EXACT, case


def test_the_classes_of_every_call_sum_to_its_cost(priced):
    parts = ("input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "other_cost")
    assert [call for *_, call in priced if sum(call[part] for part in parts) != call["list_cost"]] == []


def test_a_future_price_is_not_charged_yet(books):
    changes = [
        (provider, model, entry.constraint.start_date)
        for provider, model in catalogue()
        for entry in entries(model)
        if isinstance(entry.constraint, StartDateConstraint) and not is_unpriced_on_purpose(model)
    ]
    provider, model, latest = max(changes, key=lambda change: change[2])
    start = datetime.combine(latest, datetime.min.time(), tzinfo=UTC)
    span = {"provider": provider, "request_model": model.id, "input_tokens": 1000}
    before, after = books.book(span | {"ts": start - timedelta(microseconds=1)}, span | {"ts": start})
    assert before["price_valid_from"] < start
    assert after["price_valid_from"] == start


def test_only_models_that_cannot_be_priced_by_a_row_are_left_out():
    rows = {(row["provider"], row["model"]) for row in price_list.catalogue()}
    out = [(provider, model.id) for provider, model in catalogue() if (provider, model.id) not in rows]
    assert set(out) == {(provider, model.id) for provider, model in catalogue() if is_unpriced_on_purpose(model)}


def test_what_genai_prices_cannot_compute_has_a_cost_all_the_same(books):
    case = {"provider": "openai", "request_model": "gpt-4o", "ts": datetime(2025, 1, 1, tzinfo=UTC)}
    usage = dict.fromkeys(TOKENS, 0) | {"input_tokens": 100, "cache_read_tokens": 150}
    with pytest.raises(ValueError, match="cannot exceed"):
        truth(case | usage)
    [call] = books.book(case | usage)
    assert call["list_cost"] == 150 * Decimal("0.00000125")


def test_the_catalogue_is_loaded_once(books):
    rows = books.store.value("SELECT count() FROM price_list")
    assert rows > 2_000
    assert price_list.load(books.store) == 0
    assert books.store.value("SELECT count() FROM price_list") == rows
