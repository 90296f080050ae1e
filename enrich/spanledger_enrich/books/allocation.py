"""Allocation: the hours of each commitment over the calls it covers, exact to the last digit, day by day.

A day is allocated anew where what it rests on is another than it was: the commitment, how many of its hours are over,
or the calls. Which that was is stored with it, so that whoever asks again, after whatever happened, changes nothing
that is as it must be.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from spanledger_sql.store import UNWAITED, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

# Who bears what nobody used, where the commitment names nobody.
IDLE = "(idle)"
# The day that idle cost stands under which is shared out over the whole period.
_SHARED_OUT: Final = date(1970, 1, 1)
_DAY: Final = timedelta(days=1)
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Allocated:
    """What is allocated of a commitment, in USD, for its hours before ``until``; ``days``: how many of them anew."""

    commitment_id: str
    until: datetime
    amount: Decimal
    days: int


def allocate(
    store: Store,
    configuration: Configuration,
    now: datetime | None = None,
    *,
    touched: Collection[date] | None = None,
    still_mine: Callable[[], None] = lambda: None,
) -> list[Allocated]:
    """Allocate what is not as it must be of each commitment, up to the last full hour; until then the former holds.

    Args:
        store: The database.
        configuration: Says how many calls one statement takes, at least an hour's.
        now: Hours that end later wait; default: the present.
        touched: Days (UTC) whose calls may be others than before; None: any may be.
        still_mine: Called before an allocation comes in force; raises where another worker has taken over.
    """
    moment = (now or datetime.now(UTC)).replace(minute=0, second=0, microsecond=0)
    stored = _stored(store)
    found = [
        _Days(one, min(one["ends"], moment), stored.get(one["commitment_id"], {}))
        for one in store.rows("SELECT * FROM commitment FINAL ORDER BY commitment_id")
        if one["begins"] < min(one["ends"], moment)
    ]
    calls = _calls(store, found, touched)
    for one in found:
        one.find_stale(calls.get(one.name, {}), touched)
        if one.stale or one.is_shared:
            _allocate(store, configuration, one, still_mine)
    return [one.told for one in found]


class _Days:
    """A commitment's days: what is stored of each, what it must be, and which are stale."""

    def __init__(self, commitment: Row, until: datetime, stored: dict[date, Row]) -> None:
        self.commitment = commitment
        self.name: str = commitment["commitment_id"]
        self.until = until
        self.stored = stored
        self.stale: set[date] = set()
        self.calls: dict[date, int] = {}
        self.terms = _hash(sorted((name, str(value)) for name, value in commitment.items() if name not in _NO_TERMS))
        begins = commitment["begins"]
        self.wanted = dict(_days(begins, until))
        self.odd = {
            day
            for day in {*self.wanted, *(stored.keys() - {_SHARED_OUT})}
            if day not in stored or self._of(day) != (stored[day]["until"], stored[day]["terms"])
        }

    @property
    def is_shared(self) -> bool:
        """Whether idle cost is shared out by what is used over the whole period."""
        return bool(self.commitment["idle"] == "shared" and self.rests_on_calls)

    @property
    def rests_on_calls(self) -> bool:
        """Whether calls say who pays."""
        return bool(self.commitment["policy"] != "fixed")

    @property
    def versions(self) -> dict[date, int]:
        """Of each day that is wanted, the version that is stored."""
        return {day: self.stored[day]["version"] for day in self.wanted}

    @property
    def told(self) -> Allocated:
        amount = sum((row["allocated"] for row in self.stored.values()), Decimal(0))
        return Allocated(self.name, self.until, amount, len(self.stale))

    def looked_at(self, touched: Collection[date] | None) -> set[date]:
        """The days whose calls must be looked at."""
        if not self.rests_on_calls:
            return set()
        return set(self.wanted) if touched is None else self.wanted.keys() & {*self.odd, *touched}

    def find_stale(self, calls: Mapping[date, int], touched: Collection[date] | None) -> None:
        self.calls = {day: calls.get(day, 0) for day in self.looked_at(touched)}
        changed = {day for day in self.calls.keys() - self.odd if self.calls[day] != self.stored[day]["calls"]}
        self.stale = self.odd | changed
        if self.commitment["seats"]:
            # A seat is used or not in a month.
            months = {day.replace(day=1) for day in self.stale}
            self.stale |= {day for day in self.wanted if day.replace(day=1) in months}

    def row(self, day: date, version: int, allocated: Decimal) -> Row:
        until, terms = self._of(day)
        known = self.stored[day]["calls"] if day in self.stored else 0
        return {
            "commitment_id": self.name, "day": day, "version": version, "until": until, "allocated": allocated,
            "terms": terms, "calls": self.calls.get(day, known),
        }  # fmt: skip

    def _of(self, day: date) -> tuple[datetime, int]:
        return self.wanted.get(day, _NEVER), self.terms


# What of a commitment's row changes nothing of its allocation.
_NO_TERMS: Final = {"imported_at", "source"}


def _allocate(store: Store, configuration: Configuration, one: _Days, still_mine: Callable[[], None]) -> None:
    highest = max((row["version"] for row in one.stored.values()), default=0)
    version = max(time.time_ns() // 1000, highest + 1)
    key = {"commitment_id": one.name, "version": version}
    for begin, end in _stretches(one):
        _allocate_stretch(store, configuration, one.commitment, key, begin, end)
    sums = {
        row["day"]: row["amount"]
        for row in store.rows(
            "SELECT day, sum(amount) AS amount FROM allocation_row WHERE commitment_id = {commitment_id:String} "
            "AND version = {version:UInt64} AND idle != 2 GROUP BY day",
            **key,
        )
    } if one.stale else {}  # fmt: skip
    rows = [one.row(day, version, sums.get(day, Decimal(0))) for day in sorted(one.stale)]
    rows += _share_idle(store, one, key)
    if not rows:
        return
    still_mine()
    # One insert: the days come in force together.
    store.insert("allocation", rows)
    one.stored |= {row["day"]: row for row in rows}
    former = "commitment_id = {commitment_id:String} AND version < {version:UInt64} AND has({days:Array(Date)}, day)"
    days = {"days": [row["day"] for row in rows]}
    store.execute(f"DELETE FROM allocation_row WHERE {former} {UNWAITED}", {**key, **days})  # noqa: S608


def _allocate_stretch(
    store: Store, configuration: Configuration, one: Row, key: Row, begin: datetime, end: datetime
) -> None:
    if one["policy"] == "fixed":
        given = {"tenants": one["share_tenants"], "weights": one["shares"], "of_idle": 0, "days": [], "versions": []}
        store.execute(statement("books/allocation/share"), {**key, **given, "from": begin, "to": end})
        return
    idle_tenant = one["idle_owner"] or IDLE
    if one["seats"]:
        store.execute(
            statement("books/allocation/seats"), {**key, "idle_tenant": idle_tenant, "from": begin, "to": end}
        )
        return
    bearer = {"idle_tenant": idle_tenant, "idle": 2 if one["idle"] == "shared" else 1}
    for first, last in _windows(store, configuration, begin, end):
        store.execute(statement("books/allocation/hours"), {**key, **bearer, "from": first, "to": last})


def _share_idle(store: Store, one: _Days, key: Row) -> list[Row]:
    """Share idle cost out anew by what is used over the whole period, where that changed; gives its row."""
    stored = one.stored.get(_SHARED_OUT)
    if not one.is_shared:
        if stored is None or (stored["until"], stored["terms"]) == (_NEVER, one.terms):
            return []
        row = {**stored, "version": key["version"], "until": _NEVER, "allocated": Decimal(0), "terms": one.terms}
        return [{name: value for name, value in row.items() if name != "allocated_at"}]
    versions = {day: key["version"] if day in one.stale else one.stored[day]["version"] for day in one.wanted}
    rests_on = _hash(sorted((str(day), version) for day, version in versions.items()))
    if stored is not None and (stored["until"], stored["calls"]) == (one.until, rests_on):
        return []
    given = {"days": list(versions), "versions": list(versions.values())}
    used = store.rows(statement("books/allocation/users"), commitment_id=one.name, **given)
    weights = {row["tenant_id"]: int(row["used"].scaleb(12)) for row in used} or {IDLE: 1}
    store.execute(
        statement("books/allocation/share"),
        {**key, **given, "from": one.commitment["begins"], "to": one.until, "tenants": list(weights),
         "weights": list(weights.values()), "of_idle": 1},
    )  # fmt: skip
    amount = store.value(
        "SELECT sum(amount) FROM allocation_row WHERE commitment_id = {commitment_id:String} "
        "AND version = {version:UInt64} AND day = {day:Date}",
        **key,
        day=_SHARED_OUT,
    )
    return [
        {
            **key, "day": _SHARED_OUT, "until": one.until, "allocated": Decimal(amount or 0), "terms": one.terms,
            "calls": rests_on,
        }
    ]  # fmt: skip


def _stored(store: Store) -> dict[str, dict[date, Row]]:
    """What is in force, by commitment and day."""
    found: dict[str, dict[date, Row]] = {}
    for row in store.rows("SELECT * EXCEPT allocated_at FROM allocation FINAL"):
        found.setdefault(row["commitment_id"], {})[row["day"]] = row
    return found


def _calls(store: Store, found: Iterable[_Days], touched: Collection[date] | None) -> dict[str, dict[date, int]]:
    """A hash of the calls of each day that must be looked at, by commitment."""
    looked = {one.name: one for one in found if one.looked_at(touched)}
    days = sorted({day for one in looked.values() for day in one.looked_at(touched)})
    if not days:
        return {}
    rows = store.rows(
        statement("books/allocation/calls"),
        commitments=list(looked),
        **{"from": _midnight(days[0]), "until": max(one.until for one in looked.values())},
        days=[] if touched is None else days,
    )
    told: dict[str, dict[date, int]] = {}
    for row in rows:
        told.setdefault(row["commitment_id"], {})[row["day"]] = row["calls"]
    return told


def _stretches(one: _Days) -> Iterator[tuple[datetime, datetime]]:
    """The hours of the days that are stale; of seats by months, else without the gaps between them."""
    stretches: list[list[date]] = []
    for day in sorted(one.stale & one.wanted.keys()):
        before = stretches[-1][-1] if stretches else None
        follows = before is not None and day == before + _DAY
        if follows and not (one.commitment["seats"] and day.day == 1):
            stretches[-1].append(day)
        else:
            stretches.append([day])
    for days in stretches:
        yield max(one.commitment["begins"], _midnight(days[0])), one.wanted[days[-1]]


def _days(begin: datetime, end: datetime) -> Iterator[tuple[date, datetime]]:
    """The UTC days of a time, and until when each goes in it."""
    day = begin.astimezone(UTC).date()
    while _midnight(day) < end:
        yield day, min(end, _midnight(day + _DAY))
        day += _DAY


def _windows(
    store: Store, configuration: Configuration, begin: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """The period in stretches of hours with at most `batch_calls` calls each, or one hour."""
    hours = store.rows(
        "SELECT toStartOfHour(toDateTime(ts, 'UTC')) AS hour, count() AS calls FROM ledger "
        "WHERE ts >= {begin:DateTime('UTC')} AND ts < {end:DateTime('UTC')} GROUP BY hour ORDER BY hour",
        begin=begin,
        end=end,
    )
    starts, calls = [begin], 0
    for row in hours:
        calls += row["calls"]
        if calls > configuration.batch_calls and row["hour"] > starts[-1]:
            starts.append(row["hour"])
            calls = row["calls"]
    return list(zip(starts, [*starts[1:], end], strict=True))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _hash(told: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(told).encode()).digest()[:8], "big")
