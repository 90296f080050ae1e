"""A closed month's rows and Invoice Detail sum to what its statements bill, to the last digit that a plan rounds to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd
import pytest
from harness.books import NOON, Books
from harness.focus_conformance import as_text, faults
from harness.month_of_charges import SPAN, make

from spanledger_enrich.books.closing import close
from spanledger_enrich.books.closing.statements.issued import issued
from spanledger_enrich.books.focus import beside, cost_and_usage
from spanledger_enrich.books.focus.cost_and_usage import Asked
from spanledger_enrich.books.focus.dataset import VERSIONS, columns
from spanledger_enrich.books.plans import plan
from spanledger_enrich.books.plans.plan import Plan
from spanledger_settings.period import Period, of_days, period

ANN, BOB = close.Person("ann", "ann"), close.Person("bob", "bob")
NOW = datetime(2024, 12, 1, tzinfo=UTC)
OCTOBER = period("2024-10", None, None, "UTC")
PLANS = (
    {"plan": "gold", "tenant": "acme", "currency": "EUR", "exchange_rate": "1.10", "markup_percent": "7",
     "rounding": "line"},
    {"plan": "silver", "tenant": "globex", "markup_percent": "20", "rounding": "statement"},
)  # fmt: skip
TABLES = (
    "price_plan", "book_history", "book_event", "book_party", "book_entry", "book_line", "book_statement",
    "book_journal",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_plans_and_books(books: Books) -> Iterator[None]:
    def empty() -> None:
        for table in TABLES:
            books.store.execute(f"TRUNCATE TABLE {table}")

    empty()
    yield
    empty()


def exported(books: Books, version: str, days: Period = OCTOBER) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Cost and Usage of October or of days of it, and what stands beside it."""
    asked = Asked(days, version, "internal", "Example AG")
    lines = beside.InvoiceLines()
    rows = pd.concat(lines.noting(cost_and_usage.frames(books.store, asked, 10**6)), ignore_index=True)
    return rows, beside.datasets(books.store, asked, lines, beside.issued(books.store, asked), NOW)


def test_a_closed_month_has_a_tenant_that_was_renamed_since_by_the_name_it_was_stated_by(books: Books) -> None:
    make(books)
    plan.record(books.store, [Plan.model_validate({"from": "2024-10", **PLANS[1]})], "a test")
    close.soft(books.store, "2024-10", ANN, grace_days=0)
    close.hard(books.store, "2024-10", BOB)
    before, _ = exported(books, "1.4")
    for former, new in (("acme", "acme-eu"), ("globex", "globex-eu")):
        books.store.execute(
            "INSERT INTO ledger SELECT * REPLACE ({new:String} AS tenant_id, version + 1 AS version, "
            "now64(6, 'UTC') AS enriched_at) FROM (SELECT * FROM ledger FINAL WHERE tenant_id = {former:String})",
            {"former": former, "new": new},
        )
    asked = Asked(period("2024-10", None, None, "UTC"), "1.4", "internal", "Example AG")
    left_out: dict[tuple[str, str], Decimal] = {}
    list(cost_and_usage.frames(books.store, asked, 10**6, left_out))
    # Not posted yet, it is in no file, and said.
    assert set(left_out) == {("2024-10", "acme-eu"), ("2024-10", "globex-eu")}
    assert close.record(books.store, "2024-10", ANN) is not None
    left_out.clear()
    list(cost_and_usage.frames(books.store, asked, 10**6, left_out))
    assert left_out == {}
    rows, made = exported(books, "1.4")
    assert faults(as_text(rows), frozenset(column.name for column in columns("CostAndUsage", "1.4"))) == []
    assert set(rows["InvoiceId"]) == set(before["InvoiceId"]) == set(made["InvoiceDetail"]["InvoiceId"])
    for column in ("BilledCost", "ListCost", "x_Calls"):
        assert rows.groupby("InvoiceId")[column].sum().to_dict() == before.groupby("InvoiceId")[column].sum().to_dict()
    for tenant in ("acme", "globex"):
        stated = Decimal(issued(books.store, "2024-10", tenant).said["billing"]["total"])
        assert rows[rows["BillingAccountId"] == tenant]["BilledCost"].sum() == stated


def test_a_part_of_a_closed_month_has_what_was_closed_of_its_days(books: Books) -> None:
    make(books)
    close.soft(books.store, "2024-10", ANN, grace_days=0)
    close.hard(books.store, "2024-10", BOB)
    middle = of_days(date(2024, 10, 8), date(2024, 10, 9), "UTC")
    parts = (
        of_days(date(2024, 10, 1), date(2024, 10, 7), "UTC"),
        middle,
        of_days(date(2024, 10, 10), date(2024, 10, 31), "UTC"),
    )
    before = {
        part: exported(books, "1.4", part)[0].groupby("InvoiceId")["BilledCost"].sum().to_dict() for part in parts
    }
    assert len(before[middle]) > 1
    # One is renamed, the others' calls cost twice as much, and a call comes late.
    books.store.execute(
        "INSERT INTO ledger SELECT * REPLACE (if(tenant_id = 'acme', 'acme-eu', tenant_id) AS tenant_id, "
        "contracted_cost * 2 AS contracted_cost, version + 1 AS version, now64(6, 'UTC') AS enriched_at) "
        "FROM (SELECT * FROM ledger FINAL)"
    )
    books.book({**SPAN, "ts": NOON, "tenant_id": "globex"})
    close.record(books.store, "2024-10", ANN)
    for part in parts:
        rows, made = exported(books, "1.4", part)
        assert rows.groupby("InvoiceId")["BilledCost"].sum().to_dict() == before[part]
        assert "acme-eu" not in set(rows["BillingAccountId"])
        detail = made.get("InvoiceDetail", pd.DataFrame({"InvoiceId": []}))
        assert set(detail["InvoiceId"]) == set(before[part])
    # What is booked in November as a correction of October is in no part of November.
    assert not len(exported(books, "1.4", of_days(date(2024, 11, 1), date(2024, 11, 20), "UTC"))[0])
    assert len(exported(books, "1.4", period("2024-11", None, None, "UTC"))[0])


def test_what_a_plan_rounds_is_a_charge_of_its_own_once_it_is_invoiced(books: Books) -> None:
    make(books)
    plan.record(books.store, [Plan.model_validate({"from": "2024-10", **one}) for one in PLANS], "a test")
    close.soft(books.store, "2024-10", ANN, grace_days=0)
    assert "rounding of the statement" not in set(exported(books, "1.4")[0]["ChargeDescription"])
    close.hard(books.store, "2024-10", BOB)
    for version in VERSIONS:
        rows, made = exported(books, version)
        names = frozenset(column.name for column in columns("CostAndUsage", version))
        assert faults(as_text(rows), names) == []
        rounding = rows[rows["ChargeDescription"] == "rounding of the statement"]
        assert dict(zip(rounding["BillingAccountId"], rounding["BillingCurrency"], strict=True)) == {
            "acme": "EUR", "globex": "USD",
        }  # fmt: skip
        assert all(0 < abs(amount) < Decimal("0.05") for amount in rounding["BilledCost"])
        for tenant in sorted(set(rows["BillingAccountId"])):
            total = Decimal(issued(books.store, "2024-10", tenant).said["billing"]["total"])
            assert rows[rows["BillingAccountId"] == tenant]["BilledCost"].sum() == total
            if detail := made.get("InvoiceDetail", pd.DataFrame()).to_dict("records"):
                assert sum(row["BilledCost"] for row in detail if row["BillingAccountId"] == tenant) == total
        if "InvoiceDetail" in made:
            assert made["InvoiceDetail"]["InvoiceDetailId"].is_unique
