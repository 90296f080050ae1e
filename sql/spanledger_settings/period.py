"""The period of a report: any two moments, days or a calendar month, in a time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spanledger_settings.mendable import AskedWronglyError

# What the database can hold to the nanosecond.
_FIRST_YEAR, _LAST_YEAR = 1901, 2261
_FIRST_MOMENT = datetime(1900, 1, 1, tzinfo=UTC)
_LAST_MOMENT = datetime(2262, 4, 11, 23, 47, 16, tzinfo=UTC)


class PeriodError(AskedWronglyError):
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

    @property
    def bounds(self) -> dict[str, str]:
        """The reports' parameters ``from`` and ``to``, in UTC, to the microsecond; no wider than the database holds."""
        return {"from": _utc_text(_held(self.begin)), "to": _utc_text(_held(self.end))}

    @property
    def previous(self) -> Period:
        """The one just before: as many calendar months, else as many days, else the stretch of the same length."""
        if not self._whole_days or self.begin - (self.end - self.begin) < _FIRST_MOMENT + timedelta(days=366):
            before = self.begin - min(self.end - self.begin, self.begin - _FIRST_MOMENT)
            return Period(before, self.begin, self.timezone)
        first, following = self.first_day, self.last_day + timedelta(days=1)
        if first.day == following.day == 1:
            months = 12 * (following.year - first.year) + following.month - first.month
            year, month = divmod(12 * first.year + first.month - 1 - months, 12)
            return of_days(date(year, month + 1, 1), first - timedelta(days=1), self.timezone)
        return of_days(first - (following - first), first - timedelta(days=1), self.timezone)

    def previous_until(self, now: datetime) -> Period:
        """The one just before; of a period that is not over, as much of it as has passed of this one by ``now``."""
        before = self.previous
        if not self.begin < now < self.end:
            return before
        return Period(before.begin, min(before.begin + (now - self.begin), before.end), self.timezone)

    @property
    def _whole_days(self) -> bool:
        midnights = {_midnight(self.first_day, ZoneInfo(self.timezone)): self.begin}
        midnights[_midnight(self.last_day + timedelta(days=1), ZoneInfo(self.timezone))] = self.end
        return all(midnight == moment for midnight, moment in midnights.items())

    @property
    def first_day(self) -> date:
        """The local day in which it begins."""
        return self.begin.astimezone(ZoneInfo(self.timezone)).date()

    @property
    def last_day(self) -> date:
        """The local day in which its last moment lies."""
        return (self.end - timedelta(microseconds=1)).astimezone(ZoneInfo(self.timezone)).date()

    @property
    def days(self) -> str:
        """Its local days, for people: ``1 Oct – 31 Oct 2024``."""
        first, last = self.first_day, self.last_day
        if first == last:
            return f"{first.day} {first:%B %Y}"
        if first.year == last.year:
            return f"{first.day} {first:%b} – {last.day} {last:%b %Y}"
        return f"{first.day} {first:%b %Y} – {last.day} {last:%b %Y}"


def of_days(first: date, last: date, timezone: str) -> Period:
    """From the midnight at which ``first`` begins to the one at which ``last`` ends, by the zone's clock."""
    zone = ZoneInfo(timezone)
    return Period(_midnight(first, zone), _midnight(last + timedelta(days=1), zone), timezone)


def period(month: str | None, begin: str | None, end: str | None, timezone: str) -> Period:
    """Read the options ``--month``, ``--from``, ``--to`` and ``--timezone``; with none of them, this month.

    Raises:
        PeriodError: One of them cannot be read, both kinds are given, or the period is empty.
    """
    zone = time_zone(timezone)
    if month and (begin or end):
        raise PeriodError("--month and --from/--to exclude each other; give one of them")
    if not begin and not end:
        return calendar_month(month or f"{datetime.now(zone):%Y-%m}", timezone)
    first = _moment(begin, "--from", zone) if begin else datetime(1970, 1, 1, tzinfo=UTC)
    last = _moment(end, "--to", zone) if end else datetime.now(UTC)
    if first >= last:
        raise PeriodError(f"the period from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC is empty")
    return Period(first, last, timezone)


def calendar_month(text: str, timezone: str, *, said_by: str = "--month") -> Period:
    """A month such as ``2024-10``, by the zone's clock; errors name who said it so.

    Raises:
        PeriodError: It is no month, or the zone is unknown.
    """
    time_zone(timezone)
    match = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if match is None or not 1 <= int(match.group(2)) <= 12:
        raise PeriodError(f"{said_by} {text!r} is not a month; expected for example 2024-10")
    year, number = int(match.group(1)), int(match.group(2))
    _refuse_year(year, said_by, text)
    following = date(year + 1, 1, 1) if number == 12 else date(year, number + 1, 1)
    return of_days(date(year, number, 1), following - timedelta(days=1), timezone)


def time_zone(name: str, said_by: str = "--timezone") -> ZoneInfo:
    """A zone by its name; errors name who said it so.

    Raises:
        PeriodError: There is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PeriodError(f"{said_by} {name!r} is unknown; expected a name such as Europe/Berlin or UTC") from None


def _moment(text: str, option: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PeriodError(
            f"{option} {text!r} is not a time; expected for example 2024-10-08 or 2024-10-08T14:00"
        ) from None
    _refuse_year(moment.year, option, text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _refuse_year(year: int, option: str, text: str) -> None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise PeriodError(f"{option} {text!r} is out of range; expected a year from {_FIRST_YEAR} to {_LAST_YEAR}")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _held(moment: datetime) -> datetime:
    return min(max(moment, _FIRST_MOMENT), _LAST_MOMENT)


def _utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
