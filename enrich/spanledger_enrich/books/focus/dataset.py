"""FOCUS's datasets and their columns, by version."""

from __future__ import annotations

import csv
import importlib.resources
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

Version = Literal["1.2", "1.3", "1.4"]
Name = Literal["CostAndUsage", "InvoiceDetail", "BillingPeriod", "ContractCommitment"]
VERSIONS: Final = ("1.2", "1.3", "1.4")
# What stands beside Cost and Usage, and how its file is called behind the name of that.
BESIDE: Final = {
    "InvoiceDetail": "invoice-detail",
    "BillingPeriod": "billing-period",
    "ContractCommitment": "contract-commitment",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a dataset in one version.

    Attributes:
        name: As FOCUS has it.
        type: `String`, `Decimal`, `DateTime` or `JSON`.
        level: `M` mandatory, `C` conditional, `R` recommended.
        nullable: Whether it may be null.
    """

    name: str
    type: str
    level: str
    nullable: bool


@cache
def columns(dataset: str, version: str) -> tuple[Column, ...]:
    """The columns of a dataset in a version, by name; none where the version has no such dataset."""
    key = f"in_{version.replace('.', '_')}"
    return tuple(
        Column(row["name"], row["type"], row[key].rstrip("?"), row[key].endswith("?"))
        for row in _rows()
        if row["dataset"] == dataset and row[key]
    )


@cache
def provider_titles() -> dict[str, str]:
    """What providers are called on bills, by the names that calls and price books have."""
    return {row["name"]: row["title"] for row in _read("provider_title.csv")}


@cache
def _rows() -> tuple[dict[str, str], ...]:
    return _read("focus_column.csv")


def _read(name: str) -> tuple[dict[str, str], ...]:
    file = importlib.resources.files(__package__) / name
    return tuple(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
