"""Who pays charges: each shared out exactly, by the calls of its time, and credits drawn down by them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.books.bills.invoice_share import parts
from spanledger_enrich.prices import catalogue_names
from spanledger_sql.store import UNWAITED, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date, datetime

    from spanledger_sql.store import Store

PREPAID: Final = "prepaid"
# Who bears what nobody is to pay, and what is shared out where nobody used anything.
OWN_LINE: Final = "(not shared)"


def allocate(
    store: Store, *, touched: Collection[date] | None = None, still_mine: Callable[[], None] = lambda: None
) -> int:
    """Share out each charge that is not shared out as it must be, exactly to the last digit; gives how many were not.

    What is read meanwhile stays the former state.

    Args:
        store: The database.
        touched: Days (UTC) whose calls may be others than before; None: any may be.
        still_mine: Called before shares come in force; raises where another worker has taken over.
    """
    shared = _in_force(store)
    charges = store.rows("SELECT * FROM charge FINAL ORDER BY charge_id")
    stale = {
        one["charge_id"]
        for one in charges
        if (stands := shared.get(one["charge_id"])) is None
        or stands.allocated_at < one["imported_at"]
        or _is_touched(one, touched)
    }
    # Credits draw in the order in which they were bought: those before say what is left to draw for.
    prepaid = sorted(
        (one for one in charges if one["kind"] == PREPAID), key=lambda one: (one["begins"], one["charge_id"])
    )
    if any(one["charge_id"] in stale for one in prepaid):
        stale |= {one["charge_id"] for one in prepaid}
    drawn: dict[str, int] = {}
    anew = 0
    for one in (*(one for one in charges if one["kind"] != PREPAID), *prepaid):
        name = one["charge_id"]
        stands = shared.get(name)
        if name not in stale:
            continue
        shares = parts(one["amount"], _weights(store, one))
        key = {
            "charge_id": name,
            "version": max(time.time_ns() // 1000, stands.version + 1 if stands is not None else 0),
        }
        is_prepaid = one["kind"] == PREPAID
        if is_prepaid:
            _draw(store, one, key, drawn)
        is_same = stands is not None and stands.shares == shares and stands.allocated_at >= one["imported_at"]
        if is_same and stands is not None and (not is_prepaid or _draws_alike(store, key, stands.version)):
            drawn |= {name: stands.version} if is_prepaid else {}
            continue
        drawn |= {name: key["version"]} if is_prepaid else {}
        store.insert("charge_share", [{**key, "tenant_id": tenant, "amount": part} for tenant, part in shares.items()])
        still_mine()
        store.insert("charge_allocation", [key])
        _forget_before(store, key, "charge_share")
        if is_prepaid:
            _forget_before(store, key, "prepaid_draw")
        anew += 1
    return anew


def _draw(store: Store, one: dict[str, Any], key: dict[str, Any], before: dict[str, int]) -> None:
    """Draw credits down by calls of their time, as a version that is not in force yet."""
    time_of = {"from": one["begins"], "to": one["ends"]}
    names = list(one["providers"])
    if not names and one["provider"]:
        seller = catalogue_names.seller(one["provider"])
        rows = store.rows(
            "SELECT DISTINCT CAST(provider, 'String') AS provider FROM calls "
            "WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}",
            **time_of,
        )
        names = [row["provider"] for row in rows if catalogue_names.seller(row["provider"]) == seller]
    store.execute(
        statement("books/prepaid_draw"),
        {**key, **time_of, "amount": one["amount"], "names": names, "charges": list(before),
         "everybody": int(not one["providers"] and not one["provider"]), "versions": list(before.values())},
    )  # fmt: skip


def _draws_alike(store: Store, key: dict[str, Any], version: int) -> bool:
    """Whether a version of draws is the one in force; then it is forgotten."""
    rows = store.rows(
        "SELECT version, count() AS draws, groupBitXor(cityHash64(hour, tenant_id, provider, model, amount)) AS told "
        "FROM prepaid_draw WHERE charge_id = {charge_id:String} AND version IN ({version:UInt64}, {stands:UInt64}) "
        "GROUP BY version",
        **key,
        stands=version,
    )
    told = {row["version"]: (row["draws"], row["told"]) for row in rows}
    if told.get(key["version"]) != told.get(version):
        return False
    where = "charge_id = {charge_id:String} AND version = {version:UInt64}"
    store.execute(f"DELETE FROM prepaid_draw WHERE {where} {UNWAITED}", key)  # noqa: S608
    return True


def _forget_before(store: Store, key: dict[str, Any], table: str) -> None:
    where = "charge_id = {charge_id:String} AND version < {version:UInt64}"
    store.execute(f"DELETE FROM {table} WHERE {where} {UNWAITED}", key)  # noqa: S608


@dataclass(frozen=True, slots=True)
class _Shared:
    version: int
    allocated_at: datetime
    shares: dict[str, Decimal]


def _in_force(store: Store) -> dict[str, _Shared]:
    """How each charge is shared out."""
    found = {
        row["charge_id"]: _Shared(row["version"], row["allocated_at"], {})
        for row in store.rows("SELECT charge_id, version, allocated_at FROM charge_allocation FINAL")
    }
    for row in store.rows(
        "SELECT charge_id, tenant_id, amount FROM charge_share "
        "WHERE (charge_id, version) IN (SELECT charge_id, version FROM charge_allocation FINAL)"
    ):
        found[row["charge_id"]].shares[row["tenant_id"]] = row["amount"]
    return found


def _is_touched(one: dict[str, Any], touched: Collection[date] | None) -> bool:
    """Whether calls that a charge is shared out by may be others than they were."""
    if one["policy"] in {"fixed", "own_line"} and one["kind"] != PREPAID:
        return False
    first, last = one["begins"].date(), (one["ends"] - timedelta(microseconds=1)).date()
    return touched is None or any(first <= day <= last for day in touched)


def _weights(store: Store, one: dict[str, Any]) -> dict[str, Decimal]:
    if one["policy"] == "own_line":
        return {OWN_LINE: Decimal(1)}
    if one["policy"] == "fixed":
        return {tenant: Decimal(share) for tenant, share in zip(one["share_tenants"], one["shares"], strict=True)}
    used = store.rows(
        statement("books/charge_weights"),
        **{"from": one["begins"], "to": one["ends"]},
        providers=one["providers"],
        even=int(one["policy"] == "even"),
    )
    return {row["tenant"]: row["weight"] for row in used} or {OWN_LINE: Decimal(1)}
