"""Charges that are no calls: storage, seats, capacity, fees, taxes, credits, prepaid credits; read from CSV or YAML."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from spanledger_enrich.books import cost_file
from spanledger_enrich.books.bills.also_billed import also_billed
from spanledger_enrich.books.charge_shares import allocate
from spanledger_enrich.books.commitment import Moment, Names, Shares, refuse_shares
from spanledger_enrich.files.book_history import remember
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_settings.mendable import AskedWronglyError

if TYPE_CHECKING:
    from pathlib import Path

    from spanledger_sql.store import Store

KIND: Final = "charge"
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
