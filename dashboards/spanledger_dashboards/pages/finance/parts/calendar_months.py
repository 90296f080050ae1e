"""Calendar months, as periods of pages and as books name them."""

from __future__ import annotations

import calendar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spanledger_settings.period import Period


def months_of(period: Period) -> list[str]:
    """The months that a period is made of, such as ``2024-10``; none where it begins or ends within one."""
    first, last = period.first_day, period.last_day
    whole = first.day == 1 and last.day == calendar.monthrange(last.year, last.month)[1]
    if not whole:
        return []
    count = 12 * (last.year - first.year) + last.month - first.month + 1
    return [f"{first.year + (first.month - 1 + n) // 12}-{(first.month - 1 + n) % 12 + 1:02d}" for n in range(count)]


def address_of(month: str) -> dict[str, str | list[str]]:
    """What a page's address says of a month."""
    year, number = map(int, month.split("-"))
    return {"period": "Custom", "days": [f"{month}-01", f"{month}-{calendar.monthrange(year, number)[1]}"]}
