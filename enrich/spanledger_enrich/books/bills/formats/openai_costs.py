"""OpenAI's costs: `GET /v1/organization/costs` and the dashboard's CSV, by line item, a day in UTC each."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import BillLine
from spanledger_enrich.books.bills.meter_words import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_enrich.books.bills.record import Record

# What is charged for beside tokens, by what its line item begins with.
_OTHER: Final = {
    "web search": "search",
    "file search": "search",
    "code interpreter": "code_execution",
    "container": "code_execution",
    "storage": "storage",
    "vector": "storage",
    "file storage": "storage",
    "scale tier": "capacity",
    "reserved": "capacity",
    "fine-tuning": "unit",
    "training": "unit",
    "tax": "tax",
    "credit": "credit",
}
_UNITS: Final = {
    "tokens": ("Tokens", 1),
    "1000_tokens": ("Tokens", 1000),
    "duration_seconds": ("Seconds", 1),
    "duration_minutes": ("Seconds", 60),
    "duration_hours": ("Seconds", 3600),
    "gibibyte_hours": ("GiB-Hours", 1),
    "images": ("Images", 1),
    "characters": ("Characters", 1),
}


def _lines(record: Record) -> Iterator[BillLine]:
    amount = record.decimal("amount.value", "amount_value")
    item = record.text("line_item")
    if amount is None and not item and _says_nothing(record):
        return
    begins, ends = record.moment("start_time"), record.moment("end_time")
    said = record.text("quantity_unit")
    unit, each = _UNITS.get(said, (said, 1))
    quantity = record.decimal("quantity")
    meter, model, tier, unknown = _item(item, unit)
    if not unit and quantity is not None:
        unit = "Searches" if meter == "search" else "Units"
    yield BillLine(
        line=record.number,
        raw=record.raw,
        provider="openai",
        account=record.text("organization_id"),
        sub_account=record.text("project_id"),
        resource=record.text("api_key_id"),
        service="OpenAI API",
        sku=item,
        model=model,
        meter=meter,
        service_tier=tier,
        day=begins.date(),
        begins=begins,
        ends=ends,
        quantity=None if quantity is None else quantity * Decimal(each),
        unit=unit,
        amount=record.amount("amount.value", "amount_value"),
        currency=record.currency("amount.currency", "amount_currency"),
        unknown=unknown,
    )


def _says_nothing(record: Record) -> bool:
    """Whether a line is the one of a day without a cost: it counts nothing, as one of a usage report would."""
    return not any(record.text(name) for name in record.fields if name in {"quantity", "model"} or "tokens" in name)


def _item(item: str, unit: str) -> tuple[str, str, str, str]:
    """Meter, model, tier of a line item, and why it is not understood: `priority | MODEL, output, long context`."""
    tier, bar, rest = item.rpartition(" | ")
    model, comma, kind = rest.partition(", ")
    if comma:
        # `gpt-audio-mini-2025-10-06 audio, input`
        model, _, more = model.partition(" ")
        meter = named(f"{more} {kind}").meter
        if not meter and unit != "Tokens":
            # `o3-deep-research, web search`
            meter = next(
                (one for begin, one in _OTHER.items() if kind.lower().startswith(begin)), "unit" if unit else ""
            )
        known = named(tier).service_tier if bar else "standard"
        return meter or "unknown", model, known, "" if meter else f"no meter is known for {kind!r}"
    meter = next((meter for begin, meter in _OTHER.items() if rest.lower().startswith(begin)), "")
    if not item:
        return "unknown", "", "", "no line item: export the costs grouped by line_item"
    if not meter and re.fullmatch(r"[a-z0-9.:-]+\d[a-z0-9.:-]*", rest) and unit in {"Tokens", ""}:
        return "all", rest, "standard", ""
    return meter or "unknown", "", "standard" if meter else "", "" if meter else f"no meter is known for {item!r}"


FORMAT = BillFormat(
    "OpenAI costs",
    "UTC",
    (columns("amount", "line_item", "start_time"), columns("amount_value", "amount_currency", "start_time")),
    _lines,
)
