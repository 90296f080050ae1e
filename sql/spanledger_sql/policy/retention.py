"""How long tables keep their rows, where the configuration says otherwise than the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_sql.store import Store

# Tables whose rows may go, and when a row of each came. The books are not among them.
COLUMNS: Mapping[str, str] = {
    "otel_traces": "IngestedAt",
    "span_parent": "ingested_at",
    "call_key": "ingested_at",
    "call_verdict": "ingested_at",
    "call_model": "ingested_at",
    "llm_spans": "ingested_at",
}
FOR_EVER = 0


class RetentionError(MendableError):
    """A table that cannot be given a time; the message says which can."""


def keep_for(store: Store, days: Mapping[str, int]) -> list[str]:
    """Have tables keep their rows for so many days, 0 for ever; gives the tables that this changed.

    Raises:
        RetentionError: A table is none whose rows may go.
    """
    for table, number in days.items():
        if table not in COLUMNS or number < 0:
            raise RetentionError(
                f"retention_days: {table} = {number}: expected days, or 0 for ever, of {', '.join(COLUMNS)}"
            )
    changed = []
    for table, number in days.items():
        said = f"TTL toDateTime({COLUMNS[table]}) + toIntervalDay({number})"
        engine = str(
            store.value(
                "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
                table=table,
            )
        )
        if f"{said} " in f"{engine} " or (number == FOR_EVER and " TTL " not in engine):
            continue
        store.execute(f"ALTER TABLE {table} {'REMOVE TTL' if number == FOR_EVER else f'MODIFY {said}'}")
        changed.append(table)
    return changed
