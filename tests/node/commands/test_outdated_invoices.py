"""An invoice that was allocated is what tenants pay together; where something moved since, what rests on it says so."""

import csv
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from harness.command import in_process

CALL = {
    "price_status": "priced", "list_cost": Decimal("1.05"), "contracted_cost": Decimal("1.05"),
    "ts": datetime(2024, 9, 8, tzinfo=UTC),
}  # fmt: skip
BILL = "provider,amount,currency,day,model,meter,quantity,unit\nopenai,2.20,USD,2024-09-08,gpt-4o,all,220,tokens\n"
SEPTEMBER = ("--month", "2024-09")
OUTDATED = "the invoice of openai for 2024-09-01 to 2024-09-30 is not what it was when it was allocated"


@pytest.fixture
def told(books, spanledger):
    def run(*arguments):
        return in_process(*arguments, data_dir=books.configuration.data_dir).stderr

    return run


def test_what_moved_since_an_invoice_was_allocated_is_told_beside_what_rests_on_it(books, told, tmp_path):
    books.fill({**CALL, "tenant_id": "acme"}, {**CALL, "tenant_id": "globex"})
    bill = tmp_path / "openai.csv"
    bill.write_text(BILL)
    told("bills", "import", bill)
    told("reconcile", *SEPTEMBER, "--allocate", "even")
    exported = tmp_path / "september.csv"
    export = ("focus", "export", "--version", "1.4", "--view", "provider", *SEPTEMBER, "--output", exported)

    def billed():
        return sum(Decimal(row["BilledCost"]) for row in csv.DictReader(exported.open()))

    assert OUTDATED not in told(*export)
    assert billed() == Decimal("2.20")
    assert OUTDATED not in told("close", "soft", "2024-09", "--as", "ann", "--grace", 0)
    assert OUTDATED not in told("close", "hard", "2024-09", "--as", "bob")
    books.add({**CALL, "tenant_id": "acme"}, {**CALL, "tenant_id": "acme", "provider": "anthropic"})
    said = told(*export)
    assert f"{OUTDATED}: its calls cost 1.050000000000 USD more, and so are tenants charged together" in said
    again = "reconcile --from 2024-09-01 --to 2024-10-01 --provider openai --allocate even"
    assert f"'spanledger {again}'" in said
    assert billed() == Decimal("3.25")
    assert OUTDATED in told("bills", "shares", *SEPTEMBER)
    # The month that is closed has none of it: an adjustment to the one before has.
    assert OUTDATED in told("close", "soft", "2024-10", "--as", "ann", "--grace", 0)
    told(*again.split())
    assert OUTDATED not in told(*export)
    assert billed() == Decimal("2.20")
    assert OUTDATED not in told("close", "soft", "2024-10", "--as", "ann", "--grace", 0)
    told("bills", "remove", "openai.csv")
    assert f"{OUTDATED}: it has other bills. It is" in told("bills", "shares", *SEPTEMBER)
