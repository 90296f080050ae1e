"""A ledger to book captures into."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import Configuration
from spanledger_sql.store import Store


@pytest.fixture
def book(store: Store, configuration: Configuration) -> Callable[[Iterable[bytes]], None]:
    """Books requests as one batch."""
    worker = Worker(store, configuration)
    batches = 0

    def book(requests: Iterable[bytes]) -> None:
        nonlocal batches
        batches += 1
        store.insert_otlp(b"".join(map(length_prefixed, requests)), f"batch-{batches}")
        worker.catch_up()

    return book
