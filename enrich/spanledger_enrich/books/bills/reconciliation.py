"""What was metered, reconciled with what was billed: a bridge by cause that sums exactly, and whether it holds."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.books.bills.tolerance import focus_tolerance
from spanledger_enrich.prices import catalogue_names
from spanledger_settings.mendable import AskedWronglyError, MendableError
from spanledger_settings.period import Period, of_days
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from spanledger_sql.store import Store

# What a reconciliation must not have, and what it may: the bill itself says what that is, or the calendar.
OPEN: Final = (
    "duplicates",
    "unmetered_accounts",
    "missing_usage",
    "unbilled_usage",
    "unbilled_days",
    "token_drift",
    "tiers",
    "price_differences",
    "unknown_lines",
)
CLOSED: Final = ("zone_edges", "commitments", "other_charges", "tax", "credits", "rounding")
CAUSES: Final = ("zone_edges", *OPEN, "commitments", "other_charges", "tax", "credits", "rounding")
DRIFT: Final = 0.02


class ReconciliationError(MendableError):
    """Bills that cannot be compared with calls; the message says what they lack."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One provider's bridge.

    Attributes:
        reconciliation_id: Of its terms, where `keep_terms` stores them.
        provider: Who charges.
        period: Of the books; its local days are the bill's, too.
        zone: Of the bill's days.
        currency: Of the bill.
        bills: The bills that it rests on.
        invoiced: What they come to, in that currency.
        total: The row of the whole period.
        rows: By what was asked for.
        tolerance: What the open causes may come to, USD.
        names: What calls call the provider.
        parameters: What the bridge was asked with.
    """

    reconciliation_id: str
    provider: str
    period: Period
    zone: str
    currency: str
    bills: tuple[str, ...]
    invoiced: Decimal
    total: dict[str, Any]
    rows: pd.DataFrame
    tolerance: Decimal
    names: tuple[str, ...]
    parameters: Mapping[str, Any]

    @property
    def open_amount(self) -> Decimal:
        """The open causes, each without its sign: what is too much does not pay for what is too little. USD."""
        return sum((abs(self.total[cause]) for cause in OPEN), Decimal(0))

    @property
    def holds(self) -> bool:
        """Whether they are within the tolerance."""
        return self.open_amount <= self.tolerance


@dataclass(frozen=True, slots=True)
class Unreconciled:
    """A provider whose bills cannot be compared with calls yet.

    Attributes:
        provider: Who charges.
        billed: What its bills come to, in their currencies: `12.00 EUR`.
        why: What is missing, and how to mend it.
    """

    provider: str
    billed: str
    why: str


def whole_days(asked: Period) -> Period:
    """The period, which a bill's days must be able to fill.

    Raises:
        AskedWronglyError: It begins or ends within a day.
    """
    if asked != of_days(asked.first_day, asked.last_day, asked.timezone):
        raise AskedWronglyError(
            f"bills are of days: expected --month, or --from and --to at midnight in {asked.timezone}, such as --from "
            f"{asked.first_day} --to {asked.last_day}"
        )
    return asked


def reconcile(
    store: Store,
    asked: Period,
    *,
    providers: Sequence[str] = (),
    by: Sequence[str] = (),
    tolerance: Decimal | None = None,
    drift: float = DRIFT,
) -> list[Reconciliation]:
    """Reconcile each provider that has bills in a period, but for those that are `unreconciled`; nothing is written.

    Args:
        store: The database.
        asked: Of whole days; the bill's period has the same days in the bill's zone.
        providers: Only these; none: all that have bills.
        by: Dimensions of the rows: account, model, meter, tier, day.
        tolerance: What the open causes may come to, USD; None: FOCUS's.
        drift: Share of a quantity up to which a difference counts as one of counting tokens.

    Raises:
        ReconciliationError: There is no bill, or all of them are in several currencies or in one without a rate.
    """
    wanted = _billed(store, asked, providers)
    comparable = [row for row in wanted if _obstacle(row) is None]
    if not comparable:
        raise ReconciliationError("; ".join(f"{row['provider']}: {_obstacle(row)}" for row in wanted))
    metered = {row["provider"] for row in store.rows(statement("reports/bills/metered_providers"), **_wide(asked))}
    found = []
    for row in comparable:
        names = sorted(name for name in metered if catalogue_names.seller(name) == row["provider"])
        found.append(_one(store, asked, row, names, by, tolerance, drift))
    return found


def unreconciled(store: Store, asked: Period, *, providers: Sequence[str] = ()) -> list[Unreconciled]:
    """Of the providers that have bills in a period, those that `reconcile` leaves out.

    Args:
        store: The database.
        asked: As `reconcile` takes it.
        providers: Only these; none: all that have bills.

    Raises:
        ReconciliationError: There is no bill.
    """
    return [
        Unreconciled(
            row["provider"],
            " and ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(row["amounts"].items())),
            why,
        )
        for row in _billed(store, asked, providers)
        if (why := _obstacle(row)) is not None
    ]


def _billed(store: Store, asked: Period, providers: Sequence[str]) -> list[dict[str, Any]]:
    """Those of the providers that have bills in the period, with what is known of these."""
    days = {"first": str(asked.first_day), "last": str(asked.last_day)}
    billed = store.rows(statement("lookups/bills/billed_providers"), **days)
    wanted = [catalogue_names.seller(name.lower()) for name in providers]
    for name in [name for name in wanted if name not in {row["provider"] for row in billed}] or (
        [] if billed else [""]
    ):
        some = ", ".join(row["provider"] for row in billed)
        raise ReconciliationError(
            f"there is no bill{f' of {name}' if name else ''} with charges from {asked.first_day} to {asked.last_day}"
            + (f"; there are some of {some}" if some else "; see 'spanledger bills list'")
        )
    return [row for row in billed if not wanted or row["provider"] in wanted]


def _obstacle(billed: dict[str, Any]) -> str | None:
    """Why the bills of a provider cannot be compared with calls, and how to mend it; None where they can."""
    if billed["without_rate"]:
        return (
            f"there is no exchange rate of {' and '.join(sorted(billed['currencies_without_rate']))} for "
            f"{billed['first_without_rate']}: load rates with 'spanledger prices rates'"
        )
    if len(billed["currencies"]) > 1:
        return (
            f"its bills of the period are in {' and '.join(sorted(billed['currencies']))}; expected one currency: "
            "reconcile them apart, by --from and --to, or remove one of them"
        )
    return None


def keep_terms(store: Store, done: Reconciliation) -> None:
    """Store the terms of a bridge, for a reconciliation that is allocated.

    Raises:
        ReconciliationError: Calls or lines came since it was made.
    """
    key = {"reconciliation_id": done.reconciliation_id}
    store.execute(statement("reconciliation/keep_terms"), {**done.parameters, **key})
    kept = store.rows(
        "SELECT cause, sum(amount) AS amount FROM reconciliation_term "
        "WHERE reconciliation_id = {reconciliation_id:String} GROUP BY cause",
        **key,
    )
    sums = {row["cause"]: row["amount"] for row in kept}
    if any(sums.get(name, Decimal(0)) != done.total[name] for name in ("metered", *CAUSES, "billed")):
        forget(store, done)
        raise ReconciliationError(
            f"{done.provider}: calls or lines of its bills came in meanwhile; run it again; nothing was changed"
        )


def forget(store: Store, done: Reconciliation) -> None:
    """Delete the terms of a reconciliation where nothing rests on them, and what killed ones left."""
    store.execute(statement("reconciliation/forget"), {"reconciliation_id": done.reconciliation_id})


def without_bill(
    store: Store, asked: Period, billed: Sequence[Reconciliation | Unreconciled]
) -> dict[str, tuple[Decimal, int]]:
    """What calls of the period cost at other providers than these, USD, and of how many that is unknown."""
    found: dict[str, tuple[Decimal, int]] = {}
    for row in store.rows(statement("reports/bills/metered_providers"), **asked.bounds):
        seller = catalogue_names.seller(row["provider"])
        if (row["metered"] or row["unknown_cost_calls"]) and all(one.provider != seller for one in billed):
            metered, unknown = found.get(seller, (Decimal(0), 0))
            found[seller] = (metered + row["metered"], unknown + row["unknown_cost_calls"])
    return found


def _one(
    store: Store,
    asked: Period,
    billed: dict[str, Any],
    names: list[str],
    by: Sequence[str],
    tolerance: Decimal | None,
    drift: float,
) -> Reconciliation:
    provider, currency = billed["provider"], billed["currencies"][0]
    parameters = {
        "provider": provider,
        "names": names,
        **asked.bounds,
        **dict(
            zip(
                ("begins", "ends"),
                of_days(asked.first_day, asked.last_day, billed["zone"]).bounds.values(),
                strict=True,
            )
        ),
        "first": str(asked.first_day),
        "last": str(asked.last_day),
        "zone": billed["zone"],
        "drift": drift,
    }
    frame = store.frame("reports/bills/bridge", **parameters, by=list(by))
    is_whole = frame["whole"].astype(bool)
    total = {str(name): value for name, value in frame[is_whole].iloc[0].items()}
    rows = frame[~is_whole].drop(columns="whole").reset_index(drop=True)
    rows.attrs["types"] = {name: kind for name, kind in frame.attrs["types"].items() if name != "whole"}
    if total["metered"] + sum(total[cause] for cause in CAUSES) != total["billed"]:
        raise AssertionError(f"the bridge of {provider} does not sum: {total}")
    allowed = (
        focus_tolerance(billed["lines"], currency) * Decimal(billed["usd_each"]) if tolerance is None else tolerance
    )
    return Reconciliation(
        str(uuid.uuid4()),
        provider,
        asked,
        billed["zone"],
        currency,
        tuple(sorted(billed["bills"])),
        billed["amount"],
        total,
        rows,
        allowed,
        tuple(names),
        parameters,
    )


def _wide(asked: Period) -> dict[str, str]:
    """The period and the days around it, so that calls of the bill's zone are in it whichever that is."""
    first, last = (of_days(asked.first_day, asked.last_day, zone) for zone in ("Pacific/Kiritimati", "Etc/GMT+12"))
    return {"from": first.bounds["from"], "to": last.bounds["to"]}
