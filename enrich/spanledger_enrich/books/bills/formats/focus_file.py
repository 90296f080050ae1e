"""A FOCUS Cost and Usage file of any version, of any provider: CSV, Parquet or JSON."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import TOKEN_METERS, BillLine
from spanledger_enrich.books.bills.meter_words import named, tokens_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_enrich.books.bills.record import Record

_PROVIDERS: Final = {
    "openai": "openai",
    "anthropic": "anthropic",
    "aws": "aws",
    "amazon web services": "aws",
    "microsoft": "azure",
    "microsoft azure": "azure",
    "azure": "azure",
    "google cloud": "google",
    "google": "google",
    "google cloud platform": "google",
    "openrouter": "openrouter",
    "deepseek": "deepseek",
    "databricks": "databricks",
    "mistral ai": "mistral",
    "mistral": "mistral",
    "cohere": "cohere",
    "xai": "x-ai",
    "together ai": "together",
    "fireworks ai": "fireworks",
}
# What the makers' FOCUS files put after a name: `Amazon Web Services, Inc.`, `Google Cloud EMEA Limited`.
_COMPANY: Final = re.compile(
    r"[,\s]+(?:inc|incorporated|llc|ltd|limited|pbc|corp|corporation|sarl|sas|gmbh|plc|b\.?v|opco|emea|ireland|"
    r"operations)\.?$"
)
_CATEGORIES: Final = frozenset({"Usage", "Purchase", "Tax", "Credit", "Adjustment"})
_AI: Final = "AI and Machine Learning"
_UNIT: Final = re.compile(r"(?P<each>\d+)?\s*(?P<unit>.*)")
_DETAILS: Final = ("ModelId", "x_ModelId", "x_Model", "model", "x_ModelName")


def _lines(record: Record) -> Iterator[BillLine]:
    begins, ends = record.moment("ChargePeriodStart"), record.moment("ChargePeriodEnd")
    category = record.required("ChargeCategory").capitalize()
    if category not in _CATEGORIES:
        record.refuse("ChargeCategory", category, f"expected one of {', '.join(sorted(_CATEGORIES))}")
    who = record.text("InvoiceIssuerName") if category == "Tax" else ""
    # The cloud bills what a maker's model costs there: who issues the invoice goes before who made the service.
    said = who or record.required("HostProviderName", "ServiceProviderName", "ProviderName", "InvoiceIssuerName")
    details = _json(record, "SkuPriceDetails")
    described = record.text("SkuMeter") or record.text("ChargeDescription", "SkuId")
    what = named(record.text("SkuMeter") or record.text("ChargeDescription"))
    quantity, unit = _consumed(record)
    as_told = quantity, unit
    if what.meter in TOKEN_METERS and unit.lower() in {"units", "unit", "k", "m"}:
        # Azure's tokens are `Units`, of which it does not say how many are one: they are kept as they came.
        if each := tokens_each(unit):
            as_told = None if quantity is None else quantity * each, "Tokens"
        unit = "Tokens"
    model = next((str(details[name]) for name in _DETAILS if details.get(name)), "") or _model(record, what.model)
    # Tokens are of an AI, whatever category their maker's other services are of.
    counts_tokens = unit == "Tokens" and what.meter in TOKEN_METERS
    ours = counts_tokens or record.text("ServiceCategory").lower() in {_AI.lower(), ""}
    meter, unknown = what.meter, ""
    if category in {"Tax", "Credit", "Adjustment"}:
        meter = category.lower()
    elif category == "Purchase":
        meter = "fee"
    elif not ours:
        meter = "other_service"
    elif unit != "Tokens" or meter not in TOKEN_METERS | {"storage"}:
        meter = _beside(described, unit)
        unknown = f"no meter is known for {described!r}" if meter == "unknown" else ""
    yield BillLine(
        line=record.number,
        raw=record.raw,
        provider=_provider(said),
        account=record.required("BillingAccountId"),
        sub_account=record.text("SubAccountId"),
        invoice_id=record.text("InvoiceId"),
        service=record.text("ServiceName"),
        sku=record.text("SkuId") or described,
        model=model if meter in TOKEN_METERS else "",
        meter=meter if ours or category == "Tax" else "other_service",
        service_tier=what.service_tier if meter in TOKEN_METERS else "standard",
        scope=str(details.get("ServingScope") or what.scope),
        day=begins.date(),
        begins=begins,
        ends=ends,
        quantity=as_told[0] if category == "Usage" else None,
        unit=as_told[1],
        amount=record.amount("BilledCost"),
        list_amount=record.decimal("ListCost"),
        currency=record.currency("BillingCurrency"),
        resource=record.text("ResourceId"),
        unknown=unknown,
    )


def _provider(said: str) -> str:
    """The name that price books have, whatever kind of company it is written with."""
    name = said.lower()
    while name not in _PROVIDERS and (short := _COMPANY.sub("", name)) != name:
        name = short
    return _PROVIDERS.get(name, name)


def _consumed(record: Record) -> tuple[Decimal | None, str]:
    """Quantity and unit; tokens one by one: of `1000000 Tokens` a million each."""
    for quantity, unit in (("ConsumedQuantity", "ConsumedUnit"), ("PricingQuantity", "PricingUnit")):
        given, said = record.decimal(quantity), record.text(unit)
        found = _UNIT.fullmatch(said)
        if given is not None and said and found is not None and said.lower() != "units":
            if each := tokens_each(said) if "token" in said.lower() else None:
                return given * each, "Tokens"
            return given * Decimal(found["each"] or 1), found["unit"].strip()
    return record.decimal("ConsumedQuantity", "PricingQuantity"), record.text("ConsumedUnit", "PricingUnit")


def _beside(described: str, unit: str) -> str:
    words = f"{described} {unit}".lower()
    known = {
        "search": "search",
        "storage": "storage",
        "token-hours": "storage",
        "provisioned": "capacity",
        "code": "code_execution",
        "session": "session",
        "seat": "fee",
        "request": "unit",
    }
    return next((meter for word, meter in known.items() if word in words), "unknown")


def _model(record: Record, left: str) -> str:
    """Of a SKU such as `gpt-4o-mini/Output Tokens` what is before the meter, else what is left of the description."""
    model, slash, _ = record.text("SkuId").partition("/")
    return model if slash else left


def _json(record: Record, name: str) -> dict[str, Any]:
    said = record.value(name)
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            record.refuse(name, said[:80], "expected a JSON object")
    return said if isinstance(said, dict) else {}


FORMAT = BillFormat(
    "FOCUS", "UTC", (columns("BilledCost", "BillingCurrency", "ChargeCategory", "ChargePeriodStart"),), _lines
)
