"""The commands that close a month, from a soft close to a proved statement, and what they refuse."""

import json
from decimal import Decimal

import pytest

KNOWN = {
    "price_status": "priced", "list_cost": Decimal("1.10"), "contracted_cost": Decimal("1.05"), "energy_wh": 2.0,
    "energy_wh_low": 1.0, "energy_wh_high": 3.0, "co2e_g": 0.5, "co2e_g_low": 0.25, "co2e_g_high": 0.75,
}  # fmt: skip
EVENTS = ("book_event", "book_party", "book_entry", "book_line", "book_statement", "book_journal")


@pytest.fixture
def october(books):
    """A ledger of two tenants in October 2024, and empty books."""
    for table in EVENTS:
        books.store.execute(f"TRUNCATE TABLE {table}")
    books.fill(
        {**KNOWN, "tenant_id": "acme", "cost_center": "cc-1"},
        {**KNOWN, "tenant_id": "acme", "cost_center": "cc-2"},
        {**KNOWN, "tenant_id": "globex", "cost_center": ""},
    )


@pytest.fixture
def closed(october, spanledger):
    spanledger("close", "soft", "2024-10", "--as", "ann", "--grace", 0)
    return spanledger("close", "hard", "2024-10", "--as", "bob")


def late(books, **changes):
    [row] = books.store.rows("SELECT * FROM ledger WHERE tenant_id = 'acme' LIMIT 1")
    books.store.insert("ledger", [{**row, "trace_id": "f" * 32, **changes}])


def test_a_month_is_closed_stated_and_proved(closed, spanledger, tmp_path):
    assert "2024-10 is closed by bob, prepared by ann" in closed
    for form in ("html", "csv", "json"):
        file = tmp_path / f"acme.{form}"
        spanledger("statement", "2024-10", "--tenant", "acme", "--output", file)
        assert "is the statement that was issued" in spanledger("verify", file)
    said = json.loads(file.read_text())
    assert said["statement"]["total"]["cost"] == "2.100000000000"
    assert said["statement"]["total"]["co2e_g_most"] == "1.500000000000"


def test_what_comes_late_is_an_adjustment_and_the_statement_stays(closed, books, spanledger, tmp_path):
    before = spanledger("statement", "2024-10", "--tenant", "acme", "--format", "html")
    late(books)
    told = spanledger("close", "soft", "2024-11", "--as", "ann", "--grace", 0)
    assert "adjustments in 2024-11 to 2024-10: 1 entry, late, 1.050000000000 USD, 0.5 g" in told
    spanledger("close", "hard", "2024-11", "--as", "bob")
    assert spanledger("statement", "2024-10", "--tenant", "acme", "--format", "html") == before
    [line] = json.loads(spanledger("statement", "2024-11", "--tenant", "acme"))["statement"]["lines"]
    assert (line["service_month"], line["reason"], line["cost"]) == ("2024-10", "late", "1.050000000000")
    assert "the books hold" in spanledger("verify")
