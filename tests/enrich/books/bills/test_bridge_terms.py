"""The terms of a bridge are apart: each driver has its own, and moves it alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from harness.billed_traffic import Charge, charges, ledger_rows, month_of_calls
from harness.books import Books
from harness.examples import booked
from hypothesis import given
from hypothesis import strategies as st
from shapes import SHAPES

from spanledger_enrich.books.bills import bill, reconciliation
from spanledger_enrich.books.bills.reconciliation import CAUSES
from spanledger_settings.period import period

SHAPE = next(shape for shape in SHAPES if shape.name == "FOCUS")
FIRST, SECOND = SHAPE.models
CALLS = [replace(one, account="proj_a") for one in month_of_calls(SHAPE.models)]
CHARGES = charges(CALLS, "UTC")
# Each driver, the values that it may have, the first as if nothing were planted, and the cause that it moves.
DRIVERS: dict[str, tuple[list[Any], str]] = {
    "lost": ([0, 1, 3], "missing_usage"),
    "dearer": ([Decimal(1), Decimal("1.1"), Decimal("0.8")], "price_differences"),
    "drift": ([Decimal(1), Decimal("1.01"), Decimal("1.015")], "token_drift"),
    "batch": ([False, True], "tiers"),
    "again": ([0, 1, 2], "duplicates"),
    "elsewhere": ([0, 1, 4], "unmetered_accounts"),
    "unbilled": ([False, True], "unbilled_usage"),
    "unknown": ([Decimal(0), Decimal("4.56"), Decimal("7.5")], "unknown_lines"),
    "credit": ([Decimal(0), Decimal("-3.21"), Decimal(-9)], "credits"),
}


def _billed(planted: dict[str, Any]) -> Iterator[Charge]:
    for one in CHARGES:
        day, quantity, amount, tier = one.begins.date(), one.quantity, one.amount, "standard"
        if planted["unbilled"] and day == date(2026, 10, 17) and one.model == SECOND.name:
            continue
        if day >= date(2026, 10, 12) and (one.model, one.meter) == (FIRST.name, "input"):
            quantity, amount = quantity * planted["drift"], amount * planted["drift"]
        if planted["batch"] and day == date(2026, 10, 20) and one.model == SECOND.name:
            tier, amount = "batch", amount / 2
        if (one.model, one.meter) == (FIRST.name, "output"):
            amount = amount * planted["dearer"]
        yield replace(one, quantity=quantity, amount=amount, tier=tier)
    yield from CHARGES[60 : 60 + planted["again"]]
    for one in CHARGES[: planted["elsewhere"]]:
        yield replace(one, account="proj_b", amount=one.amount * 3)


def _told(books: Books, folder: Path, planted: dict[str, Any]) -> dict[str, Decimal]:
    lost = [one for one in CALLS if one.model is FIRST and one.ts.date() == date(2026, 10, 7)][: planted["lost"]]
    extras = {word: planted[word] for word in ("unknown", "credit") if planted[word]}
    for table in ("bill", "bill_line"):
        books.store.execute(f"TRUNCATE TABLE {table}")
    books.fill(*ledger_rows(SHAPE.provider, [one for one in CALLS if one not in lost]))
    bill.record(books.store, bill.checked(books.store, SHAPE.files(folder, list(_billed(planted)), extras)))
    (done,) = reconciliation.reconcile(books.store, period("2026-10", None, None, "UTC"), by=["model", "meter", "day"])
    for row in done.rows.to_dict("records"):
        assert row["metered"] + sum(row[cause] for cause in CAUSES) == row["billed"]
    assert done.total["metered"] + sum(done.total[cause] for cause in CAUSES) == done.total["billed"]
    assert sum(done.rows["billed"]) == done.total["billed"]
    return {cause: done.total[cause] for cause in CAUSES if cause != "rounding"}


@pytest.mark.slow
@booked(2)
@given(data=st.data())
def test_the_terms_sum_and_a_driver_moves_its_own_alone(books: Books, tmp_path: Path, data: st.DataObject) -> None:
    planted = {name: data.draw(st.sampled_from(values), name) for name, (values, _) in DRIVERS.items()}
    before = _told(books, tmp_path, planted)
    # One after another, so that each bridge is compared with the one before and with the next.
    for driver in data.draw(st.permutations(sorted(DRIVERS)), "the drivers that change")[:3]:
        values, cause = DRIVERS[driver]
        planted[driver] = data.draw(st.sampled_from([value for value in values if value != planted[driver]]), "to")
        after = _told(books, tmp_path, planted)
        moved = {name for name in before if abs(after[name] - before[name]) >= Decimal("0.005")}
        assert moved == {cause}, driver
        before = after
