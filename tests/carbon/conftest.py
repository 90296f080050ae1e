"""A ledger to report on: rows as a property test makes them up, and spans that the worker books."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from spanledger_cli.cli import app
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.configuration import Configuration, load
from spanledger_sql.migrations import migrate
from spanledger_sql.store import Store

_ROW = {
    "service_name": "assistant", "tenant_id": "acme", "user_id": "", "session_id": "", "feature": "chat",
    "provider": "openai", "request_model": "gpt-4o", "response_model": "", "operation": "chat", "status": "ok",
    "cloud_region": "", "host_name": "", "input_tokens": 100, "cache_read_tokens": 0, "output_tokens": 10,
    "usage_source": "reported", "price_status": "unpriced", "energy_wh": None, "energy_wh_low": None,
    "energy_wh_high": None, "energy_method": "unknown", "energy_id": "", "zone": "DE", "intensity_g_per_kwh": None,
    "intensity_source": "", "intensity_resolution": "unknown", "co2e_g": None, "co2e_g_low": None,
    "co2e_g_high": None, "co2e_market_g": None, "embodied_g": None, "water_ml": None, "counted": 1, "version": 1,
}  # fmt: skip
_SPAN = {
    "provider": "openai", "request_model": "gpt-4o-2024-08-06", "response_model": "", "operation": "chat",
    "status": "ok", "tenant_id": "acme", "cloud_region": "", "input_tokens": 0, "cache_read_tokens": 0,
    "output_tokens": 0, "usage_source": "reported",
}  # fmt: skip
OCTOBER = {"from": datetime(2024, 10, 1, tzinfo=UTC), "to": datetime(2024, 11, 1, tzinfo=UTC), "timezone": "UTC"}


class Books:
    """The ledger of October 2024."""

    def __init__(self, store: Store, configuration: Configuration) -> None:
        self.store = store
        self.configuration = configuration
        self._numbers = itertools.count(1)

    def fill(self, *rows: dict[str, Any]) -> None:
        """Make these rows the whole ledger."""
        self.empty()
        self.store.insert(
            "ledger",
            [{**self._ids(number), **_ROW, "enriched_at": datetime.now(UTC), **row} for number, row in enumerate(rows)],
        )

    def book(self, *spans: dict[str, Any]) -> list[dict[str, Any]]:
        """Make these spans, booked by the worker, the whole ledger; gives their calls in the order of time."""
        self.empty()
        now = datetime.now(UTC)
        self.store.insert(
            "llm_spans", [{"ingested_at": now, **self._ids(n), **_SPAN, **span} for n, span in enumerate(spans)]
        )
        Worker(self.store, self.configuration).catch_up()
        return self.store.rows("SELECT * FROM calls ORDER BY ts, span_id")

    def hours(self, zone: str, first: str, values: list[float], **changes: str) -> None:
        """Hourly intensities of a zone from ``first`` on."""
        stamps = pd.date_range(first, periods=len(values), freq="h", tz="UTC")
        self.store.insert_frame(
            "grid_intensity",
            pd.DataFrame(
                {"zone": zone, "resolution": "hour", "signal": "average", "basis": "lifecycle", "ts": stamps,
                 "g_per_kwh": values, "quality": "measured", "source": "a test"}
            ).assign(**changes),
        )  # fmt: skip

    def empty(self) -> None:
        for table in ("llm_spans", "ledger", "enrich_progress"):
            self.store.execute(f"TRUNCATE TABLE {table}")

    def report(self, name: str, by: list[str] | None = None, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a report on October; what is missing is None."""
        frame = self.store.frame(f"reports/{name}", **{**OCTOBER, "by": by or [], **parameters})
        return [
            {str(key): None if pd.isna(value) else value for key, value in row.items()}
            for row in frame.to_dict("records")
        ]

    def _ids(self, number: int) -> dict[str, str]:
        return {"trace_id": f"{next(self._numbers):032x}", "span_id": f"{number + 1:016x}"}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    configuration = load(data_dir=tmp_path_factory.mktemp("carbon") / "data")
    with Store.open(configuration, exclusive=True) as store:
        migrate(store)
        load_reference_data(store)
        yield Books(store, configuration)


@pytest.fixture
def spanledger(books: Books, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a command on the open ledger, and gives what it prints on standard output."""

    def opened(_: object) -> Store:
        return Store("embedded", books.configuration.clickhouse_url)

    monkeypatch.setattr(Store, "open", opened)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(
            app, ["--data-dir", str(books.configuration.data_dir), *arguments], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        return done.stdout

    return run
