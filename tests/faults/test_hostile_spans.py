"""From the wire to the ledger: no span stops committer or worker, and the good ones of its request are booked."""

from __future__ import annotations

import os
import random

import pytest
from harness.books import Books
from harness.spooled import acknowledge, commit, request, spool_of
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.export_request import MalformedRequest, from_protobuf

_GOOD = 3
# Replaced by bytes that are no text.
_MARK = "@@NOTEXT@@"
_TIMES = (0, 1, 10**9, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 2, 2**64 - 1, 1_790_000_000 * 10**9)
_INTS = (0, -1, 1, 2**31, 2**32 + 1, 2**53 + 1, 2**63 - 1, -(2**63), 99_999_999, 100_000_001)
_DOUBLES = (0.0, -0.0, -1.5, 1e-320, 1e308, -1e308, 2.0**64, float("inf"), float("-inf"), float("nan"))
_TEXTS = (
    "", " ", "0", "-1", "1e400", "9" * 400, "NaN", "\x00", "\x1b[2J", "'); DROP TABLE ledger; --", "{" * 2000,
    '{"a":' * 300,
    "[1,2", "\u202e\U0001f4a9", "x" * 70_000, "2024-13-45T99:99:99Z", "https://u:secret@[::1]:99999/?q=1", "../../etc",
)  # fmt: skip
_NAMES = (
    "gen_ai.operation.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.provider.name", "gen_ai.system",
    "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.details.reasoning_tokens", "gen_ai.response.id", "gen_ai.response.finish_reasons", "tenant.id",
    "user.id", "cloud.region", "server.address", "llm.token_count.prompt", "llm.usage.total_tokens", "llm.model_name",
    "openinference.span.kind", "langfuse.observation.type", "langfuse.observation.usage_details", "response_data",
    "gen_ai.response.time_to_first_chunk", "spanledger.energy.wh", "spanledger.dimension.team", "ai.usage.tokens",
    "ai.operationId", "host.name", "service.tier", "", "a" * 3000,
)  # fmt: skip
_SCOPES = ("", "openai", "logfire.openai", "opentelemetry.instrumentation.openai.v1", "spanledger", "x" * 5000, "ai")


def hostile(draw: random.Random, first: int) -> bytes:
    """A request with some good calls among spans that nobody should send."""
    message = ExportTraceServiceRequest.FromString(request(first, _GOOD))
    good = message.resource_spans[0].scope_spans[0].spans
    for _ in range(draw.randrange(1, 4)):
        resource = message.resource_spans.add() if draw.random() < 0.7 else message.resource_spans[0]
        for _ in range(draw.randrange(3)):
            _value(draw, resource.resource.attributes.add(key=draw.choice(_NAMES)).value)
        scope = resource.scope_spans.add()
        scope.scope.name = draw.choice(_SCOPES)
        for _ in range(draw.randrange(1, 4)):
            _span(draw, scope.spans.add(), good)
    body = message.SerializeToString()
    if draw.random() < 0.1:
        body = body.replace(_MARK.encode(), b"\xff\xfe\xc0\x80\xed\xa0\x80\xf5\x80\x80")
    return body


def _span(draw: random.Random, span: object, good: object) -> None:
    like = draw.choice(good)  # type: ignore[call-overload]
    span.trace_id = draw.choice((draw.randbytes(16), b"", bytes(16), draw.randbytes(3), like.trace_id))  # type: ignore[attr-defined]
    span.span_id = draw.choice((draw.randbytes(8), b"", bytes(8), draw.randbytes(40)))  # type: ignore[attr-defined]
    span.parent_span_id = draw.choice((draw.randbytes(8), b"", span.span_id, draw.randbytes(1)))  # type: ignore[attr-defined]
    span.name = draw.choice(_TEXTS)  # type: ignore[attr-defined]
    span.kind = draw.choice((0, 3, 77, 2**31 - 1, -(2**31)))  # type: ignore[attr-defined]
    span.start_time_unix_nano, span.end_time_unix_nano = draw.choice(_TIMES), draw.choice(_TIMES)  # type: ignore[attr-defined]
    span.status.code = draw.choice((0, 1, 2, 99, -5))  # type: ignore[attr-defined]
    span.status.message = draw.choice(_TEXTS)  # type: ignore[attr-defined]
    attributes = span.attributes  # type: ignore[attr-defined]
    for key, text in (("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "gpt-4o")):
        if draw.random() < 0.8:
            attributes.add(key=key).value.string_value = text
    for _ in range(draw.randrange(9)):
        _value(draw, attributes.add(key=draw.choice(_NAMES)).value)
    for _ in range(draw.randrange(3)):
        event = span.events.add(name=draw.choice(_TEXTS), time_unix_nano=draw.choice(_TIMES))  # type: ignore[attr-defined]
        _value(draw, event.attributes.add(key=draw.choice(_NAMES)).value)
    if draw.random() < 0.2:
        span.links.add(trace_id=draw.randbytes(draw.randrange(20)), span_id=b"")  # type: ignore[attr-defined]


def _value(draw: random.Random, value: object, depth: int = 0) -> None:
    match draw.randrange(9):
        case 0 | 1 | 2:
            value.int_value = draw.choice(_INTS)  # type: ignore[attr-defined]
        case 3:
            value.double_value = draw.choice(_DOUBLES)  # type: ignore[attr-defined]
        case 4:
            value.string_value = draw.choice((*_TEXTS, _MARK))  # type: ignore[attr-defined]
        case 5:
            value.bytes_value = draw.randbytes(draw.randrange(60))  # type: ignore[attr-defined]
        case 6:
            value.bool_value = draw.random() < 0.5  # type: ignore[attr-defined]
        case 7:
            for _ in range(draw.choice((1, 1, 5, 40))):
                value = (  # type: ignore[assignment]
                    value.array_value.values.add()  # type: ignore[attr-defined]
                    if draw.random() < 0.5
                    else value.kvlist_value.values.add(key=draw.choice(_NAMES)).value  # type: ignore[attr-defined]
                )
            if depth < 2:
                _value(draw, value, depth + 1)


@pytest.mark.parametrize("seed", range(int(os.environ.get("SPANLEDGER_FUZZ_SEEDS") or 4)))
def test_hostile_spans_cost_the_good_ones_nothing(fresh_books: Books, seed: int) -> None:
    draw = random.Random(seed)
    spool = spool_of(fresh_books.configuration, segment_seconds=0.05)
    booked = []
    for first in range(0, 100 * _GOOD, _GOOD):
        body = hostile(draw, first)
        try:
            from_protobuf(body)
        except MalformedRequest:
            continue
        acknowledge(spool, body)
        booked += list(range(first, first + _GOOD))
    committer = commit(fresh_books.store, spool)
    assert (committer.problem, committer.alive) == ("", False)
    assert len(booked) > 150
    fresh_books.enrich()
    assert fresh_books.enrich(restarted=True) == 0
    ids = {_span_id(number) for number in booked}
    found = fresh_books.store.rows(
        "SELECT span_id FROM ledger FINAL WHERE span_id IN {ids:Array(String)}", ids=list(ids)
    )
    assert len(found) == len(ids)
    assert {row["span_id"] for row in found} == ids
    [told] = fresh_books.report("operations/backlog")
    assert told["llm_spans"] == 0
    fresh_books.report("attribution/quality")


def _span_id(number: int) -> str:
    draw = random.Random(number)
    draw.randbytes(16)
    return draw.randbytes(8).hex()
