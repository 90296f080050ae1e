"""Measured energy: shares out what a host drew over the calls that it served, and books that and what was idle."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from spanledger_enrich.ledger.enrichment import compute_again, methods
from spanledger_enrich.ledger.resolution import resolve_places
from spanledger_enrich.ledger.stages import own_stages
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

_NAME = "energy"
_BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
# A sample may become visible a little after one that was ingested later.
_LOOKBACK = timedelta(seconds=60)
# So many hours of hosts are shared out in one statement.
_HOURS_AT_ONCE = 500


def allocate(store: Store, configuration: Configuration, *, everything: bool = False) -> int:
    """Share out the energy of the hosts' hours that changed, and correct the calls that it changes.

    A sample or call that comes late changes the shares of its host's hour; doing it again changes nothing.

    Args:
        store: The database.
        configuration: Says whose machines are one's own, and how places are found.
        everything: All hours that have samples, not only those that changed.

    Returns:
        How many hosts' hours were shared out.
    """
    if not store.value("SELECT count() FROM energy_sample"):
        return 0
    now = store.value("SELECT now64(6, 'UTC')")
    since = _BEGINNING if everything else _progress(store)
    touched = store.rows(statement("measured/energy_touched"), since=since, everything=int(everything))
    for begin in range(0, len(touched), _HOURS_AT_ONCE):
        hours = _hours(touched[begin : begin + _HOURS_AT_ONCE])
        store.execute(statement("measured/energy_allocation"), {**hours, "version": _version()})
        _book_calls(store, configuration, hours)
        _book_idle(store, configuration, hours)
    if touched:
        store.insert(
            "enrich_progress",
            [{"worker": _NAME, "ingested_until": now, "calls": 0, "updated_at": datetime.now(UTC)}],
        )
    return len(touched)


def book_idle_again(store: Store, configuration: Configuration, begin: datetime, end: datetime) -> None:
    """Reckon the idle energy of the hours in [begin, end) anew, with the places and contracts that are known now."""
    hours = store.rows(
        "SELECT DISTINCT host_name, hour FROM energy_allocation WHERE span_id = '' "
        "AND hour >= {begin:DateTime64(9, 'UTC')} AND hour < {end:DateTime64(9, 'UTC')} ORDER BY host_name, hour",
        begin=begin,
        end=end,
    )
    for first in range(0, len(hours), _HOURS_AT_ONCE):
        _book_idle(store, configuration, _hours(hours[first : first + _HOURS_AT_ONCE]))


def _book_calls(store: Store, configuration: Configuration, hours: dict[str, list[str]]) -> None:
    """Bring the ledger in line with what the hours' calls were allotted."""
    identity = f"measured_{uuid.uuid4().hex[:12]}"
    computed = f"{identity}_ledger"
    try:
        store.execute(statement("measured/remeasured_call"), {**hours, "restatement_id": identity})
        store.execute(statement("books/whatif_table"), {"target": computed, "like": "ledger"})
        compute_again(store, configuration, identity, 0, target=computed)
        store.execute(statement("measured/measured_energy"), {"computed": computed, "version": _version()})
    finally:
        store.execute("DROP TABLE IF EXISTS {table:Identifier}", {"table": computed})
        store.execute("DELETE FROM restatement_call WHERE restatement_id = {id:String}", {"id": identity})


def _book_idle(store: Store, configuration: Configuration, hours: dict[str, list[str]]) -> None:
    """Write what the hosts drew in these hours while no call ran, and what that emitted."""
    scope: dict[str, Any] = {**hours, **methods(configuration), "version": _version()}
    with own_stages(store, f"idle_{uuid.uuid4().hex[:12]}") as stages:
        scope |= stages.tables
        store.execute(statement("measured/idle_batch"), scope)
        resolve_places(store, stages.tables["batch"])
        store.execute(statement("ledger/6_places"), scope)
        store.execute(statement("measured/idle_energy"), scope)


def _hours(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {
        "hosts": [row["host_name"] for row in rows],
        "hours": [row["hour"].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") for row in rows],
    }


def _version() -> int:
    return time.time_ns() // 1000


def _progress(store: Store) -> datetime:
    until = store.value("SELECT max(ingested_until) FROM enrich_progress WHERE worker = {worker:String}", worker=_NAME)
    return max(until - _LOOKBACK, _BEGINNING) if isinstance(until, datetime) else _BEGINNING
