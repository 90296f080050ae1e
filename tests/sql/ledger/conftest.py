"""One stage of the ledger at a time: rows go into the tables that it reads, and come out of the one it fills."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from harness import data_folder

from spanledger_enrich.ledger.methods import methods
from spanledger_enrich.ledger.stages import Stages
from spanledger_settings.configuration import load
from spanledger_sql.store import Store, statement

NOON = datetime(2024, 10, 8, 12, 30, tzinfo=UTC)
INGESTED = datetime(2024, 10, 8, 13, tzinfo=UTC)


class Stage:
    """Runs single stages over given rows."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.tables = Stages(store).tables
        self.scope: dict[str, Any] = {
            "target": "ledger", "spans": "llm_spans", "first_span": 0, "last_span": 2**64 - 1, "version": 7,
            "restatement_id": "", "restated_chunk": 0,
            "verdicts_after": 0, "recounted": 0, **methods(load()), **self.tables,
        }  # fmt: skip

    def given(self, table: str, *rows: dict[str, Any]) -> None:
        for row in rows:
            self.store.insert(table, [row])

    def batch(self, *calls: dict[str, Any]) -> None:
        """Rows of stage 1's table."""
        default = {"ts": NOON, "provider": "openai", "request_model": "gpt-4o", "status": "ok", "price_key": 1,
                   "place_key": 1, "agreement_key": 1, "usage_source": "reported"}  # fmt: skip
        rows = ({**default, "span": n, **call} for n, call in enumerate(calls, 1))
        self.given("ledger_batch", *({"place_moment": _hour(row["ts"]), **row} for row in rows))

    def spans(self, *spans: dict[str, Any]) -> None:
        """Rows of llm_spans."""
        default = {"ingested_at": INGESTED, "ts": NOON, "provider": "openai", "request_model": "gpt-4o",
                   "status": "ok", "usage_source": "reported", "tenant_id": "acme"}  # fmt: skip
        ids = ({"trace_id": f"{n:032x}", "span_id": f"{n:016x}"} for n in range(1, len(spans) + 1))
        self.given("llm_spans", *({**default, **one, **span} for one, span in zip(ids, spans, strict=True)))
        if spans:
            self.given("ledger_inserts", {"ingested_at": INGESTED, "calls": len(spans), "parents": 0, "again": 0})

    def run(self, name: str, columns: str, **changes: Any) -> list[tuple[Any, ...]]:
        """Run the stage ``name`` and give ``columns`` of what it put down, in order."""
        table = self.tables.get(name[2:], "ledger")
        if table != self.tables["batch"]:
            self.store.execute(f"TRUNCATE TABLE {table}")
        self.store.execute(statement(f"ledger/{name}"), {**self.scope, **changes})
        return [tuple(row.values()) for row in self.store.rows(f"SELECT {columns} FROM {table} ORDER BY ALL")]


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with data_folder.opened(load(data_dir=tmp_path_factory.mktemp("stages") / "data")) as store:
        yield store


@pytest.fixture
def stage(_migrated: Store) -> Stage:
    """Empty tables, and the stages."""
    made = Stage(_migrated)
    for table in (*made.tables.values(), "llm_spans", "ledger", "call_verdict", "call_tenant", "model_resolution",
                  "price_list", "price_book", "energy_model", "grid_zone", "grid_intensity", "energy_facility",
                  "energy_allocation", "grid_contract", "set_aside"):  # fmt: skip
        _migrated.execute(f"TRUNCATE TABLE {table}")
    return made
