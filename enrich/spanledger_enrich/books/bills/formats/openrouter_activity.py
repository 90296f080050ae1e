"""OpenRouter's activity, by API or as CSV: a model and UTC day a line, all kinds of tokens for one amount in USD.

What is paid with a key of one's own (BYOK) is on the other provider's bill, and is no charge here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import BillLine, day_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_enrich.books.bills.record import Record


def _lines(record: Record) -> Iterator[BillLine]:
    day = record.day("date", "Date")
    begins, ends = day_in("UTC", day)
    # Reasoning tokens are among the completion's.
    tokens = [
        record.decimal(*names)
        for names in (("prompt_tokens", "Prompt Tokens"), ("completion_tokens", "Completion Tokens"))
    ]
    charge = BillLine(
        line=record.number,
        raw=record.raw,
        provider="openrouter",
        service="OpenRouter",
        model=record.text("model", "Slug"),
        sku=record.text("model_permaslug"),
        meter="all",
        day=day,
        begins=begins,
        ends=ends,
        unit="Tokens",
        quantity=sum((one for one in tokens if one is not None), Decimal(0)),
        amount=record.amount("usage", "Usage"),
        currency="USD",
        resource=record.text("endpoint_id"),
    )
    yield charge
    if requests := record.decimal("requests", "Requests"):
        yield BillLine(
            line=record.number,
            raw=record.raw,
            part="requests",
            provider="openrouter",
            service="OpenRouter",
            model=charge.model,
            meter="requests",
            day=day,
            begins=begins,
            ends=ends,
            quantity=requests,
            unit="Requests",
        )


FORMAT = BillFormat(
    "OpenRouter activity",
    "UTC",
    (columns("date", "model", "usage", "byok_usage_inference"), columns("Date", "Slug", "Usage", "BYOK Usage")),
    _lines,
)
