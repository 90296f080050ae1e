"""The journal: accrued while metered, reversed and payable once the invoice is allocated, balanced to the cent."""

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanledger_enrich.books.closing import close
from spanledger_enrich.books.closing.journal import to_cents

ANN, BOB = close.Person("ann", "ann"), close.Person("bob", "bob")
COSTS = {"cc-1": "10.004", "cc-2": "5.004", "": "1.004"}
JOURNAL = (
    "SELECT says, account, cost_center, debit - credit AS amount FROM book_journal INNER JOIN book_event AS event "
    "USING (posting) WHERE book_journal.month = {month:String} ORDER BY event.number, line"
)
AMOUNTS = st.decimals(-1000, 1000, places=12)


@pytest.fixture
def october(own_books):
    own_books.fill(*(
        {"cost_center": center, "price_status": "priced", "list_cost": Decimal(cost), "contracted_cost": Decimal(cost)}
        for center, cost in COSTS.items()
    ))  # fmt: skip
    return own_books


def close_month(books, month):
    close.soft(books.store, month, ANN, grace_days=0)
    close.hard(books.store, month, BOB)
    return [tuple(row.values()) for row in books.store.rows(JOURNAL, month=month)]


def invoice(books, difference):
    """The provider's bill is allocated: so much more than was metered."""
    books.store.insert("bill_adjustment", [{
        "reconciliation_id": "r1", "provider": "openai", "tenant_id": "acme", "cause": "missing_usage",
        "amount": Decimal(difference),
    }])  # fmt: skip
    books.store.insert("reconciliation", [{
        "reconciliation_id": "r1", "provider": "openai", "first_day": date(2024, 10, 1), "last_day": date(2024, 10, 31),
        "begins": datetime(2024, 10, 1, tzinfo=UTC), "ends": datetime(2024, 11, 1, tzinfo=UTC),
    }])  # fmt: skip


def test_what_is_metered_is_accrued_by_cost_centre(october):
    # The total is 16.012: two cents less than the sum of the parts rounded down, which the largest remainders get.
    assert close_month(october, "2024-10") == [
        ("accrual", "expense", "", Decimal("1.01")),
        ("accrual", "expense", "cc-1", Decimal("10.00")),
        ("accrual", "expense", "cc-2", Decimal("5.00")),
        ("accrual", "accrued", "", Decimal("-16.01")),
    ]


def test_the_accrual_is_reversed_when_the_invoice_comes(october):
    close_month(october, "2024-10")
    invoice(october, "0.488")
    assert close_month(october, "2024-11") == [
        ("reversal", "expense", "", Decimal("-1.01")),
        ("reversal", "expense", "cc-1", Decimal("-10.00")),
        ("reversal", "expense", "cc-2", Decimal("-5.00")),
        ("reversal", "accrued", "", Decimal("16.01")),
        ("invoice", "expense", "", Decimal("1.49")),
        ("invoice", "expense", "cc-1", Decimal("10.01")),
        ("invoice", "expense", "cc-2", Decimal("5.00")),
        ("invoice", "payable", "", Decimal("-16.50")),
    ]
    accounts = defaultdict(Decimal)
    for month in ("2024-10", "2024-11"):
        for row in october.store.rows(JOURNAL, month=month):
            accounts[row["account"]] += row["amount"]
    assert accounts == {"expense": Decimal("16.50"), "accrued": 0, "payable": Decimal("-16.50")}


def test_what_is_payable_is_the_invoice_where_charges_stand_beside_it(october):
    october.store.insert("charge", [{
        "charge_id": "seats", "kind": "seats", "amount": Decimal(30), "begins": datetime(2024, 10, 1, tzinfo=UTC),
        "ends": datetime(2024, 11, 1, tzinfo=UTC), "provider": "openai", "policy": "even",
    }])  # fmt: skip
    october.store.insert(
        "charge_share", [{"charge_id": "seats", "version": 1, "tenant_id": "acme", "amount": Decimal(30)}]
    )
    october.store.insert("charge_allocation", [{"charge_id": "seats", "version": 1}])
    close_month(october, "2024-10")
    invoice(october, "0.488")
    close_month(october, "2024-11")
    accounts = defaultdict(Decimal)
    for month in ("2024-10", "2024-11"):
        for row in october.store.rows(JOURNAL, month=month):
            accounts[row["account"]] += row["amount"]
    assert accounts == {"expense": Decimal("46.50"), "accrued": Decimal(-30), "payable": Decimal("-16.50")}


def test_an_invoice_that_is_there_at_the_close_needs_no_accrual(october):
    invoice(october, "-0.012")
    rows = close_month(october, "2024-10")
    assert {says for says, *_ in rows} == {"invoice"}
    assert rows[-1] == ("invoice", "payable", "", Decimal("-16.00"))


def test_a_month_that_is_closed_again_posts_what_is_other_than_before(october):
    close_month(october, "2024-10")
    close.ask_to_reopen(october.store, "2024-10", ANN, "a contract")
    close.reopen(october.store, "2024-10", BOB)
    october.add(
        {"cost_center": "cc-2", "price_status": "priced", "list_cost": Decimal(2), "contracted_cost": Decimal(2)}
    )
    rows = close_month(october, "2024-10")
    assert rows[4:] == [
        ("accrual", "expense", "cc-2", Decimal("2.00")),
        ("accrual", "accrued", "", Decimal("-2.00")),
    ]


@given(st.dictionaries(st.text(max_size=3), AMOUNTS, min_size=1))
def test_cents_sum_to_the_rounded_total_and_none_is_off_by_a_cent(exact):
    found = to_cents(exact)
    assert sum(found.values()) == round(sum(exact.values()), 2)
    assert all(abs(found[name] - exact[name]) < Decimal("0.01") for name in exact)
