"""No span stops the worker, and no clock hides one: what cannot be computed is set aside, and the rest is booked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from harness.books import NOON, Books
from harness.spooled import request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.ledger.booking import take_up_again
from spanledger_enrich.prices import price_book
from spanledger_enrich.worker import Worker

GOOD = {"ts": NOON, "input_tokens": 1_000_000}
# More than a call's cost can be, at a contract's price.
DEAR = "kind,provider,model,valid_from,valid_to,discount_percent,input,output\nprice,openai,gpt-4o,2024-01-01,,,900,1\n"
FAR = datetime(2262, 4, 11, 20, tzinfo=UTC)


@pytest.fixture
def dear(fresh_books: Books, tmp_path: Path) -> Books:
    """A ledger with a contract at whose prices no call of many tokens can be computed."""
    path = tmp_path / "acme.csv"
    path.write_text(DEAR)
    price_book.import_book(fresh_books.store, path, tenant="dear")
    # What no import would let through.
    fresh_books.store.execute(
        "INSERT INTO price_list SELECT * REPLACE (0.9 AS input_price, loaded_at + 1 AS loaded_at) "
        "FROM price_list FINAL WHERE startsWith(book, 'acme')"
    )
    return fresh_books


def test_a_call_that_cannot_be_computed_is_set_aside_and_its_neighbours_are_booked(dear: Books) -> None:
    spans = [{**GOOD, "tenant_id": "dear" if n == 5 else "acme"} for n in range(9)]
    spans[5]["input_tokens"] = 90_000_000
    ids = dear.ingest(*spans)
    dear.enrich()
    booked = dear.store.rows("SELECT span_id, list_cost FROM calls ORDER BY span_id")
    assert [row["span_id"] for row in booked] == [one for n, one in enumerate(ids) if n != 5]
    assert {row["list_cost"] for row in booked} == {Decimal("2.5")}
    [aside] = dear.store.rows("SELECT span_id, reason FROM set_aside FINAL WHERE waiting = 1")
    assert aside["span_id"] == ids[5]
    assert "overflow" in aside["reason"]
    [told] = dear.report("operations/backlog")
    assert (told["llm_spans"], told["set_aside_calls"], told["ledger_calls"]) == (0, 1, 8)
    [row] = [row for row in dear.report("attribution/quality") if row["dialect"] == "(set aside)"]
    assert (row["calls"], row["not_read"]) == (0, 1)
    assert "overflow" in row["not_read_names"]


def test_what_was_set_aside_is_taken_up_again(dear: Books) -> None:
    worker = Worker(dear.store, dear.configuration)
    dear.ingest({**GOOD, "tenant_id": "dear", "input_tokens": 90_000_000}, GOOD)
    worker.catch_up()
    assert worker.set_aside == 1
    booked_at = dear.store.value("SELECT max(version) FROM ledger")
    price_book.remove_book(dear.store, "acme")
    assert take_up_again(dear.store) == 1
    worker.catch_up()
    assert worker.set_aside == 0
    assert dear.store.value("SELECT count() FROM calls") == 2
    assert dear.store.value("SELECT count() FROM ledger WHERE version <= {v:UInt64}", v=booked_at) == 1
    assert dear.store.value("SELECT count() FROM ledger") == 2
    assert take_up_again(dear.store) == 0


@pytest.mark.parametrize("lasted", [0, 10**9, 2**62, 2**64 - 1])
@pytest.mark.parametrize("start", [0, 1, 2**63 - 1, 2**64 - 1])
def test_times_that_cannot_be_leave_their_neighbours_as_they_are(books: Books, start: int, lasted: int) -> None:
    for table in ("llm_spans", "ledger", "call_key"):
        books.store.execute(f"TRUNCATE TABLE {table}")
    message = ExportTraceServiceRequest.FromString(request(7, 4))
    for scope in ("logfire.openai", "logfire.openai", "other"):
        odd = message.resource_spans[0].scope_spans.add()
        odd.CopyFrom(
            ExportTraceServiceRequest.FromString(request(start % 10_007 + 11, 2)).resource_spans[0].scope_spans[0]
        )
        odd.scope.name = scope
        for span in odd.spans:
            del span.attributes[2:]
            span.start_time_unix_nano, span.end_time_unix_nano = start, min(2**64 - 1, start + lasted)
    books.store.insert_segment(
        length_prefixed(message.SerializeToString()), 1_790_000_000_000_000 + start % 1000 + lasted % 7, segment="odd"
    )
    books.enrich()
    assert books.store.value("SELECT count() FROM set_aside") == 0
    assert books.store.value("SELECT count() FROM calls WHERE toYear(ts) = 2026") == 4
    assert books.store.value("SELECT uniqExact(trace_id, span_id) FROM ledger") == 6
    [told] = books.report("operations/odd_calls")
    assert told["early"] + told["late"] > 0


def test_a_call_of_a_far_year_leaves_the_others_their_grid_hours(books: Books) -> None:
    books.hours("DE", "2024-10-08", [300.0] * 24)
    place = {"provider": "azure.ai.openai", "cloud_region": "germanywestcentral"}
    [near, *_] = books.book_alone(
        {"ts": NOON, "output_tokens": 10, **place},
        {"ts": FAR, **place},
        {"ts": datetime(1970, 1, 1, tzinfo=UTC), **place},
    )
    assert (near["intensity_g_per_kwh"], near["intensity_resolution"]) == (300, "hour")


@pytest.mark.parametrize("away", [timedelta(days=3650), timedelta(days=-3650), timedelta(seconds=-90)])
def test_calls_are_found_whatever_the_clock_said(books: Books, away: timedelta) -> None:
    books.empty()
    worker = Worker(books.store, books.configuration)
    now = datetime.now(UTC)
    books.ingest({"ingested_at": now + away})
    assert worker.catch_up() == 1
    books.ingest({"ingested_at": now + timedelta(seconds=1)})
    assert worker.catch_up() == 1
    books.ingest({"ingested_at": now - timedelta(days=2)})
    [told] = books.report("operations/backlog")
    assert told["llm_spans"] == 1
    assert worker.catch_up() == 1
    assert Worker(books.store, books.configuration).catch_up() == 0
    [told] = books.report("operations/backlog")
    assert (told["llm_spans"], told["ledger_calls"]) == (0, 3)


def test_rows_that_join_an_insert_late_are_taken_and_merges_hide_none(books: Books) -> None:
    books.empty()
    worker = Worker(books.store, books.configuration)
    moment = datetime(2024, 10, 8, 12, tzinfo=UTC)
    books.ingest({"ingested_at": moment})
    assert worker.catch_up() == 1
    books.ingest({"ingested_at": moment})
    books.store.execute("OPTIMIZE TABLE llm_spans FINAL")
    worker.catch_up()
    assert books.store.value("SELECT count() FROM calls") == 2
