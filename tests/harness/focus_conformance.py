"""What FOCUS asks of Cost and Usage and judges miss, read from the exported text by itself: a fault a line."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd

Row = Mapping[str, str]
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_PASCAL = re.compile(r"x_[A-Z][A-Za-z0-9]{0,47}")
_UNIT = re.compile(r"(\d+ )?[A-Z][A-Za-z]*(-[A-Z][A-Za-z]*)*")
_DETAILS = {"CoreCount", "DiskType", "InstanceType", "OperatingSystem", "Redundancy", "StorageClass"}
_LAST = Decimal("0.000000000001")
_DECIMAL = re.compile(r"-?\d+(\.\d{1,12})?")
_ALLOWED = {
    "ChargeCategory": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
    "ChargeClass": {"", "Correction"},
    "ChargeFrequency": {"One-Time", "Recurring", "Usage-Based"},
    "CommitmentDiscountCategory": {"", "Spend", "Usage"},
    "CommitmentDiscountStatus": {"", "Used", "Unused"},
    "PricingCategory": {"", "Standard", "Dynamic", "Committed", "Other"},
    "ServiceCategory": {"AI and Machine Learning"},
}
# Where one of them is null, so is the other.
_TOGETHER = (
    ("ConsumedQuantity", "ConsumedUnit"), ("PricingQuantity", "PricingUnit"), ("SkuId", "SkuPriceId"),
    ("SkuId", "SkuMeter"), ("RegionId", "RegionName"), ("CommitmentDiscountId", "CommitmentDiscountType"),
    ("CommitmentDiscountId", "CommitmentDiscountCategory"), ("CommitmentDiscountQuantity", "CommitmentDiscountUnit"),
    ("AllocatedMethodId", "AllocatedMethodDetails"), ("AllocatedResourceId", "AllocatedResourceName"),
    ("x_UnpricedQuantity", "x_UnpricedUnit"),
)  # fmt: skip


# Of each version; of what a version has not, no row says anything.
_MANDATORY = (
    "BillingAccountId", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory",
    "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "InvoiceIssuerName", "ListCost", "ProviderName",
    "PublisherName", "ServiceName", "ServiceProviderName",
)  # fmt: skip


def as_text(rows: pd.DataFrame) -> list[Row]:
    """Rows as a program reads them from CSV."""
    text = rows.map(lambda value: "" if pd.isna(value) else f"{value:f}" if isinstance(value, Decimal) else value)
    return list(csv.DictReader(io.StringIO(text.to_csv(index=False))))


def faults(rows: Sequence[Row], columns: frozenset[str]) -> list[str]:
    """The faults of rows of CSV; ``columns``: those that FOCUS has."""
    found = [
        f"{name}: a column of one's own begins with x_ and PascalCase" for name in rows[0] if _is_odd(name, columns)
    ]
    for number, row in enumerate(rows, 1):
        found += [f"row {number}: {fault}" for of in _RULES for fault in of(row)]
        if {"ContractApplied", "ProviderName"} <= columns:
            found += [f"row {number}: {fault}" for fault in _contracts_of_1_3(row)]
    found += _over_rows(rows)
    return found


def _is_odd(name: str, columns: frozenset[str]) -> bool:
    return name not in columns and not _PASCAL.fullmatch(name)


def _formats(row: Row) -> Iterator[str]:
    for name, value in row.items():
        if value.strip() != value:
            yield f"{name}: spaces around {value!r}"
        if name.endswith("Currency") and value and not re.fullmatch("[A-Z]{3}", value):
            yield f"{name}: {value} is no currency"
        if name.endswith(("PeriodStart", "PeriodEnd")) and not _MOMENT.fullmatch(value):
            yield f"{name}: {value} is no moment of UTC"
        if name in {"ConsumedUnit", "PricingUnit"} and value and not _UNIT.fullmatch(value):
            yield f"{name}: {value} is no unit"
    for kind in ("BillingPeriod", "ChargePeriod"):
        if _moment(row[f"{kind}Start"]) >= _moment(row[f"{kind}End"]):
            yield f"{kind}: ends before it begins"


def _documents(row: Row) -> Iterator[str]:
    for name in ("Tags", "SkuPriceDetails"):
        for key, value in json.loads(row[name] or "{}").items():
            if isinstance(value, (dict, list)):
                yield f"{name}: {key} is nested"
            if value == "":
                yield f"{name}: {key} is empty"
            if name == "SkuPriceDetails" and key not in _DETAILS and not key.startswith("x_"):
                yield f"{name}: {key} needs x_"


def _names(row: Row) -> Iterator[str]:
    for name in ("SubAccount", "BillingAccount"):
        if bool(row[f"{name}Id"]) != bool(row[f"{name}Name"]) or bool(row[f"{name}Id"]) != bool(row[f"{name}Type"]):
            yield f"{name}: id, name and type stand together"
    if row["SkuPriceId"] == "" and any(row[name] for name in ("ListUnitPrice", "PricingQuantity", "ConsumedQuantity")):
        yield "SkuPriceId: none, and yet a price or quantity"
    if row["ChargeCategory"] in {"Usage", "Purchase"} and not row["SkuPriceId"]:
        yield "SkuPriceId: none, of what is used or bought"


def _costs(row: Row) -> Iterator[str]:
    for unit, cost in (("ListUnitPrice", "ListCost"), ("ContractedUnitPrice", "ContractedCost")):
        if row[unit] and row["PricingQuantity"]:
            product = Decimal(row[unit]) * Decimal(row["PricingQuantity"])
            if abs(product - Decimal(row[cost])) > _LAST / 2:
                yield f"{cost}: {row[cost]} is not {row[unit]} x {row['PricingQuantity']}"
    committed = row["CommitmentDiscountId"] or row.get("x_CommitmentId")
    if not committed and Decimal(row["BilledCost"]) != Decimal(row["EffectiveCost"]):
        yield "EffectiveCost: is not BilledCost, and no commitment says why"


def _values(row: Row) -> Iterator[str]:
    for name, allowed in _ALLOWED.items():
        if row[name] not in allowed:
            yield f"{name}: {row[name]!r} is not allowed"
    for name, value in row.items():
        if name.endswith(("Cost", "Price", "Quantity")) and value and not _DECIMAL.fullmatch(value):
            yield f"{name}: {value} is no decimal of at most twelve digits"
        if name.endswith("UnitPrice") and value.startswith("-"):
            yield f"{name}: {value} is less than 0"
    for one, other in _TOGETHER:
        if one in row and other in row and bool(row[one]) != bool(row[other]):
            yield f"{one}: stands without {other}, or that without it"


def _charges(row: Row) -> Iterator[str]:
    within = row["BillingPeriodStart"] <= row["ChargePeriodStart"] < row["BillingPeriodEnd"]
    if within == (row["ChargeClass"] == "Correction"):
        yield "ChargeClass: a correction is of a billing period before, and nothing else is"
    if Decimal(row["BilledCost"]) and not row["InvoiceId"]:
        yield "InvoiceId: none, and yet it is billed"
    if row["ChargeCategory"] in {"Tax", "Credit"} and row["SkuPriceId"]:
        yield f"SkuPriceId: of a {row['ChargeCategory']}"
    if row["CommitmentDiscountId"] and row["ChargeCategory"] == "Purchase" and Decimal(row["EffectiveCost"]):
        yield "EffectiveCost: the purchase of a commitment has some, and its use has it again"
    if row["CommitmentDiscountId"] and row["ChargeCategory"] == "Usage" and Decimal(row["BilledCost"]):
        yield "BilledCost: the use of a commitment has some, and its purchase has it again"
    if bool(row["CommitmentDiscountStatus"]) != (
        bool(row["CommitmentDiscountId"]) and row["ChargeCategory"] == "Usage"
    ):
        yield "CommitmentDiscountStatus: of the use of commitments, and of nothing else"
    if row["CommitmentDiscountStatus"] == "Unused" and row["ConsumedQuantity"]:
        yield "ConsumedQuantity: of what nobody used"
    if row.get("AllocatedResourceId") and not row["AllocatedMethodId"]:
        yield "AllocatedResourceId: without a method"
    for name in ("BillingCurrency", "PricingCurrency"):
        if row[name] and row["BillingCurrency"] != row["PricingCurrency"]:
            yield f"{name}: two currencies, and no row has virtual ones"


def _paid_in_advance(row: Row) -> Iterator[str]:
    if row["ChargeCategory"] == "Credit" and {Decimal(row[name]) for name in ("ListCost", "ContractedCost")} != {
        Decimal(row["BilledCost"])
    }:
        yield "ListCost: a credit is what it is billed"
    commitment = row["CommitmentDiscountId"]
    if (row["ChargeCategory"] == "Purchase" or row["CommitmentDiscountStatus"] == "Unused") and (
        row["ResourceId"] != commitment or bool(commitment) != bool(row["ResourceType"])
    ):
        yield "ResourceId: of a commitment that is bought or unused that commitment"
    by_provider = row["BillingAccountType"] == "Account"
    if by_provider and row["ChargeCategory"] == "Usage" and row.get("x_CommitmentId", "") != commitment:
        yield "CommitmentDiscountId: none of what a commitment pays"


def _contracts_of_1_3(row: Row) -> Iterator[str]:
    keys = {f"ContractCommitment{name}" for name in ("ID", "AppliedCost", "AppliedQuantity", "AppliedUnit")}
    for element in json.loads(row["ContractApplied"] or '{"Elements":[]}')["Elements"]:
        if {key for key in element if not key.startswith("x_")} != keys:
            yield f"ContractApplied: has {sorted(element)}; 1.3 has {sorted(keys)}"


def _priced(row: Row) -> Iterator[str]:
    if row["SkuPriceId"]:
        for name in ("PricingQuantity", "PricingCategory", "ListUnitPrice", "ContractedUnitPrice"):
            if not row[name]:
                yield f"{name}: none, of what has a price"
    if row["ConsumedQuantity"] and row["ChargeCategory"] != "Usage":
        yield f"ConsumedQuantity: of a {row['ChargeCategory']}"
    unused = row["CommitmentDiscountStatus"] == "Unused"
    if row["ChargeCategory"] == "Usage" and not row["ConsumedQuantity"] and not unused:
        yield "ConsumedQuantity: none, of what was used"
    if row["ChargeFrequency"] == "Usage-Based" and row["ChargeCategory"] != "Usage":
        yield f"ChargeFrequency: as used, of a {row['ChargeCategory']}"
    if bool(row.get("InvoiceDetailId", row["InvoiceId"])) != bool(row["InvoiceId"]):
        yield "InvoiceDetailId: a line of no invoice, or an invoice without its line"
    if row["PricingCurrencyEffectiveCost"] and row["PricingCurrencyEffectiveCost"] != row["EffectiveCost"]:
        yield "PricingCurrencyEffectiveCost: another amount in the same currency"


def _told(row: Row) -> Iterator[str]:
    yield from (f"{name}: is not told" for name in _MANDATORY if not row.get(name, "unasked"))


_RULES = (_told, _formats, _priced, _documents, _names, _costs, _values, _charges, _paid_in_advance)


def _over_rows(rows: Sequence[Row]) -> Iterator[str]:
    for of, one in (
        ("SkuPriceId", "SkuId"),
        ("BillingAccountId", "BillingAccountName"),
        ("SubAccountId", "SubAccountName"),
    ):
        seen: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            if row[of]:
                seen[row[of]].add(row[one])
        yield from (f"{of}: {key} has {len(values)} {one}" for key, values in seen.items() if len(values) > 1)
    ratios: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.get("AllocatedMethodDetails"):
            (element,) = json.loads(row["AllocatedMethodDetails"], parse_float=Decimal, parse_int=Decimal)["Elements"]
            ratio = Decimal(element["AllocatedRatio"])
            if not 0 <= ratio <= 1:
                yield f"AllocatedRatio: {ratio} is no share"
            ratios[row["x_AllocationOriginId"], row["ChargePeriodStart"]] += ratio
    yield from (f"AllocatedRatio: those of {origin} sum to {sum_}" for origin, sum_ in ratios.items() if sum_ != 1)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
