"""What is alarming: thresholds reached, periods foretold to breach, spend that runs away, loops, storms of retries."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spanledger_enrich.books.budgets.runaway import BUCKETS, FLOOR_USD, HISTORY_DAYS, runaways
from spanledger_settings.figures import counted
from spanledger_settings.period import Period
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spanledger_enrich.books.budgets.standing import Standing
    from spanledger_sql.store import Store

LOOP_CALLS = 300
"""Calls of one run in five minutes that are a loop."""
STORM_CALLS, STORM_SHARE = 100, 0.5
"""Failed calls of a tenant in five minutes, and which share of all they are, that are a storm of retries."""
# How far back is looked for what runs away: what arrives later than that alarms nobody.
_LOOKS_BACK = timedelta(hours=24)
# What goes on, or comes again, is the same alarm for so long.
_SAME_FOR = timedelta(hours=6)
_BUCKET = timedelta(minutes=5)
_FEWEST_ERRORS = 7
Row = dict[str, Any]


def of_budgets(found: Sequence[Standing]) -> list[Row]:
    """A row for each threshold that is reached, and for each period foretold to breach that has not yet."""
    rows = []
    for one in found:
        which = (one.budget.budget, one.budget.whose)
        subject = (*which, f"{one.period.begin:%Y-%m-%dT%H:%M}", str(one.budget.amount), one.budget.unit)
        shared = {
            "budget_id": one.budget.budget,
            "tenant_id": one.budget.name if one.budget.scope == "tenant" else "",
            "begins": one.period.begin,
            "ends": one.period.end,
            "unit": one.budget.unit,
            "bound": one.budget.amount,
        }
        rows += [
            _row("threshold", (*subject, f"{percent:f}"), **shared, reached=one.spent, percent=percent)
            for percent in one.reached
        ]
        expected = one.expected
        if (
            expected is not None
            and not one.breached
            and expected.errors >= _FEWEST_ERRORS
            and expected.total > float(one.budget.amount)
        ):
            total = Decimal(repr(expected.total)).quantize(Decimal(1).scaleb(-12))
            rows.append(_row("forecast", subject, **shared, reached=total))
    return rows


def of_calls(store: Store, now: datetime) -> list[Row]:
    """A row for each tenant whose spend ran away, each run in a loop, and each storm of retries of the last day."""
    last = _bucket_of(now)
    first = last.replace(hour=0, minute=0) - timedelta(days=HISTORY_DAYS + 1)
    buckets = store.frame("reports/budgets/five_minutes", **Period(first, last, "UTC").bounds)
    since = last - _LOOKS_BACK
    rows = []
    for tenant, calls in buckets.groupby("tenant"):
        rows += list(_runaways(str(tenant), calls, first, since))
    # Any five minutes, also those that the clock parts.
    lately = Period(since, now.astimezone(UTC), "UTC").bounds
    storms = store.rows(statement("reports/budgets/storms"), **lately, least=STORM_CALLS, share=STORM_SHARE)
    rows += [
        _row(
            "retries", (row["tenant"], f"{row['bucket']:%Y-%m-%dT%H:%M:%S}"), tenant_id=row["tenant"],
            begins=row["bucket"], ends=row["bucket"] + _BUCKET, unit="calls", reached=Decimal(int(row["failed"])),
            bound=Decimal(STORM_CALLS),
        )
        for row in storms
    ]  # fmt: skip
    loops = store.rows(statement("reports/budgets/busy_runs"), **lately, least=LOOP_CALLS)
    rows += [
        _row(
            "loop", (row["tenant"], row["run"]), tenant_id=row["tenant"], run_id=row["run"], begins=row["bucket"],
            ends=row["until"], unit="calls", reached=Decimal(int(row["calls"])), bound=Decimal(LOOP_CALLS),
        )
        for row in loops
    ]  # fmt: skip
    return rows


def note(store: Store, rows: Sequence[Row]) -> list[Row]:
    """Store the alarms that nobody raised yet; gives them. What is raised anew while it goes on is not another."""
    known = store.rows("SELECT alarm_key, kind, tenant_id, begins FROM alarm FINAL")
    keys = {row["alarm_key"] for row in known}
    raised: list[Mapping[str, Any]] = [row for row in known if row["kind"] in {"runaway", "retries"}]
    new: list[Row] = []
    for row in rows:
        if row["alarm_key"] in keys or any(_goes_on(row, other) for other in raised):
            continue
        keys.add(row["alarm_key"])
        new.append(row)
        if row["kind"] in {"runaway", "retries"}:
            raised.append(row)
    store.insert("alarm", new)
    return new


def told(row: Mapping[str, Any]) -> str:
    """An alarm in a sentence, for people."""
    whose = f"budget {row['budget_id']}" if row["budget_id"] else f"tenant {row['tenant_id'] or '(unattributed)'}"
    begins = f"{row['begins']:%Y-%m-%d %H:%M} UTC"
    # What a budget allows is told as it was said.
    said = max(0, -int(row["bound"].normalize().as_tuple().exponent)) if row["budget_id"] else None
    bound = _amount(row["bound"], row["unit"], _significant(row["bound"]) if said is None else said)
    reached = _amount(row["reached"], row["unit"], max(said or 0, _significant(row["reached"])))
    match row["kind"]:
        case "threshold":
            return f"{whose}: {reached} of {bound} used since {begins}: {float(row['percent']):g} % are reached"
        case "forecast":
            return f"{whose}: the period since {begins} will come to about {reached}, budgeted are {bound}"
        case "runaway":
            return f"{whose}: {reached} spent since {begins}, expected were {bound}"
        case "loop":
            return f"{whose}: run {row['run_id']} made {reached} within five minutes, since {begins}"
        case _:
            return f"{whose}: {reached} failed within five minutes, since {begins}"


def _runaways(tenant: str, calls: pd.DataFrame, first: datetime, since: datetime) -> Iterator[Row]:
    recent = calls[calls["bucket"] >= since]
    if recent.empty or recent["cost"].max() <= FLOOR_USD:
        return
    days = HISTORY_DAYS + 2
    spend = np.zeros(days * BUCKETS)
    places = ((calls["bucket"] - pd.Timestamp(first)) // pd.Timedelta(_BUCKET)).to_numpy(dtype=int)
    spend[places] = calls["cost"].to_numpy(dtype=float)
    began = int(places.min()) // BUCKETS
    weekend = np.array([(first + timedelta(days=day)).weekday() >= 5 for day in range(days)])
    # Days before a tenant's first call are no history of his.
    high, expected = runaways(spend.reshape(days, BUCKETS)[began:], weekend[began:], max(0, days - 2 - began))
    flat, usual = high.reshape(-1), expected.reshape(-1)
    offset = days * BUCKETS - len(flat)
    where = [int(place) for place in np.flatnonzero(flat) if first + _BUCKET * (offset + int(place)) >= since]
    for start, end in _episodes(where):
        begins = first + _BUCKET * (offset + start - 1)
        ends = first + _BUCKET * (offset + end + 1)
        part = slice(start - 1, end + 1)
        spent = float(spend[offset + start - 1 : offset + end + 1].sum())
        yield _row(
            "runaway", (tenant, f"{begins:%Y-%m-%dT%H:%M}"), tenant_id=tenant, begins=begins, ends=ends, unit="usd",
            reached=_money(spent), bound=_money(float(usual[part].sum())),
        )  # fmt: skip


def _episodes(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last bucket of each stretch; what pauses for less than half an hour goes on."""
    start = last = None
    for place in places:
        if last is None or start is None:
            start = place
        elif place - last > 6:
            yield start, last
            start = place
        last = place
    if start is not None and last is not None:
        yield start, last


def _goes_on(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    apart: timedelta = abs(row["begins"] - other["begins"])
    return (row["kind"], row["tenant_id"]) == (other["kind"], other["tenant_id"]) and apart < _SAME_FOR


def _row(kind: str, subject: tuple[str, ...], **said: Any) -> Row:
    text = "\x1f".join((kind, *subject))
    shared = {"budget_id": "", "tenant_id": "", "run_id": "", "percent": Decimal(0)}
    return {**shared, "alarm_key": hashlib.sha256(text.encode()).hexdigest(), "kind": kind, **said}


def _bucket_of(now: datetime) -> datetime:
    """When the bucket that ``now`` lies in began: the last that is over ends there."""
    utc = now.astimezone(UTC)
    return utc.replace(minute=utc.minute - utc.minute % 5, second=0, microsecond=0)


def _money(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.000001"))


def _significant(value: Decimal) -> int:
    """How many decimals a small amount needs, so that it does not look like nothing."""
    return 1 - value.adjusted() if value and abs(value) < 1 else 0


def _amount(value: Decimal, unit: str, decimals: int) -> str:
    """For people, with so many decimals at least."""
    if unit == "usd":
        return f"{value:,.{max(2, decimals)}f} USD"
    if unit == "calls":
        return counted(int(value), "call")
    return f"{value:,.0f} tokens" if unit == "tokens" else f"{value:,.{max(3, decimals)}f} kgCO2e"
