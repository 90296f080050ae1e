"""The parameters that a model's name tells: 7b, 8x22b, 30b-a3b, 17b-128e, 3b-a800m, 1b-7b, e4b."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from spanledger_enrich.energy.ecologits import Range

# Sizes beyond these are version numbers or contexts, not parameters.
_SMALLEST, _LARGEST = 0.1, 3000.0

_EXPERTS = re.compile(r"(?<![\d.a-z])(\d{1,3})x(\d{1,4}(?:\.\d+)?)b(?![a-z])")
_SIZE = re.compile(r"(?<![\d.a-z])(\d{1,4}(?:\.\d+)?)(b|t)(?![a-z])")
_ACTIVE = re.compile(r"(?<=-)a(\d{1,3}(?:\.\d+)?)(b|m)(?![a-z])")
# Llama 4's way: the active part, and how many experts there are.
_ACTIVE_OF_EXPERTS = re.compile(r"(?<![\d.a-z])(\d{1,4}(?:\.\d+)?)b-(\d{1,3})e(?![a-z])")
# Gemma 3n's way: effective ones, beside embeddings that stay out of the accelerator's memory.
_EFFECTIVE = re.compile(r"(?<![\d.a-z])e(\d{1,2}(?:\.\d+)?)b(?![a-z])")
_MILLIONS = re.compile(r"(?<![\d.a-z])(\d{2,3})m(?![a-z])")
_BILLIONS = {"m": 0.001, "b": 1.0, "t": 1000.0}


@dataclass(frozen=True, slots=True)
class Size:
    """Active and total parameters in billions, and the name of their class."""

    active: Range
    total: Range
    name: str


def size_in_name(name: str) -> Size | None:
    """The size that a model's name tells; None where it tells none."""
    lower = name.lower().replace("_", "-")
    if found := _EXPERTS.search(lower):
        experts, each = int(found[1]), float(found[2])
        # Experts share the attention layers: Mixtral 8x7B has 47 billion of 56, and 13 active.
        return _sized(min(2, experts) * each * 0.92, experts * each * 0.84, f"{experts}x{each:g}b")
    if found := _ACTIVE_OF_EXPERTS.search(lower):
        each, number = float(found[1]), int(found[2])
        # How much of it the experts share, the name does not tell: Llama 4's 17B-16E has 109 billion, 17B-128E has 400.
        whole = Range(each * math.sqrt(number), each * max(number / 2, math.sqrt(number)))
        return Size(Range(each, each), whole, f"{each:g}b-{number}e") if whole.high <= _LARGEST else None
    part = _ACTIVE.search(lower)
    active = float(part[1]) * _BILLIONS[part[2]] if part else None
    sizes = [float(size) * _BILLIONS[unit] for size, unit in _SIZE.findall(lower)]
    if active is not None and not sizes:
        # Mixtures of experts have three to fifteen times as many parameters as are active.
        return Size(Range(active, active), Range(active * 3, active * 15), f"a{active:g}b")
    if active is not None and (total := sizes[0]) > active:
        return _sized(active, total, f"{total:g}b-a{active:g}b")
    if "moe" in lower and len(sizes) > 1 and sizes[0] < sizes[1]:
        # OLMoE's way: 1b-7b.
        return _sized(sizes[0], sizes[1], f"{sizes[1]:g}b-a{sizes[0]:g}b")
    if sizes:
        return _sized(sizes[0], sizes[0], f"{sizes[0]:g}b")
    if found := _EFFECTIVE.search(lower):
        # Gemma 3n's E2B has 5.4 billion, and E4B 7.9.
        each = float(found[1])
        return Size(Range(each, each), Range(each, each * 2.8), f"e{each:g}b")
    if found := _MILLIONS.search(lower):
        return _sized(float(found[1]) / 1000, float(found[1]) / 1000, f"{found[1]}m")
    return None


def _sized(active: float, total: float, name: str) -> Size | None:
    if not (_SMALLEST <= total <= _LARGEST and 0 < active <= total):
        return None
    return Size(Range(active, active), Range(total, total), name)
