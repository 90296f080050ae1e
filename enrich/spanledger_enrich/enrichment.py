"""Runs the one statement that costs calls: for the worker over what is new, for a restatement over what is not."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from spanledger_sql.store import statement

if TYPE_CHECKING:
    from spanledger_sql.configuration import Configuration
    from spanledger_sql.store import Store

BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
_NAME = "ledger"


def enrich(store: Store, configuration: Configuration, after: datetime, until: datetime) -> None:
    """Write the calls ingested after ``after`` and up to ``until`` into the ledger, without those that it has."""
    _run(store, configuration, target="ledger", spans="llm_spans", after=after, until=until, restatement_id="", chunk=0)


def compute_again(
    store: Store,
    configuration: Configuration,
    restatement_id: str,
    chunk: int,
    *,
    target: str = "restated",
    spans: str = "llm_spans",
) -> None:
    """Compute the calls of a restatement's chunk into the table ``target``, with what is known now."""
    _run(
        store,
        configuration,
        target=target,
        spans=spans,
        after=BEGINNING,
        until=datetime.now(UTC),
        restatement_id=restatement_id,
        chunk=chunk,
    )


def progress(store: Store) -> datetime:
    """The time of ingestion up to which every call is in the ledger."""
    until = store.value("SELECT max(ingested_until) FROM enrich_progress WHERE worker = {worker:String}", worker=_NAME)
    return max(until, BEGINNING) if isinstance(until, datetime) else BEGINNING


def record_progress(store: Store, until: datetime, calls: int) -> None:
    """Say that everything ingested up to ``until`` is in the ledger, with ``calls`` more."""
    store.insert(
        "enrich_progress",
        [{"worker": _NAME, "ingested_until": until, "calls": calls, "updated_at": datetime.now(UTC)}],
    )


def _run(
    store: Store,
    configuration: Configuration,
    *,
    target: str,
    spans: str,
    after: datetime,
    until: datetime,
    restatement_id: str,
    chunk: int,
) -> None:
    store.execute(
        statement("enrich/ledger"),
        {
            "after": after,
            "until": until,
            "version": time.time_ns() // 1000,
            "default_zone": configuration.default_zone,
            "target": target,
            "spans": spans,
            "restatement_id": restatement_id,
            "restated_chunk": chunk,
        },
    )
