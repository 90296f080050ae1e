"""The difference between bill and books, allocated to tenants, so that what they pay together is the invoice."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final, Literal

from spanledger_enrich.books.bills.reconciliation import (
    CAUSES,
    Reconciliation,
    ReconciliationError,
    forget,
    keep_terms,
)
from spanledger_enrich.books.bills.tolerance import subunit
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_sql.store import Store

Policy = Literal["metered", "even", "unattributed"]
POLICIES: Final = ("metered", "even", "unattributed")
NOBODY: Final = "(unattributed)"
# What makes a tenant's total whole cents.
TO_THE_SUBUNIT: Final = "to the subunit"
_LAST_DIGIT: Final = Decimal(1).scaleb(-12)


def parts(amount: Decimal, weights: Mapping[str, Decimal], digit: Decimal = _LAST_DIGIT) -> dict[str, Decimal]:
    """An amount in parts that sum to it, each a multiple of ``digit`` where the amount is one.

    Each is rounded towards zero, and the digits that are left go to the largest remainders, then by name.
    """
    whole = sum(weights.values(), Decimal(0))
    with localcontext() as context:
        context.prec = 76
        exact = {name: amount * weight / whole for name, weight in weights.items()}
        found = {name: part.quantize(digit, ROUND_DOWN) for name, part in exact.items()}
        left = amount - sum(found.values(), Decimal(0))
        step = digit.copy_sign(left)
        order = sorted(exact, key=lambda name: (-abs(exact[name] - found[name]), name))
        for name in order[: int(abs(left) / digit)]:
            found[name] += step
    return found


def allocate(store: Store, done: Reconciliation, policy: Policy, made_by: str) -> list[dict[str, Any]]:
    """Store the adjustments of a reconciliation, in place of earlier ones of its period; gives the tenants' shares.

    Args:
        store: The database.
        done: The reconciliation.
        policy: `metered`: in proportion to what each tenant's calls of the provider cost; `even`: the same to each
            tenant with calls; `unattributed`: all of it to nobody's line.
        made_by: The user who does it.

    Raises:
        ReconciliationError: Another period that overlaps was allocated; calls or lines came since it was made.
    """
    _refuse_overlap(store, done)
    keep_terms(store, done)
    metered = _metered(store, done)
    weights = _weights(metered, policy)
    committed = _committed(store, done)
    adjustments = {tenant: dict.fromkeys(CAUSES, Decimal(0)) for tenant in {*metered, *weights, *committed}}
    for cause in CAUSES:
        if done.total[cause]:
            # What tenants are charged as parts of commitments is theirs already, whatever the policy.
            bearers = committed if cause == "commitments" else weights
            for tenant, part in parts(done.total[cause], bearers).items():
                adjustments[tenant][cause] += part
    exact = {tenant: metered.get(tenant, Decimal(0)) + sum(of.values()) for tenant, of in adjustments.items()}
    coin = subunit(done.currency)
    invoiced = done.invoiced.quantize(coin, ROUND_HALF_UP)
    shares = _rounded(exact, done.total["billed"], invoiced, coin)
    if done.currency == "USD":
        for tenant, of in adjustments.items():
            of[TO_THE_SUBUNIT] = shares[tenant] - exact[tenant]
    known = {"reconciliation_id": done.reconciliation_id, "provider": done.provider}
    rows = [
        {
            **known,
            "tenant_id": tenant,
            "metered": metered.get(tenant, Decimal(0)),
            "adjusted": sum(of.values()),
            "amount": metered.get(tenant, Decimal(0)) + sum(of.values()),
            "currency": done.currency,
            "invoiced": shares[tenant],
        }
        for tenant, of in sorted(adjustments.items())
    ]
    store.insert("bill_adjustment", [
        {**known, "tenant_id": tenant, "cause": cause, "amount": amount}
        for tenant, of in sorted(adjustments.items()) for cause, amount in of.items() if amount
    ])  # fmt: skip
    store.insert("invoice_share", rows)
    # In force once this row is there.
    store.insert("reconciliation", [_about(done, policy, made_by, invoiced)])
    # Of the one that it replaces.
    forget(store, done)
    return rows


def _rounded(exact: Mapping[str, Decimal], billed: Decimal, invoiced: Decimal, coin: Decimal) -> dict[str, Decimal]:
    """The exact shares in coins that sum to the invoice: the coins that are left go to the largest remainders."""
    with localcontext() as context:
        context.prec = 76
        rate = invoiced / billed if billed else Decimal(1)
        wanted = {tenant: amount * rate for tenant, amount in exact.items()}
        found = {tenant: amount.quantize(coin, ROUND_DOWN) for tenant, amount in wanted.items()}
        left = invoiced - sum(found.values(), Decimal(0))
        order = sorted(wanted, key=lambda tenant: (-abs(wanted[tenant] - found[tenant]), tenant))
        for number in range(int(abs(left) / coin)):
            found[order[number % len(order)]] += coin.copy_sign(left)
    return found


def _metered(store: Store, done: Reconciliation) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in store.rows(statement("reports/bills/metered_providers"), **done.period.bounds):
        if row["provider"] in done.names:
            found[row["tenant"]] = found.get(row["tenant"], Decimal(0)) + row["metered"]
    return found


def _committed(store: Store, done: Reconciliation) -> dict[str, Decimal]:
    if not done.total["commitments"]:
        return {}
    rows = store.rows(statement("reconciliation/committed"), provider=done.provider, **done.period.bounds)
    return {row["tenant"]: row["amount"] for row in rows}


def _weights(metered: Mapping[str, Decimal], policy: Policy) -> dict[str, Decimal]:
    if policy == "even" and metered:
        return dict.fromkeys(metered, Decimal(1))
    if policy == "metered" and any(amount > 0 for amount in metered.values()):
        return {tenant: amount for tenant, amount in metered.items() if amount > 0}
    return {NOBODY: Decimal(1)}


def _refuse_overlap(store: Store, done: Reconciliation) -> None:
    first, last = done.period.first_day, done.period.last_day
    for other in store.rows(
        "SELECT first_day, last_day FROM reconciliation FINAL WHERE provider = {provider:String} "
        "AND first_day <= {last:Date} AND last_day >= {first:Date}",
        provider=done.provider, first=str(first), last=str(last),
    ):  # fmt: skip
        if (other["first_day"], other["last_day"]) != (first, last):
            raise ReconciliationError(
                f"{done.provider}: {other['first_day']} to {other['last_day']} is allocated already, and overlaps; "
                "allocate the same days again to replace it; nothing was changed"
            )


def _about(done: Reconciliation, policy: Policy, made_by: str, invoiced: Decimal) -> dict[str, Any]:
    coverage = done.total["coverage"]
    return {
        "reconciliation_id": done.reconciliation_id,
        "provider": done.provider,
        "first_day": done.period.first_day,
        "last_day": done.period.last_day,
        "begins": done.period.begin,
        "ends": done.period.end,
        "timezone": done.period.timezone,
        "bill_timezone": done.zone,
        "bills": list(done.bills),
        "currency": done.currency,
        "metered": done.total["metered"],
        "billed": done.total["billed"],
        "invoiced": invoiced,
        "coverage": None if coverage is None or coverage != coverage else float(coverage),  # noqa: PLR0124 (NaN)
        "open_amount": done.open_amount,
        "tolerance": done.tolerance.quantize(_LAST_DIGIT),
        "policy": policy,
        "made_by": made_by,
    }
