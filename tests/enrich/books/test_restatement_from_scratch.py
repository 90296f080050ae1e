"""Whatever changed: restating gives the ledger that enriching from scratch gives."""

from datetime import UTC, datetime, timedelta

from harness.examples import booked
from hypothesis import given
from hypothesis import strategies as st

from spanledger_enrich.books.restatement import restate
from spanledger_enrich.books.scope import Scope

MODELS = ("gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "our-own-7b")
FIGURES = "SELECT * EXCEPT (version, enriched_at) FROM ledger FINAL ORDER BY trace_id, span_id"
PRICE = (
    "INSERT INTO price_list SELECT * REPLACE (input_price * {by:UInt8} AS input_price, "
    "now64(6, 'UTC') AS loaded_at) FROM price_list FINAL WHERE model = {model:String}"
)


def span(number):
    return {
        "ts": datetime(2024, 10, 30, tzinfo=UTC) + timedelta(hours=number),
        "request_model": MODELS[number % 3],
        "tenant_id": ("acme", "globex")[number % 2],
        "cloud_region": ("eu-central-1", "")[number % 2],
        "input_tokens": 1000 * number,
        "output_tokens": 100,
    }


@given(st.data())
@booked(5)
def test_restating_after_price_changes_equals_enriching_from_scratch(books, configure, data):
    for table in ("ledger", "llm_spans", "enrich_progress", "restatement"):
        books.store.execute(f"TRUNCATE TABLE {table}")
    configure(batch_calls=data.draw(st.integers(1, 40)))
    numbers = data.draw(st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True))
    books.ingest(*(span(number) for number in numbers))
    books.enrich()
    for _ in range(data.draw(st.integers(1, 3))):
        model = data.draw(st.sampled_from(["gpt-4o", "gpt-4o-mini"]))
        books.store.execute(PRICE, {"by": data.draw(st.integers(0, 3)), "model": model})
        hour = data.draw(st.integers(0, 400))
        books.hours(
            "DE",
            f"{datetime(2024, 10, 30, tzinfo=UTC) + timedelta(hours=hour):%Y-%m-%dT%H:00}",
            [data.draw(st.floats(1, 900))],
        )
    restate(books.store, books.configuration, Scope(), requested_by="a test", reason="a test")
    restated = books.store.rows(FIGURES)
    books.store.execute("TRUNCATE TABLE ledger")
    books.store.execute("TRUNCATE TABLE enrich_progress")
    books.enrich(restarted=True)
    assert restated == books.store.rows(FIGURES)
