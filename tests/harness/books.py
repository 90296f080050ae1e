"""A ledger on the real engine: spans go in as dictionaries and come out as booked calls, or rows go in as they are."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import Configuration
from spanledger_sql.store import Store

NOON = datetime(2024, 10, 8, 12, 30, tzinfo=UTC)
OCTOBER = {"from": datetime(2024, 10, 1, tzinfo=UTC), "to": datetime(2024, 11, 1, tzinfo=UTC), "timezone": "UTC"}
_EVERYTHING: dict[str, Any] = {
    **{name: [] for name in ("custom", "own_values", "tenants", "where", "where_names", "where_values")},
    "own": "",
    "moment": datetime(2099, 1, 1, tzinfo=UTC),
    "rows": 2**63,
}
_SPAN = {
    "ts": NOON, "provider": "openai", "request_model": "gpt-4o-2024-08-06", "response_model": "", "operation": "chat",
    "status": "ok", "tenant_id": "acme", "cloud_region": "", "input_tokens": 0, "cache_read_tokens": 0,
    "cache_write_tokens": 0, "cache_write_1h_tokens": 0, "output_tokens": 0, "reasoning_tokens": 0,
    "usage_source": "reported",
}  # fmt: skip
_ROW = {
    "service_name": "assistant", "tenant_id": "acme", "user_id": "", "session_id": "", "feature": "chat",
    "provider": "openai", "request_model": "gpt-4o", "response_model": "", "operation": "chat", "status": "ok",
    "cloud_region": "", "host_name": "", "input_tokens": 100, "cache_read_tokens": 0, "output_tokens": 10,
    "usage_source": "reported", "price_status": "unpriced", "energy_wh": None, "energy_wh_low": None,
    "energy_wh_high": None, "energy_method": "unknown", "energy_id": "", "zone": "DE", "intensity_g_per_kwh": None,
    "intensity_source": "", "intensity_resolution": "unknown", "co2e_g": None, "co2e_g_low": None,
    "co2e_g_high": None, "co2e_market_g": None, "embodied_g": None, "water_ml": None, "counted": 1, "version": 1,
}  # fmt: skip


class Books:
    """An open store, the configuration that spans are booked under, and what tests do with them."""

    def __init__(self, store: Store, configuration: Configuration) -> None:
        self.store = store
        self.configuration = configuration
        self._numbers = itertools.count(1)
        self._worker: tuple[Configuration, Worker] | None = None

    def ingest(self, *spans: dict[str, Any]) -> list[str]:
        """Put spans where the worker finds them; gives their ids."""
        now = datetime.now(UTC)
        rows = [{"ingested_at": now, **self._ids(), **_SPAN, **span} for span in spans]
        self.store.insert("llm_spans", rows)
        return [row["span_id"] for row in rows]

    def enrich(self, *, restarted: bool = False) -> int:
        """Book what is ingested; gives the number of new calls.

        By one worker as long as the configuration is the same, as in a node: its first batch costs twice the others.

        Args:
            restarted: By another one, which knows of those before only what they stored.
        """
        if restarted or self._worker is None or self._worker[0] is not self.configuration:
            self._worker = self.configuration, Worker(self.store, self.configuration)
        return self._worker[1].catch_up()

    def book(self, *spans: dict[str, Any]) -> list[dict[str, Any]]:
        """The calls that spans became, in the order of their spans."""
        ids = self.ingest(*spans)
        self.enrich()
        found = self.store.rows("SELECT * FROM calls WHERE span_id IN {ids:Array(String)}", ids=ids)
        by_id = {row["span_id"]: row for row in found}
        assert len(found) == len(by_id)
        return [by_id[one] for one in ids]

    def book_alone(self, *spans: dict[str, Any]) -> list[dict[str, Any]]:
        """Make these spans the whole ledger; gives the calls in the order of their spans."""
        self.empty()
        return self.book(*spans)

    def fill(self, *rows: dict[str, Any]) -> None:
        """Make these rows the whole ledger, as if a worker had written them."""
        self.empty()
        self.add(*rows)

    def add(self, *rows: dict[str, Any]) -> None:
        """Put rows into the ledger, as if a worker had written them; of one call the highest version counts."""
        now = datetime.now(UTC)
        self.store.insert("ledger", [{**self._ids(), "ts": NOON, **_ROW, "enriched_at": now, **row} for row in rows])

    def empty(self) -> None:
        """Leave reference data alone, and forget every span and call."""
        for table in (
            "llm_spans",
            "ledger",
            "ledger_hour",
            "ledger_sum",
            "hour_names",
            "hour_waste",
            "enrich_progress",
        ):
            self.store.execute(f"TRUNCATE TABLE {table}")

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

    def report(self, name: str, by: list[str] | None = None, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a report on October 2024; what is missing is None."""
        frame = self.store.frame(f"reports/{name}", **{**OCTOBER, **_EVERYTHING, "by": by or [], **parameters})
        return [
            {
                str(key): None if pd.api.types.is_scalar(value) and pd.isna(value) else value
                for key, value in row.items()
            }
            for row in frame.to_dict("records")
        ]

    def _ids(self) -> dict[str, str]:
        number = next(self._numbers)
        return {"trace_id": f"{number:032x}", "span_id": f"{number:016x}"}
