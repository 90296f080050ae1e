"""How far budgets are used up, what their periods will come to, and how well that was foretold before."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from spanledger_enrich.books.budgets import budget as budgets
from spanledger_enrich.books.budgets.forecast import Forecast, forecast
from spanledger_settings.period import Period

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from spanledger_enrich.books.budgets.budget import Budget
    from spanledger_sql.store import Store

# A forecast learns from so many days.
_HISTORY = timedelta(days=400)
# Of so many days a budget's record is: of years it would hardly ever be of one.
_RECORDED = {"day": _HISTORY, "month": _HISTORY, "year": timedelta(days=5 * 366)}
# Of a row of `budget`: what its use is counted by. An amount may change, and thresholds.
_MEANING = ("scope", "dimension", "tenant_id", "name", "unit", "every", "timezone")
_LAST_DIGIT = Decimal(1).scaleb(-12)


@dataclass(frozen=True, slots=True)
class Record:
    """How well a budget's periods that are over were foretold on the first day that anybody asked.

    Attributes:
        periods: How many are over and were foretold.
        held: In how many of them what came was within the interval.
        typical_error: The median of how far off the total was, as a share of what came; NaN without any.
    """

    periods: int
    held: int
    typical_error: float


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget in its present period.

    Attributes:
        budget: Which.
        period: The present one.
        spent: What is used so far, in the budget's unit.
        unknown_calls: Calls that are not in it, or in part only, as their cost, tokens or emissions are not known.
        expected: The whole period's total with its interval; None where it was not asked for or there is no history.
        record: How well that worked before.
    """

    budget: Budget
    period: Period
    spent: Decimal
    unknown_calls: int
    expected: Forecast | None
    record: Record

    @property
    def remaining(self) -> Decimal:
        """What may still be used; less than nothing where it is breached."""
        return self.budget.amount - self.spent

    @property
    def breached(self) -> bool:
        """Whether more is used than may be."""
        return self.spent > self.budget.amount

    @property
    def reached(self) -> list[Decimal]:
        """The thresholds that are reached, in percent."""
        return [one for one in self.budget.thresholds if self.spent * 100 >= self.budget.amount * one]


def standings(
    store: Store,
    now: datetime,
    asked: Iterable[Budget] | None = None,
    *,
    foretell: bool,
    with_record: bool | None = None,
) -> list[Standing]:
    """How the budgets stand at ``now``.

    Args:
        store: The database.
        now: An aware time.
        asked: Which; None: all that are in force.
        foretell: Whether to forecast the periods' totals, for which more than a year is read.
        with_record: Whether to say how well periods that are over were foretold; None: where others are.
    """
    chosen = budgets.in_force(store) if asked is None else list(asked)
    records = _foretold(store, now, chosen) if with_record or (with_record is None and foretell) else {}
    found = []
    ordered = sorted(chosen, key=_key)
    for _, group in groupby(ordered, _key):
        members = list(group)
        since = min(one.period(now).begin for one in members)
        if foretell:
            since = min(since, now - _HISTORY)
        since = min([since, *(row["begins"] for one in members for row in records.get(one.budget, ()))])
        use = _use(store, members, Period(since, now, members[0].timezone))
        found += [
            _standing(one, use.get(one.name, _NOTHING), now, records.get(one.budget, ()), foretell=foretell)
            for one in members
        ]
    return sorted(found, key=lambda standing: standing.budget.budget)


def remember_forecasts(store: Store, found: Sequence[Standing], now: datetime) -> None:
    """Keep what was foretold, once a day, so that it can be held against what comes."""
    since = _meant_since(store)
    said = {
        (row["budget_id"], row["begins"], row["made_on"])
        for row in store.rows(
            "SELECT budget_id, begins, made_on, made_at FROM budget_forecast FINAL WHERE ends > {now:DateTime('UTC')}",
            now=now,
        )
        if row["made_at"] >= since.get(row["budget_id"], row["made_at"])
    }
    rows = []
    for one in found:
        made_on = _local(now, one.budget.timezone)
        if one.expected is None or (one.budget.budget, one.period.begin, made_on) in said:
            continue
        rows.append(
            {
                "budget_id": one.budget.budget,
                "begins": one.period.begin,
                "ends": one.period.end,
                "made_on": made_on,
                "method": one.expected.method,
                "total": _decimal(one.expected.total),
                "low": _decimal(one.expected.low),
                "high": _decimal(one.expected.high),
            }
        )
    store.insert("budget_forecast", rows)


def _key(one: Budget) -> tuple[str, ...]:
    return (one.scope, one.dimension, one.unit, one.timezone)


_NOTHING = pd.DataFrame({"day": [], "amount": [], "at_once": [], "unknown_calls": []})


def _use(store: Store, members: Sequence[Budget], period: Period) -> Mapping[str, pd.DataFrame]:
    """What counts against budgets of one kind, by name: days with their amounts."""
    one = members[0]
    parameters = {
        **period.bounds,
        "timezone": one.timezone,
        "scope": one.scope,
        "dimension": one.dimension,
        "names": sorted({member.name for member in members}),
    }
    if one.unit == "usd":
        frame = store.frame("reports/budgets/cost_by_day", **parameters)
    else:
        frame = store.frame("reports/budgets/use_by_day", **parameters, unit=one.unit)
    return {str(name): days for name, days in frame.groupby("name")}


def _standing(
    one: Budget, use: pd.DataFrame, now: datetime, records: Sequence[Mapping[str, Any]], *, foretell: bool
) -> Standing:
    period = one.period(now)
    days = [pd.Timestamp(day).date() for day in use["day"]]
    by_day = {day: Decimal(amount) for day, amount in zip(days, use["amount"], strict=True)}
    alike = {day: by_day[day] - Decimal(amount) for day, amount in zip(days, use["at_once"], strict=True)}
    within = [day >= period.first_day for day in days]
    unknown = int(use["unknown_calls"][within].sum()) if len(use) else 0
    spent = _between(by_day, period.first_day, period.last_day)
    lately = {day: amount for day, amount in alike.items() if day >= _local(now - _HISTORY, one.timezone)}
    expected = _expected(one, period, lately, spent, now) if foretell else None
    return Standing(one, period, spent, unknown, expected, _record(one, records, by_day))


def _expected(
    one: Budget, period: Period, alike: Mapping[date, Decimal], spent: Decimal, now: datetime
) -> Forecast | None:
    """The period's total: what is used, and what the rest of today and the days after it will.

    Args:
        one: Which budget.
        period: The present one.
        alike: What each day used without what is charged at once, which no other day will.
        spent: All that is used in the period.
        now: An aware time.
    """
    # At a day's last moment the day is over, and what it used is known.
    today = _local(now + timedelta(microseconds=1), one.timezone)
    if not alike or (first := min(alike)) >= today:
        return None
    days = np.array([float(alike.get(first + timedelta(days=n), 0)) for n in range((today - first).days)])
    rest = forecast(days, (period.last_day - today).days + 1)
    if rest is None:
        return None
    used_today, least = float(alike.get(today, Decimal(0))), float(spent)
    # What is used today beyond what was foretold of it is not taken from the days to come.
    beyond = max(0.0, used_today - rest.first_day)
    total, low, high = (max(least, least - used_today + beyond + end) for end in (rest.total, rest.low, rest.high))
    return replace(rest, total=total, low=low, high=high)


def _foretold(store: Store, now: datetime, asked: Sequence[Budget]) -> dict[str, list[dict[str, Any]]]:
    """The first forecast of each period that is over, by budget."""
    earliest = {one.budget: now - _RECORDED[one.every] for one in asked}
    rows = store.rows(
        "SELECT budget_id, begins, ends, tuple(total, low, high) AS said, made_at FROM budget_forecast FINAL "
        "WHERE ends <= {now:DateTime('UTC')} AND begins >= {since:DateTime('UTC')} ORDER BY made_on",
        now=now,
        since=min(earliest.values(), default=now),
    )
    since = _meant_since(store) if rows else {}
    first: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        named = row["budget_id"]
        if row["begins"] >= earliest.get(named, now) and row["made_at"] >= since.get(named, row["made_at"]):
            first.setdefault((named, row["begins"], row["ends"]), row)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in first.values():
        found.setdefault(row["budget_id"], []).append(row)
    return found


def _meant_since(store: Store) -> dict[str, datetime]:
    """Since when each budget that was changed is of what it is of, in its unit and periods: before, it was another."""
    since: dict[str, datetime] = {}
    meant: dict[str, tuple[Any, ...]] = {}
    for row in store.rows(
        "SELECT name, at, said FROM book_history WHERE kind = 'budget' AND done != 'removed' ORDER BY at"
    ):
        said = json.loads(row["said"])
        meaning = tuple(said.get(field) for field in _MEANING)
        if meant.get(row["name"], meaning) != meaning:
            since[row["name"]] = row["at"]
        meant[row["name"]] = meaning
    return since


def _record(one: Budget, records: Sequence[Mapping[str, Any]], by_day: Mapping[date, Decimal]) -> Record:
    held, misses = 0, []
    for row in records:
        begins, ends, (total, low, high) = row["begins"], row["ends"], row["said"]
        period = Period(begins, ends, one.timezone)
        came = _between(by_day, period.first_day, period.last_day)
        held += low <= came <= high
        if came:
            misses.append(abs(float(total / came) - 1))
    return Record(len(records), held, float(np.median(misses)) if misses else float("nan"))


def _between(by_day: Mapping[date, Decimal], first: date, last: date) -> Decimal:
    return sum((amount for day, amount in by_day.items() if first <= day <= last), Decimal(0))


def _local(now: datetime, timezone: str) -> date:
    return now.astimezone(ZoneInfo(timezone)).date()


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_LAST_DIGIT)
