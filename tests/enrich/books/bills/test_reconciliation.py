"""What is planted between the books and a bill of any shape is named, with its amount."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from harness.billed_traffic import Call, Charge, Shape, charges, dearer, ledger_rows, month_of_calls
from harness.books import Books
from shapes import SHAPES

from spanledger_enrich.books.bills import bill, reconciliation
from spanledger_enrich.books.bills.reconciliation import CAUSES, Reconciliation
from spanledger_settings.period import period

CENT = Decimal("0.01")
Reconcile = Callable[..., Reconciliation]
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
# The bill of the same calls proves of each shape what its days and quantities are; what the books make of them, a bill
# of UTC's days, one of others and one without meters tell.
each_kind = pytest.mark.parametrize(
    "shape",
    [shape for shape in SHAPES if shape.name in {"OpenAI's API", "Google", "OpenRouter"}],
    ids=lambda shape: shape.name,
)


@pytest.fixture
def reconcile(books: Books, tmp_path: Path) -> Reconcile:
    """Makes these calls the ledger and these charges the bill; gives the bridge of October."""

    def run(
        shape: Shape, calls: list[Call], found: list[Charge], timezone: str = "UTC", **extras: Decimal
    ) -> Reconciliation:
        for table in ("bill", "bill_line"):
            books.store.execute(f"TRUNCATE TABLE {table}")
        books.fill(*ledger_rows(shape.provider, calls))
        bill.record(books.store, bill.checked(books.store, shape.files(tmp_path, found, extras)))
        (done,) = reconciliation.reconcile(books.store, period("2026-10", None, None, timezone))
        return done

    return run


def causes(done: Reconciliation, *, least: Decimal = CENT) -> dict[str, Decimal]:
    """The causes of at least a cent, and the rest of them."""
    return {cause: done.total[cause] for cause in CAUSES if abs(done.total[cause]) >= least and cause != "rounding"}


@each_shape
def test_a_bill_of_the_same_calls_has_no_difference(shape: Shape, reconcile: Reconcile) -> None:
    calls = month_of_calls(shape.models)
    done = reconcile(shape, calls, charges(calls, shape.zone), timezone=shape.zone)
    assert causes(done) == {}
    assert done.holds
    assert done.total["coverage"] == pytest.approx(1)


@each_shape
def test_each_planted_cause_is_named_with_its_amount(shape: Shape, reconcile: Reconcile) -> None:
    first, second = shape.models
    calls = month_of_calls(shape.models)
    lost = [one for one in calls if one.model is first and one.ts.date() == datetime(2026, 10, 7, tzinfo=UTC).date()][
        1:3
    ]
    found = charges(calls, shape.zone)
    planted = {"missing_usage": 2 * first.total}
    meter = "output" if shape.meters else None
    wrong = [one for one in found if one.model == second.name and meter in {one.meter, None}]
    planted["price_differences"] = sum(one.amount for one in wrong) / 5
    for one in wrong:
        found = dearer(found, second.name, one.meter, Decimal("1.2")) if one is wrong[0] or not shape.meters else found
        if meter:
            break
    if not meter:
        found = [
            replace(one, amount=one.amount * Decimal("1.2")) if one.model == second.name else one
            for one in charges(calls, shape.zone)
        ]
    extras = {}
    if shape.unknown:
        extras["unknown"] = planted["unknown_lines"] = Decimal("4.56")
    if shape.credit:
        extras["credit"] = planted["credits"] = Decimal("-7.89")
    if shape.meters:
        found.insert(1, found[0])
        planted["duplicates"] = found[0].amount
    done = reconcile(shape, [one for one in calls if one not in lost], found, timezone=shape.zone, **extras)
    told = causes(done)
    assert told.keys() == planted.keys()
    for cause, amount in planted.items():
        assert abs(told[cause] - amount) < CENT, cause
    assert not done.holds


@each_kind
def test_calls_between_the_midnights_are_the_zone_edge(shape: Shape, reconcile: Reconcile) -> None:
    calls = month_of_calls(shape.models, a_day=24)
    books = period("2026-10", None, None, "Europe/Berlin")
    its_own = period("2026-10", None, None, shape.zone)
    edge = sum((one.model.total for one in calls if its_own.begin <= one.ts < its_own.end), Decimal(0))
    edge -= sum((one.model.total for one in calls if books.begin <= one.ts < books.end), Decimal(0))
    done = reconcile(shape, calls, charges(calls, shape.zone), timezone="Europe/Berlin")
    assert done.total["zone_edges"] == edge
    assert {cause for cause in causes(done) if cause != "zone_edges"} == set()
    assert done.holds


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape.tiers], ids=lambda shape: shape.name)
def test_another_tier_and_an_account_without_calls_are_told(shape: Shape, reconcile: Reconcile) -> None:
    assert shape.accounts
    calls = [replace(one, account="proj_a") for one in month_of_calls(shape.models)]
    found = charges(calls, shape.zone)
    day = found[len(found) // 2].begins
    billed = [
        replace(one, tier="batch", amount=one.amount / 2)
        if one.begins == day and one.model == shape.models[0].name
        else one
        for one in found
    ]
    planted = sum((one.amount for one in billed), Decimal(0)) - sum((one.amount for one in found), Decimal(0))
    others = [replace(one, account="proj_b", amount=one.amount * 2, quantity=one.quantity * 2) for one in found[:7]]
    done = reconcile(shape, calls, sorted([*billed, *others], key=lambda one: one.begins), timezone=shape.zone)
    told = causes(done)
    assert told.keys() == {"tiers", "unmetered_accounts"}
    assert abs(told["tiers"] - planted) < CENT
    assert abs(told["unmetered_accounts"] - sum(one.amount for one in others)) < CENT
    assert done.total["coverage"] < 1


@each_kind
def test_a_few_more_tokens_for_the_same_calls_are_drift(shape: Shape, reconcile: Reconcile) -> None:
    calls = month_of_calls(shape.models)
    found = [
        replace(one, quantity=(one.quantity * Decimal("1.01")), amount=one.amount * Decimal("1.01"))
        for one in charges(calls, shape.zone)
    ]
    done = reconcile(shape, calls, found, timezone=shape.zone)
    told = causes(done)
    assert told.keys() == {"token_drift"}
    assert abs(told["token_drift"] - done.total["metered"] / 100) < CENT * 20


def test_days_that_no_bill_covers_are_told(reconcile: Reconcile) -> None:
    shape = SHAPES[0]
    calls = month_of_calls(shape.models)
    later = datetime(2026, 10, 21, tzinfo=UTC)
    found = [one for one in charges(calls, "UTC") if one.begins < later]
    told = causes(reconcile(shape, calls, found))
    unbilled = [one for one in calls if later <= one.ts < datetime(2026, 11, 1, tzinfo=UTC)]
    assert told == {"unbilled_days": -sum(one.model.total for one in unbilled)}


def test_a_call_that_the_ledger_has_twice_is_told(books: Books, reconcile: Reconcile) -> None:
    shape = SHAPES[0]
    calls = month_of_calls(shape.models)
    reconcile(shape, calls, charges(calls, "UTC"))
    (row,) = ledger_rows(shape.provider, [replace(calls[40], ts=calls[40].ts + timedelta(seconds=1))])
    now = datetime.now(UTC)
    for number in (1, 2):
        again = {
            "trace_id": f"{number:032x}",
            "span_id": f"ab{number:014x}",
            "response_id": "resp-1",
            "counted": 1,
            "version": 1,
        }
        books.store.insert("ledger", [{**row, **again, "enriched_at": now}])
    (done,) = reconciliation.reconcile(books.store, period("2026-10", None, None, "UTC"))
    assert done.total["duplicates"] == -calls[40].model.total
