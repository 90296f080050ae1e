"""Usage that others counted: of each bucket of a usage report, what nothing else tells becomes a row of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_enrich.ledger.usage.usage_news import UsageNews, verdicts_wait
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from spanledger_sql.store import Store

_NAME = "usage"


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
    if not (news := UsageNews(store, _NAME)):
        return verdicts_wait(store)
    told = store.rows(statement("lookups/progress/usage_since"))[0]
    if not told["new"]:
        news.taken(version)
        return verdicts_wait(store)
    before = _buckets(store)
    store.execute("TRUNCATE TABLE usage_rest")
    store.execute(statement("usage/1_rest"), {"first": told["first"], "last": told["last"]})
    store.execute(statement("usage/2_verdicts"), {"version": version})
    store.execute(statement("usage/3_buckets"))
    news.taken(version)
    return verdicts_wait(store) or _buckets(store) != before


def _buckets(store: Store) -> int:
    return int(store.value("SELECT count() FROM llm_spans WHERE signal = 'usage'"))
