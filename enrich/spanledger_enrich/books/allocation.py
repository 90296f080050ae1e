"""Allocation: the hours of each commitment over the calls it covers, exact to the last digit, derived anew."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books import charge
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

# Who bears what nobody used, where the commitment names nobody.
IDLE = "(idle)"


@dataclass(frozen=True, slots=True)
class Allocated:
    """What was allocated of a commitment, in USD, for its hours before ``until``."""

    commitment_id: str
    until: datetime
    amount: Decimal


def allocate(store: Store, configuration: Configuration, now: datetime | None = None) -> list[Allocated]:
    """Allocate every commitment anew, up to the last full hour; what is read until then stays the former allocation.

    Args:
        store: The database.
        configuration: Says how many calls one statement takes, at least an hour's.
        now: Hours that end later wait; default: the present.
    """
    moment = now or datetime.now(UTC)
    done = []
    for one in store.rows("SELECT * FROM commitment FINAL ORDER BY commitment_id"):
        until = min(one["ends"], moment.replace(minute=0, second=0, microsecond=0))
        if until > one["begins"]:
            done.append(_allocate(store, configuration, one, until))
    return done


def bring_up_to_date(store: Store, configuration: Configuration) -> bool:
    """Allocate commitments and charges anew, before a report that shows them.

    Returns:
        Whether they are: who may only read sees what was allocated last.
    """
    if configuration.tenant_scope is not None:
        return False
    try:
        allocate(store, configuration)
        charge.allocate(store)
    except StoreError as error:
        if not error.is_forbidden:
            raise
        return False
    return True


def _allocate(store: Store, configuration: Configuration, one: dict[str, Any], until: datetime) -> Allocated:
    version = time.time_ns() // 1000
    key = {"commitment_id": one["commitment_id"], "version": version}
    if one["policy"] == "fixed":
        _share(store, key, one["begins"], until, one["share_tenants"], one["shares"], of_idle=False)
    elif one["seats"]:
        for begin, end in _months(one["begins"], until):
            store.execute(
                statement("books/allocation_seats"),
                {**key, "idle_tenant": one["idle_owner"] or IDLE, "from": begin, "to": end},
            )
    else:
        shared = one["idle"] == "shared"
        bearer = {"idle_tenant": one["idle_owner"] or IDLE, "idle": 2 if shared else 1}
        for begin, end in _windows(store, configuration, one["begins"], until):
            store.execute(statement("books/allocation"), {**key, **bearer, "from": begin, "to": end})
        if shared:
            users = _users(store, key) or {IDLE: 1}
            _share(store, key, one["begins"], until, list(users), list(users.values()), of_idle=True)
    amount = store.value(
        "SELECT sum(amount) FROM allocation_row WHERE commitment_id = {commitment_id:String} "
        "AND version = {version:UInt64} AND idle != 2",
        **key,
    )
    allocated = Allocated(one["commitment_id"], until, Decimal(amount or 0))
    store.insert("allocation", [{**key, "until": until, "allocated": allocated.amount}])
    store.execute(
        "DELETE FROM allocation_row WHERE commitment_id = {commitment_id:String} AND version < {version:UInt64}", key
    )
    return allocated


def _share(
    store: Store,
    key: dict[str, Any],
    begin: datetime,
    end: datetime,
    tenants: list[str],
    weights: list[int],
    *,
    of_idle: bool,
) -> None:
    given = {"from": begin, "to": end, "tenants": tenants, "weights": weights, "of_idle": int(of_idle)}
    store.execute(statement("books/allocation_share"), {**key, **given})


def _users(store: Store, key: dict[str, Any]) -> dict[str, int]:
    """What each tenant's calls were allocated, in 1e-12 USD: the weights by which idle cost is shared out."""
    rows = store.rows(
        "SELECT tenant_id, sum(amount) AS used FROM allocation_row WHERE commitment_id = {commitment_id:String} "
        "AND version = {version:UInt64} AND idle = 0 GROUP BY tenant_id HAVING used > 0 ORDER BY tenant_id",
        **key,
    )
    return {row["tenant_id"]: int(row["used"].scaleb(12)) for row in rows}


def _months(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The period by UTC months: a seat is used or not in each."""
    while begin < end:
        following = (begin.replace(day=1, hour=0) + timedelta(days=32)).replace(day=1)
        yield begin, min(following, end)
        begin = following


def _windows(
    store: Store, configuration: Configuration, begin: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """The period in stretches of hours with at most `batch_calls` calls each, or one hour."""
    hours = store.rows(
        "SELECT toStartOfHour(toDateTime(ts, 'UTC')) AS hour, count() AS calls FROM ledger "
        "WHERE ts >= {begin:DateTime('UTC')} AND ts < {end:DateTime('UTC')} GROUP BY hour ORDER BY hour",
        begin=begin,
        end=end,
    )
    starts, calls = [begin], 0
    for row in hours:
        calls += row["calls"]
        if calls > configuration.batch_calls and row["hour"] > starts[-1]:
            starts.append(row["hour"])
            calls = row["calls"]
    return list(zip(starts, [*starts[1:], end], strict=True))
