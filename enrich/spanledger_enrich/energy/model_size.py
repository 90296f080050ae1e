"""Sizes of models that their makers publish, or that EcoLogits once estimated: `files/reference/model_size.csv`.

A row is found by the words of a name (`model_name.words`). An open model's row is found wherever its words stand in the
name, since fine-tunes carry them; a closed one's only where the name says nothing else.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.resources
from dataclasses import dataclass
from functools import cache

from spanledger_enrich.energy import model_name
from spanledger_enrich.energy.ecologits import Range
from spanledger_enrich.energy.model_kind import Kind
from spanledger_enrich.energy.size_in_name import size_in_name

# A size in the name that differs by more belongs to another model of the family.
_TOLERANCE = 0.15
_DISTILLED = frozenset({"distill", "distilled", "distil"})


@dataclass(frozen=True, slots=True)
class ModelSize:
    """A row of the reference data.

    Attributes:
        model: The name that stands for it.
        also: Other names.
        maker: Who made it.
        kind: What it does.
        published: Whether the maker published the size; else EcoLogits estimated it.
        active: Active parameters in billions.
        total: All of them.
        source: Where the size is from.
    """

    model: str
    also: tuple[str, ...]
    maker: str
    kind: Kind
    published: bool
    active: Range
    total: Range
    source: str

    @property
    def said_by(self) -> str:
        """Whose word the size is, with the version of the list, so that a corrected list is loaded anew."""
        return f"size {'published' if self.published else 'estimated'}: {self.source} (list {_version()})"


def find(name: str) -> ModelSize | None:
    """The row of the model that a reported name means; None where there is none."""
    spelled = model_name.words(name)
    for words in model_name.meant(spelled):
        if found := named(words):
            return found
    told = size_in_name(name)
    if _DISTILLED.intersection(spelled) and told is not None:
        # A student is called after its teacher, whose size it has not.
        return None
    for key, row in _keys().items():
        if row.published and model_name.found_in(key, spelled):
            says_size = size_in_name("-".join(key)) is not None
            if says_size or told is None or _agree(told.active, row) or _agree(told.total, row):
                return row
    return None


def named(words: tuple[str, ...]) -> ModelSize | None:
    """The row whose name or other name consists of these words."""
    return _keys().get(words)


@cache
def listed() -> tuple[ModelSize, ...]:
    """All rows."""
    return tuple(
        ModelSize(
            row["model"],
            tuple(row["also"].split()),
            row["maker"],
            Kind(row["kind"]),
            row["basis"] == "published",
            _range(row["active"]),
            _range(row["total"]),
            row["source"],
        )
        for row in csv.DictReader(_text().splitlines())
    )


@cache
def _text() -> str:
    return (importlib.resources.files("spanledger_enrich.files") / "reference/model_size.csv").read_text(
        encoding="utf-8"
    )


@cache
def _version() -> str:
    return hashlib.sha256(_text().encode()).hexdigest()[:8]


@cache
def _keys() -> dict[tuple[str, ...], ModelSize]:
    """Rows by the words of their names, the most words first: what says more is meant."""
    keys = [(model_name.words(name), row) for row in listed() for name in (row.model, *row.also)]
    return dict(sorted(keys, key=lambda pair: -len(pair[0])))


def _agree(named: Range, row: ModelSize) -> bool:
    return any(
        abs(size / of - 1) <= _TOLERANCE
        for size in (named.low, named.high)
        for of in (row.total.low, row.total.high, row.active.low, row.active.high)
    )


def _range(text: str) -> Range:
    low, _, high = text.partition("-")
    return Range(float(low), float(high or low))
