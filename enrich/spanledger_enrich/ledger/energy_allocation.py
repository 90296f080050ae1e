"""Measured energy: shares out what a host drew over the calls that it served, and books that and what was idle."""

from __future__ import annotations

import time
import uuid
from datetime import UTC
from typing import TYPE_CHECKING, Any

from spanledger_enrich.ledger.enrichment import compute_again, last_version, record_progress
from spanledger_enrich.ledger.hour_sums import mark_hours
from spanledger_enrich.ledger.methods import methods
from spanledger_enrich.ledger.parts_seen import PartsSeen
from spanledger_enrich.ledger.resolution import resolve_places
from spanledger_enrich.ledger.stages import own_stages
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from datetime import datetime

    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

# In `enrich_progress`: up to which version of calls, and the last version that was written here.
_NAME, _WRITTEN = "energy", "energy written"
# Where samples are.
SAMPLES = ("energy_sample",)
# So many hours of hosts are shared out in one statement.
_HOURS_AT_ONCE = 500


def allocate(
    store: Store, configuration: Configuration, *, everything: bool = False, seen: PartsSeen | None = None
) -> int:
    """Share out the energy of the hosts' hours that changed, and correct the calls that it changes.

    A sample or call that comes late changes the shares of its host's hour; doing it again changes nothing. What is new
    is told by the parts that hold samples and by the versions of calls, never by a clock.

    Args:
        store: The database.
        configuration: Says whose machines are one's own, and how places are found.
        everything: All hours that have samples, not only those that changed.
        seen: The parts of samples that were looked through before; those that are now are added.

    Returns:
        How many hosts' hours were shared out.
    """
    if not store.value("SELECT count() FROM energy_sample"):
        return 0
    seen = PartsSeen(store, SAMPLES) if seen is None or everything else seen
    parts = seen.others()
    since, until = last_version(store, _NAME), last_version(store)
    if not parts and since == until:
        return 0
    news = {"parts": parts.of("energy_sample"), "since": since, "until": until, "everything": int(everything)}
    touched = store.rows(statement("measured/energy_touched"), **news)
    for begin in range(0, len(touched), _HOURS_AT_ONCE):
        hours = _hours(touched[begin : begin + _HOURS_AT_ONCE])
        version = _version(store)
        store.execute(statement("measured/energy_allocation"), {**hours, "version": version})
        _book_calls(store, configuration, hours, version)
        _book_idle(store, configuration, hours, version)
    if since != until:
        record_progress(store, 0, until, _NAME)
    seen.add(parts)
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
        _book_idle(store, configuration, _hours(hours[first : first + _HOURS_AT_ONCE]), _version(store))


def _book_calls(store: Store, configuration: Configuration, hours: dict[str, list[str]], version: int) -> None:
    """Bring the ledger in line with what the hours' calls were allotted."""
    identity = f"measured_{uuid.uuid4().hex[:12]}"
    computed = f"{identity}_ledger"
    try:
        store.execute(statement("measured/remeasured_call"), {**hours, "restatement_id": identity})
        store.execute(statement("books/whatif_table"), {"target": computed, "like": "ledger"})
        compute_again(store, configuration, identity, 0, target=computed)
        mark_hours(store, computed)
        store.execute(statement("measured/measured_energy"), {"computed": computed, "version": version})
    finally:
        store.execute("DROP TABLE IF EXISTS {table:Identifier}", {"table": computed})
        store.execute(statement("books/restatement/forgotten"), {"restatement_id": identity})


def _book_idle(store: Store, configuration: Configuration, hours: dict[str, list[str]], version: int) -> None:
    """Write what the hosts drew in these hours while no call ran, and what that emitted."""
    scope: dict[str, Any] = {**hours, **methods(configuration), "version": version}
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


def _version(store: Store) -> int:
    """A version above all that the worker and earlier sharings out gave, which later batches stay above."""
    version = max(time.time_ns() // 1000, last_version(store, None) + 1)
    record_progress(store, 0, version, _WRITTEN)
    return version
