"""Runs the stages that cost calls: for the worker over what is new, for a restatement or a what-if over what is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from spanledger_enrich.ledger.methods import methods
from spanledger_enrich.ledger.resolution import resolve_models, resolve_places
from spanledger_enrich.ledger.stages import Stages, own_stages
from spanledger_enrich.ledger.tenant_rules import follow_rules
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
# Of all hashes of spans.
FIRST_SPAN, LAST_SPAN = 0, 2**64 - 1
_NAME = "ledger"


def enrich(store: Store, configuration: Configuration, version: int) -> None:
    """Write all calls that were not taken yet into the ledger, in one batch.

    Args:
        store: The database.
        configuration: Says the methods.
        version: Of the rows written.
    """
    stages = Stages(store)
    scope = new_calls(store, configuration, version)
    call_parts, parent_parts = all_parts(store)
    stages.choose(scope, call_parts, parent_parts, limit=2**63)
    stages.take(scope)
    write(store, stages, scope)


def all_parts(store: Store) -> tuple[list[str], list[str]]:
    """The names of all parts of `llm_spans`, and of `span_parent`."""
    parts = store.rows(statement("lookups/progress/parts"), tables=["llm_spans", "span_parent"])
    of_calls = [row["name"] for row in parts if row["of"] == "llm_spans"]
    return of_calls, [row["name"] for row in parts if row["of"] == "span_parent"]


def new_calls(store: Store, configuration: Configuration, version: int) -> dict[str, Any]:
    """The parameters of the stages, for the worker: the calls of the inserts that it takes."""
    return {
        "target": "ledger",
        "spans": "llm_spans",
        "first_span": FIRST_SPAN,
        "last_span": LAST_SPAN,
        "version": version,
        "restatement_id": "",
        "restated_chunk": 0,
        "verdicts_after": last_version(store),
        **methods(configuration),
    }


def write(store: Store, stages: Stages, scope: Mapping[str, Any]) -> None:
    """Write the calls that ``stages`` have taken, and those that count otherwise since, into the ledger."""
    if stages.take_recounted(scope):
        # Of calls taken before, a model may have been named since.
        named = "SELECT count() FROM call_model WHERE version > {verdicts_after:UInt64}"
        if store.value(named, verdicts_after=scope["verdicts_after"]):
            resolve_models(store, stages.tables["batch"])
        follow_rules(store, {**scope, **stages.tables})
        stages.cost(scope)


def compute_again(
    store: Store,
    configuration: Configuration,
    restatement_id: str,
    chunk: int,
    *,
    target: str = "restated",
    spans: str = "llm_spans",
) -> None:
    """Compute the calls of a restatement's chunk into the table ``target``, with what is known now.

    They get the version after the newest that the ledger has of them. What the worker writes of a call meanwhile,
    such as a newer verdict on who counts, bears the time of its batch as its version: it is later, and stays in force.
    """
    version = 1 + int(
        store.value(statement("books/restatement/restated_version"), restatement_id=restatement_id, chunk=chunk)
    )
    scope = {
        "target": target,
        "spans": spans,
        "first_span": FIRST_SPAN,
        "last_span": LAST_SPAN,
        "version": version,
        "restatement_id": restatement_id,
        "restated_chunk": chunk,
        "verdicts_after": 0,
        **methods(configuration),
    }
    with own_stages(store, target) as stages:
        follow_rules(store, {**scope, **stages.tables})
        stages.take(scope)
        # Where a call's host stands, its samples may have told since.
        resolve_places(store, stages.tables["batch"])
        stages.cost(scope)


def last_version(store: Store, worker: str | None = _NAME) -> int:
    """The version of the last batch of a worker that was written whole; None: of any worker."""
    return int(
        store.value(
            "SELECT max(version) FROM enrich_progress WHERE worker = {worker:String} OR {worker:String} = ''",
            worker=worker or "",
        )
    )


def record_progress(store: Store, calls: int, version: int, worker: str = _NAME) -> None:
    """Say that a worker's batch ``version`` is whole, with ``calls`` more calls."""
    now = datetime.now(UTC)
    row = {"worker": worker, "calls": calls, "updated_at": now, "version": version}
    store.insert("enrich_progress", [row])
