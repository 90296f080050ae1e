"""A call's cost centre is its tenant's at its time: a reorganisation splits a month, and rewrites nothing."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from harness.command import in_process

from spanledger_enrich.books import charge
from spanledger_enrich.books.charge import Charge

MONTH = ("--month", "2024-10", "--timezone", "Europe/Berlin")
# Berlin's midnight of 15 October.
MOVED = datetime(2024, 10, 14, 22, tzinfo=UTC)
HEAD = "tenant,valid_from,valid_to,cost_center,owner,name"
FIRST = (HEAD, "acme,,2024-10-20,cc-1,ann,Acme", "acme,2024-10-15,2024-11-10,cc-2,bob,Acme AG")


def span(ts, tokens, **more):
    """A call of 2.50 USD a million tokens."""
    return {"ts": ts, "tenant_id": "acme", "input_tokens": tokens, "cost_center": "", **more}


CALLS = (
    span(MOVED - timedelta(seconds=1), 1_000_000),
    span(MOVED, 2_000_000),
    span(MOVED + timedelta(days=1), 4_000_000, cost_center="own"),
    span(MOVED, 8_000_000, tenant_id="globex"),
)


@pytest.fixture
def by_center(spanledger):
    def read(*of):
        printed = spanledger("chargeback", *(of or MONTH), "--by", "tenant,cost_center", "--format", "csv-exact")
        rows = csv.DictReader(io.StringIO(printed))
        return {(row["tenant"], row["cost_center"]): Decimal(row["effective_cost"]) for row in rows}

    return read


@pytest.fixture(autouse=True)
def _clean(books):
    yield
    for table in ("tenant_period", "charge", "charge_share", "charge_allocation", "book_history"):
        books.store.execute(f"TRUNCATE TABLE {table}")


def test_a_month_splits_to_the_moment_and_a_later_reorganisation_leaves_it_alone(books, spanledger, write, by_center):
    books.book_alone(*CALLS)
    assert by_center()["acme", ""] == Decimal("7.50")
    overlapping = write(*FIRST, name="tenants.csv")
    refused = " ".join(spanledger("tenants", "import", overlapping, "--timezone", "Europe/Berlin", fails=True).split())
    assert "tenants.csv: tenant 'acme': valid_to: 2024-10-19 22:00 UTC is after the next entry begins" in refused
    first = write(HEAD, FIRST[1].replace("2024-10-20", ""), FIRST[2], name="tenants.csv")
    spanledger("tenants", "import", first, "--timezone", "Europe/Berlin")
    spanledger("restate", "--reason", "cost centres")
    split = {
        ("acme", "cc-1"): Decimal("2.50"), ("acme", "cc-2"): Decimal("5.00"), ("acme", "own"): Decimal("10.00"),
        ("globex", ""): Decimal("20.00"),
    }  # fmt: skip
    assert by_center() == split
    owners = json.loads(spanledger("report", "finance/owners", *MONTH, "--format", "json"))
    assert {(row["owner"], row["cost_center"]): Decimal(row["effective_cost"]) for row in owners} == {
        ("ann", "cc-1"): Decimal("2.50"), ("bob", "cc-2"): 5, ("bob", "own"): 10, ("", ""): 20,
    }  # fmt: skip
    later = write(HEAD, "acme,2024-11-01,,cc-3,cid,Acme AG", name="later.csv")
    assert "valid_to" in spanledger("tenants", "import", later, "--timezone", "Europe/Berlin", fails=True)
    spanledger("tenants", "import", write(HEAD, "acme,2024-11-10,,cc-3,cid,Acme AG", name="later.csv"))
    books.book(span(datetime(2024, 11, 12, tzinfo=UTC), 1_000_000))
    spanledger("restate", "--reason", "again")
    assert by_center() == split
    assert by_center("--month", "2024-11") == {("acme", "cc-3"): Decimal("2.50")}
    [held] = json.loads(spanledger("tenants", "list", "--on", "2024-10-20", "--format", "json"))
    assert (held["cost_center"], held["owner"]) == ("cc-2", "bob")


def test_new_calls_and_charges_take_what_holds_at_their_time(books, spanledger, write, by_center):
    spanledger(
        "tenants", "import", write(HEAD, "acme,,2024-10-15,cc-1,,", "acme,2024-10-16,,cc-2,,", name="tenants.csv"),
        "--timezone", "Europe/Berlin",
    )  # fmt: skip
    books.book_alone(*CALLS[:2], span(MOVED + timedelta(days=1), 1_000_000))
    seats = {"charge": "s", "kind": "seats", "amount": "3", "from": "2024-10-01", "to": "2024-11-01", "tenant": "acme"}
    charge.record(books.store, [Charge.model_validate(seats)], "a test")
    assert by_center() == {
        ("acme", "cc-1"): Decimal("5.50"), ("acme", ""): Decimal("5.00"), ("acme", "cc-2"): Decimal("2.50"),
    }  # fmt: skip
    spanledger("tenants", "remove", "acme", "--from", "2024-10-16", "--timezone", "Europe/Berlin")
    assert len(json.loads(spanledger("tenants", "list", "--format", "json"))) == 1


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
def test_a_charge_of_a_day_on_which_a_tenant_moves_goes_where_it_moved_to(books, spanledger, write, zone):
    books.book_alone()
    moves = write(HEAD, "acme,2024-10-01,2024-10-15,cc-1,,", "acme,2024-10-15,2024-11-01,cc-2,,", name="tenants.csv")
    spanledger("tenants", "import", moves, "--timezone", zone)
    for name, day, until in (("a", "01", "2024-10-02"), ("b", "15", "2024-10-16"), ("c", "31", "2024-11-01")):
        seats = {"kind": "seats", "amount": "3", "from": f"2024-10-{day}", "to": until, "tenant": "acme"}
        charge.record(books.store, [Charge.model_validate({"charge": name, **seats})], "a test")
    october = "from = toDateTime64('2024-10-01', 9, 'UTC'), to = toDateTime64('2024-11-02', 9, 'UTC')"
    query = f"SELECT charge_id, cost_center FROM charges({october}) ORDER BY charge_id"
    assert [tuple(row.values()) for row in books.store.rows(query)] == [("a", "cc-1"), ("b", "cc-2"), ("c", "cc-2")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("acme,15.10.2024,,cc,,", "tenants.csv:2: valid_from: '15.10.2024': expected a day"),
        ("acme,2024-10-15,2024-10-15,cc,,", "tenants.csv:2: valid_to: expected a day after valid_from"),
        ("(idle),,,cc,,", "tenants.csv:2: tenant: expected a tenant"),
        ("acme,2024-10-15,,a,,\nacme,2024-10-15,,b,,", "tenants.csv:3: valid_from: 'acme' has an entry of that day"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_file_row_and_field(spanledger, write, line, told):
    refused = " ".join(spanledger("tenants", "import", write(HEAD, line, name="tenants.csv"), fails=True).split())
    assert told in refused


def test_days_at_other_midnights_than_the_months_of_the_books_are_told(books, spanledger, write):
    told = []
    for tenant, zone in (("acme", "Europe/Berlin"), ("globex", "UTC")):
        books.store.insert("book_party", [{"party": tenant, "tenant_id": tenant, "timezone": zone, "salt": ""}])
    days = write(
        HEAD, "acme,,,cc-1,ann,", "acme,2024-10-01,,cc-2,bob,", "globex,2024-10-01,,cc-3,eve,", name="days.csv"
    )
    try:
        for zone in ("UTC", "Europe/Berlin"):
            done = in_process("tenants", "import", days, "--timezone", zone, data_dir=books.configuration.data_dir)
            assert done.returncode == 0
            told.append(done.stderr)
    finally:
        books.store.execute("TRUNCATE TABLE book_party")
    assert (
        "days of acme begin at the midnights of UTC, and its months in the books at those of Europe/Berlin" in told[0]
    )
    assert "globex" not in told[0]
    assert "days of globex begin at the midnights of Europe/Berlin" in told[1]
    assert "acme" not in told[1]
