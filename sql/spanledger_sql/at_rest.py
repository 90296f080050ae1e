"""Reports of a period that is at rest: its sums are looked at once, before, and the report reads nothing else.

A report sees the ledger as it was when its sums were looked at. Where anything was written to the period, or summed,
before it has answered, it is asked once more, with its calls.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from spanledger_sql.definitions import kept_books
from spanledger_sql.definitions.included_parts import statement
from spanledger_sql.definitions.sums_alone import IDLE, asked_with, of_sums_alone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from spanledger_sql.definitions.sums_alone import Asked
    from spanledger_sql.store import Store

    Row = dict[str, Any]

_DAY_S: Final = 86_400
# More hours and days would cost the engine more to be told than it saves.
_MOST: Final = 1_000
_texts = functools.lru_cache(maxsize=128)(of_sums_alone)


def report_frame(store: Store, text: str, parameters: Mapping[str, Any], tag: str = "") -> pd.DataFrame:
    """Rows of a report, from sums alone where these are all that it would read.

    Args:
        store: The database.
        text: Of the report.
        parameters: Its parameters.
        tag: What its query begins with.

    Raises:
        StoreError: The database refused the query.
    """
    if briefly := _texts(text):
        shorter, told = briefly
        asked = dict.fromkeys(one for sums in told for one in sums.asked)
        looked = {one: look(store, one, parameters) for one in asked}
        units = {one: to_read(rows) for one, rows in looked.items()}
        if None not in units.values() and sum(len(chosen or ()) for chosen in units.values()) <= _MOST:
            for sums in told:
                literal = sums.literal(unit for one in sums.asked for unit in units[one] or ())
                shorter = shorter.replace(sums.placeholder, literal)
            if IDLE in kept_books.named_in(shorter) and not store.rows(statement("lookups/sums/idle"))[0][IDLE]:
                shorter = kept_books.without(shorter, {IDLE})
            frame = store.query_frame(tag + shorter, parameters)
            if _as_looked_at(store, looked, parameters):
                return frame
    return store.query_frame(tag + text, parameters)


def look(store: Store, asked: Asked, parameters: Mapping[str, Any]) -> list[Row]:
    """What is known of the sums of the hours and days for what is asked.

    Raises:
        StoreError: The database refused the query.
    """
    return store.rows(_about("hours_and_days", asked), **parameters)


def _about(lookup: str, asked: Asked) -> str:
    return asked_with(statement(f"lookups/sums/{lookup}"), asked)


def _as_looked_at(store: Store, looked: Mapping[Asked, Sequence[Row]], parameters: Mapping[str, Any]) -> bool:
    """Whether nothing was written to the periods, or summed, since they were looked at."""
    # Of each period once, whatever is told apart in it: all looks at one must have seen the same of it.
    periods = {asked[:2]: asked for asked in looked}
    now = {period: store.rows(_about("written", asked), **parameters)[0] for period, asked in periods.items()}
    return all(
        now[asked[:2]]
        == {"written": sum(row["written"] for row in rows), "built": max((row["built"] for row in rows), default=0)}
        for asked, rows in looked.items()
    )


def to_read(rows: Sequence[Row]) -> list[Row] | None:
    """The hours and days whose sums are to be read, as `ledger_standing` has them; None where calls are, too."""
    hours: dict[int, list[Row]] = defaultdict(list)
    days: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if row["strays"]:
            return None
        row["day"], row["holds"] = _placed(row)
        (hours if row["hours"] == 1 else days)[row["day"]].append(row)
    chosen: list[Row] = []
    for day, of_day in hours.items():
        written = sum(row["written"] for row in of_day)
        whole = next((row for row in days[day] if row["holds"] and row["summed"] == written), None)
        if whole is None and not all(row["holds"] and row["summed"] == row["written"] for row in of_day):
            return None
        chosen += of_day if whole is None else [whole]
    for row in chosen:
        row["begins"] = row["first_second"]
        row["midnight"] = 0 if row["hours"] == 1 else row["first_second"] % _DAY_S // 3600
    return chosen


def _placed(row: Row) -> tuple[int, bool]:
    """The day that hours are gathered by, and whether none of what is told apart of time parts an hour or day."""
    grain, last_second = row["asked_grain"], row["first_second"] + row["hours"] * 3600 - 1
    first_there, last_there = row["first_second"] + row["offset"], last_second + row["last_offset"]
    first, last = (first_there, last_there) if grain == "day" else (row["first_second"], last_second)
    day = first // _DAY_S
    return day, bool(row["is_told"]) and last // _DAY_S == day and _part(grain, first_there) == _part(grain, last_there)


def _part(grain: str, second: int) -> object:
    """What of time a second of a time zone is in, where that is told apart."""
    if grain == "month":
        moment = datetime.fromtimestamp(second, UTC)
        return moment.year, moment.month
    if grain == "week":
        # The first day of 1970 was a Thursday.
        return (second // _DAY_S + 3) // 7
    return None if grain in ("period", "day") else second // 3600
