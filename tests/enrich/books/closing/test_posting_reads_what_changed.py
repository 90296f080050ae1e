"""A posting reads the months that changed, whatever changed them, and leaves the others alone."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from harness.books import NOON

from spanledger_enrich.books.closing import close
from spanledger_enrich.books.closing.posting import stretches
from spanledger_sql.definitions.schema_file import tables, views
from spanledger_sql.store import statement

ANN = close.Person("ann", "ann")
CALL = {
    "cost_center": "", "price_status": "priced", "list_cost": Decimal(2), "contracted_cost": Decimal(2), "co2e_g": 1.5,
}  # fmt: skip
NOVEMBER = datetime(2024, 11, 12, tzinfo=UTC)
OCTOBER = {"begins": datetime(2024, 10, 2, tzinfo=UTC), "ends": datetime(2024, 10, 30, tzinfo=UTC)}
DAYS = {"first_day": date(2024, 10, 2), "last_day": date(2024, 10, 30)}
# What entries are made from, by table: rows that are of October, in the order that they are written in.
SOURCES = {
    "calls": [("ledger", {**CALL, "trace_id": "f" * 32, "span_id": "f" * 16, "ts": NOON, "counted": 1, "version": 1})],
    "idle energy": [("idle_energy", {"host_name": "gpu-1", "hour": NOON, "energy_wh": 100.0, "version": 1})],
    "commitments": [("commitment", {"commitment_id": "ptu", "amount": Decimal(10), **OCTOBER})],
    "their parts": [
        ("allocation_row", {"commitment_id": "x", "version": 1, "hour": NOON, "tenant_id": "acme", "amount": 1}),
        ("allocation", {"commitment_id": "x", "version": 1}),
    ],
    "charges": [("charge", {"charge_id": "seats", "amount": Decimal(30), **OCTOBER})],
    "their shares": [
        ("charge", {"charge_id": "seats", "amount": Decimal(30), **OCTOBER}),
        ("charge_share", {"charge_id": "seats", "version": 1, "tenant_id": "acme", "amount": Decimal(15)}),
        ("charge_allocation", {"charge_id": "seats", "version": 1}),
    ],
    "what calls draw of prepaid credits": [
        ("charge_allocation", {"charge_id": "wallet", "version": 1}),
        (
            "prepaid_draw",
            {"charge_id": "wallet", "version": 1, "hour": NOON, "tenant_id": "acme", "amount": Decimal(1)},
        ),
    ],
    "reconciliations": [
        ("bill_adjustment", {"reconciliation_id": "r", "tenant_id": "acme", "cause": "tax", "amount": Decimal(1)}),
        ("reconciliation", {"reconciliation_id": "r", "provider": "openai", **DAYS, **OCTOBER}),
    ],
    "bills": [("bill", {"bill_id": "b", "currencies": ["EUR"], **DAYS})],
    "exchange rates": [
        ("bill", {"bill_id": "c", "currencies": ["EUR"], **DAYS}),
        ("exchange_rate", {"currency": "EUR", "valid_from": NOON, "usd": Decimal("1.1")}),
    ],
}


@pytest.fixture
def empty_books(books):
    """The module's ledger without any source of entries, and books that have not begun."""
    named = [table for of in SOURCES.values() for table, _ in of]
    for table in dict.fromkeys([*named, "book_event", "book_party", "book_entry"]):
        books.store.execute(f"TRUNCATE TABLE {table}")
    return books


@pytest.fixture
def marks(empty_books):
    """What the months' marks are."""

    def now():
        rows = empty_books.store.rows(
            statement("closing/marks"), timezone="UTC",
            **{"from": datetime(2024, 7, 1, tzinfo=UTC), "to": datetime(2024, 12, 1, tzinfo=UTC)},
        )  # fmt: skip
        return {row["month"]: row["mark"] for row in rows}

    return now


@pytest.mark.parametrize("source", SOURCES)
def test_whatever_entries_are_made_from_changes_its_months_mark(empty_books, marks, source):
    *known, (table, row) = SOURCES[source]
    for one, of in known:
        empty_books.store.insert(one, [of])
    before = marks()
    empty_books.store.insert(table, [row])
    after = marks()
    changed = {month for month in after if after[month] != before.get(month)}
    # A rate holds for what comes after it, too.
    assert changed == ({"2024-10", "2024-11", "2024-12"} if source == "exchange rates" else {"2024-10"})


def test_what_entries_are_made_from_is_in_the_marks():
    # What is in no mark would change and never be posted. The lines of a bill never change; where prices do, the calls
    # that they are of are written anew.
    unchanging = {"bill_line", "price_list", "price_superseded"}
    left_out = read(statement("closing/1_entries")) - read(statement("closing/marks")) - unchanging
    assert {table for table in left_out if not table.startswith("book_")} == set()


def read(text):
    """The tables that a text reads, also through views."""
    known = {made: file for file in [*tables(), *views()] for made in file.makes}
    found, open_ = set(), {word for word in re.findall(r"\w+", re.sub(r"--.*", "", text)) if word in known}
    while open_:
        name = open_.pop()
        found.add(name)
        if known[name].name.startswith("views/"):
            open_ |= {one for one in known[name].needs if one in known} - found
    return {name for name in found if not known[name].name.startswith("views/")}


def test_a_month_that_did_not_change_is_left_alone(empty_books):
    empty_books.fill(CALL, {**CALL, "ts": NOVEMBER})
    for month in ("2024-10", "2024-11"):
        assert close.record(empty_books.store, month, ANN).said["entries"]["count"] == 1
    empty_books.store.execute(
        "ALTER TABLE book_entry DELETE WHERE service_month = '2024-10'", settings={"mutations_sync": 2}
    )
    empty_books.add({**CALL, "ts": NOVEMBER})
    assert close.record(empty_books.store, "2024-11", ANN).said["entries"]["count"] == 1
    assert close.record(empty_books.store, "2024-11", ANN) is None
    # It is read once it changes, and then it is read whole.
    empty_books.add(CALL)
    assert close.record(empty_books.store, "2024-11", ANN).said["entries"]["count"] == 2


def test_what_was_read_for_a_posting_that_is_not_in_force_is_read_again(empty_books, monkeypatch):
    empty_books.fill(CALL)
    monkeypatch.setattr("spanledger_enrich.books.closing.chain.append", killed)
    with pytest.raises(InterruptedError):
        close.record(empty_books.store, "2024-10", ANN)
    monkeypatch.undo()
    assert close.record(empty_books.store, "2024-10", ANN).said["entries"]["count"] == 1


def killed(*_, **__):
    raise InterruptedError


def test_a_changed_month_is_read_with_the_one_after_it():
    assert stretches({"2024-01", "2024-02", "2024-11", "2025-01"}, "2025-01") == [
        ("2024-01", "2024-03"), ("2024-11", "2025-01"),
    ]  # fmt: skip
    assert stretches(set(), "2025-01") == []
