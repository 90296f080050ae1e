"""The captures made anew, from the packages' newest releases: each case still sends its spans.

    pytest tests/dialects/test_capture_anew.py -m slow

The venvs are kept in $SPANLEDGER_DIALECT_VENVS where that is set.
"""

import json
import os
import re
from pathlib import Path

import pytest
from capture import capture
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

NAMES = ["official", "openai_v2", "openllmetry", "openinference", "openlit", "logfire", "litellm", "langfuse",
         "pydantic_ai", "anthropic"]  # fmt: skip
# Cases in which an instrumentation sends nothing: it does not know that SDK, or ends no span.
SILENT = {
    "openai_v2": "openai-responses",
    "openlit": "openai-abandoned",
    "anthropic": "openai-",
}

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _asked_for(request: pytest.FixtureRequest) -> None:
    if "slow" not in request.config.getoption("-m"):
        pytest.skip("installs others' packages; run with -m slow")


@pytest.mark.parametrize("name", NAMES)
def test_a_capture_made_anew_holds_the_spans_of_each_case(name: str, tmp_path: Path) -> None:
    folder = capture(name, Path(os.environ.get("SPANLEDGER_DIALECT_VENVS", tmp_path / "venvs")), tmp_path / "anew")
    truth = json.loads((folder / "truth.json").read_text())
    assert truth
    for case, calls in truth.items():
        spans = _spans((folder / f"{case}.pb").read_bytes())
        if re.match(SILENT.get(name, "nothing"), case):
            assert not any("usage" in key or "token_count" in key for keys in spans for key in keys), case
        else:
            assert len(spans) >= len(calls), case


def _spans(body: bytes) -> list[set[str]]:
    """The attribute names of each span."""
    request = ExportTraceServiceRequest.FromString(body)
    return [
        {item.key for item in span.attributes}
        for part in request.resource_spans
        for scope in part.scope_spans
        for span in scope.spans
    ]
