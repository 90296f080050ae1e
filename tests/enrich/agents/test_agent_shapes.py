"""What agents send in longer sessions, made of the captures: more calls, failed attempts, counters that go on."""

from __future__ import annotations

import random
from typing import Any

import pytest
from captured_agents import (
    NAMES,
    again,
    api_request,
    booked,
    captured,
    forget,
    rewritten,
    take,
    token_usage,
    tokens,
    truth,
)
from harness.books import Books

from spanledger_collector.export_request import ExportRequest

SIGNALS = ("logs", "metrics", "traces")


def two_calls(signal: str) -> list[ExportRequest]:
    """Each agent's captured call, and another one twenty seconds later. Gemini CLI's counters go on."""
    return [
        request
        for agent in NAMES
        for request in captured(agent, signal)
        + again(agent, signal, number=5, seconds=20, times=2 if (agent, signal) == ("gemini-plain", "metrics") else 1)
    ]


def billed_twice() -> tuple[int, ...]:
    names = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    return tuple(2 * sum(truth(agent)[0][name] for agent in NAMES) for name in names)


@pytest.mark.parametrize(
    "told", [("metrics",), ("logs",), ("traces", "metrics"), ("metrics", "logs"), SIGNALS], ids="-".join
)
def test_calls_that_follow_are_booked_each(books: Books, told: tuple[str, ...]) -> None:
    forget(books)
    take(books, [request for signal in told for request in two_calls(signal)], f"two calls {told}")
    rows = booked(books)
    assert len(rows) == 6
    assert tokens(rows) == billed_twice()
    assert {row["price_status"] for row in rows} == {"priced"}


@pytest.mark.parametrize("seed", range(4))
def test_any_order_with_what_comes_twice_makes_the_same_ledger(books: Books, seed: int) -> None:
    forget(books)
    chance = random.Random(seed)
    told = [request for signal in SIGNALS for request in two_calls(signal)]
    told += chance.sample(told, 5)
    chance.shuffle(told)
    for part in range(3):
        take(books, told[part::3], f"shuffled {seed} {part}")
    rows = booked(books)
    assert tokens(rows) == billed_twice()
    assert [(row["granularity"], row["calls"]) for row in rows] == [("call", 1)] * 6


def test_counters_that_go_on_tell_what_those_of_intervals_do(books: Books) -> None:
    forget(books)
    first = captured("claude-plain", "metrics")
    then = again("claude-plain", "metrics", number=5, seconds=60)
    take(books, [*first, *then], "delta")
    by_intervals = tokens(booked(books))
    forget(books)

    def go_on(message: Any) -> None:
        for metric in message.resource_metrics[0].scope_metrics[0].metrics:
            metric.sum.aggregation_temporality = 2

    starts = rewritten(first, go_on)
    goes_on = rewritten(again("claude-plain", "metrics", number=5, seconds=60, times=2), go_on)
    take(books, [*starts, *goes_on], "cumulative")
    assert tokens(booked(books)) == by_intervals


def test_two_processes_of_one_session_count_apart(books: Books) -> None:
    forget(books)
    of_one = [(0, 60, "output", 10.0), (0, 120, "output", 14.0)]
    of_other = [(30, 90, "output", 100.0), (30, 150, "output", 107.0)]
    take(books, [token_usage(*of_one, *of_other, cumulative=True)], "two processes")
    assert tokens(booked(books))[3] == 14 + 107


def test_an_export_that_misses_a_call_by_a_moment_counts_nothing_twice(books: Books) -> None:
    forget(books)
    # The log of the second call says 59.9 s; the counter told of it only in the next interval.
    logs = [api_request(30, 1), api_request(59.9, 2)]
    metrics = token_usage(
        (0, 60, "input", 100), (0, 60, "output", 10), (60, 120, "input", 300), (60, 120, "output", 30)
    )
    take(books, [*logs, metrics], "crossing")
    rows = booked(books)
    assert (tokens(rows)[0], tokens(rows)[3]) == (400, 40)


def test_a_metric_that_says_the_model_without_its_date_is_of_the_same_calls(books: Books) -> None:
    forget(books)
    log = api_request(30, 1, model="claude-sonnet-4-5-20250929")
    take(books, [log, token_usage((0, 60, "input", 100), (0, 60, "output", 10))], "dated")
    [row] = booked(books)
    assert (row["granularity"], row["model"]) == ("call", "claude-sonnet-4-5-20250929")


def test_a_turn_of_hours_is_counted_by_its_calls(books: Books) -> None:
    """Codex counts a turn when it ends."""
    forget(books)
    early = again("codex-plain", "logs", number=4, seconds=-7200)

    def both(message: Any) -> None:
        for resource in message.resource_metrics:
            for metric in resource.scope_metrics[0].metrics:
                if metric.name == "codex.turn.token_usage":
                    for point in metric.histogram.data_points:
                        point.sum *= 2

    take(
        books, [*early, *captured("codex-plain", "logs"), *rewritten(captured("codex-plain", "metrics"), both)], "turn"
    )
    rows = booked(books)
    assert [row["granularity"] for row in rows] == ["call", "call"]
    assert tokens(rows) == (10004, 6000, 0, 124)


def test_failed_attempts_are_no_calls_billed(books: Books) -> None:
    forget(books)

    def fail(message: Any) -> None:
        for log in message.resource_logs[0].scope_logs[0].log_records:
            said = {one.key: one for one in log.attributes}
            if said["event.name"].value.string_value == "api_request":
                said["event.name"].value.string_value = log.body.string_value = "claude_code.api_error"
                for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens", "cost_usd"):
                    log.attributes.remove(said[name])

    attempts = rewritten(again("claude-plain", "logs", number=7, seconds=-3), fail)
    take(books, [*attempts, *captured("claude-plain", "logs"), *captured("claude-plain", "metrics")], "attempts")
    [row] = booked(books)
    assert (row["calls"], row["output_tokens"]) == (1, 38)
