"""Answers as public bug reports show them, handed to `@llm_call`, through the whole pipeline to the ledger.

Each folder of tests/fixtures/wild holds `calls.json` (answers or chunks of a stream, `@` in them standing for what is
unique, the decorator's keywords, and whether the second call is made inside the first) and `expected.json`: what the
case's counted calls come to in the ledger, what went wrong where it was reported, and the report.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from harness import data_folder, wild
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import otlp_receiver

import spanledger
from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load

CASES = wild.cases("calls.json")
_HOUR = 3_600_000_000_000


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the counted calls of each case come to, by case."""
    with otlp_receiver() as receiver:
        for case in CASES:
            provider = TracerProvider(resource=Resource({"service.name": case}), shutdown_on_exit=False)
            spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider, max_spool_bytes=0)
            _make_calls(**json.loads((wild.WILD / case / "calls.json").read_text().replace("@", uuid.uuid4().hex[:12])))
            assert spanledger.flush()
        spanledger.shutdown()
        requests = [_at_yesterdays_noon(request).SerializeToString() for request in receiver.requests]
    configuration = load(data_dir=tmp_path_factory.mktemp("wild") / "data")
    with data_folder.opened(configuration, "loaded") as store:
        store.insert_otlp(b"".join(map(length_prefixed, requests)), "wild")
        Worker(store, configuration).catch_up()
        return wild.booked(store)


def _at_yesterdays_noon(request: ExportTraceServiceRequest) -> ExportTraceServiceRequest:
    """The request, its spans moved by whole hours: some prices are others at night."""
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                moved = (span.start_time_unix_nano // _HOUR % 24 + 12) * _HOUR
                span.start_time_unix_nano -= moved
                span.end_time_unix_nano -= moved
    return request


def _make_calls(calls: list[dict[str, Any]], nested: bool) -> None:
    if nested:
        outer, *inner = calls
        _ask(outer, inner)
    else:
        for call in calls:
            _ask(call)


def _ask(call: dict[str, Any], inner: list[dict[str, Any]] | None = None) -> None:
    @spanledger.llm_call(**call["kw"])
    def ask() -> Any:
        for one in inner or ():
            _ask(one)
        return iter(call["stream"]) if "stream" in call else call["answer"]

    answer = ask()
    if isinstance(answer, Iterator):
        assert list(answer) == call["stream"]


@pytest.mark.parametrize("case", CASES)
def test_an_answer_from_the_wild_is_booked_right(case: str, booked: dict[str, dict[str, Any]]) -> None:
    assert wild.found(case, booked) == wild.expected(case)
