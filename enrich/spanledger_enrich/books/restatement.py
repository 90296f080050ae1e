"""Restatement: computes calls of the ledger anew with what is known now, and writes those that come out differently.

A run picks its calls, in chunks of bounded size, and notes them. Each chunk is computed by the stages that the
worker books with, compared with the ledger, its changes summed by month and tenant, and only then written: a run
that is killed anywhere goes on with its next chunk, and one that is repeated changes nothing.
"""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books.restatement_chunk import states, work_off
from spanledger_enrich.books.scope import FIRST, LAST, Scope, of_outcomes, plan, planned, restated_since
from spanledger_enrich.books.upkeep import bring_up_to_date, note_restatement
from spanledger_enrich.ledger.energy_allocation import book_idle_again
from spanledger_enrich.ledger.outcomes import restate_outcomes, restated_outcomes
from spanledger_enrich.ledger.resolution import resolve_again
from spanledger_enrich.ledger.tenant_rules import store_rules
from spanledger_settings.mendable import AskedWronglyError, MendableError
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store


class RestatementError(MendableError):
    """A restatement that cannot start; the message says why."""


class UnknownRestatementError(RestatementError, AskedWronglyError):
    """No restatement of that name waits."""


@dataclass(frozen=True, slots=True)
class Restatement:
    """A run that came to its end, or was asked to stop: how many calls it computed, how many changed, and outcomes."""

    restatement_id: str
    examined_calls: int
    changed_calls: int
    changed_outcomes: int = 0
    finished: bool = True
    resumed: tuple[Restatement, ...] = ()


def restate(
    store: Store,
    configuration: Configuration,
    scope: Scope,
    *,
    requested_by: str,
    reason: str,
    dry_run: bool = False,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    keep_on: Callable[[], bool] = lambda: True,
) -> Restatement:
    """Restate the calls of ``scope``; runs that were killed are brought to their end first, but not by a dry run.

    Args:
        store: The database.
        configuration: Says how many calls a chunk holds, and the default zone.
        scope: Which calls.
        requested_by: Who wants it, for the books.
        reason: Why, for the books.
        dry_run: Sum up what would change, in `restatement_total` until `forget_previews`, and leave all else as it is:
            the ledger, what names mean, the tenant rules in force, and runs that were killed.
        on_progress: Told after each chunk how many calls are done, and of how many.
        keep_on: Asked before each chunk; the run rests when it says no, and a later one resumes it.

    Raises:
        RestatementError: Another process is restating.
    """
    resumed: tuple[Restatement, ...] = ()
    if dry_run:
        _refuse_beside_another(unfinished(store))
    else:
        resumed = tuple(_resume(store, configuration, on_progress, keep_on))
        resolve_again(store)
        store_rules(store, configuration.tenant_rules)
    run = {
        "restatement_id": uuid.uuid4().hex[:12],
        "started_at": store.value("SELECT now64(6, 'UTC')"),
        "finished_at": None,
        "state": "previewing" if dry_run else "planning",
        "requested_by": requested_by,
        "owner": _me(),
        "reason": reason,
        "scope": str(scope),
        "examined_calls": 0,
        "changed_calls": 0,
        "changed_outcomes": 0,
    }
    _save(store, run)
    final = "previewed" if dry_run else "done"
    done = _finish(store, configuration, run, final, on_progress, keep_on)
    if not dry_run and done.finished:
        book_idle_again(store, configuration, scope.begin or FIRST, scope.end or LAST)
        bring_up_to_date(store, configuration)
    return Restatement(
        done.restatement_id, done.examined_calls, done.changed_calls, done.changed_outcomes, done.finished, resumed
    )


def reference_changed(store: Store, configuration: Configuration) -> bool:
    """Whether reference data changed since everything that it touches was last restated."""
    kind = {"grid_signal": configuration.grid_signal, "grid_basis": configuration.grid_basis}
    return bool(store.value(statement("books/restatement/reference_changed"), since=restated_since(store), **kind))


def unfinished(store: Store) -> list[dict[str, Any]]:
    """The runs that are at work or were killed at it, as rows of the table `restatement`."""
    return store.rows(
        "SELECT * EXCEPT (updated_at) FROM restatement FINAL WHERE state IN ('planning', 'running', 'previewing') "
        "ORDER BY started_at"
    )


def cancel(store: Store, identity: str) -> Restatement:
    """End a run that was killed, where it is: what it wrote stays, in the books and in its totals.

    Raises:
        RestatementError: There is no such run that waits to be finished, or it is at work.
    """
    runs = unfinished(store)
    found = [run for run in runs if run["restatement_id"] == identity]
    if not found:
        waiting = ", ".join(run["restatement_id"] for run in runs) or "none does"
        raise UnknownRestatementError(f"no restatement {identity!r} waits to be finished; {waiting}")
    _refuse_beside_another(found)
    run, changed = found[0], _changed(store, identity)
    examined = sum(
        row["calls"]
        for row in store.rows(
            "SELECT calls FROM restatement_chunk FINAL WHERE restatement_id = {id:String} AND state = 'done'",
            id=identity,
        )
    )
    _forget(store, run)
    outcomes = restated_outcomes(store, identity)
    ended = {"state": "cancelled", "finished_at": datetime.now(UTC), "owner": ""}
    figures = {"examined_calls": examined, "changed_calls": changed, "changed_outcomes": outcomes}
    _save(store, {**run, **ended, **figures})
    return Restatement(identity, examined, changed, outcomes, finished=False)


def forget_previews(store: Store, identity: str = "") -> None:
    """Delete all that is kept of a dry run, and of those that were killed: it is as if they had never been."""
    left = store.rows(
        "SELECT restatement_id, owner FROM restatement FINAL "
        "WHERE state = 'previewing' OR (state = 'previewed' AND restatement_id = {id:String})",
        id=identity,
    )
    for run in left:
        if not _alive(run["owner"]):
            named = {"restatement_id": run["restatement_id"]}
            store.execute(statement("books/restatement/forgotten"), named)
            for table in ("restatement_total", "restatement_chunk", "restatement"):
                store.execute(f"DELETE FROM {table} WHERE restatement_id = {{restatement_id:String}}", named)  # noqa: S608


def _refuse_beside_another(runs: list[dict[str, Any]]) -> None:
    for run in runs:
        if _alive(run["owner"]):
            raise RestatementError(
                f"restatement {run['restatement_id']} is at work (process {run['owner']}, since "
                f"{run['started_at']:%Y-%m-%d %H:%M} UTC); wait for its end, or end that process: a later "
                "'spanledger restate' goes on from where it stopped"
            )


def _resume(
    store: Store, configuration: Configuration, on_progress: Callable[[int, int], None], keep_on: Callable[[], bool]
) -> list[Restatement]:
    """Bring killed runs to their end; of a dry run nothing is left."""
    resumed = []
    _refuse_beside_another(unfinished(store))
    forget_previews(store)
    for run in unfinished(store):
        if run["state"] != "running":
            # Nothing was written yet; what it was to do is for the next run to find.
            _forget(store, run)
            _save(store, {**run, "state": "abandoned", "owner": ""})
            continue
        run["owner"] = _me()
        _save(store, run)
        resumed.append(_finish(store, configuration, run, "done", on_progress, keep_on))
    return resumed


def _finish(
    store: Store,
    configuration: Configuration,
    run: dict[str, Any],
    final: str,
    on_progress: Callable[[int, int], None],
    keep_on: Callable[[], bool],
) -> Restatement:
    identity = run["restatement_id"]
    try:
        if run["state"] != "running":
            plan(store, configuration, identity, Scope.from_json(run["scope"]))
        if run["state"] == "planning":
            run["state"] = "running"
            _save(store, run)
        chunks = planned(store, identity)
        before = states(store, identity)
        total, examined = sum(chunk["calls"] for chunk in chunks), 0
        store.execute(statement("books/restatement/restated_table"))
        if final == "done":
            note_restatement(store)
        on_progress(0, total)
        for chunk in chunks:
            if not keep_on():
                return Restatement(identity, examined, _changed(store, identity), finished=False)
            if before.get(chunk["chunk"]) != "done":
                counted = chunk["chunk"] in before
                work_off(store, configuration, identity, chunk, counted=counted, write=final == "done")
            examined += chunk["calls"]
            on_progress(examined, total)
        changed, outcomes = _changed(store, identity), 0
        if asked := of_outcomes(store, identity, Scope.from_json(run["scope"])):
            written = restate_outcomes(store, asked, write=final == "done", keep_on=keep_on)
            if written is None:
                return Restatement(identity, examined, changed, finished=False)
            outcomes = written
        ended = {"state": final, "finished_at": datetime.now(UTC), "owner": ""}
        figures = {"examined_calls": examined, "changed_calls": changed, "changed_outcomes": outcomes}
        _save(store, {**run, **ended, **figures})
        run["owner"] = ""
        _forget(store, run)
        return Restatement(identity, examined, changed, outcomes)
    finally:
        # Not at its end: whoever restates next goes on with it.
        if run["owner"]:
            _save(store, {**run, "owner": ""})


def _changed(store: Store, identity: str) -> int:
    return int(
        store.value(
            "SELECT sum(changed_calls) FROM restatement_chunk FINAL WHERE restatement_id = {id:String}", id=identity
        )
        or 0
    )


def _forget(store: Store, run: dict[str, Any]) -> None:
    """Delete what a run needed only while it was at work."""
    store.execute(statement("books/restatement/forgotten"), {"restatement_id": run["restatement_id"]})
    store.execute("TRUNCATE TABLE restatement_change")
    store.execute("DROP TABLE IF EXISTS restated")


def _save(store: Store, run: dict[str, Any]) -> None:
    store.insert("restatement", [run])


def _me() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _alive(owner: str) -> bool:
    """Whether the process that owns a run may be at work; of other machines nothing is known, so it may."""
    host, _, pid = owner.rpartition(":")
    if not owner:
        return False
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return int(pid) != os.getpid()
