"""AWS's Cost and Usage Report 2.0 (Data Exports), an hour in UTC a line.

Claude and other makers' models on Bedrock are products of the Marketplace: their product code says nothing, their usage
type and product name do, and they count millions of tokens. The four kinds of tokens are lines of their own.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import TOKEN_METERS, BillLine, counts_tokens
from spanledger_enrich.books.bills.meter_words import Named, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_enrich.books.bills.record import Record

# Line item types that are no usage; all others whose name ends in Usage are.
_TYPES: Final = {
    "Tax": "tax",
    "Credit": "credit",
    "Refund": "credit",
    "Fee": "fee",
    "RIFee": "fee",
    "SavingsPlanUpfrontFee": "fee",
    "SavingsPlanRecurringFee": "fee",
    "SavingsPlanNegation": "credit",
}
_REGION: Final = re.compile(r"^[A-Z]{2,5}\d?-(?=.)")
_NATIVE: Final = re.compile(
    r"(?P<model>.+?)(?:-mantle)?-(?P<meter>(?:cache-(?:read|write)-)?(?:input|output)-token(?:s|-count)?(?:-.*)?)"
)
_MARKETPLACE: Final = re.compile(r"^MP:(?:[A-Z]{2,5}\d?_)?(?P<meter>.+?)(?:-Units)?$")
_AI_PRODUCTS: Final = frozenset({"AmazonBedrock", "AmazonBedrockService", "AmazonBedrockAgentCore", "ClaudePlatform"})
_OTHER: Final = {
    "provisionedthroughput": "capacity",
    "modelunit": "capacity",
    "storage": "storage",
    "guardrail": "unit",
}
_MILLION: Final = Decimal(1_000_000)
_UNITS: Final = {"1k": Decimal(1000), "1m": _MILLION, "1000000": _MILLION, "1000": Decimal(1000), "token": Decimal(1)}


def _lines(record: Record) -> Iterator[BillLine]:
    begins, ends = record.moment("line_item_usage_start_date"), record.moment("line_item_usage_end_date")
    kind = record.text("line_item_line_item_type")
    usage_type, product = record.text("line_item_usage_type"), _product(record)
    quantity = record.decimal("line_item_usage_amount")
    ours = (
        record.text("line_item_product_code", "product_servicecode") in _AI_PRODUCTS
        or "Bedrock" in product
        or "Claude" in product
    )
    what, unit, unknown = _what(usage_type, product), "", ""
    ours = ours or counts_tokens(what.meter, usage_type)
    meter = _TYPES.get(kind, "credit" if kind.endswith("Discount") else "")
    if meter:
        quantity = None
    elif not ours:
        meter = "other_service"
    elif not kind.endswith("Usage"):
        meter, unknown = "unknown", f"no line item type {kind!r} is known"
    elif what.meter in TOKEN_METERS and not what.model:
        meter, unit = "unknown", "Tokens"
        unknown = "no product tells whose tokens these are: export the column product"
    elif what.meter in TOKEN_METERS:
        meter, each = what.meter, _tokens_each(record)
        # Of `Units` nobody knows how many tokens they are: they are kept as they came.
        unit = record.text("pricing_unit") if each is None else "Tokens"
        if quantity is not None and each is not None:
            quantity *= each
    else:
        meter = what.meter or next((one for word, one in _OTHER.items() if word in usage_type.lower()), "unknown")
        unit = record.text("pricing_unit")
        unknown = f"no meter is known for the usage type {usage_type!r}" if meter == "unknown" else ""
    yield BillLine(
        line=record.number,
        raw=record.raw,
        provider="aws",
        account=record.text("bill_payer_account_id"),
        sub_account=record.text("line_item_usage_account_id"),
        invoice_id=record.text("bill_invoice_id"),
        service=product or record.text("line_item_product_code"),
        sku=usage_type or record.text("line_item_line_item_description"),
        model="" if meter in {"tax", "other_service"} else what.model,
        meter="other_service" if not ours else meter,
        service_tier=what.service_tier,
        scope=what.scope,
        day=begins.date(),
        begins=begins,
        ends=ends,
        quantity=quantity,
        unit=unit,
        amount=_amount(record),
        currency=record.currency("line_item_currency_code"),
        list_amount=record.decimal("pricing_public_on_demand_cost"),
        resource=record.text("line_item_iam_principal", "line_item_resource_id"),
        unknown=unknown,
    )


def _what(usage_type: str, product: str) -> Named:
    rest = _REGION.sub("", usage_type)
    if market := _MARKETPLACE.match(rest):
        said = named(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", market["meter"]))
        model = re.sub(r"\s*\(.*\)$", "", product)
        return Named(said.meter, model, said.service_tier, said.scope)
    # Later models' types have no MP.
    if rest.endswith("-Units") and (said := named(rest.removesuffix("-Units"))).meter:
        return Named(said.meter, re.sub(r"\s*\(.*\)$", "", product), said.service_tier, said.scope)
    if native := _NATIVE.fullmatch(rest):
        said = named(native["meter"])
        return Named(said.meter, native["model"], said.service_tier, said.scope)
    return Named("", rest.split("-")[0], "standard", "")


def _amount(record: Record) -> Decimal:
    """What a line costs; one of a split cost is a part of its parent's, and costs nothing beside it."""
    if record.text("split_line_item_parent_resource_id") and not record.text("line_item_unblended_cost"):
        return Decimal(0)
    return record.amount("line_item_unblended_cost")


def _tokens_each(record: Record) -> Decimal | None:
    """How many tokens a unit is: of the Marketplace a million, else as the pricing unit says; None: it does not."""
    if ":" in (usage_type := record.text("line_item_usage_type")) or usage_type.endswith("-Units"):
        return _MILLION
    said = record.text("pricing_unit").lower()
    return next((each for begin, each in _UNITS.items() if said.startswith(begin)), None)


def _product(record: Record) -> str:
    if alone := record.text("product_product_name", "product_name"):
        return alone
    said = record.value("product")
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            record.refuse("product", said[:80], "expected a map as JSON, as Data Exports write it")
    return str(said.get("product_name") or "") if isinstance(said, dict) else ""


FORMAT = BillFormat(
    "AWS CUR 2.0",
    "UTC",
    (columns("line_item_usage_type", "line_item_unblended_cost", "line_item_line_item_type"),),
    _lines,
)
