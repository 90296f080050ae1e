"""Seats: so much a seat and month, over those who used one, by what they used."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from spanledger_enrich.books import allocation, commitment
from spanledger_enrich.books.commitment import Commitment

DECEMBER = datetime(2024, 12, 1, tzinfo=UTC)
SEATS = {
    "commitment": "claude-team", "kind": "seats", "amount": "300", "from": "2024-10-01", "to": "2024-11-01",
    "agents": ["claude-code"], "seats": 3,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_from_before(books):
    for table in ("llm_spans", "ledger", "enrich_progress", "commitment", "allocation", "allocation_row"):
        books.store.execute(f"TRUNCATE TABLE {table}")


def call(user, tokens, tenant="acme", day=8, **changes):
    return {
        "ts": datetime(2024, 10, day, 12, tzinfo=UTC), "user_id": user, "tenant_id": tenant, "agent": "claude-code",
        "provider": "anthropic", "request_model": "claude-3-5-sonnet-20240620", "input_tokens": tokens, **changes,
    }  # fmt: skip


def allocated(books, **changes):
    commitment.record(books.store, [Commitment.model_validate({**SEATS, **changes})], "seats.yaml")
    allocation.allocate(books.store, books.configuration, DECEMBER)
    rows = books.store.rows(
        "SELECT tenant_id, idle, sum(amount) AS amount FROM allocated_cost GROUP BY ALL ORDER BY ALL"
    )
    return {(row["tenant_id"], row["idle"]): row["amount"] for row in rows}


def test_used_seats_are_shared_by_tokens_and_the_others_are_idle(books):
    books.book(call("ann", 300), call("bob", 100, "globex"), call("someone", 999, agent=""))
    assert allocated(books) == {("acme", 0): 150, ("globex", 0): 50, ("(idle)", 1): 100}


def test_seats_that_nobody_used_are_idle_whole(books):
    assert allocated(books) == {("(idle)", 1): 300}


def test_more_users_than_seats_use_all_of_them(books):
    books.book(*[call(f"user {number}", 10) for number in range(5)])
    assert allocated(books) == {("acme", 0): 300}


def test_a_seat_is_used_or_not_in_each_month(books):
    books.book(call("ann", 10), call("ann", 10, ts=datetime(2024, 11, 2, tzinfo=UTC)))
    told = allocated(books, to="2024-12-01", amount="610")
    assert sum(told.values()) == 610
    assert float(told["acme", 0]) == pytest.approx(610 / 3)


def test_parts_sum_to_the_amount_to_the_last_digit(books):
    books.book(*[call(f"user {number}", 7 + number) for number in range(7)])
    assert sum(allocated(books, seats=11, amount="100").values()) == Decimal(100)


def test_agents_show_their_effective_cost_beside_the_list_cost(books):
    books.book(call("ann", 300))
    allocated(books)
    [row] = books.report("agents/usage", by=["agent"], own="", own_values=[], where=[])
    assert row["effective_cost"] == 100
    assert 0 < row["list_cost"] < 1


def test_idle_seats_stand_beside_those_that_were_used(books):
    books.book(call("ann", 300), call("bob", 100, "globex"))
    allocated(books)
    [row] = books.report("agents/seats")
    assert (row["commitment"], row["seats"], row["used_seats"], row["idle_seats"]) == ("claude-team", 3, 2, 1)
    assert (row["used_cost"], row["idle_cost"]) == (200, 100)
    assert 0 < row["list_cost"] < 1


def test_what_calls_cost_beyond_a_seats_allowance_is_theirs_besides(books):
    # 3 USD a million tokens: ann's calls cost 6 + 6 USD, bob's 3.
    million = 1_000_000
    booked = books.book(call("ann", 2 * million), call("ann", 2 * million, day=9), call("bob", million, "globex"))
    assert [row["contracted_cost"] for row in booked] == [6, 6, 3]
    told = allocated(books, allowance="7.5")
    assert told["(idle)", 1] == 100
    assert told["acme", 0] + told["globex", 0] == 200 + Decimal("4.5")
    assert told["acme", 0] == 160 + Decimal("4.5")
    [first, second, _] = books.store.rows(
        "SELECT sum(amount) AS amount FROM allocated_cost WHERE idle = 0 "
        "GROUP BY hour, tenant_id ORDER BY tenant_id, hour"
    )
    assert (first["amount"], second["amount"]) == (80, 80 + Decimal("4.5"))
    # Ann's calls cost twice as much, since a price was corrected.
    books.store.execute(
        "INSERT INTO ledger SELECT * REPLACE (contracted_cost * 2 AS contracted_cost, version + 1 AS version) "
        "FROM ledger FINAL WHERE user_id = 'ann'"
    )
    allocation.allocate(books.store, books.configuration, DECEMBER)
    assert books.store.value("SELECT sum(amount) FROM allocated_cost") == 300 + Decimal("16.5")
    assert books.report("agents/seats")[0]["overage_cost"] == Decimal("16.5")
    books.store.execute(
        "INSERT INTO ledger SELECT * REPLACE (contracted_cost / 2 AS contracted_cost, version + 1 AS version) "
        "FROM ledger FINAL WHERE user_id = 'ann'"
    )
    allocation.allocate(books.store, books.configuration, DECEMBER)
    [row] = books.report("agents/seats")
    assert (row["used_cost"], row["overage_cost"], row["idle_cost"]) == (200, Decimal("4.5"), 100)
    [row] = books.report("agents/usage", by=["agent"], own="", own_values=[])
    assert row["effective_cost"] == 200 + Decimal("4.5")


@pytest.mark.parametrize(
    "fields",
    [
        {"seats": 0},
        {"kind": "fee"},
        {"policy": "duration"},
        {"capacity": 5},
        {"idle": "shared"},
        {"kind": "fee", "seats": 0, "allowance": "5"},
    ],
    ids=str,
)
def test_seats_that_do_not_fit_together_are_refused(fields):
    with pytest.raises(ValidationError, match=r"(seats|allowance): expected"):
        Commitment.model_validate({**SEATS, **fields})
