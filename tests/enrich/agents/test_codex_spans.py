"""Codex's spans tell tokens without a model; the other spans of their trace name it, whenever they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from captured_agents import LONGER, booked, captured, forget, rewritten, take, tokens, truth
from harness.books import Books

from spanledger_collector.export_request import ExportRequest

CODEX = ("codex-plain", *(agent for agent in LONGER if agent.startswith("codex")))


def kept(requests: list[ExportRequest], wanted: Callable[[Any], bool]) -> list[ExportRequest]:
    """The requests with those of their spans that are wanted."""

    def sift(message: Any) -> None:
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                spans = [span for span in scope.spans if wanted(span)]
                del scope.spans[:]
                scope.spans.extend(spans)

    return [request for request in rewritten(requests, sift) if request.spans]


def tells_tokens(span: Any) -> bool:
    return any(one.key == "gen_ai.usage.input_tokens" for one in span.attributes)


@pytest.mark.parametrize("agent", CODEX)
def test_spans_alone_are_priced_as_their_trace_says(books: Books, agent: str) -> None:
    forget(books)
    take(books, captured(agent, "traces"), f"{agent} spans")
    rows, billed = booked(books), truth(agent)
    assert tokens(rows) == tuple(
        sum(call[name] for call in billed)
        for name in ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    )
    assert [(row["request_model"], row["price_status"]) for row in rows] == [("gpt-5-codex", "priced")] * len(billed)
    # 1.25 USD a million tokens, 0.125 of the cached ones, 10 of the answer's.
    fresh, cached, answer = (
        sum(call[name] for call in billed) for name in ("input_tokens", "cache_read_tokens", "output_tokens")
    )
    cost = ((fresh - cached) * 1.25 + cached * 0.125 + answer * 10) / 1e6
    assert float(sum(row["contracted_cost"] for row in rows)) == pytest.approx(cost)


def test_a_model_that_is_named_later_prices_what_is_booked_and_a_second_one_takes_that_back(books: Books) -> None:
    forget(books)
    told = captured("codex-two", "traces")
    take(books, kept(told, tells_tokens), "later: tokens")
    assert [row["request_model"] for row in booked(books)] == ["", ""]
    rest = kept(told, lambda span: not tells_tokens(span))
    take(books, rest, "later: models")
    assert [(row["request_model"], row["price_status"]) for row in booked(books)] == [("gpt-5-codex", "priced")] * 2
    take(books, told, "later: again")
    assert [row["request_model"] for row in booked(books)] == ["gpt-5-codex"] * 2

    first = captured("codex-two", "traces")[0]

    def other(message: Any) -> None:
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    span.span_id = bytes(7) + b"\1"
                    for one in span.attributes:
                        if one.key == "model":
                            one.value.string_value = "gpt-5-mini"

    another = kept([first], lambda span: span.name == "session_task.turn")
    take(books, rewritten(another, other), "later: another")
    assert sorted(row["request_model"] for row in booked(books)) == ["", "gpt-5-codex"]


def test_a_log_of_the_call_names_its_model_and_is_the_row(books: Books) -> None:
    forget(books)
    for signal in ("traces", "logs"):
        take(books, captured("codex-tools", signal), f"both {signal}")
    rows = booked(books)
    assert [(row["signal"], row["response_model"] or row["request_model"]) for row in rows] == [
        ("log", "gpt-5-codex")
    ] * 2
