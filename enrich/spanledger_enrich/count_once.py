"""Counts each provider call once, however many spans report it, in whatever order they come.

A verdict is a function of the set of spans that are connected by a trace or a response id, so a span that comes late
gets the whole set looked at again, and the result is the same as if all had come at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_sql.store import statement

if TYPE_CHECKING:
    from datetime import datetime

    from spanledger_sql.store import Store

_SCRATCH = ("call_candidate", "call_nesting", "call_label")


def judge(store: Store, after: datetime, until: datetime, version: int) -> int:
    """Write `call_verdict` for the spans of a batch and all that may report the same calls; gives how many changed.

    Args:
        store: The database; one worker at a time.
        after: The batch, by time of ingestion, half-open at the start.
        until: Its end.
        version: The batch's version.
    """
    batch = {"after": after, "until": until}
    store.execute(statement("count_once/1_keys"), batch)
    for table in _SCRATCH:
        store.execute(f"TRUNCATE TABLE {table}")
    candidates = 0
    while True:
        store.execute(statement("count_once/2_candidates"), batch)
        found = int(store.value("SELECT count() FROM call_candidate"))
        if found == candidates:
            break
        candidates = found
    if not candidates:
        return 0
    store.execute(statement("count_once/3_nesting"))
    store.execute(statement("count_once/4_labels"))
    store.execute(statement("count_once/5_silent_labels"))
    store.execute(statement("count_once/6_verdicts"), {"version": version})
    return int(store.value("SELECT count() FROM call_verdict WHERE version = {version:UInt64}", version=version))
