"""Azure's cost details (actual or amortized), a day a line. Meters are spelt in three ways, deployments not told."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import TOKEN_METERS, BillLine, counts_tokens, day_in
from spanledger_enrich.books.bills.meter_words import named, tokens_each

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

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
# What versions of the file and kinds of agreement call a column; the same with a small first letter.
_COST: Final = ("Cost", "cost", "CostInBillingCurrency", "costInBillingCurrency", "PreTaxCost", "preTaxCost")
_CURRENCY: Final = (
    "BillingCurrency", "billingCurrency", "BillingCurrencyCode", "billingCurrencyCode", "Currency", "currency",
)  # fmt: skip
_DATE: Final = ("Date", "date", "UsageDate", "usageDate", "UsageDateTime", "usageDateTime")
_QUANTITY: Final = ("Quantity", "quantity", "UsageQuantity", "usageQuantity")
_PERIOD: Final = (
    ("BillingPeriodStartDate", "billingPeriodStartDate"), ("BillingPeriodEndDate", "billingPeriodEndDate"),
)  # fmt: skip
_MONTHS: Final = 12
_UNITS: Final = {"1 hour": ("Hours", 1), "1/hour": ("Hours", 1)}


def _lines(record: Record) -> Iterator[BillLine]:
    day = _day(record)
    begins, ends = day_in("UTC", day)
    name, category = record.text("MeterName", "meterName"), record.text("MeterCategory", "meterCategory")
    kind = record.text("ChargeType", "chargeType").lower()
    measure = record.text("UnitOfMeasure", "unitOfMeasure").lower()
    tokens = tokens_each(measure)
    unit, each = ("Tokens", tokens) if tokens else _UNITS.get(measure, (measure, 1))
    what = named(name)
    # Other makers' models are of the Marketplace, or of machine learning.
    ours = (
        category.lower() in _AI_CATEGORIES
        or "cognitiveservices" in record.text("ConsumedService", "consumedService").lower()
        or counts_tokens(what.meter, f"{name} {measure}")
    )
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
    quantity = record.decimal(*_QUANTITY)
    yield BillLine(
        line=record.number,
        raw=record.raw,
        provider="azure",
        account=record.text("BillingAccountId", "billingAccountId"),
        sub_account=record.text("SubscriptionId", "subscriptionId", "SubscriptionGuid", "subscriptionGuid"),
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
        amount=record.amount(*_COST),
        currency=record.currency(*_CURRENCY),
        resource=record.text("ResourceName", "ResourceId", "resourceId", "InstanceId", "instanceId"),
        unknown=unknown,
    )


def _day(record: Record) -> date:
    """The day of a line, which some write with the day before the month: then the billing period does not have it."""
    day = record.day(*_DATE, american=True)
    if all(record.text(*names) for names in _PERIOD) and day.day <= _MONTHS:
        first, last = (record.day(*names, american=True) for names in _PERIOD)
        if not first <= day <= last and first <= day.replace(month=day.day, day=day.month) <= last:
            record.refuse(_DATE[0], record.text(*_DATE), f"expected a day from {first} to {last}, as MM/DD/YYYY")
    return day


def _model(words: str) -> str:
    """The model that is left of a meter's name: `5.4-mini` is said of `gpt-5.4-mini`."""
    rest = re.sub(r"(?i)^(azure-?openai|aoai)-?", "", words)
    return f"gpt-{rest}" if re.match(r"\d", rest) else rest


FORMAT = BillFormat(
    "Azure cost details",
    "UTC",
    tuple(
        columns(*names, cost)
        for names in (("MeterName", "MeterCategory"), ("meterName", "meterCategory"))
        for cost in _COST
    ),
    _lines,
)
