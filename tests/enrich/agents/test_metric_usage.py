"""Metrics count what no span or log tells, however their points come."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from captured_agents import (
    BEGIN,
    SECOND,
    api_request,
    booked,
    forget,
    rewritten,
    standard_usage,
    take,
    token_usage,
    tokens,
)
from harness.books import Books

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.ledger.enrichment import last_version
from spanledger_enrich.ledger.usage.metric_usage import follow_metrics
from spanledger_enrich.worker import Worker


def in_and_out(books: Books) -> tuple[int, int]:
    found = tokens(booked(books))
    return found[0], found[3]


def test_a_bucket_counts_less_by_the_calls_that_a_log_tells(books: Books) -> None:
    forget(books)
    take(books, [token_usage((0, 60, "input", 300), (0, 60, "output", 30))], "less: metric")
    assert in_and_out(books) == (300, 30)
    take(books, [api_request(20, 1)], "less: first log")
    assert in_and_out(books) == (300, 30)
    assert sorted(row["granularity"] for row in booked(books)) == ["call", "interval"]
    take(books, [api_request(30, 2), api_request(40, 3)], "less: other logs")
    assert in_and_out(books) == (300, 30)
    assert [row["granularity"] for row in booked(books)] == ["call"] * 3


def test_metrics_that_name_no_session_are_of_their_user_whatever_a_gateway_calls_its_models(books: Books) -> None:
    def of_user(user: str, model: str) -> Callable[[Any], None]:
        def say(message: Any) -> None:
            for point in message.resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points:
                told = {"user.id": user, "model": model}
                del point.attributes[:2]
                for key, text in told.items():
                    point.attributes.add(key=key).value.string_value = text

        return say

    forget(books)
    told = token_usage((0, 60, "input", 100), (0, 60, "output", 10))
    metrics = [
        *rewritten([told], of_user("ann", "our-smart-one")),
        *rewritten([told], of_user("bob", "claude-sonnet-4-5")),
    ]
    # Of bob's calls only his metrics tell; what answered ann is what he asked for.
    take(books, [*metrics, api_request(30, 1, **{"user.id": "ann"})], "of users")
    assert in_and_out(books) == (200, 20)
    assert {(row["user_id"], row["granularity"]) for row in booked(books)} == {("ann", "call"), ("bob", "interval")}


def test_logs_switched_on_later_count_nothing_twice(books: Books) -> None:
    forget(books)
    take(books, [token_usage((0, 60, "input", 100), (0, 60, "output", 10))], "later: alone")
    take(books, [api_request(80, 1), token_usage((60, 120, "input", 100), (60, 120, "output", 10))], "later: both")
    assert in_and_out(books) == (200, 20)
    assert [row["granularity"] for row in booked(books)] == ["interval", "call"]


@pytest.mark.parametrize("years", [-10, 10])
def test_what_came_under_a_wrong_clock_counts(books: Books, years: int) -> None:
    forget(books)
    take(books, [token_usage((0, 60, "input", 300), (0, 60, "output", 30))], f"clock {years}: right")
    assert in_and_out(books) == (300, 30)
    wrong = time.time_ns() // 1000 + years * 365 * 86_400 * 10**6
    for number, request in enumerate((token_usage((60, 120, "output", 7)), api_request(20, 1))):
        books.store.insert_segment(length_prefixed(request.body), wrong + number, segment=str(number))
        books.enrich()
    # Points are kept for some weeks by when they came.
    assert in_and_out(books) == (300, 30 if years < 0 else 37)
    assert "call" in {row["granularity"] for row in booked(books)}


def test_what_a_killed_worker_decided_is_booked(books: Books) -> None:
    forget(books)
    take(books, [token_usage((0, 60, "input", 100), (0, 60, "output", 10))], "killed: metric")
    books.store.insert_otlp([length_prefixed(api_request(20, 1).body)], "killed: log")
    worker = Worker(books.store, books.configuration)
    worker._calls()
    # All that it decides of metrics, and nothing of what follows.
    assert follow_metrics(books.store, last_version(books.store, None) + 1)
    books.enrich(restarted=True)
    assert [row["granularity"] for row in booked(books)] == ["call"]


DELTAS = [(0, 60, "output", 10.0), (60, 120, "output", 5.0), (120, 180, "output", 7.0)]
CUMULATIVE = [(0, 60, "output", 10.0), (0, 120, "output", 15.0), (0, 180, "output", 22.0)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("cumulative", [False, True], ids=["delta", "cumulative"])
def test_points_make_the_same_buckets_in_any_order(books: Books, cumulative: bool, order: tuple[int, ...]) -> None:
    forget(books)
    points = CUMULATIVE if cumulative else DELTAS
    for place in order:
        take(books, [token_usage(points[place], cumulative=cumulative)], f"order {cumulative} {order} {place}")
    assert [row["output_tokens"] for row in booked(books)] == [10, 5, 7]


@pytest.mark.parametrize(
    ("points", "outputs", "note"),
    [
        # A process that starts anew counts from its start.
        ([(0, 60, "output", 10), (70, 120, "output", 4)], [10, 4], ""),
        # A counter that went back counts from nothing.
        ([(0, 60, "output", 10), (0, 120, "output", 4)], [10, 4], "a counter went back: counted from nothing"),
        # A counter that does not say since when it counts: from its first point on.
        ([(-1, 60, "output", 10), (-1, 120, "output", 14)], [4], ""),
        # Nor does one whose start is its own time: what follows has that start.
        ([(60, 60, "output", 10), (60, 120, "output", 14)], [4], ""),
        ([(0, 60, "output", 10), (0, 60, "output", 10)], [10], ""),
    ],
    ids=["restart", "back", "unknown start", "zero length", "twice"],
)
def test_counters_are_read_as_the_specification_says(
    books: Books, points: list[tuple[float, float, str, float]], outputs: list[int], note: str
) -> None:
    forget(books)
    take(books, [token_usage(*points, cumulative=True)], f"counter {points}")
    rows = booked(books)
    assert [row["output_tokens"] for row in rows] == outputs
    assert rows[-1]["usage_note"] == note


# From the first second of the tests' time on.
MIDNIGHT = 35_200


@pytest.mark.parametrize("at_once", [True, False])
def test_around_midnight_nothing_is_counted_twice(books: Books, at_once: bool) -> None:
    forget(books)
    told = [
        # The log of the second call says that it ended on the day before; the counter told of it only on the next.
        api_request(MIDNIGHT - 50, 1),
        api_request(MIDNIGHT - 0.1, 2),
        token_usage((MIDNIGHT - 60, MIDNIGHT, "input", 100), (MIDNIGHT - 60, MIDNIGHT, "output", 10)),
        api_request(MIDNIGHT + 30, 3),
        token_usage((MIDNIGHT, MIDNIGHT + 60, "input", 200), (MIDNIGHT, MIDNIGHT + 60, "output", 20)),
        # Only its metric tells of this.
        token_usage((MIDNIGHT + 60, MIDNIGHT + 120, "input", 7), (MIDNIGHT + 60, MIDNIGHT + 120, "output", 5)),
    ]
    for place, requests in enumerate([told] if at_once else [[one] for one in told]):
        take(books, requests, f"midnight {at_once} {place}")
    assert in_and_out(books) == (307, 35)


def test_an_unspecified_temporality_is_counted_as_let_go(books: Books) -> None:
    forget(books)
    request = token_usage((0, 60, "output", 10))
    unspecified = request.body.replace(b"\x10\x01\x18\x01", b"\x10\x00\x18\x01")
    assert unspecified != request.body
    books.store.insert_otlp(
        [bytes([len(unspecified) & 0x7F | 0x80, len(unspecified) >> 7]) + unspecified], "unspecified"
    )
    books.enrich()
    assert booked(books) == []
    assert books.store.value("SELECT sum(records) FROM otlp_let_go") == 1


def test_reports_sum_calls_and_do_not_count_rows(books: Books) -> None:
    forget(books)
    take(books, [token_usage((0, 60, "output", 10)), api_request(500, 1)], "reports")
    assert len(booked(books)) == 2
    period = {"from": "2026-09-01 00:00:00", "to": "2026-10-31 00:00:00", "timezone": "UTC"}
    [row] = books.store.frame(
        "reports/chargeback/chargeback",
        **period,
        by=["provider"],
        custom=[],
        tenants=[],
        where_names=[],
        where_values=[],
    ).to_dict("records")
    assert (row["calls"], row["output_tokens"]) == (1, 20)
    [row] = books.store.frame(
        "reports/agents/usage",
        **period,
        by=["agent"],
        tenants=[],
        own="",
        own_values=[],
        where=[],
        moment="2261-01-01 00:00:00",
    ).to_dict("records")
    assert (row["agent"], row["calls"], row["unknown_buckets"], row["output_tokens"]) == ("claude-code", 1, 1, 20)


@pytest.mark.parametrize("kind", ["histogram", "exponential_histogram"])
def test_the_standard_histogram_of_tokens_tells_calls_and_not_those_of_spans(books: Books, kind: str) -> None:
    forget(books)
    take(books, [standard_usage(kind, 60, 3, input=300, output=30)], f"standard {kind}")
    [row] = booked(books)
    assert (row["granularity"], row["calls"], row["input_tokens"], row["output_tokens"]) == ("interval", 3, 300, 30)
    assert (row["provider"], row["tenant_id"], row["price_status"], row["agent"]) == ("openai", "acme", "priced", "")
    of_span = {"ts": datetime.fromtimestamp(BEGIN / SECOND + 20, UTC), "service_name": "assistant"}
    books.ingest({**of_span, "request_model": "gpt-4o", "input_tokens": 100, "output_tokens": 12})
    books.enrich()
    assert in_and_out(books) == (300, 30)
    assert sum(row["calls"] for row in booked(books)) == 3
