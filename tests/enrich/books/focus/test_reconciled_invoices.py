"""The provider view bills what reconciled invoices say, to the cent, and the internal view what statements say."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest
from harness.books import NOON, Books
from harness.focus_conformance import as_text, faults
from harness.month_of_charges import SPAN, make

from spanledger_enrich.books.bills import bill, invoice_share, reconciliation
from spanledger_enrich.books.closing import close
from spanledger_enrich.books.closing.statements import issued
from spanledger_enrich.books.focus import beside, cost_and_usage
from spanledger_enrich.books.focus.cost_and_usage import Asked
from spanledger_enrich.books.focus.dataset import VERSIONS, columns
from spanledger_settings.period import period

ANN, BOB = close.Person("ann", "ann"), close.Person("bob", "bob")
NOW = datetime(2024, 12, 1, tzinfo=UTC)
# Of the metered calls: their input at a higher price, output that nobody metered, capacity, a tax and a credit.
BILL = """\
provider,amount,currency,day,invoice,account,model,meter,quantity,unit
openai,0.0075,USD,2024-10-08,INV-1,acct-1,gpt-4o-2024-08-06,input,1807,tokens
openai,0.00025,USD,2024-10-08,INV-1,acct-1,gpt-4o-2024-08-06,cache_read,200,tokens
openai,3.50,USD,2024-10-08,INV-1,acct-1,gpt-4o-2024-08-06,output,350000,tokens
openai,0.02,USD,2024-10-08,INV-1,acct-1,,search,2,searches
openai,0.0019425,USD,2024-10-09,INV-1,acct-1,gpt-4o-2024-08-06,input,777,tokens
openai,24.00,USD,2024-10-08,INV-1,acct-1,,capacity,24,hours
openai,5.23,USD,2024-10-31,INV-1,acct-1,,tax,,
openai,-1.25,USD,2024-10-31,INV-1,acct-1,,credit,,
"""
TOTAL = Decimal("31.51")
BOOK_TABLES = ("book_event", "book_party", "book_entry", "book_line", "book_statement", "book_journal")


@pytest.fixture(scope="module")
def invoiced(books: Books, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The month, its invoice reconciled and allocated."""
    make(books)
    path = tmp_path_factory.mktemp("bill") / "openai.csv"
    path.write_text(BILL)
    bill.record(books.store, bill.checked(books.store, [path]))
    for done in reconciliation.reconcile(books.store, period("2024-10", None, None, "UTC")):
        invoice_share.allocate(books.store, done, "metered", "a test")
    return books


def exported(books: Books, view: str, version: str = "1.4", month: str = "2024-10", now: datetime = NOW):
    """Cost and Usage, and what stands beside it."""
    asked = Asked(period(month, None, None, "UTC"), version, view, "Example AG")  # type: ignore[arg-type]
    lines = beside.InvoiceLines()
    rows = pd.concat(lines.noting(cost_and_usage.frames(books.store, asked, 10**6)), ignore_index=True)
    return rows, beside.datasets(books.store, asked, lines, beside.issued(books.store, asked), now)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("view", ["provider", "internal"])
def test_an_export_of_a_reconciled_month_has_no_fault(invoiced: Books, version: str, view: str) -> None:
    rows, _ = exported(invoiced, view, version)
    names = frozenset(column.name for column in columns("CostAndUsage", version))
    assert faults(as_text(rows), names) == []


def test_the_provider_view_bills_the_invoice_to_the_cent_and_nothing_beside_it(invoiced: Books) -> None:
    rows, made = exported(invoiced, "provider")
    billed = rows[rows["BilledCost"] != 0]
    assert set(billed["InvoiceId"]) == {"INV-1"}
    assert set(billed["InvoiceIssuerName"]) == {"OpenAI"}
    assert billed["BilledCost"].sum() == TOTAL
    assert rows[rows["InvoiceId"] == "INV-1"]["EffectiveCost"].sum() == TOTAL
    detail = made["InvoiceDetail"]
    assert detail["BilledCost"].sum() == TOTAL
    by_category = detail.groupby("ChargeCategory")["BilledCost"].sum()
    assert (by_category["Tax"], by_category["Credit"], by_category["Purchase"]) == (
        Decimal("5.23"), Decimal("-1.25"), Decimal(24),
    )  # fmt: skip


def test_an_invoice_that_its_provider_numbered_is_issued_once_its_month_is_over(invoiced: Books) -> None:
    for now, status in ((NOW, "Issued"), (NOW.replace(month=10, day=20), "Open")):
        detail = exported(invoiced, "provider", now=now)[1]["InvoiceDetail"]
        assert set(detail["InvoiceId"]) == {"INV-1"}
        assert set(detail["InvoiceIssueStatus"]) == {status}
        # No bill tells when.
        assert detail["InvoiceIssueDate"].isna().all()


def test_a_charge_that_is_on_no_reconciled_invoice_names_none(invoiced: Books) -> None:
    rows, _ = exported(invoiced, "provider")
    [storage] = rows[rows["SkuId"] == "charge/openai/storage"].to_dict("records")
    assert (storage["InvoiceIssuerName"], storage["BilledCost"]) == ("OpenAI", 0)
    assert pd.isna(storage["InvoiceId"])


def test_what_is_billed_and_not_reconciled_is_in_no_provider_view(invoiced: Books) -> None:
    rows, _ = exported(invoiced, "provider", month="2024-11")
    assert rows["BilledCost"].sum() == 0


@pytest.fixture(scope="module")
def closed(invoiced: Books) -> Books:
    """The month closed, and November, in which a late call of October is an adjustment."""
    for table in BOOK_TABLES:
        invoiced.store.execute(f"TRUNCATE TABLE {table}")
    close.soft(invoiced.store, "2024-10", ANN, grace_days=0)
    close.hard(invoiced.store, "2024-10", BOB)
    late = {
        **SPAN,
        "ts": NOON,
        "input_tokens": 4000,
        "output_tokens": 100,
        "tenant_id": "globex",
        "cost_center": "cc-1",
    }
    invoiced.book(late, {**late, "ts": NOON.replace(month=11), "tenant_id": "acme"})
    close.soft(invoiced.store, "2024-11", ANN, grace_days=0)
    close.hard(invoiced.store, "2024-11", BOB)
    return invoiced


def test_a_closed_months_invoice_is_its_statement(closed: Books) -> None:
    for month in ("2024-10", "2024-11"):
        rows, made = exported(closed, "internal", month=month)
        detail = made["InvoiceDetail"]
        stated = {
            tenant: Decimal(issued.issued(closed.store, month, tenant).said["total"]["cost"])
            for tenant in set(detail["BillingAccountId"])
        }
        assert len(stated) > 1
        assert detail.groupby("BillingAccountId")["BilledCost"].sum().to_dict() == stated
        assert rows.groupby("BillingAccountId")["BilledCost"].sum().to_dict() == stated
        assert set(detail["InvoiceIssueStatus"]) == {"Issued"}
        assert detail["InvoiceIssueDate"].notna().all()
        assert set(made["BillingPeriod"]["BillingPeriodStatus"]) == {"Closed"}


def test_what_came_after_the_close_is_a_correction_in_the_open_months_file(closed: Books) -> None:
    rows, _ = exported(closed, "internal", month="2024-11")
    # Prepaid credits, of which the call uses some, are corrected, too.
    corrections = rows[rows["ChargeClass"] == "Correction"]
    [row] = corrections[corrections["BillingAccountId"] == "globex"].to_dict("records")
    assert (row["ChargePeriodStart"], row["BillingPeriodStart"]) == ("2024-10-08T00:00:00Z", "2024-11-01T00:00:00Z")
    assert (row["BillingAccountId"], row["InvoiceId"], row["x_CorrectionReason"]) == (
        "globex",
        "globex/2024-11",
        "late",
    )
    # 4,000 at 2.50 a million, 100 at 10.
    assert row["BilledCost"] == row["EffectiveCost"] == Decimal("0.011")
    names = frozenset(column.name for column in columns("CostAndUsage", "1.4"))
    for month in ("2024-10", "2024-11"):
        assert faults(as_text(exported(closed, "internal", month=month)[0]), names) == []


def test_the_files_of_all_months_together_are_the_ledger(closed: Books) -> None:
    billed = sum(exported(closed, "internal", month=month)[0]["BilledCost"].sum() for month in ("2024-10", "2024-11"))
    everything = {"from": datetime(2024, 10, 1, tzinfo=UTC), "to": datetime(2024, 12, 1, tzinfo=UTC)}
    assert billed == closed.store.value(
        "SELECT sum(effective_cost) FROM charges(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})",
        **everything,
    )


def test_a_month_that_is_closed_again_has_another_invoice(closed: Books) -> None:
    close.ask_to_reopen(closed.store, "2024-11", ANN, "a contract")
    close.reopen(closed.store, "2024-11", BOB)
    rows, made = exported(closed, "internal", month="2024-11")
    assert set(made["InvoiceDetail"]["InvoiceIssueStatus"]) == {"Open"}
    assert set(made["BillingPeriod"]["BillingPeriodStatus"]) == {"Open"}
    close.soft(closed.store, "2024-11", ANN, grace_days=0)
    close.hard(closed.store, "2024-11", BOB)
    rows, _ = exported(closed, "internal", month="2024-11")
    assert {name.partition("/")[2] for name in rows["InvoiceId"]} == {"2024-11/2"}
