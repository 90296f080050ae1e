"""Google's billing export from BigQuery, as JSON lines, an hour a line; its invoices' months follow Pacific time.

Credits stand beside the cost that they lower: each is a line of its own here. Thinking tokens are a SKU of their own.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import TOKEN_METERS, BillLine, counts_tokens
from spanledger_enrich.books.bills.meter_words import named
from spanledger_enrich.books.bills.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

_ZONE: Final = "America/Los_Angeles"
_SERVICES: Final = ("vertex ai", "gemini", "generative language", "cloud ai")
_TYPES: Final = {"tax": "tax", "adjustment": "adjustment", "rounding_error": "rounding"}
_MODEL_ENDS: Final = re.compile(
    r"(?i)\s+(?:GA\b|-\s|(?:live|batch|flex|priority|text|audio|image|video|thinking|input|output|cached?|caching|long)\b)"
)


def _lines(record: Record) -> Iterator[BillLine]:
    begins, ends = record.moment("usage_start_time"), record.moment("usage_end_time")
    sku, service = record.text("sku.description"), record.text("service.description")
    kind = record.text("cost_type")
    what = named(sku)
    quantity, unit = record.decimal("usage.amount"), record.text("usage.unit")
    meter, unknown = _TYPES.get(kind, what.meter), ""
    # Other makers' models are services of their own name here.
    ours = any(name in service.lower() for name in _SERVICES) or counts_tokens(what.meter, sku)
    if kind in _TYPES:
        quantity, unit = None, ""
    elif not ours:
        meter = "other_service"
    elif meter == "storage":
        unit = "Token-Hours" if unit == "h" else unit
    elif "provisioned throughput" in sku.lower():
        meter = "capacity"
    elif meter in TOKEN_METERS and unit.lower() not in {"count", "tokens", "token", ""}:
        meter = "unit"
    elif meter in TOKEN_METERS:
        unit = "Tokens"
    elif "grounding" in sku.lower() or "search" in sku.lower():
        meter, unit = "search", "Searches"
    else:
        meter, unknown = "unknown", f"no meter is known for the SKU {sku!r}"
    rate = record.decimal("currency_conversion_rate")
    charge = BillLine(
        line=record.number,
        raw=record.raw,
        provider="google",
        account=record.text("billing_account_id"),
        sub_account=record.text("project.id"),
        service=service,
        sku=sku,
        model=_MODEL_ENDS.split(sku)[0] if meter in TOKEN_METERS else "",
        meter="other_service" if not ours else meter,
        service_tier=what.service_tier,
        scope=record.text("location.region"),
        day=begins.astimezone(ZoneInfo(_ZONE)).date(),
        begins=begins,
        ends=ends,
        quantity=quantity,
        unit=unit,
        amount=record.amount("cost"),
        list_amount=record.decimal("cost_at_list"),
        currency=record.currency("currency"),
        exchange_rate=Decimal(1) / rate if rate else None,
        unknown=unknown,
    )
    yield charge
    for number, credit in enumerate(_credits(record), 1):
        yield replace(
            charge,
            part=f"credit {number}",
            meter="credit" if ours else "other_service",
            sku=credit.text("full_name", "name"),
            quantity=None,
            unit="",
            amount=credit.amount("amount"),
            list_amount=None,
            unknown="",
        )


def _credits(record: Record) -> Iterator[Record]:
    said: Any = record.value("credits") or []
    if not isinstance(said, list):
        record.refuse("credits", str(said)[:80], "expected a list, as BigQuery exports it to JSON")
    for one in said:
        if not isinstance(one, dict):
            record.refuse("credits", str(one)[:80], "expected a name and an amount")
        yield Record(record.path, record.number, one, "")


FORMAT = BillFormat(
    "Google billing export", _ZONE, (columns("billing_account_id", "sku", "usage_start_time", "cost"),), _lines
)
