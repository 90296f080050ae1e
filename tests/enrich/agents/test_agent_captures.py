"""What coding agents send by themselves, of any signals in any order, is booked as their providers billed it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from captured_agents import NAMES, SERVICES, booked, captured, forget, take, tokens, truth
from harness.books import Books

SIGNALS = ("logs", "metrics", "traces")


@pytest.mark.parametrize("order", list(itertools.permutations(SIGNALS)), ids="-".join)
def test_a_call_is_one_row_whichever_signals_tell_of_it(books: Books, order: tuple[str, ...]) -> None:
    forget(books)
    for number, signal in enumerate(order, 1):
        take(books, [request for agent in NAMES for request in captured(agent, signal)], f"{order} {signal}")
        each_is_one_row(books, order[:number])


def each_is_one_row(books: Books, told: tuple[str, ...]) -> None:
    """The call of each agent once these signals told of it."""
    for agent, service in zip(NAMES, SERVICES.values(), strict=True):
        rows = [row for row in booked(books) if row["service_name"] == service]
        [billed] = truth(agent)
        if agent == "gemini-plain" and told == ("traces",):
            # Its span leaves cached tokens and thoughts out.
            assert tokens(rows) == (billed["input_tokens"], 0, 0, billed["output_tokens"] - billed["reasoning_tokens"])
            continue
        assert tokens(rows) == (
            billed["input_tokens"], billed["cache_read_tokens"], billed["cache_write_tokens"], billed["output_tokens"],
        )  # fmt: skip
        [row] = rows
        assert row["tenant_id"] == "acme"
        assert row["dimensions"]["team"] == "payments"
        if "metrics" in told and "logs" not in told and not (agent == "claude-plain" and "traces" in told):
            # Gemini CLI counts its requests; else the spans tell how many there were, where they tell less of each.
            known = agent == "gemini-plain" or "traces" in told
            assert (row["granularity"], row["calls"]) == ("interval", 1 if known else None)
        else:
            assert (row["granularity"], row["calls"]) == ("call", 1)


def test_what_comes_twice_is_booked_once(books: Books) -> None:
    forget(books)
    told = [request for agent in NAMES for signal in SIGNALS for request in captured(agent, signal)]
    for number in (1, 2):
        take(books, told, f"again {number}")
    assert len(booked(books)) == len(NAMES)


def test_what_the_agent_says_that_it_cost_is_kept_and_not_billed(books: Books) -> None:
    forget(books)
    take(books, captured("claude-plain", "logs"), "cost")
    [row] = booked(books)
    assert row["reported_cost"] == pytest.approx(0.0118188)
    assert row["contracted_cost"] == row["list_cost"]
    assert float(row["list_cost"]) != row["reported_cost"]


def test_no_contents_of_agents_are_stored(books: Books) -> None:
    forget(books)
    take(books, [one for agent in NAMES for signal in SIGNALS for one in captured(agent, signal)], "contents")
    database = (books.configuration.data_dir / "clickhouse").resolve()
    files = [path for path in database.rglob("*") if path.is_file()]
    assert len(files) > 100
    assert [path for path in files if b"SECRET-CONTENT" in _bytes_of(path)] == []
    found = books.store.rows(
        "SELECT concat(toString(LogAttributes), toString(ResourceAttributes), EventName, Body) AS text FROM otel_logs"
    )
    assert len(found) == 4
    assert not any("SECRET" in row["text"] for row in found)


def _bytes_of(path: Path) -> bytes:
    """What a file holds; nothing, where the engine has merged it into another meanwhile."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def test_what_tells_no_usage_is_counted_and_let_go(books: Books) -> None:
    forget(books)
    take(books, captured("codex-plain", "logs"), "let go")
    assert books.store.value("SELECT sum(records) FROM otlp_let_go") == 12
    assert books.store.value("SELECT count() FROM otel_logs") == 1
