"""Sums of the ledger's hours and days, taken once they have settled and anew when they were written to since.

Reports read them in place of the calls they are of (the view `call_hours`). Every write to the ledger counts up what
was written of its hours; sums hold as long as that count is what it was when they were taken. So they equal the ledger
whatever is written by whom, again, late or in what order, and wherever who takes them is killed: what it had not said
to hold yet is not read.
"""

from __future__ import annotations

import time
from datetime import UTC, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from spanledger_sql.store import Store

# An hour is summed when nobody has written to it for so long: one that calls still come into would be summed for each.
_QUIET_S = 60.0
# So many rows of the ledger are summed in one statement.
_ROWS_AT_ONCE = 1_000_000
# What sums do not tell of an hour, noted with them where there is any.
_BESIDE = ("names", "wasted")
# Of a dimension of one's own, sums tell so many values of an hour apart: there would be as many as there are calls.
_VALUES = 50
# Sums are read from a moment after they are there: a query that began before sees that they hold, and not them.
MARGIN_S = 2.0


def sum_hours(
    store: Store,
    timezones: Iterable[str] = (),
    *,
    quiet_s: float = _QUIET_S,
    rows: int = _ROWS_AT_ONCE,
    threads: int = 1,
    margin_s: float = MARGIN_S,
    check: Callable[[], None] = lambda: None,
) -> int:
    """Take the sums of the newest hours, else days, that lack them; gives how many, 0 where none lacks them.

    Args:
        store: The database; one at a time takes sums.
        timezones: Whose days are summed, beside those of UTC and of the books' and budgets' zones.
        quiet_s: For how long nobody must have written to an hour, s. What is being written now is not seen: 0 is for
            who knows that nothing is.
        rows: Hours are taken together that have at most so many rows of the ledger, as they were written, days of one
            time zone that have at most so many sums of hours.
        threads: How many sum, 0: as many as there are processors. Each has sums of its own of nearly all groups, which
            are brought together at the end: one alone needs a quarter less processor time.
        margin_s: For how long the sums are not read yet, s.
        check: Raises where it is another's turn meanwhile.
    """
    waiting = _waiting(store, timezones, quiet_s)
    if not waiting:
        return 0
    check()
    so_far = accumulate(_rows_of(store, waiting))
    together = [row for row, read in zip(waiting, so_far, strict=True) if row is waiting[0] or read <= rows]
    _sum(store, together, threads, margin_s, check)
    return len(together)


def distrust(store: Store) -> None:
    """Have the sums of all hours be taken anew, whether they hold or not."""
    store.execute(statement("rollups/distrust"), {"built": _above_all(store)})


def mark_hours(store: Store, calls: str) -> None:
    """Say that the hours of the calls in a table are about to be written to."""
    store.execute(statement("ledger/batch/mark_hours"), {"calls": calls})


def _waiting(store: Store, timezones: Iterable[str], quiet_s: float) -> list[dict[str, Any]]:
    """Hours that wait; where there are none, days of a time zone."""
    for timezone in _zones(store, timezones):
        if waiting := store.rows(statement("rollups/waiting"), quiet=quiet_s, timezone=timezone):
            return [row for row in waiting if row["hours"] == 1] or waiting
    return []


def _rows_of(store: Store, waiting: list[dict[str, Any]]) -> list[int]:
    """How many rows each is summed of at most: an hour of the ledger's, a day of its hours' sums."""
    if waiting[0]["hours"] == 1:
        return [row["written"] for row in waiting]
    hours_of = [[row["begins"] + timedelta(hours=place) for place in range(row["hours"])] for row in waiting]
    period = {
        "from": _written(min(of_day[0] for of_day in hours_of)),
        "to": _written(max(of_day[-1] for of_day in hours_of) + timedelta(hours=1)),
    }
    sums = {row["begins"]: row["sums"] for row in store.rows(statement("rollups/of_hours"), **period)}
    return [sum(sums.get(hour, 0) for hour in of_day) for of_day in hours_of]


def _zones(store: Store, timezones: Iterable[str]) -> Iterator[str]:
    """Whose days are summed: those of UTC wait most, and for them nothing need be looked up."""
    yield "UTC"
    kept = (row["timezone"] for row in store.rows(statement("rollups/timezones")))
    yield from dict.fromkeys(zone for zone in (*timezones, *kept) if zone != "UTC")


def _sum(
    store: Store,
    waiting: list[dict[str, Any]],
    threads: int,
    margin_s: float,
    check: Callable[[], None],
) -> None:
    begins = [_written(row["begins"]) for row in waiting]
    built = _above_all(store)
    settings = {"max_threads": threads}
    hours = [row["hours"] for row in waiting]
    if hours[0] == 1:
        left_out = [row["name"] for row in store.rows(statement("rollups/left_out"), hours=begins, values=_VALUES)]
        store.execute(statement("rollups/sums"), {"hours": begins, "built": built, "left_out": left_out}, settings)
        there_is = store.rows(statement("rollups/beside"), hours=begins, built=built)[0]
        for beside in _BESIDE:
            if there_is[beside]:
                store.execute(statement(f"rollups/{beside}"), {"hours": begins, "built": built}, settings)
    else:
        left_out = sorted({name for row in waiting for name in row["left_out"]})
        store.execute(statement("rollups/sums_of_days"), {"days": begins, "hours": hours, "built": built}, settings)
    check()
    summed = {
        "hours": hours,
        "begins": begins,
        "written": [row["written"] for row in waiting],
        "last_enriched_at": [_written(row["last_enriched_at"], "microseconds") for row in waiting],
        "built": built,
        "left_out": left_out,
        "margin": margin_s,
    }
    store.execute(statement("rollups/summed"), summed)


def _above_all(store: Store) -> int:
    """Above what any sums are known by, on whichever machine they were taken."""
    return max(time.time_ns() // 1000, 1 + int(store.value("SELECT max(summed).built FROM ledger_hour")))


def _written(moment: datetime, precision: str = "seconds") -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", precision)
