"""Usage that others counted: of each bucket of a usage report, what nothing else tells becomes a row of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from spanledger_sql.store import statement

if TYPE_CHECKING:
    from spanledger_sql.store import Store

_NAME = "usage"
_BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
# A call may become visible a little after one that was ingested later.
_LOOKBACK = timedelta(seconds=60)


def follow_usage(store: Store, version: int) -> bool:
    """Bring the buckets of usage reports in line with what spans, logs, metrics and the reports tell by now.

    Args:
        store: The database; one worker at a time, after the calls so far were counted once.
        version: Of what it decides, after that of the last batch.

    Returns:
        Whether there are new buckets, or some count otherwise than before.
    """
    if not store.value("SELECT count() FROM usage_record"):
        return False
    now = store.value("SELECT now64(6, 'UTC')")
    until = store.value("SELECT max(ingested_until) FROM enrich_progress WHERE worker = {worker:String}", worker=_NAME)
    since = max(until, _BEGINNING + _LOOKBACK) - _LOOKBACK
    told = store.rows(statement("lookups/usage_since"), since=since)[0]
    if not told["new"]:
        return False
    before = _buckets(store)
    store.execute("TRUNCATE TABLE usage_rest")
    store.execute(statement("usage/1_rest"), {"first": told["first"], "last": told["last"]})
    store.execute(statement("usage/2_verdicts"), {"version": version})
    store.execute(statement("usage/3_buckets"))
    store.insert(
        "enrich_progress", [{"worker": _NAME, "ingested_until": now, "calls": 0, "updated_at": datetime.now(UTC)}]
    )
    changed = store.value("SELECT count() FROM call_verdict WHERE version = {version:UInt64}", version=version)
    return bool(changed) or _buckets(store) != before


def _buckets(store: Store) -> int:
    return int(store.value("SELECT count() FROM llm_spans WHERE signal = 'usage'"))
