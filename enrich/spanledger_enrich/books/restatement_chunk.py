"""One chunk of a restatement: computed anew, compared with the ledger, its changes summed, and only then written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanledger_enrich.ledger.enrichment import compute_again
from spanledger_enrich.ledger.hour_sums import mark_hours
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store


def work_off(
    store: Store, configuration: Configuration, identity: str, chunk: dict[str, Any], *, counted: bool, write: bool
) -> None:
    """Compute, compare, sum up and write one chunk; with ``counted``, its changes are summed up already."""
    store.execute("TRUNCATE TABLE restated")
    store.execute("TRUNCATE TABLE restatement_change")
    compute_again(store, configuration, identity, chunk["chunk"])
    store.execute(statement("books/restatement/change"), {"restatement_id": identity, "chunk": chunk["chunk"]})
    progress = {"restatement_id": identity, "chunk": chunk["chunk"], "calls": chunk["calls"]}
    if not counted:
        totals = store.rows(statement("books/restatement/total"))
        store.insert(
            "restatement_total", [{"restatement_id": identity, "chunk": chunk["chunk"], **row} for row in totals]
        )
        changed = store.value("SELECT count() FROM restatement_change")
        store.insert("restatement_chunk", [{**progress, "state": "counted", "changed_calls": changed}])
    if write:
        mark_hours(store, "restated")
        store.execute(statement("books/restatement/restated"))
        changed = store.value(
            "SELECT changed_calls FROM restatement_chunk FINAL "
            "WHERE restatement_id = {id:String} AND chunk = {n:UInt32}",
            id=identity,
            n=chunk["chunk"],
        )
        store.insert("restatement_chunk", [{**progress, "state": "done", "changed_calls": changed}])


def states(store: Store, identity: str) -> dict[int, str]:
    """How far each chunk of a run is that was begun: `counted` or `done`."""
    rows = store.rows(
        "SELECT chunk, state FROM restatement_chunk FINAL WHERE restatement_id = {id:String}", id=identity
    )
    return {row["chunk"]: row["state"] for row in rows}
