"""The journal of a closed month, for the general ledger: what its accounts must be, less what they were before.

What is used is an expense of its cost centre and accrued to the provider; once the provider's invoice is reconciled and
allocated, the accrual is reversed and the invoice is payable. Commitments and charges, which stand on no bill that is
reconciled, are accrued under names of their own. Amounts are whole cents; those of a provider and month
that are left over go to the cost centres with the largest remainders, so that debits are credits.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.prices import catalogue_names
from spanledger_settings.largest_remainder import rounded_together
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from spanledger_sql.store import Store

EXPENSE, ACCRUED, PAYABLE = "expense", "accrued", "payable"
_CENT: Final = Decimal("0.01")
_ZERO: Final = Decimal("0.00")
# Of which month, and who is owed.
Owed = tuple[str, str]
# What a line says, its account, its cost centre.
_Account = tuple[str, str, str]
COLUMNS: Final = (
    "line", "month", "service_month", "says", "account", "cost_center", "provider", "debit", "credit",
)  # fmt: skip


def to_cents(exact: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Amounts in cents that sum to the rounded total: each rounded down, what is left by the largest remainders."""
    return rounded_together(exact, _CENT, sum(exact.values(), _ZERO).quantize(_CENT, ROUND_HALF_EVEN))


def journal(store: Store, month: str, posting: str, upto: int) -> list[dict[str, Any]]:
    """The lines of a month's journal, as rows of `book_journal` without `posting`.

    Args:
        store: The database.
        month: The month that is closed.
        posting: Entries that are not in force yet and count too.
        upto: The last event of the chain that counts.
    """
    owed: dict[Owed, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in store.rows(statement("closing/journal/owed"), month=month, posting=posting, upto=upto):
        owed[row["service_month"], _whom(row["provider"], row["claim"])][row["cost_center"]] += row["cost"]
    invoiced = {(row["month"], row["provider"]) for row in store.rows(statement("closing/journal/invoiced"))}
    before: dict[Owed, dict[_Account, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in store.rows(statement("closing/journal/before"), upto=upto):
        stood = (row["says"], row["account"], row["cost_center"])
        before[row["service_month"], row["provider"]][stood] += row["amount"]
    rows: list[dict[str, Any]] = []
    for of in sorted({*owed, *before}):
        wanted = to_cents(owed[of]) if owed[of] else {}
        word = "accrual" if of[0] == month else "adjustment"
        for says, account, cost_center, amount in _lines(wanted, before[of], word, is_invoiced=of in invoiced):
            rows.append(
                {
                    "line": len(rows) + 1,
                    "month": month,
                    "service_month": of[0],
                    "says": says,
                    "account": account,
                    "cost_center": cost_center,
                    "provider": of[1],
                    "debit": max(amount, _ZERO),
                    "credit": max(-amount, _ZERO),
                }
            )
    return rows


def plain(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lines as they are hashed: amounts with two decimals."""
    return [
        {name: f"{row[name]:.2f}" if name in {"debit", "credit"} else row[name] for name in COLUMNS} for row in rows
    ]


def _whom(name: str, claim: str) -> str:
    """Who is owed. What no bill has that is reconciled stands apart: a bill must not reverse it."""
    if claim == "commitment":
        return f"commitment {name}"
    seller = catalogue_names.seller(name)
    return seller if claim == "bill" else f"charges of {seller}" if seller else "charges"


def _lines(
    wanted: Mapping[str, Decimal], before: Mapping[_Account, Decimal], word: str, *, is_invoiced: bool
) -> Iterator[tuple[str, str, str, Decimal]]:
    """What must be posted of a provider and month; debits above zero, credits below."""
    accrued: dict[str, Decimal] = defaultdict(Decimal)
    billed: dict[str, Decimal] = defaultdict(Decimal)
    for (says, account, cost_center), amount in before.items():
        if account == EXPENSE:
            (billed if says == "invoice" else accrued)[cost_center] += amount
    if is_invoiced:
        yield from _pair("reversal", ACCRUED, {name: -amount for name, amount in accrued.items()})
        yield from _pair("invoice", PAYABLE, _less(wanted, billed))
    else:
        yield from _pair(word, ACCRUED, _less(_less(wanted, billed), accrued))


def _pair(says: str, account: str, expenses: Mapping[str, Decimal]) -> Iterator[tuple[str, str, str, Decimal]]:
    """The expenses by cost centre, and the account that stands against them."""
    for cost_center, amount in sorted(expenses.items()):
        if amount:
            yield says, EXPENSE, cost_center, amount
    if total := sum(expenses.values(), _ZERO):
        yield says, account, "", -total


def _less(those: Mapping[str, Decimal], these: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {name: those.get(name, _ZERO) - these.get(name, _ZERO) for name in {*those, *these}}
