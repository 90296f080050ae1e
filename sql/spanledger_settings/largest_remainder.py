"""Amounts in whole digits that sum to a whole: each rounded down, what is left by the largest remainders."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

Name = TypeVar("Name", str, int)


def rounded_together(exact: Mapping[Name, Decimal], digit: Decimal, whole: Decimal) -> dict[Name, Decimal]:
    """The amounts as multiples of ``digit`` that sum to ``whole``; of like remainders the first by name goes first."""
    found = {name: amount.quantize(digit, ROUND_FLOOR) for name, amount in exact.items()}
    order = sorted(exact, key=lambda name: (found[name] - exact[name], name))
    for number in range(int((whole - sum(found.values(), Decimal(0))) / digit)):
        found[order[number % len(order)]] += digit
    return found
