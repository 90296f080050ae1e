"""A line of a price book and an exchange rate, from the texts of their fields: what cannot be meant is refused."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import pycountry

from spanledger_enrich.files.import_file import ImportFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Columns with a price per million tokens, and with a price of each.
PER_MILLION = (
    "input", "cache_read", "cache_write", "cache_write_1h", "input_audio", "output", "output_audio", "reasoning"
)  # fmt: skip
EACH = ("request", "search", "unit_price")
KINDS = ("price", "discount", "commitment")
COLUMNS = (
    "kind", "provider", "model", "service_tier", "speed", "region", "committed_tier", "valid_from", "valid_to",
    "currency", "discount_percent", "above_tokens", *PER_MILLION, "request", "search", "unit", "unit_price",
)  # fmt: skip
RATE_COLUMNS = ("currency", "valid_from", "usd")
# What a price can be, USD: a call of 100 million tokens must fit the ledger's columns.
_MOST = {**dict.fromkeys(PER_MILLION, Decimal(1000)), **dict.fromkeys(EACH, Decimal(1000))}
_LEAST = {**dict.fromkeys(PER_MILLION, Decimal("0.0001")), **dict.fromkeys(EACH, Decimal("1e-12"))}
FREE = "free"


@dataclass(frozen=True)
class Place:
    """Where a value stands."""

    file: str
    row: str

    def refuse(self, column: str, what: str) -> ImportFileError:
        """The error that a value of ``column`` here is refused with."""
        return ImportFileError(f"{self.file}: {self.row}: {column}: {what}; nothing of the file was loaded")


@dataclass(frozen=True)
class Line:
    """A line of a book: prices in ``currency`` per million tokens, or each; None where the line says nothing."""

    place: Place
    kind: str
    provider: str
    model: str
    service_tier: str
    speed: str
    region: str
    committed_tier: str
    valid_from: datetime
    valid_to: datetime | None
    currency: str
    discount_percent: Decimal | None
    above_tokens: int
    prices: Mapping[str, Decimal]
    unit: str


@dataclass(frozen=True)
class Rate:
    """What one unit of a currency is worth in USD from a day on."""

    place: Place
    currency: str
    valid_from: datetime
    usd: Decimal


def line(place: Place, row: Mapping[str, str]) -> Line:
    """A line from its fields' texts.

    Raises:
        ImportFileError: A field is unknown, missing or cannot be meant.
    """
    _known(place, row, COLUMNS)
    kind = row.get("kind", "")
    if kind not in KINDS:
        raise place.refuse("kind", f"{kind!r} is none; expected {', '.join(KINDS)}")
    begin = _day(place, "valid_from", row.get("valid_from", "")) or datetime(1970, 1, 1, tzinfo=UTC)
    end = _day(place, "valid_to", row.get("valid_to", ""))
    if end is not None and end <= begin:
        raise place.refuse("valid_to", f"{end:%Y-%m-%d} is not after valid_from {begin:%Y-%m-%d}")
    prices = {name: _price(place, name, row[name]) for name in (*PER_MILLION, *EACH) if row.get(name)}
    discount = _discount(place, row["discount_percent"]) if row.get("discount_percent") else None
    read = Line(
        place, kind, row.get("provider", "").lower(), row.get("model", "").lower().removesuffix("*"),
        row.get("service_tier", "").lower(), row.get("speed", "").lower(), row.get("region", ""),
        row.get("committed_tier", ""), begin, end, _currency(place, row.get("currency", "") or "USD"), discount,
        _tokens(place, row.get("above_tokens", "") or "0"), prices, row.get("unit", ""),
    )  # fmt: skip
    _fits_its_kind(read)
    return read


def _fits_its_kind(read: Line) -> None:
    place = read.place
    match read.kind:
        case "price":
            if not read.prices:
                raise place.refuse("input", "a line of kind price has no price; expected at least one, such as input")
            if not read.provider or not read.model:
                raise place.refuse("provider" if not read.provider else "model", "a fixed price needs it")
            if read.discount_percent is not None:
                raise place.refuse("discount_percent", "a line of kind price has none; use kind discount")
            if ("unit_price" in read.prices) != bool(read.unit):
                raise place.refuse("unit", "unit and unit_price go together, such as unit page and unit_price 0.001")
        case "discount":
            if read.discount_percent is None:
                raise place.refuse("discount_percent", "a line of kind discount needs it, such as 15 for 15 % off")
            if read.prices:
                raise place.refuse(next(iter(read.prices)), "a line of kind discount has no price; use kind price")
        case _:
            if not read.committed_tier:
                raise place.refuse("committed_tier", "a line of kind commitment names the tier that is committed to")
            if read.prices or read.discount_percent is not None:
                raise place.refuse("kind", "a commitment has neither price nor discount: they are the tier's lines")


def rate(place: Place, row: Mapping[str, str]) -> Rate:
    """A rate from its fields' texts.

    Raises:
        ImportFileError: A field is unknown, missing or cannot be meant.
    """
    _known(place, row, RATE_COLUMNS)
    begin = _day(place, "valid_from", row.get("valid_from", ""))
    if begin is None:
        raise place.refuse("valid_from", "a rate needs the day it is from, such as 2025-01-01")
    usd = _decimal(place, "usd", row.get("usd", ""))
    if not Decimal("0.000001") <= usd <= Decimal(1000):
        raise place.refuse("usd", f"{usd} USD for one unit of a currency cannot be meant; expected 0.000001 to 1000")
    return Rate(place, _currency(place, row.get("currency", "")), begin, usd)


def _known(place: Place, row: Mapping[str, str], columns: tuple[str, ...]) -> None:
    for name in row:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, 1)
            meant = f"did you mean {near[0]!r}? " if near else ""
            raise place.refuse(name, f"is no column; {meant}expected some of {', '.join(columns)}")


def _price(place: Place, column: str, text: str) -> Decimal:
    if text.lower() == FREE:
        return Decimal(0)
    price = _decimal(place, column, text)
    of_what = "per million tokens" if column in PER_MILLION else "each"
    if price == 0:
        raise place.refuse(column, f"a price of 0 may be a mistake; expected more than 0 {of_what}, or the word free")
    if price < 0:
        raise place.refuse(column, f"{text} is negative; expected more than 0 {of_what}")
    if price > _MOST[column] or price < _LEAST[column]:
        raise place.refuse(
            column, f"{text} cannot be meant; expected {_LEAST[column]:f} to {_MOST[column]:,f} {of_what}"
        )
    return price


def _discount(place: Place, text: str) -> Decimal:
    percent = _decimal(place, "discount_percent", text.removesuffix("%").strip())
    if not -100 <= percent < 100:
        raise place.refuse("discount_percent", f"{text} cannot be meant; expected -100 (twice the list) to below 100")
    return percent


def _decimal(place: Place, column: str, text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise place.refuse(column, f"{text!r} is no number; expected one such as 2.50") from None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise place.refuse(column, f"{text!r} is no number; expected one such as 2.50")
    if exponent < -12 or value.adjusted() > 12:
        raise place.refuse(column, f"{text} has too many digits; expected at most 12 before and 12 after the point")
    return value


def _tokens(place: Place, text: str) -> int:
    if not text.isdigit() or int(text) > 100_000_000:
        raise place.refuse("above_tokens", f"{text!r} is no number of tokens; expected one such as 200000")
    return int(text)


def _day(place: Place, column: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise place.refuse(column, f"{text!r} is no day; expected one such as 2025-01-31, in UTC") from None
    if not 2000 <= day.year < 2200:
        raise place.refuse(column, f"{text} is no day of a contract; expected one in the years 2000 to 2199")
    return datetime.combine(day, time(), tzinfo=UTC)


def _currency(place: Place, text: str) -> str:
    if pycountry.currencies.get(alpha_3=text.upper()) is None:
        raise place.refuse("currency", f"{text!r} is no currency; expected a code of ISO 4217 such as EUR")
    return text.upper()
