"""Azure's cost details (actual or amortized), a day a line. Meters are spelt in three ways, deployments not told."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import TOKEN_METERS, BillLine, day_in
from spanledger_enrich.books.bills.meter_words import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_enrich.books.bills.record import Record

_AI_CATEGORIES: Final = frozenset(
    {"cognitive services", "foundry models", "azure openai", "azure ai foundry", "foundry tools"}
)
_TYPES: Final = {
    "tax": "tax",
    "refund": "credit",
    "credit": "credit",
    "purchase": "fee",
    "roundingadjustment": "rounding",
}
_UNITS: Final = {"1 hour": ("Hours", 1), "1/hour": ("Hours", 1)}
_TOKENS: Final = re.compile(r"(?P<each>\d+) ?(?P<of>[km])(?: tokens)?")
_OF: Final = {"k": 1000, "m": 1_000_000}


def _lines(record: Record) -> Iterator[BillLine]:
    day = record.day("Date", "date", "UsageDate")
    begins, ends = day_in("UTC", day)
    name, category = record.text("MeterName", "meterName"), record.text("MeterCategory", "meterCategory")
    kind = record.text("ChargeType", "chargeType").lower()
    ours = (
        category.lower() in _AI_CATEGORIES
        or "cognitiveservices" in record.text("ConsumedService", "consumedService").lower()
    )
    measure = record.text("UnitOfMeasure", "unitOfMeasure").lower()
    tokens = _TOKENS.fullmatch(measure)
    unit, each = ("Tokens", int(tokens["each"]) * _OF[tokens["of"]]) if tokens else _UNITS.get(measure, (measure, 1))
    what = named(name)
    meter, unknown = what.meter, ""
    if kind in _TYPES:
        meter = _TYPES[kind]
    elif not ours:
        meter = "other_service"
    elif "provisioned" in name.lower() or "ptu" in name.lower().split():
        meter, unit = "capacity", unit or "Hours"
    elif meter not in TOKEN_METERS or unit != "Tokens":
        meter = "search" if "search" in name.lower() else "unknown"
        unknown = "" if meter == "search" else f"no meter is known by the name {name!r}"
    quantity = record.decimal("Quantity", "quantity")
    yield BillLine(
        line=record.number,
        raw=record.raw,
        provider="azure",
        account=record.text("BillingAccountId", "billingAccountId"),
        sub_account=record.text("SubscriptionId", "subscriptionId"),
        invoice_id=record.text("invoiceId", "InvoiceId"),
        service=record.text("MeterSubCategory", "meterSubCategory") or category,
        sku=name,
        model=_model(what.model) if meter in TOKEN_METERS else "",
        meter="other_service" if not ours else meter,
        service_tier=what.service_tier,
        scope=what.scope,
        day=day,
        begins=begins,
        ends=ends,
        quantity=None if quantity is None or kind in _TYPES else quantity * Decimal(each),
        unit=unit,
        amount=record.amount("Cost", "CostInBillingCurrency", "costInBillingCurrency"),
        currency=record.currency("BillingCurrency", "billingCurrency", "BillingCurrencyCode"),
        resource=record.text("ResourceName", "ResourceId", "resourceId"),
        unknown=unknown,
    )


def _model(words: str) -> str:
    """The model that is left of a meter's name: `5.4-mini` is said of `gpt-5.4-mini`."""
    rest = re.sub(r"(?i)^(azure-?openai|aoai)-?", "", words)
    return f"gpt-{rest}" if re.match(r"\d", rest) else rest


FORMAT = BillFormat(
    "Azure cost details",
    "UTC",
    (
        columns("MeterName", "MeterCategory", "BillingCurrency", "Cost"),
        columns("meterName", "meterCategory", "costInBillingCurrency"),
    ),
    _lines,
)
