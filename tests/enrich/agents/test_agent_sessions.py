"""Sessions of coding agents: with tools, failed attempts and turns; beside others that use as many tokens."""

from __future__ import annotations

import pytest
from captured_agents import LONGER, NAMES, SERVICES, again, booked, captured, forget, of_session, take, tokens, truth
from harness.books import Books

SIGNALS = ("logs", "metrics", "traces")
TOLD = [*((signal,) for signal in SIGNALS), ("metrics", "logs"), ("traces", "metrics"), ("traces", "logs"), SIGNALS]
COUNTS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")


@pytest.mark.parametrize("told", TOLD, ids="-".join)
def test_tools_retries_and_turns_are_booked_as_billed(books: Books, told: tuple[str, ...]) -> None:
    """The captures count their ids from 1 anew, each."""
    forget(books)
    for signal in told:
        take(books, [one for agent in (*LONGER, *NAMES) for one in captured(agent, signal)], f"longer {told} {signal}")
    for agent, service in SERVICES.items():
        billed = [call for name in (*LONGER, *NAMES) if name.startswith(agent) for call in truth(name)]
        rows = [row for row in booked(books) if row["service_name"] == service]
        if agent == "gemini" and told == ("traces",):
            # Its span leaves cached tokens and thoughts out.
            billed = [
                {**one, "cache_read_tokens": 0, "output_tokens": one["output_tokens"] - one["reasoning_tokens"]}
                for one in billed
            ]
        assert tokens(rows) == tuple(sum(call[name] for call in billed) for name in COUNTS)
        if told != ("metrics",) or agent == "gemini":
            assert sum(row["calls"] for row in rows) == len(billed)
        assert {(row["tenant_id"], row["status"]) for row in rows} == {("acme", "ok")}


def test_a_failed_attempt_is_kept_and_not_counted(books: Books) -> None:
    forget(books)
    take(books, captured("gemini-retries", "traces"), "failed attempts")
    rows = books.store.rows("SELECT counted, counted_reason FROM ledger FINAL ORDER BY ts")
    assert [row["counted"] for row in rows] == [0, 0, 1]
    assert rows[0]["counted_reason"] == "a failed attempt, of which nothing is billed"


@pytest.mark.parametrize("agent", NAMES)
def test_two_users_who_use_as_many_tokens_at_once_make_two_calls(books: Books, agent: str) -> None:
    forget(books)
    one = [*captured(agent, "logs"), *captured(agent, "traces")]
    # The other's logs alone arrive, a moment earlier.
    other = of_session(again(agent, "logs", number=5, seconds=-0.002), "other")
    for place, requests in enumerate([other, one]):
        take(books, requests, f"two users {agent} {place}")
    rows = booked(books)
    assert [row["calls"] for row in rows] == [1, 1]
    assert len({row["session_id"] for row in rows}) == 2


@pytest.mark.parametrize(("seconds", "calls"), [(4, 1), (7, 2)])
def test_a_log_and_a_span_that_end_within_five_seconds_are_one_call(books: Books, seconds: int, calls: int) -> None:
    """Of one session and of as many tokens; they share no id."""
    forget(books)
    span = again("codex-plain", "traces", number=5, seconds=seconds)
    take(books, [*captured("codex-plain", "logs"), *span], f"apart {seconds}")
    assert sum(row["calls"] for row in booked(books)) == calls


@pytest.mark.parametrize("agent", NAMES)
def test_calls_of_two_tenants_are_two_whatever_each_tells(books: Books, agent: str) -> None:
    forget(books)
    take(books, captured(agent, "logs"), f"two tenants logs {agent}")
    told = of_session(again(agent, "traces", number=5, seconds=1), "other", tenant_id="globex")
    take(books, told, f"two tenants spans {agent}")
    assert sorted(row["tenant_id"] for row in booked(books)) == ["acme", "globex"]
