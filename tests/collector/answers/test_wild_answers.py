"""Answers as public bug reports show them, handed to `@llm_call`, through the whole pipeline to the ledger.

Each folder of tests/fixtures/wild holds `calls.json` (answers or chunks of a stream, `@` in them standing for what is
unique, the decorator's keywords, and whether the second call is made inside the first) and `expected.json`: what the
case's counted calls come to in the ledger, what went wrong where it was reported, and the report.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from harness import data_folder
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import otlp_receiver

import spanledger
from spanledger_collector.spool import length_prefixed
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load

WILD = Path(__file__).parents[2] / "fixtures" / "wild"
CASES = sorted(path.parent.name for path in WILD.glob("*/calls.json"))


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the counted calls of each case come to, by case."""
    with otlp_receiver() as receiver:
        for case in CASES:
            provider = TracerProvider(resource=Resource({"service.name": case}), shutdown_on_exit=False)
            spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider, max_spool_bytes=0)
            _make_calls(**json.loads((WILD / case / "calls.json").read_text().replace("@", uuid.uuid4().hex[:12])))
            assert spanledger.flush()
        spanledger.shutdown()
        requests = [request.SerializeToString() for request in receiver.requests]
    configuration = load(data_dir=tmp_path_factory.mktemp("wild") / "data")
    with data_folder.opened(configuration, "loaded") as store:
        store.insert_otlp(b"".join(map(length_prefixed, requests)), "wild")
        Worker(store, configuration).catch_up()
        rows = store.rows(
            """
            SELECT service_name, count() AS calls, sum(list_cost) AS list_cost, sum(web_searches) AS web_searches,
                   sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
                   sum(reasoning_tokens) AS reasoning_tokens, sum(cache_read_tokens) AS cache_read_tokens,
                   sum(cache_write_tokens) AS cache_write_tokens, sum(cache_write_1h_tokens) AS cache_write_1h_tokens
            FROM calls GROUP BY service_name
            """
        )
    return {row["service_name"]: row for row in rows}


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
    expected = json.loads((WILD / case / "expected.json").read_text())["expect"]
    found = {name: booked[case][name] for name in expected}
    if expected.get("list_cost"):
        expected["list_cost"], found["list_cost"] = Decimal(expected["list_cost"]), found["list_cost"]
    assert found == expected
