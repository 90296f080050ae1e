"""A worker that is to stop ends within seconds, whatever there is to do, and the next one does the rest."""

from __future__ import annotations

import time

from harness.books import Books

from spanledger_enrich.worker import Worker

_CALLS = 100_000


def test_a_worker_stops_in_the_middle_of_a_large_batch_and_the_next_books_each_call_once(fresh_books: Books) -> None:
    fresh_books.ingest({"input_tokens": 7})
    fresh_books.store.execute(
        "INSERT INTO llm_spans SELECT llm_spans.* REPLACE (lower(hex(n.number)) AS span_id, '5a' AS trace_id) "
        f"FROM llm_spans CROSS JOIN numbers({_CALLS}) AS n"
    )
    assert fresh_books.store.value("SELECT count() FROM llm_spans") == _CALLS + 1
    worker = Worker(fresh_books.store, fresh_books.configuration)
    worker.start()
    worker.wake()
    time.sleep(0.7)
    begin = time.monotonic()
    worker.stop(patience_s=0.3)
    assert time.monotonic() - begin < 5
    assert not worker._thread.is_alive()
    assert fresh_books.store.value("SELECT count() FROM calls") < _CALLS + 1
    Worker(fresh_books.store, fresh_books.configuration).catch_up()
    found = "SELECT count() AS calls, uniqExact(span_id) AS spans, sum(input_tokens) AS tokens FROM ledger FINAL"
    assert list(fresh_books.store.rows(found)[0].values()) == [_CALLS + 1, _CALLS + 1, 7 * (_CALLS + 1)]
