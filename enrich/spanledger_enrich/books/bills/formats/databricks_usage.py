"""Databricks' `system.billing.usage`, an hour a line: DBUs, whose price is in `system.billing.list_prices`.

A correction is a RETRACTION and a RESTATEMENT beside the ORIGINAL: all three count, and sum to what is right. Where the
export has the price joined to it (`price_start_time <= usage_start_time < price_end_time`) as `list_price`, a line has
an amount; without it, it is a count of use.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import BillLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_enrich.books.bills.record import Record

_AI_PRODUCTS: Final = frozenset(
    {"MODEL_SERVING", "VECTOR_SEARCH", "AI_GATEWAY", "AI_FUNCTIONS", "FOUNDATION_MODEL_TRAINING", "AGENT_BRICKS"}
)
_METERS: Final = {"TOKEN": "all", "COMPUTE_TIME": "capacity", "GPU_TIME": "capacity", "STORAGE_SPACE": "storage"}
_PRICES: Final = ("list_price", "pricing.default", "effective_list.default")


def _lines(record: Record) -> Iterator[BillLine]:
    begins, ends = record.moment("usage_start_time"), record.moment("usage_end_time")
    kind, record_type = record.text("usage_type"), record.text("record_type")
    quantity = record.amount("usage_quantity")
    price = record.decimal(*_PRICES)
    # A product that came later counts tokens, too.
    ours = record.text("billing_origin_product") in _AI_PRODUCTS or kind == "TOKEN"
    meter = _METERS.get(kind, "unknown") if ours else "other_service"
    unknown = f"no meter is known for the usage type {kind!r}" if meter == "unknown" else ""
    if ours and price is None and any(name in record.fields for name in _PRICES):
        unknown = (
            unknown or f"no price is joined to it: the column {next(n for n in _PRICES if n in record.fields)} is empty"
        )
    if record_type not in {"", "ORIGINAL", "RETRACTION", "RESTATEMENT"}:
        record.refuse("record_type", record_type, "expected ORIGINAL, RETRACTION or RESTATEMENT")
    endpoint = str(_document(record, "usage_metadata").get("endpoint_name") or "")
    yield BillLine(
        line=record.number,
        raw=record.raw,
        provider="databricks",
        account=record.text("account_id"),
        sub_account=record.text("workspace_id"),
        service=record.text("billing_origin_product"),
        sku=record.text("sku_name"),
        model=endpoint,
        meter=meter,
        day=record.day("usage_date"),
        begins=begins,
        ends=ends,
        quantity=quantity,
        unit=f"{record.text('usage_unit')}s",
        amount=None if price is None else quantity * price,
        currency="" if price is None else record.text("currency_code").upper() or "USD",
        resource=str(_document(record, "identity_metadata").get("run_as") or ""),
        unknown=unknown,
    )


def _document(record: Record, name: str) -> dict[str, Any]:
    said = record.value(name)
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            record.refuse(name, said[:80], "expected JSON")
    return said if isinstance(said, dict) else {}


FORMAT = BillFormat(
    "Databricks usage",
    "UTC",
    (columns("record_id", "usage_quantity", "usage_unit", "record_type", "sku_name"),),
    _lines,
)
