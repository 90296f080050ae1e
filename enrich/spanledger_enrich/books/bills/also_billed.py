"""Charges that are entered by hand and stand on a bill, too: each would count twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.prices import catalogue_names
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from spanledger_sql.store import Store

# What bills call what a charge's file calls so.
_METERS: Final[Mapping[str, tuple[str, ...]]] = {
    "storage": ("storage",),
    "code execution": ("code_execution", "session"),
    "capacity": ("capacity",),
    "seats": ("fee",),
    "subscription": ("fee",),
    "units": ("unit",),
    "fee": ("fee",),
    "tax": ("tax",),
    "credit": ("credit",),
    "prepaid": ("fee", "adjustment", "capacity"),
    "other": ("adjustment", "rounding", "fee"),
}
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class AlsoBilled:
    """A charge, and where a bill has it: the same provider, kind and days, and the same invoice or amount."""

    charge: str
    bill: str
    meter: str
    amount: Decimal

    @property
    def told(self) -> str:
        """In words."""
        return f"charge {self.charge!r} is on the bill {self.bill}, too: {self.meter} of {self.amount:,.2f} USD"


def also_billed(store: Store, charges: Sequence[Mapping[str, Any]]) -> list[AlsoBilled]:
    """Which charges, rows of the table `charge`, stand on bills that are in force."""
    if not charges:
        return []
    days = [_days(one) for one in charges]
    rows = store.rows(
        statement("lookups/bills/billed_extras"),
        first=str(min(first for first, _ in days)),
        last=str(max(last for _, last in days)),
    )
    found = []
    for one, (first, last) in zip(charges, days, strict=True):
        provider = catalogue_names.seller(one["provider"].lower())
        alike = [
            row
            for row in rows
            if row["meter"] in _METERS[one["kind"]]
            and first <= row["day"] <= last
            and provider in {"", row["provider"]}
        ]
        for bill in sorted({row["bill"] for row in alike}):
            there = _there(one, [row for row in alike if row["bill"] == bill])
            if there:
                meters = ", ".join(sorted({row["meter"].replace("_", " ") for row in there}))
                found.append(AlsoBilled(one["charge_id"], bill, meters, _sum(there, "usd")))
    return found


def of_period(store: Store, first: date, last: date) -> list[AlsoBilled]:
    """The charges for days of a period that stand on bills, too."""
    rows = store.rows(
        "SELECT charge_id, kind, provider, invoice_id, amount, currency, given_amount, begins, ends FROM charge FINAL "
        "WHERE begins < {last:Date} + INTERVAL 1 DAY AND ends > {first:Date} ORDER BY charge_id",
        first=str(first),
        last=str(last),
    )
    return also_billed(store, rows)


def _there(one: Mapping[str, Any], alike: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The days of a bill that are the charge."""
    of_invoice = [row for row in alike if one["invoice_id"] and row["invoice_id"] == one["invoice_id"]]
    if of_invoice:
        return of_invoice
    for some in (alike, *([row] for row in alike)):
        given = [row for row in some if row["currency"] == one["currency"]]
        same = abs(_sum(some, "usd") - one["amount"]) < _CENT
        if same or (given == some and abs(_sum(given, "amount") - one["given_amount"]) < _CENT):
            return some
    return []


def _days(one: Mapping[str, Any]) -> tuple[date, date]:
    return one["begins"].date(), (one["ends"] - timedelta(microseconds=1)).date()


def _sum(rows: Iterable[Mapping[str, Any]], name: str) -> Decimal:
    return sum((row[name] for row in rows), Decimal(0))
