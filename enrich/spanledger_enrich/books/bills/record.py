"""A record of a bill's file: its fields by name, and the complaint where one is not what it should be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, NoReturn
from zoneinfo import ZoneInfo

import pycountry

from spanledger_enrich.files.import_file import ImportFileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TOO_MUCH: Final = Decimal(10) ** 20
# What Python reads as a number beside it: 1_234, digits of other scripts.
_NUMBER: Final = re.compile(
    r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf(?:inity)?)", re.ASCII | re.IGNORECASE
)
# What exports write for a value that is not there.
_NOTHING: Final = ("", "NULL", "null")
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


class Number(str):
    """A number of JSON as it was written, so that no digit is lost."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        path: Of its file.
        number: Its line in a text file, else its place among the records; from 1.
        fields: By name; of JSON they may hold others.
        raw: As it came.
    """

    path: Path
    number: int
    fields: Mapping[str, Any]
    raw: str

    def value(self, *names: str) -> Any:
        """The first field of ``names`` that is there and not null; a point leads into a field's own fields."""
        for name in names:
            found: Any = self.fields.get(name)
            if found is None and "." in name:
                found = self.fields
                for key in name.split("."):
                    found = found.get(key) if isinstance(found, dict) else None
                if found is None:
                    found = self.fields.get(name.replace(".", "_"))
            if found is not None and found not in _NOTHING:
                return found
        return None

    def text(self, *names: str) -> str:
        """A field as text; empty where it is not there."""
        found = self.value(*names)
        return "" if found is None else str(found).strip()

    def required(self, *names: str) -> str:
        """A field that must be there.

        Raises:
            ImportFileError: It is not.
        """
        return self.text(*names) or self.refuse(self._name(names), "", "expected a value")

    def decimal(self, *names: str) -> Decimal | None:
        """A number to its last digit; None where it is not there.

        Raises:
            ImportFileError: It is no number, or too large to be one of a bill.
        """
        text = self.text(*names)
        if not text:
            return None
        try:
            number = Decimal(text if _NUMBER.fullmatch(text) else "")
        except InvalidOperation:
            self.refuse(self._name(names), text, "expected a number with a point, such as 1234.56, no other sign in it")
        if not number.is_finite() or abs(number) >= _TOO_MUCH:
            self.refuse(self._name(names), text, "expected a number that a bill can have")
        return number

    def amount(self, *names: str) -> Decimal:
        """A number that must be there.

        Raises:
            ImportFileError: It is not, or no number.
        """
        number = self.decimal(*names)
        return self.refuse(self._name(names), "", "expected an amount") if number is None else number

    def currency(self, *names: str) -> str:
        """An ISO 4217 code, upper case.

        Raises:
            ImportFileError: It is none.
        """
        code = self.text(*names).upper()
        if code and pycountry.currencies.get(alpha_3=code) is not None:
            return code
        return self.refuse(self._name(names), code, "expected a currency, such as USD")

    def moment(self, *names: str, zone: str = "UTC") -> datetime:
        """A time in UTC: ISO 8601, or seconds since 1970.

        Raises:
            ImportFileError: It is none, or none of our days.
        """
        text = self.required(*names)
        try:
            moment = datetime.fromtimestamp(int(text), UTC) if text.isdigit() else _parsed(text)
        except (ValueError, OverflowError, OSError):
            self.refuse(self._name(names), text, "expected a time, such as 2026-10-05T00:00:00Z")
        moment = moment.replace(tzinfo=ZoneInfo(zone)) if moment.tzinfo is None else moment
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            self.refuse(self._name(names), text, "expected a time of our days")
        return moment.astimezone(UTC)

    def day(self, *names: str, american: bool = False, zone: str = "UTC") -> date:
        """A day of ``zone``: ISO 8601; where the format has it so, also MM/DD/YYYY, which elsewhere may be DD/MM/YYYY.

        A time with an offset is turned to the zone, whose day may be another.

        Raises:
            ImportFileError: It is none, or may be two.
        """
        text = self.required(*names)
        slashes = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text) if american else None
        try:
            day = date(int(slashes[3]), int(slashes[1]), int(slashes[2])) if slashes else _day_in(zone, _parsed(text))
        except (ValueError, OverflowError):
            self.refuse(self._name(names), text, "expected a day, such as 2026-10-05")
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            self.refuse(self._name(names), text, "expected a day of our time")
        return day

    def _name(self, names: tuple[str, ...]) -> str:
        """What the file calls the field."""
        return next((name for name in names if name in self.fields), names[0])

    def refuse(self, field: str, value: str, expected: str) -> NoReturn:
        """Complain of a field.

        Raises:
            ImportFileError: Always.
        """
        said = f"{value!r}: " if value else "is not there: "
        raise ImportFileError(f"{self.path}:{self.number}: {field}: {said}{expected}; nothing was imported")


def _day_in(zone: str, moment: datetime) -> date:
    return (moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(zone))).date()


def _parsed(text: str) -> datetime:
    # As the database writes it, with and without an offset.
    return datetime.fromisoformat(re.sub(r" (?=UTC$|[+-]\d{2}:?\d{2}$)", "", text).replace("UTC", "Z"))
