"""The bridge from month to month sums exactly, and one driver moves its term alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from harness.books import Books

from spanledger_enrich.books import commitment, upkeep
from spanledger_enrich.books.commitment import Commitment

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
    return {term: row[term] for term in TERMS if row[term]}


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


EACH = Decimal("0.002") + Decimal("0.00025") + Decimal("0.001")


def of_session(second: float, **changes: object) -> dict[str, object]:
    ts = SEPTEMBER + timedelta(days=30, seconds=second)
    return {**CALL, "session_id": "s", "run_id": "", "ts": ts, "finish_reason": "", "usage_note": "", **changes}


def wasted(books: Books) -> dict[str, tuple[int, Decimal]]:
    return {row["waste"]: (row["calls"], row["cost"]) for row in books.report("finance/waste")}


def test_waste_is_named_once_with_its_cost(books: Books) -> None:
    nothing = {"input_tokens": 0, "cache_read_tokens": 0}
    books.book_alone(
        of_session(0), of_session(10, status="error"), of_session(20), of_session(100),
        of_session(200, finish_reason="length", **nothing),
        of_session(300, usage_note="stream abandoned", session_id=""),
        of_session(300, finish_reason="abort", session_id=""),
    )  # fmt: skip
    assert wasted(books) == {
        "failed": (1, EACH), "tried again": (1, EACH), "cut off": (1, Decimal("0.001")), "abandoned": (2, 2 * EACH),
    }  # fmt: skip


def test_what_a_commitment_pays_wastes_its_part_and_counts_once(books: Books) -> None:
    books.book_alone(of_session(0, status="error"), of_session(3600, session_id="", tenant_id="globex"))
    day = {"from": "2024-10-08", "to": "2024-10-09"}
    capacity = {"commitment": "ptu", "kind": "reserved throughput", "amount": "24", "models": "gpt-4o", **day}
    commitment.record(books.store, [Commitment.model_validate(capacity)], "a test")
    try:
        upkeep.bring_up_to_date(books.store, books.configuration)
        rows = books.report("finance/waste")
        # Two hours had a call, each of which costs its hour; 22 hours had none.
        assert [(row["waste"], row["calls"], row["cost"], row["share"]) for row in rows] == [
            ("idle commitment", 0, 22, pytest.approx(22 / 24)), ("failed", 1, 1, pytest.approx(1 / 24)),
        ]  # fmt: skip
        whole = sum(row["effective_cost"] for row in books.report("finance/owners"))
        assert whole == sum(row["effective_cost"] for row in books.report("finance/unit_costs", ["tenant"])) == 24
    finally:
        commitment.remove(books.store, "ptu")
        for table in ("commitment", "allocation", "allocation_row"):
            books.store.execute(f"TRUNCATE TABLE {table}")


def test_discounts_of_the_cache_that_a_session_missed(books: Books) -> None:
    def talk(second: float, tokens: int, read: int = 0, **changes: object) -> dict[str, object]:
        return of_session(second, input_tokens=tokens, cache_read_tokens=read, **changes)

    claude: dict[str, Any] = {
        "provider": "anthropic",
        "request_model": "claude-3-5-sonnet-20240620",
        "session_id": "",
        "run_id": "r",
    }
    books.book_alone(
        talk(0, 2000), talk(60, 3000, 500), talk(120, 4000, 3000), talk(180, 1000), talk(190, 1100),
        # After more than five minutes, after a short prompt, of another tenant: nothing is missed.
        talk(600, 5000), talk(700, 900, session_id="t"), talk(710, 2000, session_id="t"),
        talk(610, 6000, tenant_id="globex"),
        talk(0, 2000, **claude), talk(10, 3000, **claude), talk(20, 4000, **claude),
        talk(5, 1500, **{**claude, "run_id": "q"}),
    )  # fmt: skip
    # By hand, USD a million. gpt-4o: 2.50, from the cache 1.25: 2,000 - 500 tokens of the second call. Claude: 3, from
    # the cache 0.30, into it 3.75: the second reads 2,000, written for it; the third 3,000, of which 1,000 are new.
    missed = {
        "gpt-4o-2024-08-06": 1500 * Decimal("1.25"),
        "claude-3-5-sonnet-20240620": 2000 * (Decimal("2.70") - Decimal("0.75"))
        + 3000 * Decimal("2.70") - 1000 * Decimal("0.75"),
    }  # fmt: skip
    rows = books.report("finance/waste", ["model"])
    assert {row["model"]: row["cost"] * 1_000_000 for row in rows} == missed
    assert [(row["waste"], row["calls"]) for row in rows] == [("missed cache", 2), ("missed cache", 1)]
    (whole,) = books.report("finance/unit_costs")
    assert books.report("finance/waste")[0]["share"] == pytest.approx(
        float(sum(missed.values())) / 1e6 / float(whole["effective_cost"])
    )


def test_the_whole_comes_before_who_moved_it_and_counts_as_no_row(books: Books) -> None:
    days = [(SEPTEMBER, PAIR), (SEPTEMBER + timedelta(days=30), PAIR * 2)]
    books.book_alone(
        *({**call, "tenant_id": f"t{n}", "ts": ts} for ts, calls in days for call in calls for n in range(3))
    )
    (whole,) = books.report("finance/movers", **BEFORE)
    parts = books.report("finance/movers", ["tenant"], **BEFORE, rows=2)
    both = books.report("finance/movers", ["tenant", "(whole)"], **BEFORE, rows=2)
    assert [row["tenant"] for row in both] == ["", "t0", "t1"]
    for row, alone in zip(both, [{**whole, "all_rows": 3}, *parts], strict=True):
        # Of drivers the last digits hang on the order in which shares are summed.
        assert {**row, **dict.fromkeys(TERMS)} == {**alone, **dict.fromkeys(TERMS)}
        assert all(abs(row[term] - alone[term]) < Decimal("1e-10") for term in TERMS)
