"""How budgets stand, as rows: what `budgets check` prints and pages show."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanledger_enrich.books.budgets.standing import Standing

_TYPES = {
    "budget": "String", "for": "String", "unit": "String", "every": "String", "from": "DateTime('UTC')",
    "to": "DateTime('UTC')", "amount": "Decimal(38, 12)", "used": "Decimal(38, 12)", "remaining": "Decimal(38, 12)",
    "used_percent": "Float64", "unknown_calls": "UInt64", "expected": "Nullable(Float64)",
    "expected_low": "Nullable(Float64)", "expected_high": "Nullable(Float64)", "method": "String",
    "past_error": "Nullable(Float64)", "record_held": "UInt64", "record_periods": "UInt64",
    "record_error": "Nullable(Float64)", "state": "String",
}  # fmt: skip


def rows(found: Sequence[Standing]) -> pd.DataFrame:
    """A row a budget; the columns are documented in docs/budgets.md."""
    told = [
        {
            "budget": one.budget.budget,
            "for": one.budget.whose,
            "unit": one.budget.unit,
            "every": one.budget.every,
            "from": one.period.begin,
            "to": one.period.end,
            "amount": one.budget.amount,
            "used": one.spent,
            "remaining": one.remaining,
            "used_percent": float(one.spent * 100 / one.budget.amount),
            "unknown_calls": one.unknown_calls,
            "expected": None if one.expected is None else one.expected.total,
            "expected_low": None if one.expected is None else one.expected.low,
            "expected_high": None if one.expected is None else one.expected.high,
            "method": "" if one.expected is None else one.expected.method,
            "past_error": None if one.expected is None else _known(one.expected.typical_error),
            "record_held": one.record.held,
            "record_periods": one.record.periods,
            "record_error": _known(one.record.typical_error),
            "state": state(one),
        }
        for one in found
    ]
    frame = pd.DataFrame(told, columns=list(_TYPES))
    frame.attrs["types"] = _TYPES
    return frame


def state(one: Standing) -> str:
    """`breached`, a threshold that is reached, `will be breached` or `within`."""
    if one.breached:
        return "breached"
    if one.reached:
        return f"{max(one.reached):f}".rstrip("0").rstrip(".") + " % reached"
    if one.expected is not None and Decimal(repr(one.expected.total)) > one.budget.amount:
        return "will be breached"
    return "within"


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
