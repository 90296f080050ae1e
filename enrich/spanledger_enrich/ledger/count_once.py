"""Counts each provider call once, however many spans report it, in whatever order they come.

A verdict is a function of the set of spans that are connected by a trace or a response id, so a span that comes late
gets the whole set looked at again, and the result is the same as if all had come at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_sql.store import Store

# The scratch tables: what each is called in the statements, and the one that is there for all.
SCRATCH = {
    "keys": "call_batch_key",
    "candidates": "call_candidate",
    "insides": "call_inside",
    "nestings": "call_nesting",
    "scenes": "call_scene",
    "labels": "call_label",
}


def judge(store: Store, batch: str, inserts: str, version: int, scratch: Mapping[str, str] = SCRATCH) -> int:
    """Write `call_verdict` for the spans of a batch and all that may report the same calls; gives how many changed.

    Args:
        store: The database; one worker at a time.
        batch: The table of the batch's spans, stage 1 of the ledger.
        inserts: The table of the batch's inserts, stage 0: a parent that comes late may show which calls are the same.
        version: The batch's version.
        scratch: The worker's scratch tables.
    """
    for table in scratch.values():
        store.execute("TRUNCATE TABLE {table:Identifier}", {"table": table})
    store.execute(statement("count_once/1_keys"), {"batch": batch, **scratch})
    # Keys that came twice go when parts are merged: to look for them in each block costs half as much again.
    store.execute(
        "INSERT INTO call_key SETTINGS optimize_on_insert = 0 SELECT key, span, ingested_at FROM {keys:Identifier}",
        scratch,
    )
    candidates = 0
    while True:
        store.execute(statement("count_once/2_candidates"), {"inserts": inserts, **scratch})
        found = int(store.value("SELECT count() FROM {table:Identifier}", table=scratch["candidates"]))
        if found == candidates:
            break
        candidates = found
    if not candidates:
        return 0
    for step in (
        "3_nesting",
        "3_own_calls",
        "3_stream_results",
        "3_agent_reports",
        "4_scenes",
        "5_labels",
        "6_silent_labels",
    ):
        store.execute(statement(f"count_once/{step}"), scratch)
    store.execute(statement("count_once/7_verdicts"), {"version": version, **scratch})
    return int(store.value("SELECT count() FROM call_verdict WHERE version = {version:UInt64}", version=version))
