"""What a service tier or a region costs in terms of the standard price, where a provider's price list says so."""

from __future__ import annotations

import csv
import importlib.resources
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache


@dataclass(frozen=True, slots=True)
class PriceFactor:
    """How many times the standard price tokens cost, of a tier or in a region, and who says so."""

    times: Decimal
    source: str


@cache
def of_tiers(provider: str, model: str) -> dict[str, PriceFactor]:
    """The service tiers of a model that its price list gives as a multiple of the standard one."""
    return _said("service_tier", provider, model)


@cache
def of_regions(provider: str, model: str) -> dict[str, PriceFactor]:
    """The regions in which a model costs a multiple of its price elsewhere, as `price_list` has them: us, or eu|us."""
    return {region: factor for region, factor in _said("region", provider, model).items() if factor.times != 1}


def _said(column: str, provider: str, model: str) -> dict[str, PriceFactor]:
    """By the first row that fits."""
    found: dict[str, PriceFactor] = {}
    for row in _rows():
        fits = row["provider"] == provider and any(fnmatchcase(model, pattern) for pattern in row["models"].split())
        if fits and row[column]:
            found.setdefault(row[column], PriceFactor(Decimal(row["times"]), row["source"]))
    return found


@cache
def _rows() -> tuple[dict[str, str], ...]:
    file = importlib.resources.files("spanledger_enrich.files") / "reference/price_factor.csv"
    return tuple(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
