"""OpenAI's usage: `GET /v1/organization/usage/completions` and its CSV. It tells tokens and requests, and no money.

`input_tokens` includes what was read from and written to the cache; the meters do not.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import BillLine
from spanledger_enrich.books.bills.meter_words import tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_enrich.books.bills.record import Record

_ZERO = Decimal(0)


def _lines(record: Record) -> Iterator[BillLine]:
    begins, ends = record.moment("start_time"), record.moment("end_time")
    whole = record.decimal("input_tokens") or _ZERO
    cached = record.decimal("input_cached_tokens") or _ZERO
    written = record.decimal("input_cache_write_tokens") or _ZERO
    if cached + written > whole:
        record.refuse("input_tokens", str(whole), f"expected at least the {cached + written} tokens of the cache in it")
    counts = {
        "input": whole - cached - written,
        "cache_read": cached,
        "cache_write": written,
        "output": record.decimal("output_tokens") or _ZERO,
        "requests": record.decimal("num_model_requests") or _ZERO,
    }
    batch = record.text("batch").lower() == "true"
    for meter, quantity in counts.items():
        if quantity:
            yield BillLine(
                line=record.number,
                raw=record.raw,
                part=meter,
                provider="openai",
                sub_account=record.text("project_id"),
                resource=record.text("api_key_id"),
                service="OpenAI API",
                model=record.text("model"),
                meter=meter,
                service_tier="batch" if batch else tier(record.text("service_tier")),
                day=begins.date(),
                begins=begins,
                ends=ends,
                quantity=quantity,
                unit="Requests" if meter == "requests" else "Tokens",
            )


FORMAT = BillFormat(
    "OpenAI usage", "UTC", (columns("input_tokens", "output_tokens", "num_model_requests", "start_time"),), _lines
)
