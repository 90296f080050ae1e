"""What a reader may choose for a period, and the grain that trends over it are drawn in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from spanledger_settings.period import Period, of_days

Grain = Literal["hour", "day", "week", "month"]
Choice = Literal["Whole record", "Last 24 hours", "Last 7 days", "Last 30 days", "This month", "Last month", "Custom"]

CHOICES: tuple[Choice, ...] = (
    "Whole record",
    "Last 24 hours",
    "Last 7 days",
    "Last 30 days",
    "This month",
    "Last month",
    "Custom",
)
_DAYS = {"Last 7 days": 7, "Last 30 days": 30}


def default_choice(last_past_call: datetime, now: datetime) -> Choice:
    """The last 30 days when they hold calls, else the whole record; of one dated in the future neither is asked."""
    return "Last 30 days" if last_past_call > now - timedelta(days=30) else "Whole record"


def chosen_period(
    choice: Choice,
    timezone: str,
    *,
    first_call: datetime,
    last_call: datetime,
    now: datetime,
    days: tuple[date, date] | None = None,
) -> Period:
    """The period that a choice means.

    Args:
        choice: One of `CHOICES`.
        timezone: IANA name; days and months begin at its midnights.
        first_call: When the record begins.
        last_call: When the record ends.
        now: The days of "Last 7 days" and "Last 30 days" are dates, the last of them today; "This month" is all of
            it; "Last 24 hours" end with the current hour.
        days: First and last day of a custom period, both included.
    """
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if choice == "Last 24 hours":
        return Period(this_hour - timedelta(hours=24), this_hour, timezone)
    if choice in _DAYS:
        return of_days(today - timedelta(days=_DAYS[choice] - 1), today, timezone)
    first_of_month = today.replace(day=1)
    if choice == "This month":
        following = (first_of_month + timedelta(days=31)).replace(day=1)
        return of_days(first_of_month, following - timedelta(days=1), timezone)
    if choice == "Last month":
        last_day = first_of_month - timedelta(days=1)
        return of_days(last_day.replace(day=1), last_day, timezone)
    if choice == "Custom" and days is not None:
        return of_days(*days, timezone)
    return of_days(first_call.astimezone(zone).date(), last_call.astimezone(zone).date(), timezone)


def grain(period: Period) -> Grain:
    """How finely a trend over a period is drawn."""
    days = (period.end - period.begin) / timedelta(days=1)
    if days <= 3:
        return "hour"
    if days <= 100:
        return "day"
    return "week" if days <= 750 else "month"
