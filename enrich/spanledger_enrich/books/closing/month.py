"""Calendar months by name, ``2024-10``, and when they begin and end by a zone's clock."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from spanledger_settings.period import calendar_month, time_zone

if TYPE_CHECKING:
    from spanledger_settings.period import Period


def of(month: str, timezone: str, *, said_by: str = "MONTH") -> Period:
    """A month from midnight to midnight of the zone; errors name the argument that said it.

    Raises:
        PeriodError: It is no month, or the zone is unknown.
    """
    return calendar_month(month, timezone, said_by=said_by)


def now(timezone: str) -> datetime:
    """The present moment by the zone's clock.

    Raises:
        PeriodError: The zone is unknown.
    """
    return datetime.now(time_zone(timezone))


def shifted(month: str, by: int) -> str:
    """The month so many months later."""
    year, number = divmod(12 * int(month[:4]) + int(month[5:]) - 1 + by, 12)
    return f"{year:04d}-{number + 1:02d}"
