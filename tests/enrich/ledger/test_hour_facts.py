"""What sums of an hour do not tell is noted with them: whom its calls name, and which of them brought little."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from harness.books import Books

from spanledger_enrich.books.forgetting import forget
from spanledger_enrich.ledger.hour_sums import distrust, sum_hours
from spanledger_sql.store import Store

TEN = datetime(2024, 10, 8, 10, tzinfo=UTC)
MIDNIGHT = datetime(2024, 10, 9, tzinfo=UTC)
CALL: dict[str, Any] = {
    "tenant_id": "acme", "feature": "chat", "provider": "openai", "request_model": "gpt-4o-2024-08-06",
    "session_id": "s", "run_id": "", "user_id": "alice", "input_tokens": 3000,
    "cache_read_tokens": 0, "output_tokens": 100, "usage_source": "reported", "status": "ok", "service_tier": "",
    "cost_center": "",
}  # fmt: skip


@pytest.fixture
def talk(books: Books) -> Iterator[Books]:
    """A session over a full hour and over midnight, whose hours are summed."""
    books.book_alone(
        at(TEN, -400), at(TEN, -90), at(TEN, -30, status="error"), at(TEN, 20), at(TEN, 200, user_id="bob", run_id="r"),
        at(TEN, 600, finish_reason="length"), at(TEN, 900, session_id="t"),
        at(MIDNIGHT, -400), at(MIDNIGHT, -200), at(MIDNIGHT, -10), at(MIDNIGHT, 100),
    )  # fmt: skip
    take_sums(books.store)
    yield books
    books.empty()


def at(moment: datetime, second: float, **changes: Any) -> dict[str, Any]:
    return {**CALL, "ts": moment + timedelta(seconds=second), "finish_reason": "", "usage_note": "", **changes}


def take_sums(store: Store) -> None:
    while sum_hours(store, quiet_s=0, margin_s=0, rows=2):
        pass


def told(books: Books, **period: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    waste = books.report("finance/waste", ["tenant", "feature", "model"], **period)
    return waste, books.report("finance/unit_costs", ["tenant", "feature"], **period)


def as_calls_say(books: Books, **period: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    distrust(books.store)
    return told(books, **period)


def test_what_was_noted_is_what_calls_say(talk: Books) -> None:
    noted = told(talk)
    assert {row["waste"]: row["calls"] for row in noted[0]} == {
        "failed": 1, "tried again": 1, "cut off": 1, "missed cache": 4,
    }  # fmt: skip
    assert [(row["sessions"], row["runs"], row["users"]) for row in noted[1]] == [(2, 1, 2)]
    part = {"from": TEN - timedelta(minutes=20), "to": TEN + timedelta(minutes=12)}
    noted_of_part = told(talk, **part)
    assert as_calls_say(talk) == noted
    assert as_calls_say(talk, **part) == noted_of_part


def test_no_call_is_read_of_hours_that_were_noted(talk: Books) -> None:
    talk.store.execute("ALTER TABLE hour_waste UPDATE waste = 'noted' WHERE 1 SETTINGS mutations_sync = 2")
    talk.store.execute("ALTER TABLE hour_names UPDATE sessions = [1, 2, 3] WHERE 1 SETTINGS mutations_sync = 2")
    waste, units = told(talk)
    assert {row["waste"] for row in waste} == {"noted"}
    assert [row["sessions"] for row in units] == [3]


def test_a_late_call_changes_what_the_next_hour_wasted(talk: Books) -> None:
    before = told(talk)
    talk.book(at(TEN, -5, status="error", session_id="t2"), at(TEN, 30, session_id="t2"))
    take_sums(talk.store)
    # One whose failure comes after what followed was noted, in the hour after.
    talk.book(at(MIDNIGHT, 30, session_id="late"))
    take_sums(talk.store)
    talk.book(at(MIDNIGHT, -10, session_id="late", status="error"))
    (again,) = [row["calls"] for row in told(talk)[0] if row["waste"] == "tried again"]
    assert again == 3
    take_sums(talk.store)
    noted = told(talk)
    assert noted == as_calls_say(talk) != before


def test_days_sum_to_their_period_whatever_came_before_midnight(talk: Books) -> None:
    def missed(begin: datetime, end: datetime) -> Any:
        rows = talk.report("finance/waste", **{"from": begin, "to": end})
        return sum(row["cost"] for row in rows if row["waste"] == "missed cache")

    def all_of_it() -> Any:
        return missed(MIDNIGHT - timedelta(days=1), MIDNIGHT + timedelta(days=1))

    def by_day() -> Any:
        return missed(MIDNIGHT - timedelta(days=1), MIDNIGHT) + missed(MIDNIGHT, MIDNIGHT + timedelta(days=1))

    assert all_of_it() == by_day() > 0
    distrust(talk.store)
    assert all_of_it() == by_day() > 0


def test_a_name_that_is_forgotten_goes_from_what_was_noted_and_is_counted_once(talk: Books) -> None:
    before = told(talk)
    forget(talk.store, "user", "alice", "forgotten-12ab34cd")
    assert talk.store.value("SELECT count() FROM hour_names WHERE has(users, cityHash64('alice'))") == 0
    talk.book(at(TEN, 5000, user_id="forgotten-12ab34cd", session_id="s"))
    assert [row["users"] for row in told(talk)[1]] == [row["users"] for row in before[1]] == [2]


@pytest.mark.parametrize(
    ("says", "waste"),
    [
        ({"finish_reason": "length"}, "cut off"),
        ({"usage_note": "stream abandoned"}, "abandoned"),
        ({"status": "error"}, "failed"),
    ],
)
def test_what_one_call_wasted_is_noted_where_none_names_a_session(
    books: Books, says: dict[str, Any], waste: str
) -> None:
    nobody = {"session_id": "", "user_id": ""}
    books.book_alone(at(TEN, 20, **nobody), at(TEN, 50, **nobody, **says), at(MIDNIGHT, 20, **nobody))
    take_sums(books.store)
    assert [row["waste"] for row in books.store.rows("SELECT waste FROM hour_waste")] == [waste]
    assert [row["calls"] for row in told(books)[0]] == [1]
    books.empty()
