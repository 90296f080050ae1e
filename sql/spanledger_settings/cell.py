"""How a value is written into an exported cell: figures in plain decimal digits, texts that no spreadsheet executes."""

from __future__ import annotations

import json
import math
from decimal import Decimal

# What a spreadsheet takes for the beginning of a formula, also in full width; a tab or line break before it is skipped.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def plain(value: object) -> object:
    """A figure as its digits, never as 7.5E-7; several values, or names with values, as JSON; else it is as it was."""
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else None
    if isinstance(value, float) and math.isfinite(value) and "e" in repr(value):
        return f"{Decimal(repr(value)):f}"
    # A column of arrays comes as lists, tuples or numpy's arrays, which have tolist() and a length.
    if isinstance(value, list | tuple | dict) or (hasattr(value, "tolist") and hasattr(value, "__len__")):
        return _several(value)
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


def _several(value: object) -> str:
    """JSON whose figures are plain digits; what JSON has no kind for, such as a time, is a text."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        pairs = (f"{json.dumps(str(name), ensure_ascii=False)}: {_several(one)}" for name, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_several(one) for one in value)}]"
    # pandas' own gaps, told by their names: settings need no pandas.
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return "null"
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float | Decimal):
        written = plain(value) if math.isfinite(value) else None
        return "null" if written is None else str(written)
    return json.dumps(str(value), ensure_ascii=False)
