"""The bridge from month to month sums exactly, and one driver moves its term alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from harness.books import Books

SEPTEMBER = datetime(2024, 9, 8, 12, 0, tzinfo=UTC)
BEFORE = {"before_from": datetime(2024, 9, 1, tzinfo=UTC), "before_to": datetime(2024, 10, 1, tzinfo=UTC)}
TERMS = ("volume", "mix", "tokens", "tier", "cache", "price")
CALL = {
    "request_model": "gpt-4o-2024-08-06", "input_tokens": 1000, "cache_read_tokens": 200, "output_tokens": 100,
    "service_tier": "",
}  # fmt: skip
MINI = {**CALL, "request_model": "gpt-4o-mini"}
PAIR = [CALL, MINI]


def bridge(books: Books, before: list[dict], after: list[dict]) -> dict:
    """The one row over both months, without what did not move."""
    days = [(SEPTEMBER, before), (SEPTEMBER + timedelta(days=30), after)]
    books.book_alone(*({**call, "ts": ts} for ts, calls in days for call in calls))
    (row,) = books.report("finance/movers", **BEFORE)
    assert row["before"] + sum(row[term] for term in TERMS) == row["after"]
    assert row["difference"] == row["after"] - row["before"] != 0
    return {term: row[term] for term in TERMS if abs(row[term]) > Decimal("1e-10")}


@pytest.mark.parametrize(
    ("driver", "after"),
    [
        ("volume", PAIR * 3),
        ("mix", [CALL, CALL]),
        ("tokens", [{**call, "output_tokens": 250} for call in PAIR]),
        ("tier", [{**call, "service_tier": "batch"} for call in PAIR]),
        ("cache", [{**call, "cache_read_tokens": 900} for call in PAIR]),
    ],
)
def test_one_driver_moves_its_term_alone(books: Books, driver: str, after: list[dict]) -> None:
    assert set(bridge(books, PAIR, after)) == {driver}


def test_a_price_moves_the_term_of_prices_alone(books: Books, spanledger: Callable[..., str], write: Callable) -> None:
    contract = write("kind,provider,model,discount_percent,valid_from", "discount,openai,,40,2024-10-01", name="c.csv")
    spanledger("prices", "import", contract, "--yes")
    try:
        told = bridge(books, PAIR, PAIR)
    finally:
        spanledger("prices", "remove", "c")
    assert set(told) == {"price"}
    before = sum(Decimal(row["list_cost"]) for row in books.store.rows("SELECT * FROM calls WHERE ts < '2024-10-01'"))
    assert told["price"] == -before * Decimal("0.4")


def test_more_fees_a_call_are_more_use(books: Books) -> None:
    once, thrice = ({**CALL, "other_units": f"{times} file_search_call"} for times in (1, 3))
    told = bridge(books, [once, once], [thrice])
    assert told == {"volume": -Decimal("0.00325") - Decimal("0.0025"), "tokens": Decimal("0.005")}


def test_least_charges_go_with_calls(books: Books) -> None:
    bridge(books, PAIR, PAIR * 2)
    books.store.execute(
        "ALTER TABLE ledger UPDATE contracted_cost = contracted_cost * 3 WHERE 1 SETTINGS mutations_sync = 1"
    )
    (row,) = books.report("finance/movers", **BEFORE)
    assert row["before"] + sum(row[term] for term in TERMS) == row["after"] == 2 * row["before"]
    assert all(abs(row[term]) < Decimal("1e-10") for term in TERMS[1:])


def test_more_calls_cost_what_a_call_did(books: Books) -> None:
    told = bridge(books, [CALL], [CALL, CALL, CALL])
    assert told == {"volume": 2 * (Decimal("0.002") + Decimal("0.00025") + Decimal("0.001"))}


def test_every_call_is_counted_once_whatever_it_used(books: Books) -> None:
    nothing = {**CALL, "input_tokens": 0, "cache_read_tokens": 0, "output_tokens": 0}
    used = ({"input_tokens": 900, "cache_write_tokens": 200}, {"output_tokens": 50, "reasoning_tokens": 50},
            {"web_searches": 2}, {"input_tokens": 10, "output_audio_tokens": 5, "output_tokens": 9}, {})  # fmt: skip
    books.book_alone(
        {**CALL, "ts": SEPTEMBER}, *({**nothing, **one, "ts": SEPTEMBER + timedelta(days=30)} for one in used)
    )
    (row,) = books.report("finance/movers", **BEFORE)
    assert row["before"] + sum(row[term] for term in TERMS) == row["after"]
    (told,) = books.store.rows(
        "SELECT sumIf(known_calls, first_of_call = 1) AS calls, sum(contracted_cost) AS cost FROM metered_charge "
        "WHERE contracted_cost IS NOT NULL AND ts > '2024-10-01'"
    )
    assert (row["calls_after"], row["after"]) == (told["calls"], told["cost"])
    assert told["calls"] >= 3


def test_drivers_together_sum_exactly(books: Books) -> None:
    told = bridge(
        books, PAIR, [{**CALL, "output_tokens": 7, "cache_read_tokens": 0}, CALL, {**MINI, "service_tier": "batch"}]
    )
    assert len(told) > 2


def test_waste_is_named_once_with_its_cost(books: Books) -> None:
    def call(second: float, **changes: object) -> dict[str, object]:
        return {
            **CALL,
            "session_id": "s",
            "ts": SEPTEMBER + timedelta(days=30, seconds=second),
            "finish_reason": "",
            **changes,
        }

    books.book_alone(
        call(0), call(10, status="error"), call(20), call(100), call(200, finish_reason="length", input_tokens=0,
                                                                   cache_read_tokens=0),
    )  # fmt: skip
    told = {row["waste"]: (row["calls"], row["cost"]) for row in books.report("finance/waste")}
    each = Decimal("0.002") + Decimal("0.00025") + Decimal("0.001")
    assert told == {"failed": (1, each), "tried again": (1, each), "cut off": (1, Decimal("0.001"))}
