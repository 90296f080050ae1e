"""Posting: what the ledger says now and the books do not becomes entries of the books."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.books.closing import month as months
from spanledger_enrich.books.closing.chain import ClosingError
from spanledger_settings.period import Period
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spanledger_enrich.books.closing.standing import Standing
    from spanledger_sql.store import Store

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
    """

    posting: str
    entries: int
    digest: str
    cost: Decimal
    co2e_g: Decimal
    first_month: str

    @property
    def said(self) -> dict[str, Any]:
        """What the event says of it."""
        sums = {"count": self.entries, "digest": self.digest, "cost": self.cost, "co2e_g": self.co2e_g}
        return {"posting": self.posting, "entries": sums}


def post(store: Store, standing: Standing, until: str, tenant_zones: Mapping[str, str]) -> Posting:
    """Write the entries by which the books differ from the ledger, up to the end of the month ``until``.

    Args:
        store: The database.
        standing: Where the books stand; of books that begin now, with their first month and zone.
        until: The last month.
        tenant_zones: The zones of tenants whose months do not begin at the books' midnight.

    Raises:
        ClosingError: A tenant has another zone already.
    """
    know_parties(store, standing, until, tenant_zones)
    name = secrets.token_hex(8)
    for row in store.rows("SELECT DISTINCT timezone FROM book_party ORDER BY timezone"):
        zone = str(row["timezone"])
        asked = Period(months.of(standing.first, zone).begin, months.of(until, zone).end, zone)
        store.execute(
            statement("closing/1_entries"),
            {
                "posting": name, **asked.bounds, "timezone": zone, "until": until,
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
    return posted(store, [name]).get(name) or empty(name)


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
    known = {row["tenant_id"]: row["timezone"] for row in store.rows("SELECT tenant_id, timezone FROM book_party")}
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
    for tenant in [tenant for tenant in found if tenant not in known]:
        zone = tenant_zones.get(tenant, standing.timezone)
        # Of two who know a tenant at once, the database takes the first.
        token = f"book_party/{tenant}/{len(known)}"
        party = {"party": secrets.token_hex(8), "tenant_id": tenant, "timezone": zone}
        store.insert("book_party", [party], token=token)
