"""Whatever is delivered, in whatever order and however often: one row a call, and nothing gained or lost."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from harness.examples import booked
from hypothesis import given
from hypothesis import strategies as st

from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load

TOTALS = (
    "SELECT count() AS calls, uniqExact(trace_id, span_id) AS spans, sum(toDecimal128(list_cost, 12)) AS cost, "
    "sum(input_tokens) AS input, sum(output_tokens) AS output, round(sum(energy_wh), 9) AS wh FROM calls"
)


def span(number):
    return {
        "span_id": f"{number:016x}",
        "trace_id": f"{number % 5:032x}",
        "ts": datetime(2024, 10, 8, tzinfo=UTC) + timedelta(minutes=13 * number),
        "request_model": ("gpt-4o", "gpt-4o-mini", "our-own-7b")[number % 3],
        "input_tokens": 1_000 * number,
        "output_tokens": number,
    }


def empty(books):
    for table in ("llm_spans", "ledger", "enrich_progress"):
        books.store.execute(f"TRUNCATE TABLE {table}")


def totals(books):
    return books.store.rows(TOTALS)[0]


@booked(8)
@given(
    deliveries=st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=25), min_size=1, max_size=4),
    catch_ups=st.lists(st.integers(0, 2), min_size=4, max_size=4),
    batch_calls=st.sampled_from([1, 3, 500_000]),
    forget=st.booleans(),
)
def test_duplicates_order_batches_and_repetition_leave_one_row_a_call(
    books, deliveries, catch_ups, batch_calls, forget
):
    empty(books)
    settings_ = load(data_dir=books.configuration.data_dir, batch_calls=batch_calls)
    for delivery, times in zip(deliveries, catch_ups, strict=False):
        books.ingest(*map(span, delivery))
        for _ in range(times):
            Worker(books.store, settings_).catch_up()
    if forget:
        books.store.execute("TRUNCATE TABLE enrich_progress")
    Worker(books.store, settings_).catch_up()
    found = totals(books)
    sent = {number for delivery in deliveries for number in delivery}
    prices = (Decimal("0.0000025"), Decimal("0.00000015"))
    outputs = (Decimal("0.00001"), Decimal("0.0000006"))
    priced = [number for number in sent if number % 3 < 2]
    cost = sum((1_000 * n * prices[n % 3] + n * outputs[n % 3] for n in priced), Decimal(0))
    assert found["calls"] == found["spans"] == len(sent)
    assert found["cost"] == (cost if priced else None)
    assert (found["input"], found["output"]) == (1_000 * sum(sent), sum(sent))


def test_forgotten_progress_changes_nothing(books):
    empty(books)
    books.book(*map(span, range(60)))
    before = totals(books)
    books.store.execute("TRUNCATE TABLE enrich_progress")
    books.enrich(restarted=True)
    assert totals(books) == before


def test_a_call_that_is_delivered_again_days_later_is_the_same_call(books):
    empty(books)
    books.book(*map(span, range(20)))
    before = totals(books)
    late = datetime.now(UTC) + timedelta(days=3)
    books.ingest(*(span(number) | {"ingested_at": late} for number in range(20)))
    books.enrich()
    assert totals(books) == before


def test_two_workers_at_once_leave_one_row_a_call(books):
    empty(books)
    books.ingest(*map(span, range(50)))
    first, second = (Worker(books.store, books.configuration) for _ in range(2))
    first.start()
    second.start()
    for worker in (first, second):
        worker.wake()
    for worker in (first, second):
        worker.stop()
    assert Worker(books.store, books.configuration).catch_up() >= 0
    assert totals(books)["calls"] == 50


def test_a_span_that_becomes_visible_after_a_later_one_is_not_lost(books):
    empty(books)
    now = datetime.now(UTC)
    books.ingest(span(1) | {"ingested_at": now})
    worker = Worker(books.store, books.configuration)
    assert worker.catch_up() == 1
    books.ingest(span(2) | {"ingested_at": now - timedelta(seconds=5)})
    worker.catch_up()
    assert totals(books)["calls"] == 2


def test_tenants_times_models_sum_to_the_total(books):
    empty(books)
    draw = random.Random(3)
    books.book(
        *(
            span(n) | {"tenant_id": draw.choice(["a", "b", "c"]), "output_tokens": draw.randrange(9_999)}
            for n in range(500)
        )
    )
    [total] = books.store.rows(
        "SELECT count() AS calls, sum(toDecimal128(list_cost, 12)) AS cost, sum(output_tokens) AS output FROM calls"
    )
    parts = books.store.rows(
        "SELECT tenant_id, model, count() AS calls, sum(toDecimal128(list_cost, 12)) AS cost, "
        "sum(output_tokens) AS output FROM calls GROUP BY tenant_id, model"
    )
    assert len(parts) == 9
    assert sum(part["calls"] for part in parts) == total["calls"] == 500
    assert sum(part["cost"] for part in parts if part["cost"] is not None) == total["cost"]
    assert sum(part["output"] for part in parts) == total["output"]


def test_the_hours_sum_to_the_calls(books):
    empty(books)
    books.book(*map(span, range(200)))
    hours = books.store.rows(
        "SELECT sum(calls) AS calls, sum(contracted_cost) AS cost, sum(input_tokens) AS input FROM ledger_hourly"
    )[0]
    found = totals(books)
    assert hours == {"calls": found["calls"], "cost": found["cost"], "input": found["input"]}
