"""How a value is written into an exported cell: figures in plain decimal digits, texts that no spreadsheet executes."""

from __future__ import annotations

import math
from decimal import Decimal

# What a spreadsheet takes for the beginning of a formula, also in full width; a tab or line break before it is skipped.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def plain(value: object) -> object:
    """A figure as its digits, never as 7.5E-7; everything else as it is."""
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else None
    if isinstance(value, float) and math.isfinite(value) and "e" in repr(value):
        return f"{Decimal(repr(value)):f}"
    return value


def defused(value: object) -> object:
    """A text that a spreadsheet would execute, with an apostrophe before it; everything else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value) else value


def cell(value: object) -> object:
    """A cell of a CSV file that people may open in a spreadsheet."""
    return plain(defused(value))


def _is_number(text: str) -> bool:
    digits = text[1:].replace(".", "", 1)
    return text[0] in "+-" and digits.isascii() and digits.isdigit()
