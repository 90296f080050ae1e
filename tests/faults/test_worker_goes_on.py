"""A worker meets what nobody foresaw, tells it, and goes on when it has passed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from harness.books import Books
from harness.spooled import eventually

from spanledger_enrich.worker import Worker


@pytest.fixture
def worker(fresh_books: Books) -> Iterator[Worker]:
    worker = Worker(fresh_books.store, fresh_books.configuration)
    yield worker
    worker.stop()


def test_a_temporary_folder_that_was_cleaned_away_is_waited_for(fresh_books: Books, worker: Worker) -> None:
    fresh_books.ingest({"input_tokens": 7})
    temporary = fresh_books.configuration.data_dir / "temporary"
    shutil.rmtree(temporary)
    worker.start()
    eventually(lambda: worker.problem, 20)
    assert worker.alive
    assert "temporary" in worker.problem
    temporary.mkdir()
    eventually(lambda: not worker.problem, 20)
    assert fresh_books.store.value("SELECT count() FROM calls") == 1
