"""A CSV file that a user imports as a checked table: every complaint names the file, the line and the field."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from spanledger_enrich.files.import_file import ImportFileError, csv_text_of

if TYPE_CHECKING:
    from pathlib import Path

_TIME = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
_OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})$"
# Hourly intensities are not older, and the database's times end in 2106.
FIRST_YEAR, _LAST_YEAR = 1990, 2100
# Lines are counted from 1, and line 1 holds the headers.
_FIRST_LINE = 2


@dataclass(frozen=True)
class CsvTable:
    """The rows of a file as text; the index holds the lines' numbers, the columns are lower case."""

    path: Path
    rows: pd.DataFrame

    @classmethod
    def read(cls, path: Path) -> CsvTable:
        """Read a file with a line of headers, in UTF-8, commas between the fields.

        Raises:
            ImportFileError: It is no such file, a line has too many fields, or it holds no rows.
        """
        try:
            text = StringIO(csv_text_of(path))
            rows = pd.read_csv(text, dtype=str, keep_default_na=False, skip_blank_lines=False)
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            reason = str(error).replace("Error tokenizing data. C error: ", "").strip()
            raise ImportFileError(f"{path}: cannot be read as CSV: {reason}") from None
        if not isinstance(rows.index, pd.RangeIndex):
            raise ImportFileError(
                f"{path}:{_FIRST_LINE}: more fields than headers; expected a point in decimal numbers"
            )
        rows.columns = rows.columns.str.strip().str.lower().str.replace("₂", "2")
        rows.index = rows.index + _FIRST_LINE
        rows = rows[(rows != "").any(axis=1)]
        if rows.empty:
            raise ImportFileError(f"{path}: holds no rows")
        return cls(path, rows)

    def column(self, *names: str) -> str | None:
        """The first of ``names`` that the file has."""
        return next((name for name in names if name in self.rows), None)

    def required(self, what: str, *names: str) -> str:
        """The first of ``names`` that the file has; ``what`` says what kind of file is expected.

        Raises:
            ImportFileError: It has none.
        """
        if (name := self.column(*names)) is None:
            raise ImportFileError(f"{self.path}:1: no column {names[0]!r}; expected {what}")
        return name

    def text(self, column: str) -> pd.Series[str]:
        """A column without blanks around its values."""
        return self.rows[column].str.strip()

    def refuse(self, bad: pd.Series[bool], column: str, expected: str) -> None:
        """Complain of the first row that is ``bad``.

        Raises:
            ImportFileError: There is one.
        """
        if bad.any():
            line = bad.idxmax()
            value = self.rows.at[line, column]
            raise ImportFileError(f"{self.path}:{line}: {column}: {value!r}: {expected}; nothing was imported")

    def times(self, column: str, timezone: str = "", hint: str = "") -> pd.Series[pd.Timestamp]:
        """A column of times in UTC.

        Args:
            column: Its name.
            timezone: Of times without an offset. Where the clock was set back, the earlier of an hour's two
                appearances in a zone's rows is summer time and the later is not: the first, or, where the newest row
                comes first, the second. Without it, every time needs an offset.
            hint: What else mends a time without an offset.

        Raises:
            ImportFileError: A value is no time, some have an offset and some have none, or a local time is not in the
                zone's clock or may mean two hours.
        """
        text = self.text(column)
        example = "2024-01-01T00:00+01:00"
        self.refuse(~text.str.match(rf"{_TIME}(?: UTC|{_OFFSET}|$)"), column, f"expected a time such as {example}")
        text = text.str.replace(" UTC", "Z", regex=False)
        aware = text.str.contains(_OFFSET, regex=True)
        if not timezone:
            self.refuse(~aware, column, f"no offset from UTC; expected for example {example}{hint}")
        elif aware.any():
            self.refuse(~aware, column, "no offset from UTC, but other lines have one; expected one or the other")
        codes, distinct = pd.factorize(text)
        if aware.any():
            parsed = pd.to_datetime(pd.Series(distinct), errors="coerce", utc=True, format="ISO8601")
            moments = parsed.take(codes).set_axis(text.index)
        else:
            parsed = pd.to_datetime(pd.Series(distinct), errors="coerce", format="ISO8601")
            local = parsed.take(codes).set_axis(text.index)
            self.refuse(local.isna(), column, f"there is no such time; expected for example {example}")
            moments = self._localized(local, column, timezone)
        self.refuse(moments.isna(), column, f"there is no such time; expected for example {example}")
        years = moments.dt.year
        self.refuse((years < FIRST_YEAR) | (years > _LAST_YEAR), column, "expected a time of our days")
        in_microseconds: pd.Series[pd.Timestamp] = moments.dt.as_unit("us")
        return in_microseconds

    def numbers(self, column: str, at_least: float = 0.0, at_most: float = float("inf")) -> pd.Series[float]:
        """A column of numbers within bounds; NaN where it is blank or the file has no such column.

        Raises:
            ImportFileError: A value is no number, or out of bounds.
        """
        if column not in self.rows:
            return pd.Series(float("nan"), self.rows.index)
        text = self.text(column)
        values = pd.to_numeric(text.where(text != ""), errors="coerce")
        self.refuse((values.isna() & (text != "")) | values.isin([float("inf")]), column, "expected a number")
        bounds = f"from {at_least:g} to {at_most:g}" if at_most < float("inf") else f"of at least {at_least:g}"
        self.refuse((values < at_least) | (values > at_most), column, f"expected a number {bounds}")
        return values

    def _localized(self, local: pd.Series[pd.Timestamp], column: str, timezone: str) -> pd.Series[pd.Timestamp]:
        try:
            zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ImportFileError(
                f"--timezone {timezone!r} is unknown; expected a name such as Europe/Berlin"
            ) from None
        others = [self.rows[name] for name in ("zone", "signal", "basis") if name in self.rows]
        again = local.to_frame("ts").groupby([local, *others], sort=False).cumcount() > 0
        # Where the newest row comes first, the second of an hour's two appearances is summer time.
        newest_first = _newest_first(local, others)
        again = again != newest_first
        twice = local.to_frame("ts").groupby([local, *others], sort=False)["ts"].transform("size") > 1
        possible = local.dt.tz_localize(zone, ambiguous="NaT", nonexistent="shift_forward")
        # The clock of a day without a change knows each time once.
        self.refuse(possible.isna() & ~twice, column, f"happens twice in {timezone}; give the offset from UTC")
        moments = local.dt.tz_localize(zone, ambiguous=~again.to_numpy(), nonexistent="NaT")
        self.refuse(moments.isna(), column, f"the clock of {timezone} skips this time")
        if possible.isna().any():
            ordered = _in_order(local, others) | _in_order(moments, others)
            untold = f"happens twice in {timezone}, in no order that tells which is which; give the offset from UTC"
            self.refuse(possible.isna() & ~ordered, column, untold)
        return moments.dt.tz_convert("UTC")


def _newest_first(local: pd.Series[pd.Timestamp], others: list[pd.Series[str]]) -> pd.Series[bool]:
    """Whether the rows of a line's series go back in time."""
    series = _series(local, others)
    newest_first: pd.Series[bool] = series.transform("last") < series.transform("first")
    return newest_first


def _in_order(times: pd.Series[pd.Timestamp], others: list[pd.Series[str]]) -> pd.Series[bool]:
    """Whether the rows of a line's series go forward in time, or back."""
    ordered: pd.Series[bool] = _series(times, others).transform(
        lambda one: one.is_monotonic_increasing or one.is_monotonic_decreasing
    )
    return ordered.astype(bool)


def _series(times: pd.Series[pd.Timestamp], others: list[pd.Series[str]]) -> Any:
    return times.to_frame("ts").groupby(others or [pd.Series("", times.index)], sort=False)["ts"]
