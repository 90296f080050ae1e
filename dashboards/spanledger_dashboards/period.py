"""The stretch of time a page shows, and the grain its trends are drawn in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

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


@dataclass(frozen=True)
class Period:
    """A half-open stretch of time, ``start`` to ``end``, shown in ``timezone``."""

    start: datetime
    end: datetime
    timezone: str

    @property
    def parameters(self) -> dict[str, str]:
        """The reports' parameters ``from`` and ``to``, in UTC."""
        return {"from": _utc_text(self.start), "to": _utc_text(self.end)}

    @property
    def previous(self) -> Period:
        """The stretch of the same length just before."""
        return Period(self.start - (self.end - self.start), self.start, self.timezone)

    @property
    def grain(self) -> Grain:
        """How finely a trend over this period is drawn."""
        days = (self.end - self.start) / timedelta(days=1)
        if days <= 3:
            return "hour"
        if days <= 100:
            return "day"
        return "week" if days <= 750 else "month"

    @property
    def first_day(self) -> date:
        """The local day in which it begins."""
        return self.start.astimezone(ZoneInfo(self.timezone)).date()

    @property
    def last_day(self) -> date:
        """The local day in which its last moment lies."""
        return (self.end - timedelta(microseconds=1)).astimezone(ZoneInfo(self.timezone)).date()

    def __str__(self) -> str:
        first, last = self.first_day, self.last_day
        if first == last:
            return f"{first.day} {first:%B %Y}"
        if first.year == last.year:
            return f"{first.day} {first:%b} – {last.day} {last:%b %Y}"
        return f"{first.day} {first:%b %Y} – {last.day} {last:%b %Y}"


def default_choice(last_call: datetime, now: datetime) -> Choice:
    """The last 30 days when they hold calls, else the whole record."""
    return "Last 30 days" if last_call > now - timedelta(days=30) else "Whole record"


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
        now: A running period ends with the current hour, so that it compares with an earlier one of its length.
        days: First and last day of a custom period, both included.
    """
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if choice == "Last 24 hours":
        return Period(this_hour - timedelta(hours=24), this_hour, timezone)
    if choice in ("Last 7 days", "Last 30 days"):
        return Period(this_hour - timedelta(days=7 if choice == "Last 7 days" else 30), this_hour, timezone)
    if choice == "This month":
        return Period(_midnight(today.replace(day=1), zone), this_hour, timezone)
    if choice == "Last month":
        last_day = today.replace(day=1) - timedelta(days=1)
        return Period(_midnight(last_day.replace(day=1), zone), _midnight(today.replace(day=1), zone), timezone)
    first_day, last_day = first_call.astimezone(zone).date(), last_call.astimezone(zone).date()
    if choice == "Custom" and days is not None:
        first_day, last_day = days
    return Period(_midnight(first_day, zone), _midnight(last_day + timedelta(days=1), zone), timezone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
