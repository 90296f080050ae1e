"""Counts each provider call once, however many spans report it, in whatever order they come.

A verdict is a function of the set of spans that are connected by a trace or a response id, so a span that comes late
gets the whole set looked at again, and the result is the same as if all had come at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from spanledger_sql.store import statement

if TYPE_CHECKING:
    from datetime import datetime

    from spanledger_sql.store import Store

_SCRATCH = ("call_candidate", "call_nesting", "call_scene", "call_label")


class Window(NamedTuple):
    """What was ingested later than ``after``, up to ``until``."""

    after: datetime
    until: datetime


def judge(store: Store, batch: str, parents: Window, version: int) -> int:
    """Write `call_verdict` for the spans of a batch and all that may report the same calls; gives how many changed.

    Args:
        store: The database; one worker at a time.
        batch: The table of the batch's spans, stage 1 of the ledger.
        parents: The spans whose parents are new: one that comes late may show that calls report the same.
        version: The batch's version.
    """
    store.execute(statement("count_once/1_keys"), {"batch": batch})
    for table in _SCRATCH:
        store.execute(f"TRUNCATE TABLE {table}")
    candidates = 0
    while True:
        store.execute(
            statement("count_once/2_candidates"),
            {"batch": batch, "parents_after": parents.after, "parents_until": parents.until},
        )
        found = int(store.value("SELECT count() FROM call_candidate"))
        if found == candidates:
            break
        candidates = found
    if not candidates:
        return 0
    for step in ("3_nesting", "3_stream_results", "3_agent_reports", "4_scenes", "5_labels", "6_silent_labels"):
        store.execute(statement(f"count_once/{step}"))
    store.execute(statement("count_once/7_verdicts"), {"version": version})
    return int(store.value("SELECT count() FROM call_verdict WHERE version = {version:UInt64}", version=version))
