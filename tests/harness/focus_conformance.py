"""What FOCUS asks of Cost and Usage and judges miss, read from the exported text by itself: a fault a line."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

Row = Mapping[str, str]
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_PASCAL = re.compile(r"x_[A-Z][A-Za-z0-9]{0,47}")
_UNIT = re.compile(r"(\d+ )?([A-Z][A-Za-z]*|[a-z]+)(-[A-Z][A-Za-z]*)*")
_DETAILS = {"CoreCount", "DiskType", "InstanceType", "OperatingSystem", "Redundancy", "StorageClass"}
_LAST = Decimal("0.000000000001")


def faults(rows: Sequence[Row], columns: frozenset[str]) -> list[str]:
    """The faults of rows of CSV; ``columns``: those that FOCUS has."""
    found = [
        f"{name}: a column of one's own begins with x_ and PascalCase" for name in rows[0] if _is_odd(name, columns)
    ]
    for number, row in enumerate(rows, 1):
        found += [f"row {number}: {fault}" for of in (_formats, _documents, _names, _costs) for fault in of(row)]
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
            ratios[row["x_AllocationOriginId"], row["ChargePeriodStart"]] += Decimal(element["AllocatedRatio"])
    yield from (f"AllocatedRatio: those of {origin} sum to {sum_}" for origin, sum_ in ratios.items() if sum_ != 1)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
