"""Posting: what the ledger says now and the books do not becomes entries of the books."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.books.closing import month as months
from spanledger_enrich.books.closing.chain import ClosingError
from spanledger_settings.period import Period
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from spanledger_enrich.books.closing.standing import Standing
    from spanledger_sql.store import Store

_ZONES: Final = "SELECT tenant_id, timezone FROM book_party"
# How often one looks again for tenants that others know meanwhile.
_AT_MOST: Final = 20
# Beyond this, what is compared is sorted on disk.
_SPILLING: Final = {
    "max_bytes_before_external_group_by": 2 * 2**30,
    "max_bytes_before_external_sort": 2 * 2**30,
}


@dataclass(frozen=True, slots=True)
class Posting:
    """Entries that were written, and are in force once an event of the chain names them.

    Attributes:
        posting: Their name.
        entries: How many there are.
        digest: Of the entries, in whatever order.
        cost: What they come to, USD.
        co2e_g: What they come to, gCO2e.
        first_month: The first that they are booked in; empty: there are none.
        marks: Of the months that were read, rows of `book_mark`, which hold once the entries are in force.
    """

    posting: str
    entries: int
    digest: str
    cost: Decimal
    co2e_g: Decimal
    first_month: str
    marks: tuple[dict[str, str], ...] = ()

    @property
    def said(self) -> dict[str, Any]:
        """What the event says of it."""
        sums = {"count": self.entries, "digest": self.digest, "cost": self.cost, "co2e_g": self.co2e_g}
        return {"posting": self.posting, "entries": sums}


def post(store: Store, standing: Standing, until: str, tenant_zones: Mapping[str, str]) -> Posting:
    """Write the entries by which the books differ from the ledger, up to the end of the month ``until``.

    Only months that changed since they were posted last are read.

    Args:
        store: The database.
        standing: Where the books stand; of books that begin now, with their first month and zone.
        until: The last month.
        tenant_zones: The zones of tenants whose months do not begin at the books' midnight.

    Raises:
        ClosingError: A tenant has another zone already.
    """
    know_parties(store, standing, until, tenant_zones)
    name, marks = secrets.token_hex(8), []
    for row in store.rows("SELECT DISTINCT timezone FROM book_party ORDER BY timezone"):
        zone = str(row["timezone"])
        # What arrives from here on has another mark, and is read again.
        changed = _changed(store, zone, standing.first, until)
        marks += [{"timezone": zone, "month": month, "mark": mark} for month, mark in changed.items()]
        for first, last in stretches(changed, until):
            asked = Period(months.of(first, zone).begin, months.of(last, zone).end, zone)
            store.execute(
                statement("closing/1_entries"),
                {
                    "posting": name, **asked.bounds, "timezone": zone, "since": first, "until": last,
                    "sealed": standing.sealed, "open": standing.open, "told": standing.told,
                },
                _SPILLING,
            )  # fmt: skip
    # A plan that was taken back may have left something.
    if store.value("SELECT count() FROM price_plan"):
        store.execute(
            statement("closing/2_terms"),
            {
                "posting": name, "first": standing.first, "until": until, "sealed": standing.sealed,
                "open": standing.open,
            },
        )  # fmt: skip
    return replace(posted(store, [name]).get(name) or empty(name), marks=tuple(marks))


def in_force(store: Store, found: Posting) -> None:
    """Remember what was read for entries that are in force now, or for finding that there are none to write."""
    store.insert("book_mark", found.marks)


def stretches(changed: Collection[str], until: str) -> list[tuple[str, str]]:
    """The first and last months of the stretches that are read: those that changed, and the one after each.

    What a commitment pays of a call may be of the hour, and so of the month, after it began.
    """
    found: list[tuple[str, str]] = []
    for month in sorted({*changed, *(months.shifted(month, 1) for month in changed)}):
        if month > until:
            continue
        if found and months.shifted(found[-1][1], 1) == month:
            found[-1] = (found[-1][0], month)
        else:
            found.append((month, month))
    return found


def _changed(store: Store, zone: str, first: str, until: str) -> dict[str, str]:
    """The months of a zone that are not as they were posted last, each with its mark now."""
    asked = Period(months.of(first, zone).begin, months.of(until, zone).end, zone)
    now = {row["month"]: row["mark"] for row in store.rows(statement("closing/marks"), **asked.bounds, timezone=zone)}
    seen = {row["month"]: row["mark"] for row in store.rows(statement("closing/marked"), timezone=zone)}
    month, changed = first, {}
    while month <= until:
        if (mark := now.get(month, "")) != seen.get(month):
            changed[month] = mark
        month = months.shifted(month, 1)
    return changed


def posted(store: Store, names: Sequence[str] = ()) -> dict[str, Posting]:
    """What the entries of postings come to, by name, where there are any; without names of all."""
    return {row["posting"]: Posting(**row) for row in store.rows(statement("closing/posted"), postings=list(names))}


def empty(name: str) -> Posting:
    """A posting without entries."""
    return Posting(name, 0, "0" * 64, Decimal(0), Decimal(0), "")


def know_parties(store: Store, standing: Standing, until: str, tenant_zones: Mapping[str, str]) -> None:
    """Give every tenant of the ledger a party of the books, in its zone.

    Raises:
        ClosingError: A tenant has another zone already: hours would be missing, or be there twice.
    """
    known = {row["tenant_id"]: row["timezone"] for row in store.rows(_ZONES)}
    for tenant, zone in tenant_zones.items():
        months.of(until, zone)
        if known.get(tenant, zone) != zone:
            raise ClosingError(
                f"tenant {tenant!r} is in the books with the months of {known[tenant]}; a month that begins elsewhere "
                "would leave hours out or have them twice; nothing was changed"
            )
    found = [str(row["tenant"]) for row in store.rows(statement("closing/tenants"))]
    if unknown := sorted(tenant_zones.keys() - {*found, *known}):
        raise ClosingError(f"--tenant-zone: nothing is charged to {', '.join(unknown)}; nothing was changed")
    for _ in range(_AT_MOST):
        new = [tenant for tenant in found if tenant not in known]
        if not new:
            return
        rows = [
            {
                "party": secrets.token_hex(8),
                "tenant_id": tenant,
                "timezone": tenant_zones.get(tenant, standing.timezone),
                "salt": secrets.token_hex(16),
            }
            for tenant in new
        ]
        # All in one insert, since each costs the engine as much as thousands of rows. Of two who add to as many parties
        # at once, the database takes the first whole, and nothing of the second, who then looks again.
        store.insert("book_party", rows, token=f"book_party/{len(known)}")
        known = {row["tenant_id"]: row["timezone"] for row in store.rows(_ZONES)}
    raise ClosingError("others add tenants to the books all the time; nothing was changed; run it again")
