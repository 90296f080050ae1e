"""How long tables keep their rows, by configuration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from spanledger_sql.policy.retention import COLUMNS, RetentionError, keep_for
from spanledger_sql.store import Store


@pytest.mark.parametrize("table", COLUMNS)
def test_rows_that_are_older_go(store: Store, table: str) -> None:
    column = COLUMNS[table]
    now = datetime.now(UTC)
    store.insert(table, [{column: now - timedelta(days=days)} for days in (20, 1)])
    assert keep_for(store, {table: 7}) == [table]
    store.execute(f"OPTIMIZE TABLE {table} FINAL")
    assert store.value(f"SELECT count() FROM {table} WHERE {column} < now() - INTERVAL 7 DAY") == 0
    assert store.value(f"SELECT count() FROM {table}") >= 1
    assert keep_for(store, {table: 7}) == []
    assert keep_for(store, {table: 0}) == [table]
    assert keep_for(store, {table: 0}) == []


@pytest.mark.parametrize("days", [{"ledger": 30}, {"otel_traces": -1}, {"nothing": 1}])
def test_books_are_kept(store: Store, days: dict[str, int]) -> None:
    with pytest.raises(RetentionError, match="otel_traces"):
        keep_for(store, days)
