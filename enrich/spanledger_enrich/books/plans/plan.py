"""Price plans: markup, rate card, minimum, allowance, rounding and currency of a tenant's months, from CSV or YAML."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

import pycountry
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from spanledger_enrich.books import cost_file
from spanledger_enrich.books.plans.issued_rate import in_force, refuse_other_currency
from spanledger_enrich.files.book_history import remember
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_settings.mendable import AskedWronglyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spanledger_sql.store import Store

KIND: Final = "plan"
EVERYBODY: Final = "*"
_OPEN: Final = date(2149, 6, 1)
_LAST_DIGIT: Final = Decimal(1).scaleb(-12)
_STORED: Final = (
    "plan_id", "tenant_id", "valid_from", "valid_to", "basis", "markup_percent", "card", "minimum", "free_amount",
    "free_tokens", "rounding", "decimals", "currency", "exchange_rate", "pays",
)  # fmt: skip


class UnknownPlanError(AskedWronglyError):
    """There is no plan of that name."""


def _month(value: object) -> object:
    text = str(value).strip()
    try:
        day = date.fromisoformat(text if len(text) > len("2024-10") else f"{text}-01")
    except ValueError:
        raise ValueError("expected a month, such as 2024-10") from None
    if day.day != 1:
        raise ValueError("expected a month, or its first day: minimum, allowance and rounding are a month's")
    return day


Month = Annotated[date, BeforeValidator(_month)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=26, decimal_places=12, allow_inf_nan=False)]


class Plan(BaseModel):
    """One plan, as a file names it.

    Attributes:
        plan: Its name.
        tenant: Whose; ``*``: of every tenant that has none of its own then.
        begins: The first month that it holds for.
        ends: The first month that it does not hold for; None: open.
        basis: What the markup is on; None: effective cost, with a card contracted cost.
        markup_percent: On the basis.
        card: The rate card that it goes by; empty: none.
        minimum: The least that a month comes to, in the currency.
        free_amount: How much of each month is free, in the currency.
        free_tokens: How many tokens of each month are free.
        rounding: Of a statement: each line, or the whole; None: the whole where the currency is not USD.
        decimals: To which rounding goes.
        currency: Of the statement.
        exchange_rate: USD that one unit is worth, as agreed; None: as rates that are loaded say.
        pays: Whether the tenant pays; else it is shown what it would.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan: str = Field(min_length=1, max_length=200)
    tenant: str = Field(min_length=1)
    begins: Month = Field(alias="from", ge=date(2000, 1, 1), lt=_OPEN)
    ends: Month | None = Field(default=None, alias="to", lt=_OPEN)
    basis: Literal["effective", "contracted", "list"] | None = None
    markup_percent: Decimal = Field(default=Decimal(0), ge=-100, le=10_000, decimal_places=6, allow_inf_nan=False)
    card: str = ""
    minimum: Amount = Decimal(0)
    free_amount: Amount = Decimal(0)
    free_tokens: int = Field(default=0, ge=0, le=10**18)
    rounding: Literal["line", "statement", "none"] | None = None
    decimals: int = Field(default=2, ge=0, le=12)
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    exchange_rate: Decimal | None = Field(
        default=None, ge=Decimal("0.000001"), le=1000, max_digits=26, decimal_places=22, allow_inf_nan=False
    )
    pays: bool = True

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, value: str) -> str:
        if pycountry.currencies.get(alpha_3=value) is None:
            raise ValueError("there is no such currency; expected a code of ISO 4217 such as EUR")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.ends is not None and self.ends <= self.begins:
            raise ValueError("to: expected a month after from: the first that the plan does not hold for")
        if self.free_amount and self.free_tokens:
            raise ValueError("free_tokens: expected free tokens or a free amount, not both")
        if self.card and self.basis == "effective":
            raise ValueError(
                "basis: expected contracted or list beside a card: what a commitment pays would be charged twice"
            )
        if self.currency == "USD" and self.exchange_rate is not None:
            raise ValueError("exchange_rate: expected of another currency than USD only")
        if self.currency != "USD" and self.rounding == "none":
            raise ValueError("rounding: expected line or statement of another currency than USD")
        return self

    def row(self, source: str) -> dict[str, Any]:
        """The row of the table `price_plan`."""
        return {
            "plan_id": self.plan,
            "tenant_id": self.tenant,
            "valid_from": self.begins,
            "valid_to": self.ends or _OPEN,
            "basis": self.basis or ("contracted" if self.card else "effective"),
            "markup_percent": self.markup_percent.quantize(Decimal(1).scaleb(-6)),
            "card": self.card,
            "minimum": self.minimum.quantize(_LAST_DIGIT),
            "free_amount": self.free_amount.quantize(_LAST_DIGIT),
            "free_tokens": self.free_tokens,
            "rounding": self.rounding or ("none" if self.currency == "USD" else "statement"),
            "decimals": self.decimals,
            "currency": self.currency,
            "exchange_rate": self.exchange_rate or Decimal(0),
            "pays": int(self.pays),
            "source": source,
            "removed": 0,
        }


def read(path: Path) -> list[Plan]:
    """Read and check a file: CSV with a line of headers, or YAML, a list of mappings.

    Raises:
        ImportFileError: It cannot be read, or a field of it is wrong.
    """
    plans = cost_file.entries(Plan, KIND, path, cost_file.records(path, KIND))
    if not plans:
        raise ImportFileError(f"{path}: holds no plan")
    return plans


def refuse(store: Store, plans: Sequence[tuple[str, Plan]]) -> None:
    """Refuse plans that cannot hold beside each other and those in force.

    Args:
        store: The database.
        plans: The file and the plan, in the order of the import; the last of a name holds.

    Raises:
        ImportFileError: Two plans of a tenant hold in one month, a card is unknown, or a currency has no rate.
        ClosingError: A closed month would have another currency, or another rate of it, than its statements say.
    """
    before = in_force(store)
    held = {row["plan_id"]: ("what is in force", row) for row in before}
    held |= {one.plan: (source, one.row(source)) for source, one in plans}
    cards = {str(row["card"]) for row in store.rows("SELECT DISTINCT card FROM rate_card FINAL WHERE NOT removed")}
    for source, one in plans:
        row, where = one.row(source), f"{source}: plan {one.plan!r}"
        if one.card and one.card not in cards:
            raise ImportFileError(
                f"{where}: card: there is no rate card {one.card!r}: import it with 'spanledger plans rates'; nothing "
                "was imported"
            )
        if one.currency != "USD" and one.exchange_rate is None:
            _refuse_without_rate(store, where, one)
        for other, (place, beside) in held.items():
            if (
                other != one.plan
                and beside["tenant_id"] == row["tenant_id"]
                and beside["valid_from"] < row["valid_to"]
                and row["valid_from"] < beside["valid_to"]
            ):
                raise ImportFileError(
                    f"{where}: from: it overlaps with the plan {other!r} of {place}, which holds for "
                    f"{one.tenant!r} from {beside['valid_from']:%Y-%m}; end one with to; nothing was imported"
                )
    refuse_other_currency(store, before, [row for _, row in held.values()], "imported")


def _refuse_without_rate(store: Store, where: str, one: Plan) -> None:
    first = datetime(one.begins.year, one.begins.month, 1, tzinfo=UTC)
    if not store.value(
        "SELECT count() FROM exchange_rate FINAL "
        "WHERE currency = {currency:String} AND valid_from <= {day:DateTime('UTC')}",
        currency=one.currency,
        day=first,
    ):
        raise ImportFileError(
            f"{where}: exchange_rate: there is none of {one.currency} for {first:%Y-%m-%d}: give it, or load rates "
            "with 'spanledger prices rates'; nothing was imported"
        )


def record(store: Store, plans: Sequence[Plan], source: str) -> int:
    """Store plans that are new or differ from the one of their name; gives how many did."""
    known = {row["plan_id"]: row for row in in_force(store)}
    changed = []
    for one in plans:
        row, before = one.row(source), known.get(one.plan)
        if before is None or any(row[name] != before[name] for name in _STORED):
            changed.append(row)
            if before is not None and before["tenant_id"] != one.tenant:
                _take_back(store, before)
    store.insert("price_plan", [{**row, "said_at": datetime.now(UTC)} for row in changed])
    for row in changed:
        name = row["plan_id"]
        remember(store, KIND, name, "changed" if name in known else "imported", source, row)
    return len(changed)


def remove(store: Store, name: str) -> None:
    """Take a plan back; what tenants pay is what it costs then, in months that are closed by an adjustment.

    Raises:
        UnknownPlanError: There is none of that name.
        ClosingError: A closed month would have another currency than its statements say.
    """
    before = in_force(store)
    found = [row for row in before if row["plan_id"] == name]
    if not found:
        raise UnknownPlanError(f"there is no plan {name!r}: see 'spanledger plans list'")
    refuse_other_currency(store, before, [row for row in before if row["plan_id"] != name], "removed")
    _take_back(store, found[0])
    remember(store, KIND, name, "removed", found[0]["source"], found[0])


def _take_back(store: Store, row: dict[str, Any]) -> None:
    store.insert("price_plan", [{**row, "removed": 1, "said_at": datetime.now(UTC)}])
