"""What may lie between an invoice and its charges: FOCUS's tolerance, by the smallest coins of currencies."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final

# Digits after the point of currencies that have not two, by ISO 4217.
_DIGITS: Final = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def subunit(currency: str) -> Decimal:
    """The smallest coin of a currency: 0.01."""
    return Decimal(1).scaleb(-_DIGITS.get(currency, 2))


def focus_tolerance(lines: int, currency: str) -> Decimal:
    """FOCUS's tolerance between charges and their invoice: MAX(100 subunits, sqrt(rows) half subunits)."""
    return subunit(currency) * max(Decimal(100), Decimal(str(math.sqrt(lines))) / 2)
