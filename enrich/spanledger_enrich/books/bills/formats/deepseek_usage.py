"""DeepSeek's export: `amount` tells tokens by kind and hour, `cost` what was paid by model and wallet, a day a line.

What was granted pays for use as what was topped up does, and nobody is billed for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import BillLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_enrich.books.bills.record import Record

_METERS: Final = {
    "input_cache_hit_tokens": "cache_read",
    "input_cache_miss_tokens": "input",
    "output_tokens": "output",
    "request_count": "requests",
}


def _amounts(record: Record) -> Iterator[BillLine]:
    begins, ends = record.moment("start_time_iso"), record.moment("end_time_iso")
    kind = record.text("type")
    meter = _METERS.get(kind, "unknown")
    yield BillLine(
        line=record.number,
        raw=record.raw,
        provider="deepseek",
        account=record.text("user_id"),
        service="DeepSeek API",
        sku=kind,
        model=record.text("model"),
        meter=meter,
        day=begins.date(),
        begins=begins,
        ends=ends,
        quantity=record.amount("amount"),
        unit="Requests" if meter == "requests" else "Tokens",
        resource=record.text("api_key_name"),
        unknown="" if meter != "unknown" else f"no meter is known for the type {kind!r}",
    )


def _costs(record: Record) -> Iterator[BillLine]:
    begins, ends = record.moment("start_time_iso"), record.moment("end_time_iso")
    charge = BillLine(
        line=record.number,
        raw=record.raw,
        provider="deepseek",
        account=record.text("user_id"),
        service="DeepSeek API",
        sku=record.text("wallet_type"),
        model=record.text("model"),
        meter="all",
        day=begins.date(),
        begins=begins,
        ends=ends,
        amount=record.amount("cost"),
        currency=record.currency("currency"),
        unit="Tokens",
    )
    yield charge
    if charge.amount and charge.sku.lower().startswith("grant"):
        yield replace(charge, part="credit", meter="credit", amount=-charge.amount, unit="")


AMOUNT = BillFormat("DeepSeek amount", "UTC", (columns("start_time_iso", "api_key_name", "type", "amount"),), _amounts)
COST = BillFormat("DeepSeek cost", "UTC", (columns("start_time_iso", "wallet_type", "cost", "currency"),), _costs)
