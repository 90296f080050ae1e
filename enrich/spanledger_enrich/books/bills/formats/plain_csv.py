"""A plain CSV, for bills whose provider has no format of its own here: a spreadsheet, or what an invoice prints.

Columns: `provider`, `amount`, `currency`, and `day`, or `from` and `to` (days, the last included); besides, as far as
they are known, `account`, `sub_account`, `invoice`, `service`, `model`, `meter`, `tier`, `scope`, `quantity`, `unit`,
`description` and `timezone`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import METERS, TOKEN_METERS, BillLine, day_in
from spanledger_enrich.books.bills.meter_words import named, tier, tokens_each
from spanledger_enrich.prices import catalogue_names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from spanledger_enrich.books.bills.record import Record

# What invoices print for what is no token, by the meter's name.
_PRINTED: Final = {
    name: meter
    for meter, names in {
        "search": "web_search searches web_searches",
        "code_execution": "code_interpreter containers",
        "storage": "file_storage vector_storage cache_storage",
        "capacity": "ptu ptus provisioned_throughput provisioned",
        "fee": "fees seat seats subscription licence license",
        "tax": "taxes vat gst sales_tax",
        "credit": "credits discount discounts refund promotion",
    }.items()
    for name in names.split()
}


def _lines(record: Record) -> Iterator[BillLine]:
    zone = record.text("timezone") or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        record.refuse("timezone", zone, "expected a name such as Europe/Berlin")
    first, last = _days(record, zone)
    said = record.text("meter")
    meter, unknown = _meter(record, said)
    quantity = record.decimal("quantity")
    each = tokens_each(record.text("unit"))
    unit = record.text("unit") if each is None else "Tokens"
    if quantity is not None and not unit and meter in TOKEN_METERS:
        unit = "Tokens"
    yield BillLine(
        line=record.number,
        raw=record.raw,
        provider=catalogue_names.seller(record.required("provider").lower()),
        account=record.text("account"),
        sub_account=record.text("sub_account"),
        invoice_id=record.text("invoice", "invoice_id"),
        service=record.text("service"),
        sku=record.text("description") or said,
        model=record.text("model"),
        meter=meter,
        service_tier=tier(record.text("tier", "service_tier")) if record.text("tier", "service_tier") else "",
        scope=record.text("scope"),
        day=first,
        begins=day_in(zone, first)[0],
        ends=day_in(zone, last)[1],
        quantity=None if quantity is None else quantity * (each or 1),
        unit=unit,
        amount=record.amount("amount"),
        currency=record.currency("currency"),
        unknown=unknown,
    )


def _days(record: Record, zone: str) -> tuple[date, date]:
    if record.text("day", "date"):
        day = record.day("day", "date", zone=zone)
        return day, day
    first, last = record.day("from", zone=zone), record.day("to", zone=zone)
    if last < first:
        record.refuse("to", str(last), f"expected no day before {first}")
    return first, last


def _meter(record: Record, said: str) -> tuple[str, str]:
    name = said.lower().replace(" ", "_").replace("-", "_")
    meter = name if name in METERS else _PRINTED.get(name) or named(said).meter
    if meter:
        return meter, "the file says so" if meter == "unknown" else ""
    if not said and record.text("model"):
        return "all", ""
    return (
        "unknown",
        f"no meter is known by the name {said!r}: 'spanledger docs bills' has them"
        if said
        else "neither a meter nor a model is there",
    )


FORMAT = BillFormat(
    "plain CSV",
    "",
    (
        columns("provider", "amount", "currency", "day"),
        columns("provider", "amount", "currency", "from", "to"),
        columns("provider", "amount", "currency", "date"),
    ),
    _lines,
)
