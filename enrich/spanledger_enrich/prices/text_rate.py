"""Which tokens of audio and images are rightly priced by the price of text, where a model has no price of their own."""

from __future__ import annotations

import csv
import importlib.resources
from fnmatch import fnmatchcase
from functools import cache


@cache
def documented(provider: str, model: str) -> frozenset[str]:
    """The classes, such as ``input_audio``, that a provider's price list says cost what text does in a model."""
    return frozenset(
        name for row in _rows() if row["provider"] == provider and fnmatchcase(model, row["models"])
        for name in row["classes"].split()
    )  # fmt: skip


@cache
def _rows() -> tuple[dict[str, str], ...]:
    file = importlib.resources.files("spanledger_enrich.files") / "reference/text_rate.csv"
    return tuple(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
