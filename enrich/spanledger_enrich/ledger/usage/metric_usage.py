"""Usage without calls: what metrics tell of and no span or log does becomes buckets of calls.

What counts of a session's metrics is a function of all that was told of it, so that spans, logs and metrics may come in
any order: a bucket of which a call is told later counts less from then on, or no more.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from spanledger_enrich.ledger.usage.usage_news import UsageNews, verdicts_wait
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from spanledger_sql.store import Store

_NAME = "metrics"
_SCRATCH = ("metric_series", "metric_interval", "metric_call", "metric_rest")
_BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
# An interval on the day before may hold what ended on this one.
_CROSSING = timedelta(days=1)


def follow_metrics(store: Store, version: int) -> bool:
    """Bring the buckets of calls in line with what spans, logs and metrics tell by now.

    Args:
        store: The database; one worker at a time, after the calls so far were counted once.
        version: Of what it decides, after that of the last batch.

    Returns:
        Whether there are new buckets, or some count otherwise than before.
    """
    if not store.value("SELECT count() FROM usage_point"):
        return False
    if not (news := UsageNews(store, _NAME)):
        return verdicts_wait(store)
    told = store.rows(statement("lookups/progress/metered_since"))[0]
    if not told["points"] + told["calls"]:
        news.taken(version)
        return verdicts_wait(store)
    day = _BEGINNING if news.first else max(told["day"] - _CROSSING, _BEGINNING)
    for table in _SCRATCH:
        store.execute("TRUNCATE TABLE {table:Identifier}", {"table": table})
    store.execute(statement("metrics/1_series"), {"everything": int(news.first)})
    for stage in ("metrics/2_intervals", "metrics/3_calls", "metrics/4_rest"):
        store.execute(statement(stage), {"day": day})
    before = _buckets(store)
    store.execute(statement("metrics/5_verdicts"), {"day": day, "version": version})
    store.execute(statement("metrics/6_buckets"))
    news.taken(version)
    return verdicts_wait(store) or _buckets(store) != before


def _buckets(store: Store) -> int:
    return int(store.value("SELECT count() FROM llm_spans WHERE granularity = 'interval'"))
