"""A ledger on the real engine, for a module's tests: spans go in as dictionaries, and come out as booked calls."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.configuration import Configuration, load
from spanledger_sql.migrations import migrate
from spanledger_sql.store import Store

NOON = datetime(2024, 10, 8, 12, 30, tzinfo=UTC)
_SPAN = {
    "ts": NOON, "provider": "openai", "request_model": "gpt-4o-2024-08-06", "response_model": "", "operation": "chat",
    "status": "ok", "tenant_id": "acme", "cloud_region": "", "input_tokens": 0, "cache_read_tokens": 0,
    "cache_write_tokens": 0, "cache_write_1h_tokens": 0, "output_tokens": 0, "reasoning_tokens": 0,
    "usage_source": "reported",
}  # fmt: skip


class Books:
    """Books spans as the worker does."""

    def __init__(self, store: Store, configuration: Configuration) -> None:
        self.store = store
        self.configuration = configuration
        self._numbers = itertools.count(1)

    def ingest(self, *spans: dict[str, Any]) -> list[str]:
        """Put spans where the worker finds them; gives their ids."""
        now = datetime.now(UTC)
        rows = []
        for number, span in zip(self._numbers, spans, strict=False):
            rows.append(
                {"ingested_at": now, "trace_id": f"{number:032x}", "span_id": f"{number:016x}", **_SPAN, **span}
            )
        self.store.insert("llm_spans", rows)
        return [row["span_id"] for row in rows]

    def enrich(self) -> int:
        return Worker(self.store, self.configuration).catch_up()

    def book(self, *spans: dict[str, Any]) -> list[dict[str, Any]]:
        """The calls that spans became, in the order of their spans."""
        ids = self.ingest(*spans)
        self.enrich()
        found = self.store.rows("SELECT * FROM calls WHERE span_id IN {ids:Array(String)}", ids=ids)
        by_id = {row["span_id"]: row for row in found}
        assert len(found) == len(by_id)
        return [by_id[one] for one in ids]

    def hours(self, zone: str, first: str, values: list[float], **changes: Any) -> None:
        """Hourly intensities of a zone from ``first`` on."""
        frame = pd.DataFrame(
            {
                "zone": zone,
                "resolution": "hour",
                "signal": "average",
                "basis": "lifecycle",
                "ts": pd.date_range(first, periods=len(values), freq="h", tz="UTC"),
                "g_per_kwh": values,
                "quality": "measured",
                "source": "a test",
            }
        )
        self.store.insert_frame("grid_intensity", frame.assign(**changes))


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    configuration = load(data_dir=tmp_path_factory.mktemp("books") / "data")
    with Store.open(configuration, exclusive=True) as store:
        migrate(store)
        load_reference_data(store)
        yield Books(store, configuration)


@pytest.fixture
def own_bounds(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger's energy is EcoLogits', and so are its bounds: for what is compared with its own figures."""
    configuration = load(data_dir=books.configuration.data_dir, energy_method="ecologits", energy_bounds="method")
    monkeypatch.setattr(books, "configuration", configuration)


@pytest.fixture
def by_ecologits(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger's energy is by EcoLogits' method."""
    monkeypatch.setattr(books, "configuration", load(data_dir=books.configuration.data_dir, energy_method="ecologits"))


@pytest.fixture
def fresh_books(store: Store, configuration: Configuration) -> Books:
    """Books of one test."""
    load_reference_data(store)
    return Books(store, configuration)
