"""Invoices that were allocated and are not what tenants pay together any more: what moved since, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from spanledger_enrich.prices import catalogue_names
from spanledger_settings.period import Period
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from datetime import date

    from spanledger_sql.store import Store


@dataclass(frozen=True, slots=True)
class OutdatedInvoice:
    """An allocated invoice of which something moved since.

    Attributes:
        provider: Who charges.
        first_day: Of its period.
        last_day: Of its period, the last included.
        timezone: Of the books' days.
        policy: How it was allocated.
        moved: What its calls cost now, less what they did when it was allocated, USD: by so much the tenants together
            pay more than the invoice.
        other_bills: Whether its days have other bills now than then.
    """

    provider: str
    first_day: date
    last_day: date
    timezone: str
    policy: str
    moved: Decimal
    other_bills: bool

    def __str__(self) -> str:
        what = ["it has other bills"] if self.other_bills else []
        if self.moved:
            word = "more" if self.moved > 0 else "less"
            what.append(f"its calls cost {abs(self.moved):f} USD {word}, and so are tenants charged together")
        zone = "" if self.timezone == "UTC" else f" --timezone {self.timezone}"
        return (
            f"the invoice of {self.provider} for {self.first_day} to {self.last_day} is not what it was when it was "
            f"allocated: {'; '.join(what)}. It is allocated anew by 'spanledger reconcile --from {self.first_day} --to "
            f"{self.last_day + timedelta(days=1)}{zone} --provider {self.provider} --allocate {self.policy}'"
        )


def outdated_invoices(store: Store, first: date, last: date) -> list[OutdatedInvoice]:
    """Those of the allocated invoices that overlap these days that are not any more what tenants pay together."""
    found = []
    for row in store.rows(statement("lookups/bills/allocated"), first=str(first), last=str(last)):
        of = Period(row["begins"].replace(tzinfo=UTC), row["ends"].replace(tzinfo=UTC), row["timezone"])
        metered = sum(
            (
                one["metered"]
                for one in store.rows(statement("lookups/bills/metered_now"), **of.bounds)
                if catalogue_names.seller(one["provider"]) == row["provider"]
            ),
            Decimal(0),
        )
        days = {"first": str(row["first_day"]), "last": str(row["last_day"])}
        billed = store.rows(statement("lookups/bills/billed_providers"), **days)
        bills: list[str] = next((one["bills"] for one in billed if one["provider"] == row["provider"]), [])
        one = OutdatedInvoice(
            row["provider"], row["first_day"], row["last_day"], row["timezone"] or "UTC", row["policy"],
            metered - row["metered"], set(bills) != set(row["bills"]),
        )  # fmt: skip
        if one.moved or one.other_bills:
            found.append(one)
    return found
