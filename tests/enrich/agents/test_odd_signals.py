"""Logs and metrics that cannot be as they are: said and survived, beside what can be."""

from __future__ import annotations

import math
from typing import Any

import pytest
from captured_agents import SECOND, api_request, booked, captured, forget, rewritten, take, token_usage, tokens
from harness.books import Books

from spanledger_collector.export_request import ExportRequest

DAY = 86_400


def let_go(books: Books) -> int:
    return int(books.store.value("SELECT sum(records) FROM otlp_let_go"))


def changed(request: ExportRequest, change: Any) -> ExportRequest:
    """A request with its one metric and first point changed."""

    def of_metric(message: Any) -> None:
        metric = message.resource_metrics[0].scope_metrics[0].metrics[0]
        change(metric, metric.sum.data_points[0])

    [there] = rewritten([request], of_metric)
    return there


@pytest.mark.parametrize(
    ("change", "uncounted"),
    [
        (lambda metric, point: setattr(point, "as_double", math.nan), 1),
        (lambda metric, point: setattr(point, "as_double", math.inf), 1),
        (lambda metric, point: setattr(point, "as_double", -5), 1),
        (lambda metric, point: setattr(point, "as_int", -(2**63)), 1),
        (lambda metric, point: setattr(point, "as_int", 2**63 - 1), 1),
        (lambda metric, point: setattr(point, "time_unix_nano", 0), 1),
        (lambda metric, point: setattr(point, "time_unix_nano", 2**64 - 1), 1),
        (lambda metric, point: setattr(metric.sum, "is_monotonic", False), 2),
        (lambda metric, point: setattr(metric.sum, "aggregation_temporality", 0), 2),
        (lambda metric, point: setattr(metric.sum, "aggregation_temporality", 7), 2),
        (lambda metric, point: point.attributes[2].value.ClearField("value"), 0),
        (lambda metric, point: setattr(point, "flags", 1), 0),
        (lambda metric, point: metric.gauge.data_points.add(as_int=7), 1),
        (lambda metric, point: metric.summary.data_points.add(count=7, sum=7), 1),
        (lambda metric, point: metric.sum.ClearField("data_points"), 0),
    ],
    ids=["NaN", "infinite", "negative", "least", "most", "1970", "2554", "goes down", "unspecified", "unknown",
         "no class", "no value", "gauge", "summary", "empty"],
)  # fmt: skip
def test_a_point_that_cannot_be_is_counted_as_let_go(books: Books, change: Any, uncounted: int) -> None:
    forget(books)
    odd = changed(token_usage((0, 60, "output", 10), (0, 60, "input", 7)), change)
    take(books, [odd, token_usage((60, 120, "output", 20))], "odd point")
    rows = booked(books)
    assert sum(row["output_tokens"] for row in rows) == 20
    assert let_go(books) == uncounted


@pytest.mark.parametrize(
    ("said", "note", "counted"),
    [
        ({"output_tokens": "NaN"}, "not a count", (0, 0)),
        ({"output_tokens": "-5"}, "not a count", (0, 0)),
        ({"input_tokens": "9223372036854775808"}, "not a count", (0, 0)),
        ({"input_tokens": "many", "output_tokens": "few"}, "not a count", (0, 0)),
        ({"cache_read_tokens": "1e300"}, "a part is not a count", (100, 10)),
    ],
    ids=["NaN", "negative", "2^63", "text", "a part"],
)
def test_a_log_whose_counts_are_none_is_said(
    books: Books, said: dict[str, str], note: str, counted: tuple[int, int]
) -> None:
    forget(books)
    take(books, [api_request(30, 1, cost_usd="nan", **said), api_request(40, 2)], f"odd log {said}")
    odd, other = booked(books)
    assert (odd["usage_note"], odd["input_tokens"], odd["output_tokens"]) == (note, *counted)
    assert (odd["usage_source"] == "missing") == (note == "not a count")
    assert odd["reported_cost"] is None
    assert (other["input_tokens"], other["output_tokens"]) == (100, 10)


@pytest.mark.parametrize("time", [1, 2**63, 2**64 - 1])
def test_a_log_of_an_impossible_time_is_kept(books: Books, time: int) -> None:
    forget(books)

    def at(message: Any) -> None:
        message.resource_logs[0].scope_logs[0].log_records[0].time_unix_nano = time

    take(books, [*rewritten([api_request(30, 1)], at), api_request(40, 2)], f"odd time {time}")
    assert tokens(booked(books))[3] == 20


def test_a_counter_of_a_process_that_began_days_before_is_booked(books: Books) -> None:
    forget(books)
    take(books, [token_usage((60, 120, "output", 1))], "one before")
    take(
        books,
        [token_usage((-9 * DAY, 60, "output", 30), cumulative=True)],
        "began before",
    )
    assert [row["output_tokens"] for row in booked(books)] == [30, 1]


def test_spans_that_a_metric_tells_more_of_tell_its_calls_still_when_more_comes(books: Books) -> None:
    forget(books)
    take(books, captured("codex-plain", "traces"), "still: spans")
    take(books, captured("codex-plain", "metrics"), "still: metrics")
    later = rewritten(captured("codex-plain", "metrics"), _later)
    take(books, later, "still: later metrics")
    assert [(row["calls"], row["output_tokens"]) for row in booked(books)] == [(1, 62), (None, 62)]


def _later(message: Any) -> None:
    for resource in message.resource_metrics:
        for metric in resource.scope_metrics[0].metrics:
            for point in metric.histogram.data_points:
                point.start_time_unix_nano += 60 * SECOND
                point.time_unix_nano += 60 * SECOND
