"""Capacity on a bill that commitments stand for is charged to tenants once."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from harness.books import Books

from spanledger_enrich.books import allocation, commitment
from spanledger_enrich.books.bills import bill, invoice_share, reconciliation
from spanledger_enrich.books.bills.outdated_invoice import outdated_invoices
from spanledger_enrich.books.bills.reconciliation import CAUSES
from spanledger_enrich.books.commitment import Commitment
from spanledger_settings.period import period

OCTOBER = {"from": datetime(2024, 10, 1, tzinfo=UTC), "to": datetime(2024, 11, 1, tzinfo=UTC)}
TABLES = (
    "ledger", "llm_spans", "enrich_progress", "commitment", "allocation", "allocation_row", "bill", "bill_line",
    "reconciliation", "bill_adjustment", "invoice_share", "ledger_hour", "ledger_sum", "hour_names", "hour_waste",
)  # fmt: skip
USED = {
    "ts": datetime(2024, 10, 8, 12, 30, tzinfo=UTC), "provider": "azure.ai.openai", "request_model": "gpt-4o",
    "input_tokens": 100, "output_tokens": 50,
}  # fmt: skip
PTU = {
    "commitment": "ptu", "kind": "reserved throughput", "amount": "240", "from": "2024-10-01", "to": "2024-11-01",
    "providers": "azure.ai.openai", "idle": "shared",
}  # fmt: skip


@pytest.fixture
def billed(books: Books, tmp_path: Path):
    """Makes a month of two tenants with a commitment, and bills so much capacity in two lines; gives the bridge."""

    def make(*capacity: str, committed: str = "240"):
        for table in TABLES:
            books.store.execute(f"TRUNCATE TABLE {table}")
        books.book({**USED, "tenant_id": "acme"}, {**USED, "tenant_id": "globex", "input_tokens": 400})
        if committed:
            commitment.record(books.store, [Commitment.model_validate({**PTU, "amount": committed})], "a test")
        allocation.allocate(books.store, books.configuration)
        lines = [f"azure,{amount},USD,2024-10-{day:02},capacity" for day, amount in enumerate(capacity, 3)]
        file = tmp_path / "bill.csv"
        file.write_text(
            "\n".join(["provider,amount,currency,day,meter", *lines, "azure,1.00,USD,2024-10-31,tax"]) + "\n"
        )
        bill.record(books.store, bill.checked(books.store, [file]))
        (done,) = reconciliation.reconcile(books.store, period("2024-10", None, None, "UTC"), by=["day"])
        return done

    return make


def causes(done):
    return {cause: done.total[cause] for cause in CAUSES if done.total[cause]}


def test_capacity_that_a_commitment_stands_for_is_no_other_charge(billed):
    done = billed("100", "140")
    assert causes(done) == {"commitments": 240, "tax": 1}
    assert done.holds
    assert done.total["coverage"] == 1
    by_day = done.rows.set_index("day")["commitments"].to_dict()
    assert (by_day["2024-10-03"], by_day["2024-10-04"]) == (100, 140)


def test_calls_that_a_commitment_pays_do_not_make_an_allocated_invoice_outdated(billed, books):
    done = billed("100", "140")
    invoice_share.allocate(books.store, done, "metered", "a test")
    days = (done.period.first_day, done.period.last_day)
    assert outdated_invoices(books.store, *days) == []
    books.book({**USED, "tenant_id": "acme"})
    assert outdated_invoices(books.store, *days) == []
    # Paid by use, they do.
    books.store.execute("TRUNCATE TABLE commitment")
    (one,) = outdated_invoices(books.store, *days)
    assert one.moved == books.store.value("SELECT sum(contracted_cost) FROM calls") > 0


def test_capacity_beyond_it_is_and_less_than_it_is_a_difference_of_prices(billed):
    assert causes(billed("100", "150")) == {"commitments": 240, "other_charges": 10, "tax": 1}
    less = billed("100", "130")
    assert causes(less) == {"commitments": 240, "price_differences": -10, "tax": 1}
    assert not less.holds


def test_without_a_commitment_it_is_another_charge(billed):
    assert causes(billed("100", "140", committed=""))["other_charges"] == 240


def test_tenants_are_charged_the_invoice_once_by_each_policy(billed, books):
    done = billed("100", "150")
    for policy in ("metered", "even", "unattributed"):
        for table in ("reconciliation", "bill_adjustment", "invoice_share", "reconciliation_term"):
            books.store.execute(f"TRUNCATE TABLE {table}")
        shares = invoice_share.allocate(books.store, done, policy, "a test")
        assert sum(row["invoiced"] for row in shares) == 251, policy
        told = books.store.rows(
            "SELECT kind, tenant_id, amount "
            "FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})",
            **OCTOBER,
        )
        charged = defaultdict(Decimal)
        for row in told:
            charged[row["tenant_id"]] += row["amount"]
        assert dict(charged) == {row["tenant_id"]: row["invoiced"] for row in shares}, policy
        assert {row["kind"] for row in told} == {"commitment", "invoice"}, policy


def test_before_it_is_shared_out_a_bill_s_line_is_nobody_s(billed, books):
    billed("100", "140")
    told = books.store.rows(
        "SELECT kind, charge_kind, tenant_id, amount "
        "FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) "
        "WHERE kind != 'commitment'",
        **OCTOBER,
    )
    (tax,) = told
    assert tax == {"kind": "bill", "charge_kind": "tax", "tenant_id": "(unattributed)", "amount": 1}
