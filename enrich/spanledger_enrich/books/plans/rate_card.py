"""Rate cards: prices of one's own by provider, model and meter, that price plans go by; from CSV or YAML."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from spanledger_enrich.books import cost_file
from spanledger_enrich.files.book_history import remember
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_settings.mendable import AskedWronglyError

if TYPE_CHECKING:
    from pathlib import Path

    from spanledger_sql.store import Store

KIND: Final = "rate card"
_STORED: Final = ("card", "provider", "model", "meter", "price")


class UnknownCardError(AskedWronglyError):
    """There is no card of that name, or it is in use."""


class Rate(BaseModel):
    """One line of a card: a price of so many units of a meter, in the currency of the plans that name the card.

    Attributes:
        card: The card.
        provider: As calls name it; empty: any.
        model: As calls name it, with its date or without; empty: any.
        meter: As in the view `metered_charge`, or `input`, `cache_read`, `cache_write`, `output`, `tokens`.
        price: Of `per` units.
        per: How many units.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    card: str = Field(min_length=1, max_length=200)
    provider: str = ""
    model: str = ""
    meter: str = Field(min_length=1)
    price: Decimal = Field(ge=0, max_digits=22, decimal_places=12, allow_inf_nan=False)
    per: int = 1_000_000

    @field_validator("per")
    @classmethod
    def _exactly_divisible(cls, value: int) -> int:
        if value not in {1, 1000, 1_000_000}:
            raise ValueError("expected 1, 1000 or 1000000")
        return value

    def row(self, source: str) -> dict[str, Any]:
        """The row of the table `rate_card`."""
        return {
            "card": self.card, "provider": self.provider.lower(), "model": self.model, "meter": self.meter,
            "price": (self.price / self.per).quantize(Decimal(1).scaleb(-18)), "source": source, "removed": 0,
        }  # fmt: skip


def read(path: Path) -> list[Rate]:
    """Read and check a file: CSV with a line of headers, or YAML, a list of mappings.

    Raises:
        ImportFileError: It cannot be read, a field of it is wrong, or a line is there twice.
    """
    found: dict[tuple[str, ...], Rate] = {}
    for where, fields in cost_file.records(path, KIND):
        try:
            one = Rate.model_validate(fields)
        except ValidationError as error:
            raise ImportFileError(f"{path}:{where}: {cost_file.told(error)}; nothing was imported") from None
        key = (one.card, one.provider.lower(), one.model, one.meter)
        if key in found:
            raise ImportFileError(
                f"{path}:{where}: meter: {one.meter!r} has a price for this model already; nothing was imported"
            )
        found[key] = one
    if not found:
        raise ImportFileError(f"{path}: holds no price")
    return list(found.values())


def record(store: Store, rates: list[Rate], source: str) -> list[str]:
    """Store the cards that are new or differ from the stored one of their name, each as a whole; gives their names."""
    changed = []
    for card in dict.fromkeys(rate.card for rate in rates):
        before = in_force(store, card)
        rows = [rate.row(source) for rate in rates if rate.card == card]
        if sorted(map(_text, rows)) == sorted(map(_text, before)):
            continue
        changed.append(card)
        keys = {_text(row)[:-1] for row in rows}
        gone = [{**row, "removed": 1} for row in before if _text(row)[:-1] not in keys]
        store.insert("rate_card", [{**row, "said_at": datetime.now(UTC)} for row in [*gone, *rows]])
        remember(store, KIND, card, "changed" if before else "imported", source, {"card": card, "lines": rows})
    return changed


def remove(store: Store, card: str) -> None:
    """Take a card back.

    Raises:
        UnknownCardError: There is none of that name, or a plan in force names it.
    """
    before = in_force(store, card)
    if not before:
        raise UnknownCardError(f"there is no rate card {card!r}: see 'spanledger plans cards'")
    used = "SELECT plan_id FROM price_plan FINAL WHERE NOT removed AND card = {card:String} ORDER BY plan_id"
    if plans := [str(row["plan_id"]) for row in store.rows(used, card=card)]:
        raise UnknownCardError(f"the plan {plans[0]!r} goes by the rate card {card!r}; nothing was changed")
    store.insert("rate_card", [{**row, "removed": 1, "said_at": datetime.now(UTC)} for row in before])
    remember(store, KIND, card, "removed", before[0]["source"], {"card": card})


def in_force(store: Store, card: str) -> list[dict[str, Any]]:
    """The rows of a card in `rate_card`."""
    return store.rows(
        f"SELECT {', '.join(_STORED)}, source, removed FROM rate_card FINAL "  # noqa: S608
        "WHERE NOT removed AND card = {card:String}",
        card=card,
    )


def _text(row: dict[str, Any]) -> tuple[str, ...]:
    return (*(str(row[name]) for name in _STORED[:-1]), f"{row['price']:.18f}")
