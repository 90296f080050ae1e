"""Measured energy: shares out what a host drew over the calls that it served, and brings the ledger in line with it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from spanledger_sql.store import statement

if TYPE_CHECKING:
    from spanledger_sql.store import Store

_NAME = "energy"
_BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
# A sample may become visible a little after one that was ingested later.
_LOOKBACK = timedelta(seconds=60)
# So many hours of hosts are shared out in one statement.
_HOURS_AT_ONCE = 500


def allocate(store: Store, default_pue: float, *, everything: bool = False) -> int:
    """Share out the energy of the hosts' hours that changed, and correct the calls that it changes.

    A sample or call that comes late changes the shares of its host's hour; doing it again changes nothing.

    Args:
        store: The database.
        default_pue: Facility energy / IT energy of hosts for which none was given.
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
        part = touched[begin : begin + _HOURS_AT_ONCE]
        hours = {
            "hosts": [row["host_name"] for row in part],
            "hours": [row["hour"].astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") for row in part],
            "version": time.time_ns() // 1000,
        }
        store.execute(statement("measured/energy_allocation"), hours)
        store.execute(statement("measured/measured_energy"), {**hours, "default_pue": default_pue})
    if touched:
        store.insert(
            "enrich_progress",
            [{"worker": _NAME, "ingested_until": now, "calls": 0, "updated_at": datetime.now(UTC)}],
        )
    return len(touched)


def _progress(store: Store) -> datetime:
    until = store.value("SELECT max(ingested_until) FROM enrich_progress WHERE worker = {worker:String}", worker=_NAME)
    return max(until - _LOOKBACK, _BEGINNING) if isinstance(until, datetime) else _BEGINNING
