"""The captures made anew, from the packages' newest releases: each call is still counted once, with all it told.

    pytest tests/sql/dialects/test_capture_anew.py -m slow

The venvs are kept in $SPANLEDGER_DIALECT_VENVS where that is set.
"""

import json
import os
import re
from pathlib import Path

import captured
import pytest
from capture import capture
from captured import Capture
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from test_captures import assert_as_billed

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import Configuration
from spanledger_sql.store import Store

NAMES = ["official", "openai_v2", "openllmetry", "openinference", "openlit", "logfire", "litellm", "langfuse",
         "pydantic_ai", "anthropic"]  # fmt: skip
# Cases in which an instrumentation sends nothing: it does not know that SDK, or ends no span.
SILENT = {"openai_v2": "openai-responses", "openlit": "openai-abandoned", "anthropic": "openai-"}

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _asked_for(request: pytest.FixtureRequest) -> None:
    if "slow" not in request.config.getoption("-m"):
        pytest.skip("installs others' packages; run with -m slow")


@pytest.mark.parametrize("name", NAMES)
def test_a_capture_made_anew_is_counted_as_billed(
    name: str, tmp_path: Path, store: Store, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = capture(name, Path(os.environ.get("SPANLEDGER_DIALECT_VENVS", tmp_path / "venvs")), tmp_path / "anew")
    monkeypatch.setattr(captured, "CAPTURES", folder.parent)
    made = [Capture(folder.name, case) for case in json.loads((folder / "truth.json").read_text())]
    assert made
    silent = [one.case for one in made if not _spans(one.request)]
    assert [case for case in silent if not re.match(SILENT.get(name, "$"), case)] == []
    parts = [part for number, one in enumerate(made) for part in one.spans(number)]
    store.insert_otlp(b"".join(map(length_prefixed, parts)), "anew")
    Worker(store, configuration).catch_up()
    for number, one in enumerate(made):
        if one.case not in silent:
            rows = store.rows(
                "SELECT * FROM ledger FINAL WHERE trace_id IN {traces:Array(String)} ORDER BY ts",
                traces=one.trace_ids(number),
            )
            assert_as_billed(one, rows)


def _spans(body: bytes) -> int:
    request = ExportTraceServiceRequest.FromString(body)
    return sum(len(scope.spans) for part in request.resource_spans for scope in part.scope_spans)
