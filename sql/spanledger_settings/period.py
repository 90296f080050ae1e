"""The period of a report: a calendar month or any two moments, in a time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# What the database can hold to the nanosecond.
_FIRST_YEAR, _LAST_YEAR = 1901, 2261


class PeriodError(ValueError):
    """A period or time zone that cannot be read; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open interval [begin, end) of aware UTC times, and the time zone that it was given in."""

    begin: datetime
    end: datetime
    timezone: str

    def __str__(self) -> str:
        zone = ZoneInfo(self.timezone)
        begin, end = self.begin.astimezone(zone), self.end.astimezone(zone)
        return f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} {self.timezone}"


def period(month: str | None, begin: str | None, end: str | None, timezone: str) -> Period:
    """Read the options ``--month``, ``--from``, ``--to`` and ``--timezone``; with none of them, this month.

    Raises:
        PeriodError: One of them cannot be read, both kinds are given, or the period is empty.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PeriodError(f"--timezone {timezone!r} is unknown; expected a name such as Europe/Berlin or UTC") from None
    if month and (begin or end):
        raise PeriodError("--month and --from/--to exclude each other; give one of them")
    if begin or end:
        first = _moment(begin, "--from", zone) if begin else datetime(1970, 1, 1, tzinfo=UTC)
        last = _moment(end, "--to", zone) if end else datetime.now(UTC)
    else:
        first, last = _month(month or f"{datetime.now(zone):%Y-%m}", zone)
    if first >= last:
        raise PeriodError(f"the period from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC is empty")
    return Period(first.astimezone(UTC), last.astimezone(UTC), timezone)


def _month(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    match = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if match is None or not 1 <= int(match.group(2)) <= 12:
        raise PeriodError(f"--month {text!r} is not a month; expected for example 2024-10")
    year, number = int(match.group(1)), int(match.group(2))
    _refuse_year(year, "--month", text)
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return datetime(year, number, 1, tzinfo=zone), datetime(*following, 1, tzinfo=zone)


def _moment(text: str, option: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PeriodError(
            f"{option} {text!r} is not a time; expected for example 2024-10-08 or 2024-10-08T14:00"
        ) from None
    _refuse_year(moment.year, option, text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _refuse_year(year: int, option: str, text: str) -> None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise PeriodError(f"{option} {text!r} is out of range; expected a year from {_FIRST_YEAR} to {_LAST_YEAR}")
