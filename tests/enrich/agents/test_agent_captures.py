"""What coding agents send by themselves, of any signals in any order, is booked as their providers billed it."""

from __future__ import annotations

import itertools

import pytest
from captured_agents import NAMES, booked, captured, forget, take, tokens, truth
from harness.books import Books

SIGNALS = ("logs", "metrics", "traces")
ORDERS = [order for size in (1, 2, 3) for order in itertools.permutations(SIGNALS, size)]


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
@pytest.mark.parametrize("agent", NAMES)
def test_a_call_is_one_row_whichever_signals_tell_of_it(books: Books, agent: str, order: tuple[str, ...]) -> None:
    forget(books)
    for signal in order:
        take(books, captured(agent, signal), f"{agent} {order} {signal}")
    rows = booked(books)
    [billed] = truth(agent)
    # Gemini CLI's span leaves cached tokens and thoughts out: its metrics tell of thoughts that no call does.
    if agent == "gemini-plain" and "logs" not in order and "traces" in order:
        assert sum(row["input_tokens"] for row in rows) == billed["input_tokens"]
        assert sum(row["output_tokens"] for row in rows) == (84 if "metrics" in order else 51)
        assert sum(row["calls"] or 0 for row in rows) == 1
        return
    assert len(rows) == 1
    assert tokens(rows) == (
        billed["input_tokens"], billed["cache_read_tokens"], billed["cache_write_tokens"], billed["output_tokens"],
    )  # fmt: skip
    assert rows[0]["tenant_id"] == "acme"
    assert rows[0]["dimensions"]["team"] == "payments"
    if order != ("metrics",):
        assert (rows[0]["granularity"], rows[0]["calls"]) == ("call", 1)
    else:
        # Gemini CLI counts its requests.
        assert (rows[0]["granularity"], rows[0]["calls"]) == ("interval", 1 if agent == "gemini-plain" else None)


@pytest.mark.parametrize("agent", NAMES)
def test_what_comes_twice_is_booked_once(books: Books, agent: str) -> None:
    forget(books)
    for number in (1, 2):
        for signal in SIGNALS:
            take(books, captured(agent, signal), f"{agent} {signal} again {number}")
    assert len(booked(books)) == 1


def test_what_the_agent_says_that_it_cost_is_kept_and_not_billed(books: Books) -> None:
    forget(books)
    take(books, captured("claude-plain", "logs"), "cost")
    [row] = booked(books)
    assert row["reported_cost"] == pytest.approx(0.0118188)
    assert row["contracted_cost"] == row["list_cost"]
    assert float(row["list_cost"]) != row["reported_cost"]


def test_no_contents_of_agents_are_stored(books: Books) -> None:
    forget(books)
    for agent in NAMES:
        for signal in SIGNALS:
            take(books, captured(agent, signal), f"{agent} {signal} contents")
    files = [path for path in books.configuration.data_dir.rglob("*") if path.is_file()]
    assert len(files) > 100
    assert [path for path in files if b"SECRET-CONTENT" in path.read_bytes()] == []
    found = books.store.rows(
        "SELECT concat(toString(LogAttributes), toString(ResourceAttributes), EventName, Body) AS text FROM otel_logs"
    )
    assert len(found) == 4
    assert not any("SECRET" in row["text"] for row in found)


def test_what_tells_no_usage_is_counted_and_let_go(books: Books) -> None:
    forget(books)
    take(books, captured("codex-plain", "logs"), "let go")
    assert books.store.value("SELECT sum(records) FROM otlp_let_go") == 12
    assert books.store.value("SELECT count() FROM otel_logs") == 1
