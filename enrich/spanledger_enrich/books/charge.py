"""Charges that are no calls: storage, seats, capacity, fees, taxes, credits, prepaid credits; read from CSV or YAML."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from spanledger_enrich.books import cost_file
from spanledger_enrich.books.bills.also_billed import also_billed
from spanledger_enrich.books.bills.invoice_share import parts
from spanledger_enrich.books.commitment import Moment, Names, Shares, refuse_shares
from spanledger_enrich.files.book_history import remember
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.prices import catalogue_names
from spanledger_settings.mendable import AskedWronglyError
from spanledger_sql.store import UNWAITED, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date, datetime
    from pathlib import Path

    from spanledger_sql.store import Store

KIND: Final = "charge"
PREPAID: Final = "prepaid"
# Who bears what nobody is to pay, and what is shared out where nobody used anything.
OWN_LINE: Final = "(not shared)"
_MILLIONTHS: Final = Decimal(1_000_000)
_LAST_DIGIT: Final = Decimal(1).scaleb(-12)


class UnknownChargeError(AskedWronglyError):
    """There is no charge of that name."""


class Charge(BaseModel):
    """One charge, as a file names it: the amount in its currency, times in UTC where they have no offset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    charge: str = Field(min_length=1)
    kind: Literal[
        "storage",
        "code execution",
        "capacity",
        "seats",
        "subscription",
        "units",
        "fee",
        "tax",
        "credit",
        "prepaid",
        "other",
    ]
    amount: Decimal = Field(max_digits=26, decimal_places=12, allow_inf_nan=False)
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    begins: Moment = Field(alias="from")
    ends: Moment = Field(alias="to")
    provider: str = ""
    providers: Names = []
    model: str = ""
    quantity: Decimal | None = Field(default=None, gt=0, max_digits=26, decimal_places=12, allow_inf_nan=False)
    unit: str = ""
    invoice: str = ""
    description: str = ""
    tenant: str = ""
    policy: Literal["metered", "even", "fixed", "own_line"] | None = None
    shares: Shares = {}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError("to: expected a time after from")
        if self.ends - self.begins > timedelta(days=3660):
            raise ValueError("to: expected a period of at most ten years")
        if (self.kind == "credit") != (self.amount < 0) and self.kind != "other":
            raise ValueError("amount: expected less than 0 of a credit, and of nothing else but 'other'")
        if self.quantity is not None and not self.unit:
            raise ValueError("unit: expected of what the quantity is, such as GB-Months")
        if self.tenant and (self.policy or self.shares):
            raise ValueError("tenant: expected alone: it says who pays, as policy and shares do")
        if (self.policy == "fixed") != bool(self.shares):
            raise ValueError("shares: expected for the policy 'fixed', and for no other, such as acme=0.6;globex=0.4")
        if self.kind == "prepaid" and (self.tenant or self.policy not in {None, "own_line"}):
            raise ValueError("policy: prepaid credits are used by calls that are charged; expected none")
        refuse_shares(self.shares)
        return self

    @property
    def paid_by(self) -> dict[str, Decimal]:
        """Of fixed shares, who pays how much of it."""
        return {self.tenant: Decimal(1)} if self.tenant else self.shares

    def row(self, source: str, exchange_rate: Decimal) -> dict[str, Any]:
        """The row of the table `charge`, with the amount in USD; exchange_rate: of its currency's unit, in USD."""
        with localcontext() as context:
            context.prec = 60
            amount = (self.amount * exchange_rate).quantize(_LAST_DIGIT, ROUND_HALF_UP)
        policy = "own_line" if self.kind == "prepaid" else "fixed" if self.tenant else self.policy or "metered"
        return {
            "charge_id": self.charge,
            "kind": self.kind,
            "amount": amount,
            "begins": self.begins,
            "ends": self.ends,
            "provider": self.provider,
            "providers": self.providers,
            "model": self.model,
            "quantity": None if self.quantity is None else self.quantity.quantize(_LAST_DIGIT),
            "unit": self.unit,
            "invoice_id": self.invoice,
            "description": self.description,
            "policy": policy,
            "share_tenants": list(self.paid_by),
            "shares": [int(share * _MILLIONTHS) for share in self.paid_by.values()],
            "currency": self.currency,
            "given_amount": self.amount.quantize(_LAST_DIGIT),
            "exchange_rate": exchange_rate,
            "source": source,
        }


def read(path: Path) -> list[Charge]:
    """Read and check a file: CSV with a line of headers (lists with ';' between names), or YAML, a list of mappings.

    Raises:
        ImportFileError: It cannot be read, or a field of it is wrong.
    """
    charges = cost_file.entries(Charge, KIND, path, cost_file.records(path, KIND))
    if not charges:
        raise ImportFileError(f"{path}: holds no charge")
    return charges


def in_usd(store: Store, charges: list[Charge], source: str) -> list[dict[str, Any]]:
    """The rows of charges, their amounts at the exchange rate in force on the first day of each.

    Raises:
        ImportFileError: There is no rate for that day, or it makes the amount too large.
    """
    return cost_file.in_usd(store, KIND, charges, source)


def refuse_billed(store: Store, rows: list[dict[str, Any]], source: str) -> None:
    """Refuse charges, as `in_usd` gives them, that stand on a bill, too.

    Raises:
        ImportFileError: There is one; it would count twice.
    """
    for one in also_billed(store, rows):
        raise ImportFileError(
            f"{source}: {one.told}; it would count twice: leave it out, or say --also-billed if it is another charge; "
            "nothing was imported"
        )


def record(store: Store, charges: list[Charge], source: str) -> int:
    """Store charges that are new or differ from the stored one of their name, and share them out; gives how many did.

    Raises:
        ImportFileError: See `in_usd`.
    """
    known = {row["charge_id"]: row for row in store.rows("SELECT * EXCEPT (imported_at, source) FROM charge FINAL")}
    changed = [
        row
        for row in in_usd(store, charges, source)
        if {name: value for name, value in row.items() if name != "source"} != known.get(row["charge_id"])
    ]
    store.insert("charge", changed)
    for row in changed:
        name = row["charge_id"]
        remember(store, KIND, name, "changed" if name in known else "imported", source, row)
    allocate(store)
    return len(changed)


def remove(store: Store, name: str) -> None:
    """Take a charge back.

    Raises:
        UnknownChargeError: There is none of that name.
    """
    found = store.rows("SELECT * EXCEPT imported_at FROM charge FINAL WHERE charge_id = {id:String}", id=name)
    if not found:
        raise UnknownChargeError(f"there is no charge {name!r}: see 'spanledger charges list'")
    for table in ("charge", "charge_allocation", "charge_share", "prepaid_draw"):
        store.execute(f"DELETE FROM {table} WHERE charge_id = {{id:String}}", {"id": name})  # noqa: S608
    remember(store, KIND, name, "removed", found[0]["source"], found[0])


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
