"""Neighbours of the captures: in JSON, in other pieces, cumulative, a signal switched on later, all together."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest
from captured_agents import LONGER, NAMES, SERVICES, again, booked, captured, forget, rewritten, take, tokens, truth
from google.protobuf.json_format import MessageToDict
from harness.books import Books

from spanledger_collector.export_request import ExportRequest, from_json, from_protobuf
from spanledger_collector.otlp_signal import spooled_as

COUNTS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
ALL = (*NAMES, *LONGER)
DAYS = 10 * 86_400


def billed(*agents: str) -> tuple[int, ...]:
    return tuple(sum(call[name] for agent in agents for call in truth(agent)) for name in COUNTS)


def in_json(request: ExportRequest) -> ExportRequest:
    """The same as JSON: ids in hex, numbers of 64 bits as text."""
    signal = spooled_as(request.body)
    document = MessageToDict(signal.message.FromString(signal.sent(request.body)))

    def mend(value: Any) -> Any:
        if isinstance(value, list):
            return [mend(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {
            name: base64.b64decode(one).hex() if name in {"traceId", "spanId", "parentSpanId"} else mend(one)
            for name, one in value.items()
        }

    return from_json(json.dumps(mend(document)).encode(), signal)


def in_one(requests: list[ExportRequest]) -> list[ExportRequest]:
    """Requests of one signal as one: of whatever a Collector batches."""
    signal = spooled_as(requests[0].body)
    return [from_protobuf(b"".join(signal.sent(request.body) for request in requests), signal)]


def cumulative(requests: list[ExportRequest]) -> list[ExportRequest]:
    """Requests of deltas as a counter that goes on tells them."""
    so_far: dict[Any, tuple[float, int]] = {}

    def add_up(message: Any) -> None:
        for resource in message.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    if metric.sum.aggregation_temporality != 1:
                        continue
                    metric.sum.aggregation_temporality = 2
                    for point in metric.sum.data_points:
                        series = (metric.name, str(sorted((one.key, str(one.value)) for one in point.attributes)))
                        value = getattr(point, point.WhichOneof("value"))
                        before, start = so_far.get(series, (0, point.start_time_unix_nano))
                        so_far[series] = (before + value, start)
                        point.start_time_unix_nano = start
                        setattr(point, point.WhichOneof("value"), before + value)

    return rewritten(requests, add_up)


@pytest.mark.parametrize(
    "signals", [("logs",), ("metrics",), ("traces", "logs"), ("logs", "metrics", "traces")], ids="+".join
)
def test_all_sessions_together_in_any_order_sent_twice_and_in_json(books: Books, signals: tuple[str, ...]) -> None:
    forget(books)
    dice = random.Random(str(signals))
    told = [request for agent in ALL for signal in signals for request in captured(agent, signal)]
    told = [in_json(request) if dice.random() < 0.5 else request for request in told]
    twice = [*told, *dice.sample(told, len(told) // 2)]
    dice.shuffle(twice)
    # Pieces in which most sessions are cut. To book each is what takes the time.
    for begin in range(0, len(twice), 24):
        take(books, twice[begin : begin + 24], f"{signals} {begin}")
    for agent, service in SERVICES.items():
        rows = [row for row in booked(books) if row["service_name"] == service]
        assert tokens(rows) == billed(*(name for name in ALL if name.startswith(agent))), agent
        assert {row["tenant_id"] for row in rows} == {"acme"}


@pytest.mark.parametrize("signal", ["logs", "metrics"])
def test_requests_that_a_collector_put_together(books: Books, signal: str) -> None:
    forget(books)
    take(books, in_one([request for agent in ALL for request in captured(agent, signal)]), f"{signal} in one")
    assert tokens(booked(books)) == billed(*ALL)


@pytest.mark.parametrize("agent", ["claude-two", "claude-tools", "claude-retries"])
@pytest.mark.parametrize("backwards", [False, True])
def test_deltas_and_what_they_add_up_to_are_one(books: Books, agent: str, *, backwards: bool) -> None:
    forget(books)
    told = cumulative(captured(agent, "metrics"))
    for number, request in enumerate(reversed(told) if backwards else told):
        take(books, [request], f"{agent} {backwards} {number}")
    assert tokens(booked(books)) == billed(agent)


@pytest.mark.parametrize("agent", NAMES)
@pytest.mark.parametrize(("first", "then"), [("metrics", "logs"), ("logs", "metrics"), ("logs", "traces")])
def test_a_second_signal_that_is_switched_on_later(books: Books, agent: str, first: str, then: str) -> None:
    forget(books)
    take(books, captured(agent, first), f"{agent} {first} before")
    for signal in (first, then):
        take(
            books,
            again(agent, signal, number=7, seconds=DAYS, times=2 if signal == "metrics" and first == "metrics" else 1),
            f"{agent} {signal} after",
        )
    rows = booked(books)
    assert tokens(rows) == tuple(2 * count for count in billed(agent))
    assert [row["granularity"] for row in rows] == ["interval" if first == "metrics" else "call", "call"]


@pytest.mark.parametrize("agent", ["claude-bedrock", "claude-gateway", "claude-long", "gemini-bare"])
@pytest.mark.parametrize(
    "told", [("metrics", "logs"), ("traces", "metrics"), ("logs", "traces", "metrics")], ids="-".join
)
def test_one_call_that_signals_name_by_two_models_is_one(books: Books, agent: str, told: tuple[str, ...]) -> None:
    """Bedrock's and a gateway's names, a mark of long contexts, an alias; Gemini CLI's spans here tell no tokens."""
    forget(books)
    for signal in told:
        take(books, captured(agent, signal), f"{agent} {told} {signal}")
    rows = booked(books)
    assert tokens(rows) == billed(agent)
    assert sum(row["calls"] for row in rows) == len(truth(agent))


def test_whose_servers_answered_is_told_by_the_model_that_was_asked_or_by_the_resource(books: Books) -> None:
    def point_out(message: Any) -> None:
        for resource in message.resource_logs:
            resource.resource.attributes.add(key="gen_ai.provider.name").value.string_value = "aws.bedrock"

    for signal in ("traces", "metrics", "logs"):
        forget(books)
        requests = captured("claude-bedrock", signal)
        take(books, rewritten(requests, point_out) if signal == "logs" else requests, f"whose servers {signal}")
        rows = booked(books)
        assert {(row["provider"], row["price_status"]) for row in rows} == {("aws.bedrock", "priced")}, signal
        assert tokens(rows) == billed("claude-bedrock")
