"""Values of usage reports: times, counts and sums, with complaints that name the file, the place and the field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from spanledger_enrich.files.import_file import ImportFileError

_MOST = 10**15
# Of 1973 in milliseconds, of the year 5138 in seconds.
_MILLISECONDS = 10**11


class Line:
    """One line or object of a report.

    Raises:
        ImportFileError: It is something else.
    """

    def __init__(self, place: str, told: Mapping[str, Any]) -> None:
        if not isinstance(told, Mapping):
            raise ImportFileError(f"{place}: expected an object of a usage report")
        self.place = place
        self.told = told

    def within(self, *names: str) -> Line:
        """An object inside; an empty one where there is none."""
        found = self.first(*names)
        return Line(f"{self.place}.{names[0]}", found if isinstance(found, Mapping) else {})

    def first(self, *names: str) -> Any:
        """The first of ``names`` that says anything; None where none does."""
        return next((self.told[name] for name in names if self.told.get(name) not in (None, "")), None)

    def text(self, *names: str) -> str:
        """A text; empty where there is none."""
        found = self.first(*names)
        return "" if found is None else str(found).strip()[:1000]

    def text_of(self, name: str) -> str:
        """A text of any length; empty where there is none."""
        found = self.told.get(name)
        return found if isinstance(found, str) else ""

    def needed(self, *names: str) -> str:
        """A text that must be there."""
        if not (found := self.text(*names)):
            raise self.refuse(names[0], "is missing")
        return found

    def count(self, *names: str) -> int:
        """A whole number from 0 on; 0 where there is none."""
        return self.perhaps(*names) or 0

    def perhaps(self, *names: str) -> int | None:
        """A whole number from 0 on; None where there is none."""
        number = self.number(*names)
        if number is not None and (number < 0 or number != int(number) or number > _MOST):
            raise self.refuse(names[0], f"expected a whole number from 0 on, found {self.first(*names)!r}")
        return None if number is None else int(number)

    def number(self, *names: str) -> float | None:
        """A number; None where there is none."""
        found = self.first(*names)
        if found is None:
            return None
        try:
            number = float(found)
        except (TypeError, ValueError):
            number = math.nan
        if isinstance(found, bool) or not math.isfinite(number):
            raise self.refuse(names[0], f"expected a number, found {found!r}")
        return number

    def apart(self, *names: str) -> str:
        """The texts of fields that tell lines apart, as one."""
        return "|".join(self.text(name) for name in names).strip("|")

    def true(self, *names: str) -> bool:
        """Whether a value says yes."""
        return str(self.first(*names)).lower() in {"true", "1", "yes"}

    def time(self, *names: str) -> datetime:
        """A time: seconds or milliseconds since 1970, or ISO 8601; without an offset, UTC."""
        found = self.needed(*names)
        try:
            if found.replace(".", "", 1).isdigit():
                since = float(found)
                return datetime.fromtimestamp(since / 1000 if since >= _MILLISECONDS else since, UTC)
            told = datetime.fromisoformat(found.replace(" UTC", "+00:00"))
        except (ValueError, OverflowError, OSError):
            raise self.refuse(names[0], f"expected a time, found {found!r}") from None
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)

    def refuse(self, field: str, complaint: str) -> ImportFileError:
        """The error that a field is not as expected."""
        return ImportFileError(f"{self.place}: {field}: {complaint}")
