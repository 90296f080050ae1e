"""A line of a bill, as it came and as every bill says it: whose, of which model and meter, when, how much."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

# Meters of tokens; others are search, code_execution, session, unit, storage, capacity, fee, tax, credit, rounding,
# adjustment, requests, all (the whole call), other_service and unknown.
TOKEN_METERS: Final = frozenset({
    "input", "input_audio", "input_image", "input_video", "cache_read", "cache_read_audio", "cache_read_image",
    "cache_write", "cache_write_1h", "output", "output_audio", "output_image", "reasoning", "all",
})  # fmt: skip
OTHER_SERVICE: Final = "other_service"
METERS: Final = TOKEN_METERS | {
    "search", "code_execution", "session", "unit", "storage", "capacity", "fee", "tax", "credit", "rounding",
    "adjustment", "requests", OTHER_SERVICE, "unknown",
}  # fmt: skip
_CATEGORY: Final = {
    "tax": "Tax", "credit": "Credit", "rounding": "Adjustment", "adjustment": "Adjustment", "fee": "Purchase",
}  # fmt: skip
_LAST_DIGIT: Final = Decimal(1).scaleb(-12)
# Digits of a Decimal(38, 12), and some: by default Python has 28, and refuses to round to more.
_DIGITS: Final = Context(prec=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One charge, or, where `amount` is None, one count of use that the provider tells without its price.

    Attributes:
        line: Of the file, from 1; of JSON the number of the record.
        raw: The line as it came.
        part: Which of a line's several charges; empty: the only one, or the first.
        provider: Who charges, by the name that price books have.
        account: The billing account; empty: the file does not say. So of the next three.
        sub_account: Project, workspace, subscription or usage account below it.
        invoice_id: Of the line.
        service: What the provider calls the product.
        model: As the bill calls it.
        meter: What is counted, one of `METERS`.
        service_tier: `standard`, `batch`, `flex` or `priority`; empty: the bill does not tell tiers.
        scope: `global`, `regional`, `data zone`; empty: not told.
        day: In the bill's time zone.
        begins: Of the charge, UTC.
        ends: Of the charge, exclusive, UTC.
        quantity: In `unit`; tokens are counted one by one. None: not told.
        amount: In `currency`. None: not told.
        list_amount: What the list would charge, where the bill says so.
        exchange_rate: USD that one unit of the currency is worth, where the bill says so.
        resource: What used it, as the bill names it: key, endpoint, principal.
        unknown: Why the line is not understood; empty: it is.
    """

    line: int
    raw: str
    provider: str
    day: date
    begins: datetime
    ends: datetime
    meter: str
    part: str = ""
    account: str = ""
    sub_account: str = ""
    invoice_id: str = ""
    service: str = ""
    sku: str = ""
    model: str = ""
    service_tier: str = ""
    scope: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    amount: Decimal | None = None
    list_amount: Decimal | None = None
    currency: str = ""
    exchange_rate: Decimal | None = None
    resource: str = ""
    unknown: str = ""

    @property
    def charge_category(self) -> str:
        """FOCUS's: `Usage`, `Purchase`, `Tax`, `Credit` or `Adjustment`."""
        return _CATEGORY.get(self.meter, "Usage")

    def row(self, bill_id: str) -> dict[str, Any]:
        """The row of the table `bill_line`."""
        return {
            "bill_id": bill_id,
            "line": self.line,
            "part": self.part,
            "provider": self.provider,
            "account": self.account,
            "sub_account": self.sub_account,
            "invoice_id": self.invoice_id,
            "service": self.service,
            "sku": self.sku,
            "charge_category": self.charge_category,
            "model": self.model,
            "meter": self.meter,
            "service_tier": self.service_tier,
            "scope": self.scope,
            "day": self.day,
            "begins": self.begins,
            "ends": self.ends,
            "quantity": _stored(self.quantity),
            "unit": self.unit,
            "amount": _stored(self.amount),
            "list_amount": _stored(self.list_amount),
            "currency": self.currency,
            "exchange_rate": self.exchange_rate,
            "resource": self.resource,
            "unknown": self.unknown,
            "raw": self.raw,
        }


@dataclass(frozen=True, slots=True)
class ReadBill:
    """What a file says: its format, the zone of its days, and its lines."""

    format: str
    timezone: str
    lines: tuple[BillLine, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def charges(self) -> list[BillLine]:
        """The lines with an amount."""
        return [line for line in self.lines if line.amount is not None]

    @property
    def unknown(self) -> list[BillLine]:
        """The lines that are not understood."""
        return [line for line in self.lines if line.unknown]

    def names(self, attribute: str) -> list[str]:
        """What the lines have for an attribute, each once; nothing for those that do not say."""
        return sorted({getattr(line, attribute) for line in self.lines} - {""})


def day_in(zone: str, day: date) -> tuple[datetime, datetime]:
    """When a day of a zone begins and ends, UTC."""
    clock = ZoneInfo(zone)
    return (
        datetime.combine(day, time(), clock).astimezone(UTC),
        datetime.combine(day + timedelta(days=1), time(), clock).astimezone(UTC),
    )


def last_day_of(line: BillLine, zone: str) -> date:
    """The last day that a line's use is of; what is bought is bought on one, however long it lasts."""
    if line.charge_category != "Usage":
        return line.day
    return max(line.day, (line.ends - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date())


def counts_tokens(meter: str, words: str) -> bool:
    """Whether a line's words say that it counts tokens: then it is an AI's, whatever service it is sold as."""
    return meter in TOKEN_METERS and "token" in words.lower()


def decimals(amounts: Iterable[Decimal]) -> int:
    """How many decimals the amounts are given in, at most 12: the finest of them."""
    finest = 0
    for amount in amounts:
        exponent = amount.normalize().as_tuple().exponent
        finest = max(finest, -exponent if isinstance(exponent, int) else 0)
    return min(finest, 12)


def _stored(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.quantize(_LAST_DIGIT, context=_DIGITS)
