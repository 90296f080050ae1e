"""The difference is allocated so that tenants pay the invoice together, to the last coin."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from harness.billed_traffic import charges, ledger_rows, month_of_calls
from harness.books import Books
from hypothesis import given
from hypothesis import strategies as st
from shapes import SHAPES

from spanledger_enrich.books.bills import bill, invoice_share, reconciliation
from spanledger_enrich.books.bills.invoice_share import POLICIES, parts
from spanledger_enrich.books.bills.reconciliation import ReconciliationError
from spanledger_enrich.books.bills.tolerance import focus_tolerance
from spanledger_settings.period import period

SHAPE = next(shape for shape in SHAPES if shape.name == "plain CSV")
OCTOBER = period("2026-10", None, None, "UTC")
_ALLOCATED = ("reconciliation", "bill_adjustment", "invoice_share", "reconciliation_term")


@pytest.fixture
def billed(books: Books, tmp_path: Path) -> Books:
    """A ledger of three tenants, and a bill that charges more, with an odd total and a credit."""
    for table in ("bill", "bill_line", *_ALLOCATED):
        books.store.execute(f"TRUNCATE TABLE {table}")
    names = ("acme", "globex", "initech")
    calls = [replace(one, tenant=names[number % 3]) for number, one in enumerate(month_of_calls(SHAPE.models))]
    books.fill(*ledger_rows(SHAPE.provider, calls))
    found = [replace(one, amount=one.amount * Decimal("1.0337")) for one in charges(calls, "UTC")]
    paths = SHAPE.files(tmp_path, found, {"unknown": Decimal("0.0171"), "credit": Decimal("-1.01")})
    bill.record(books.store, bill.checked(books.store, paths))
    return books


def test_tenants_totals_are_the_invoice_to_the_cent_by_each_policy(billed: Books) -> None:
    (done,) = reconciliation.reconcile(billed.store, OCTOBER)
    invoice = done.invoiced.quantize(Decimal("0.01"))
    for policy in POLICIES:
        for table in _ALLOCATED:
            billed.store.execute(f"TRUNCATE TABLE {table}")
        shares = invoice_share.allocate(billed.store, done, policy, "a tester")
        stored = billed.report("bills/shares", first="2026-10-01", last="2026-10-31")
        assert sum(row["invoiced"] for row in stored) == sum(row["amount"] for row in stored) == invoice, policy
        for row in stored:
            assert row["amount"] == row["metered"] + row["adjusted"] == row["invoiced"], policy
            assert row["amount"] == row["amount"].quantize(Decimal("0.01")), policy
        by_cause = billed.store.rows("SELECT cause, sum(amount) AS amount FROM bill_adjustment GROUP BY cause")
        for row in by_cause:
            if row["cause"] != invoice_share.TO_THE_SUBUNIT:
                assert row["amount"] == done.total[row["cause"]], policy
        everybody = {"acme", "globex", "initech"}
        tenants = {row["tenant_id"] for row in shares if row["adjusted"]}
        assert tenants == ({"(unattributed)", *everybody} if policy == "unattributed" else everybody), policy


def test_a_part_of_a_month_is_told_what_it_is_without(billed: Books) -> None:
    (done,) = reconciliation.reconcile(billed.store, OCTOBER)
    invoice_share.allocate(billed.store, done, "metered", "a tester")
    added = billed.store.value("SELECT sum(amount) FROM bill_adjustment WHERE cause != 'commitments'")
    days = {"tenants": [], **period(None, "2026-10-08", "2026-10-09", "UTC").bounds}
    assert billed.report("chargeback/begun_before", **days) == [{"charges": 1, "amount": added}]
    assert billed.report("chargeback/begun_before", tenants=[], **OCTOBER.bounds)[0]["charges"] == 0


def test_a_bill_in_euro_is_shared_out_in_euro(billed: Books, tmp_path: Path) -> None:
    bill.remove(billed.store, "plain.csv")
    path = tmp_path / "euro.csv"
    path.write_text(
        "provider,amount,currency,from,to\nmistral,100.01,EUR,2026-10-01,2026-10-31\n".replace(
            "to\n", "to,meter\n"
        ).replace("31\n", "31,all\n")
    )
    bill.record(billed.store, bill.checked(billed.store, [path]))
    with pytest.raises(
        ReconciliationError, match=r"mistral: there is no exchange rate of EUR for 2026-10-01: load rates"
    ):
        reconciliation.reconcile(billed.store, OCTOBER)
    rate = {"currency": "EUR", "valid_from": "2026-01-01", "usd": Decimal("1.1"), "source": "a test"}
    billed.store.execute(
        "INSERT INTO exchange_rate (currency, valid_from, usd, source) VALUES ('EUR', '2026-01-01', 1.1, 'test')", rate
    )
    (done,) = reconciliation.reconcile(billed.store, OCTOBER)
    assert done.total["billed"] == Decimal("110.011")
    shares = invoice_share.allocate(billed.store, done, "metered", "a tester")
    assert sum(row["invoiced"] for row in shares) == Decimal("100.01")
    assert sum(row["amount"] for row in shares) == Decimal("110.011")
    billed.store.execute("TRUNCATE TABLE exchange_rate")


def test_allocating_again_replaces_and_an_overlap_is_refused(billed: Books) -> None:
    for _ in range(2):
        (done,) = reconciliation.reconcile(billed.store, OCTOBER)
        invoice_share.allocate(billed.store, done, "metered", "a tester")
    stored = billed.report("bills/shares", first="2026-10-01", last="2026-10-31")
    assert {row["reconciliation_id"] for row in stored} == {done.reconciliation_id}
    assert not any(row["outdated"] for row in stored)
    assert len(stored) == 3
    terms = billed.store.value(
        "SELECT count() FROM reconciliation_term WHERE reconciliation_id = {id:String}", id=done.reconciliation_id
    )
    assert terms > 0
    (half,) = reconciliation.reconcile(billed.store, period(None, "2026-10-01", "2026-10-16", "UTC"))
    with pytest.raises(ReconciliationError, match="2026-10-01 to 2026-10-31 is allocated already, and overlaps"):
        invoice_share.allocate(billed.store, half, "metered", "a tester")
    bill.remove(billed.store, "plain.csv")
    assert all(row["outdated"] for row in billed.report("bills/shares", first="2026-10-01", last="2026-10-31"))
    left = billed.store.rows("SELECT DISTINCT reconciliation_id FROM reconciliation_term")
    assert half.reconciliation_id not in {row["reconciliation_id"] for row in left}


@given(
    amount=st.decimals(-(10**9), 10**9, places=12),
    weights=st.dictionaries(st.text(max_size=3), st.decimals(0, 10**6, places=12), min_size=1, max_size=7),
)
def test_parts_sum_to_the_amount(amount: Decimal, weights: dict[str, Decimal]) -> None:
    if not any(weights.values()):
        weights = dict.fromkeys(weights, Decimal(1))
    found = parts(amount, weights)
    assert sum(found.values()) == amount
    assert all(part * amount >= 0 for part in found.values())


@pytest.mark.parametrize(("amount", "wanted"), [(1, (0, 1, 0)), (2, (0, 1, 1)), (-1, (0, -1, 0)), (7, (1, 3, 3))])
def test_what_is_left_goes_to_the_largest_remainders_and_then_by_name(amount: int, wanted: tuple[int, ...]) -> None:
    found = parts(Decimal(amount), {"a": Decimal(1), "b": Decimal(2), "c": Decimal(2)}, Decimal(1))
    assert tuple(found.values()) == wanted


@pytest.mark.parametrize(
    ("lines", "currency", "allowed"),
    [(1, "USD", "1"), (40_000, "USD", "1"), (90_000, "EUR", "1.5"), (4, "JPY", "100"), (10**6, "KWD", "0.5")],
)
def test_the_tolerance_is_focus_own(lines: int, currency: str, allowed: str) -> None:
    assert focus_tolerance(lines, currency) == Decimal(allowed)
