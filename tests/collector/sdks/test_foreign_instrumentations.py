"""Others' instrumentations and frameworks from PyPI: they see the tenant, and no call is reported twice.

    make test-foreign

The environments are kept in $SPANLEDGER_FOREIGN_VENVS where that is set.
"""

import os
from pathlib import Path

import pytest
from foreign_venv import FRAMEWORKS, INSTRUMENTATIONS, python_with, reported
from otlp_receiver import Receiver

pytestmark = pytest.mark.slow
CHAT = (2006, 1920, 300, 128)
RESPONSE = (328, 256, 52, 20)
USAGE = ("input_tokens", "cache_read.input_tokens", "output_tokens", "reasoning.output_tokens")


@pytest.fixture(autouse=True, scope="module")
def _asked_for(request: pytest.FixtureRequest) -> None:
    if "slow" not in request.config.getoption("-m"):
        pytest.skip("installs others' packages; run with -m slow")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(os.environ.get("SPANLEDGER_FOREIGN_VENVS") or tmp_path_factory.mktemp("venvs"))


@pytest.mark.parametrize("name", ["openllmetry", "official", "openinference", "logfire", "langfuse"])
def test_a_foreign_instrumentations_calls_carry_the_tenant_and_are_reported_once(
    name: str, receiver: Receiver, provider_url: str, folder: Path
) -> None:
    python = python_with(INSTRUMENTATIONS, folder / "instrumentations")
    found = reported(python, "foreign_app.py", name, provider_url, receiver)
    assert [span.get("tenant.id") for span in found] == ["acme"] * len(found)
    assert len([span for span in found if _tells_usage(span)]) == 2
    scopes = {
        scope.scope.name
        for request in receiver.requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
    }
    assert "spanledger" not in scopes, "it stepped aside"


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("langchain", [CHAT] * 5),
        ("litellm", [CHAT] * 3),
        ("agents", [RESPONSE, CHAT]),
        ("mistral", [CHAT] * 2),
    ],
)
def test_a_frameworks_calls_are_reported_once_with_their_tenant_and_what_was_used(
    name: str, calls: list[tuple[int, ...]], receiver: Receiver, provider_url: str, folder: Path
) -> None:
    python = python_with(FRAMEWORKS, folder / "frameworks")
    found = reported(python, "framework_app.py", name, provider_url, receiver)
    assert [tuple(span[f"gen_ai.usage.{part}"] for part in USAGE) for span in found] == calls
    assert {span["tenant.id"] for span in found} == {"acme"}
    assert {span["gen_ai.provider.name"] for span in found} == {"mistral_ai" if name == "mistral" else "openai"}
    assert all(span["gen_ai.response.model"] for span in found)


def _tells_usage(span: dict[str, object]) -> bool:
    return any("usage" in key or "token_count" in key for key in span)
