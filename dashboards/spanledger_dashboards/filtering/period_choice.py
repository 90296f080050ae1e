"""What a reader may choose for a period, and the grain that trends over it are drawn in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from spanledger_settings.period import Period, of_days

Grain = Literal["hour", "day", "week", "month"]
Choice = Literal[
    "Whole record",
    "Last 24 hours",
    "Last 7 days",
    "Last 30 days",
    "Last 90 days",
    "Last 12 months",
    "This month",
    "Last month",
    "This quarter",
    "Last quarter",
    "This year",
    "Last year",
    "Custom",
]

GRAINS: tuple[Grain, ...] = ("hour", "day", "week", "month")
CHOICES: tuple[Choice, ...] = get_args(Choice)
_DAYS = {"Last 7 days": 7, "Last 30 days": 30, "Last 90 days": 90}
# How many calendar months each is.
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


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
        now: The days of "Last 7 days" and its like are dates, the last of them today; "Last 12 months" are calendar
            months, the last of them this one; "This month" is all of it, as are quarter and year; "Last 24 hours" end
            with the current hour.
        days: First and last day of a custom period, both included.
    """
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if choice == "Last 24 hours":
        return Period(this_hour - timedelta(hours=24), this_hour, timezone)
    if choice in _DAYS:
        return of_days(today - timedelta(days=_DAYS[choice] - 1), today, timezone)
    if choice == "Last 12 months":
        return of_days(_months_later(today.replace(day=1), -11), _end(today.replace(day=1), 1), timezone)
    which, _, unit = choice.partition(" ")
    if unit in _MONTHS:
        length = _MONTHS[unit]
        first = today.replace(month=(today.month - 1) // length * length + 1, day=1)
        first = first if which == "This" else _months_later(first, -length)
        return of_days(first, _end(first, length), timezone)
    if choice == "Custom" and days is not None:
        return of_days(*days, timezone)
    return of_days(first_call.astimezone(zone).date(), last_call.astimezone(zone).date(), timezone)


def _months_later(first: date, months: int) -> date:
    year, month = divmod(12 * first.year + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _end(first: date, months: int) -> date:
    return _months_later(first, months) - timedelta(days=1)


# The longest period, in days, of a trend of each grain; beyond it bars are thinner than a line.
_LONGEST: dict[Grain, float] = {"hour": 32, "day": 750, "week": 3700}
_SUITS: dict[Grain, float] = {"hour": 3, "day": 100, "week": 750}


def grain_of(period: Period, choice: Grain | None = None) -> Grain:
    """How finely a trend over a period is drawn: as chosen, if that is not too fine for it, else as suits it."""
    days = (period.end - period.begin) / timedelta(days=1)
    if choice is not None and days <= _LONGEST.get(choice, days):
        return choice
    longest = _SUITS if choice is None else _LONGEST
    return next((grain for grain in longest if days <= longest[grain]), "month")
