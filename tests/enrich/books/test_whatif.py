"""A what-if costs recorded usage as the ledger would have, and leaves the ledger alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from spanledger_enrich.books.scope import Scope
from spanledger_enrich.books.whatif.assumptions import EVERY_MODEL, Assumptions, WhatIfError
from spanledger_enrich.books.whatif.in_money import reckon

TABLES = ("ledger", "llm_spans", "enrich_progress")


@pytest.fixture(autouse=True)
def _nothing_from_before(books, configure):
    configure(batch_calls=4)
    for table in TABLES:
        books.store.execute(f"TRUNCATE TABLE {table}")


def span(number, **changes):
    return {
        "ts": datetime(2024, 10, 8, tzinfo=UTC) + timedelta(hours=number),
        "request_model": "gpt-4o",
        "tenant_id": ("acme", "globex")[number % 2],
        "input_tokens": 1000 + number,
        "cache_read_tokens": 100,
        "output_tokens": 100 + number,
        **changes,
    }


def costs(books, scope=None, **assumed):
    frame = reckon(books.store, books.configuration, scope or Scope(changed=False), Assumptions(**assumed))
    return {row["tenant"]: row for row in frame.to_dict("records")}


def booked(books, spans):
    """What the ledger says of other spans, by tenant."""
    for table in TABLES:
        books.store.execute(f"TRUNCATE TABLE {table}")
    books.book(*spans)
    rows = books.store.rows("SELECT tenant_id, sum(contracted_cost) AS cost FROM calls GROUP BY tenant_id")
    return {row["tenant_id"]: row["cost"] for row in rows}


def test_without_assumptions_everything_costs_what_it_did(books):
    books.book(*(span(number) for number in range(11)))
    for row in costs(books).values():
        assert row["cost"] == row["new_cost"] > 0
        assert row["unknown_calls"] == 0


@pytest.mark.parametrize("other", ["gpt-4o-mini", "anthropic/claude-3-5-haiku-20241022"])
def test_another_model_costs_what_its_calls_would_have(books, other):
    books.book(*(span(number) for number in range(11)), span(12, request_model="gpt-4o-mini"))
    reckoned = costs(books, models={"gpt-4o": other})
    provider, _, model = other.rpartition("/")
    new = booked(
        books,
        [span(number, provider=provider or "openai", request_model=model) for number in range(11)]
        + [span(12, request_model="gpt-4o-mini", provider="openai")],
    )
    assert {tenant: row["new_cost"] for tenant, row in reckoned.items()} == new


def test_a_model_alone_takes_the_calls_of_all_others_but_embeddings(books):
    spans = [span(0), span(2, request_model="gpt-4o-2024-08-06")]
    embedded = span(4, request_model="text-embedding-3-small", operation="embeddings", output_tokens=0)
    books.book(*spans, embedded)
    reckoned = costs(books, models={EVERY_MODEL: "gpt-4o-mini"})["acme"]
    moved = [{**one, "request_model": "gpt-4o-mini", "provider": "openai"} for one in spans]
    assert reckoned["new_cost"] == booked(books, [*moved, {**embedded, "provider": "openai"}])["acme"]


def test_a_model_goes_where_it_is_said_to_go_before_it_goes_with_all_others(books):
    spans = [span(0), span(2, request_model="gpt-4-turbo")]
    books.book(*spans)
    reckoned = costs(books, models={EVERY_MODEL: "gpt-4o-mini", "gpt-4-turbo": "gpt-4o"})["acme"]
    moved = [
        {**one, "request_model": model, "provider": "openai"}
        for one, model in zip(spans, ("gpt-4o-mini", "gpt-4o"), strict=True)
    ]
    assert reckoned["new_cost"] == booked(books, moved)["acme"]


def test_a_model_is_meant_with_its_date_and_without(books):
    dated = {"request_model": "gpt-4o-2024-08-06", "response_model": "gpt-4o-2024-08-06"}
    spans = [span(0, **dated), span(1, request_model="gpt-4o", response_model="gpt-4o-2024-08-06")]
    books.book(*spans)
    reckoned = costs(books, models={"gpt-4o": "gpt-4o-mini"})
    new = booked(books, [{**one, "request_model": "gpt-4o-mini", "response_model": ""} for one in spans])
    assert {tenant: row["new_cost"] for tenant, row in reckoned.items()} == new


def test_a_dated_model_goes_where_it_is_said_to_go_before_its_undated_name_does(books):
    books.book(
        span(0, request_model="gpt-4o-2024-05-13"),
        span(1, request_model="gpt-4o-2024-08-06"),
    )
    dated = {"gpt-4o": "gpt-4o-mini", "gpt-4o-2024-05-13": "gpt-4.1-nano"}
    reckoned = costs(books, models=dated)
    alone = {"acme": {"gpt-4o-2024-05-13": "gpt-4.1-nano"}, "globex": {"gpt-4o-2024-08-06": "gpt-4o-mini"}}
    for tenant, models in alone.items():
        assert reckoned[tenant]["new_cost"] == costs(books, models=models)[tenant]["new_cost"]


def test_a_model_that_its_calls_provider_does_not_sell_is_taken_from_the_one_that_does(books):
    books.book(span(0))
    alone, named = (
        costs(books, models={"gpt-4o": other})["acme"]["new_cost"]
        for other in ("claude-3-5-haiku-20241022", "anthropic/claude-3-5-haiku-20241022")
    )
    assert alone == named > 0


def test_another_tokenizer_is_reckoned_with(books):
    books.book(span(0))
    whole = costs(books, models={"gpt-4o": "gpt-4o-mini"})["acme"]
    double = costs(books, models={"gpt-4o": "gpt-4o-mini"}, token_factor=2.0)["acme"]
    assert double["new_cost"] == 2 * whole["new_cost"]
    assert double["input_tokens"] == 2000


def test_a_better_cache_hit_rate_never_worsens_what_is_better(books):
    books.book(span(0), span(1, cache_read_tokens=900))
    reckoned = costs(books, cache_hit_rate=0.5)
    assert reckoned["acme"]["difference"] == -400 * Decimal("0.00000125")
    assert reckoned["globex"]["difference"] == 0


def test_a_discount_is_taken_off(books):
    books.book(span(0))
    row = costs(books, price_factor=Decimal("0.9"))["acme"]
    assert row["new_cost"] == row["cost"] * Decimal("0.9")


def test_the_ledger_stays_as_it_is_and_nothing_is_left_behind(books):
    books.book(*(span(number) for number in range(5)))
    before = books.store.rows("SELECT * FROM ledger ORDER BY span_id")
    tables = books.store.rows("SHOW TABLES")
    costs(books, models={"gpt-4o": "gpt-4o-mini"})
    assert books.store.rows("SELECT * FROM ledger ORDER BY span_id") == before
    assert books.store.rows("SHOW TABLES") == tables
    assert books.store.value("SELECT count() FROM restatement_call") == 0


def test_only_the_calls_of_the_scope_are_costed(books):
    books.book(*(span(number) for number in range(6)))
    scope = Scope(end=datetime(2024, 10, 8, 4, tzinfo=UTC), tenants=("acme",), changed=False)
    reckoned = costs(books, scope)
    assert {tenant: row["calls"] for tenant, row in reckoned.items()} == {"acme": 2}


def test_calls_of_unknown_cost_are_counted_and_left_out(books):
    books.book(span(0), span(2, request_model="our-own-7b"))
    row = costs(books)["acme"]
    assert row["unknown_calls"] == 1
    assert row["cost"] == row["new_cost"] > 0


@pytest.mark.parametrize(
    ("models", "complaint"),
    [
        ({"gpt-4o": "gtp-4o-mini"}, "nearest known are .*gpt-4o-mini"),
        ({EVERY_MODEL: "gtp-4o-mini"}, "--model gtp-4o-mini: .*nearest known are .*gpt-4o-mini"),
        ({"gtp-4o": "gpt-4o-mini"}, "no call in the ledger has the model 'gtp-4o'; meant gpt-4o"),
        ({"nobody-uses-this": "gpt-4o"}, "no call in the ledger has the model 'nobody-uses-this'"),
    ],
)
def test_an_assumption_that_cannot_be_reckoned_with_is_named(books, models, complaint):
    books.book(span(0))
    with pytest.raises(WhatIfError, match=complaint):
        costs(books, models=models)


def test_the_assumptions_are_told():
    assert "all calls but embeddings and reranking go to b" in str(Assumptions({EVERY_MODEL: "b"}))
    text = str(Assumptions({"a": "b"}, cache_hit_rate=0.6, price_factor=Decimal("0.90")))
    assert "calls of a go to b" in text
    assert "tokenizers differ" in text
    assert "60%" in text
    assert "0.9 times" in text
