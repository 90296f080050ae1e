"""Invoices that were allocated and are not what tenants pay together any more: what moved since, and by how much."""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from spanledger_enrich.prices import catalogue_names
from spanledger_settings.period import Period
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
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

    # Invoices are mostly of whole months: what is asked of one's days is asked of the others'.
    @functools.cache
    def metered(of: Period) -> Mapping[str, Decimal]:
        cost: defaultdict[str, Decimal] = defaultdict(Decimal)
        for one in store.rows(statement("lookups/bills/metered_now"), **of.bounds):
            cost[catalogue_names.seller(one["provider"])] += one["metered"]
        return cost

    @functools.cache
    def billed(first_day: date, last_day: date) -> Mapping[str, set[str]]:
        days = {"first": str(first_day), "last": str(last_day)}
        rows = store.rows(statement("lookups/bills/billed_providers"), **days)
        return {one["provider"]: set(one["bills"]) for one in rows}

    found = []
    for row in store.rows(statement("lookups/bills/allocated"), first=str(first), last=str(last)):
        of = Period(row["begins"].replace(tzinfo=UTC), row["ends"].replace(tzinfo=UTC), row["timezone"])
        provider = row["provider"]
        one = OutdatedInvoice(
            provider, row["first_day"], row["last_day"], row["timezone"] or "UTC", row["policy"],
            metered(of).get(provider, Decimal(0)) - row["metered"],
            billed(row["first_day"], row["last_day"]).get(provider, set()) != set(row["bills"]),
        )  # fmt: skip
        if one.moved or one.other_bills:
            found.append(one)
    return found
