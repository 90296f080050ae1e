"""Others' instrumentations from PyPI, each in a venv of its own: they see the tenant, and no call is reported twice.

    pytest tests/collector/test_foreign_instrumentations.py -m slow

The venvs are kept in $SPANLEDGER_FOREIGN_VENVS where that is set.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from otlp_receiver import Receiver, attributes_of

PACKAGES = {
    "openllmetry": ["opentelemetry-instrumentation-openai>=0.60"],
    "official": ["opentelemetry-instrumentation-genai-openai", "httpx"],
    "openinference": ["openinference-instrumentation-openai"],
    "logfire": ["logfire>=5"],
    "langfuse": ["langfuse>=5"],
}
HERE = Path(__file__).parent

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _asked_for(request: pytest.FixtureRequest) -> None:
    if "slow" not in request.config.getoption("-m"):
        pytest.skip("installs others' packages; run with -m slow")


@pytest.mark.parametrize("name", PACKAGES)
def test_a_foreign_instrumentations_calls_carry_the_tenant_and_are_reported_once(
    name: str, receiver: Receiver, provider_url: str, tmp_path: Path
) -> None:
    python = _python_with(name, Path(os.environ.get("SPANLEDGER_FOREIGN_VENVS", tmp_path)) / name)
    subprocess.run(
        [python, HERE / "foreign_app.py", name, provider_url],
        env=os.environ | {"SPANLEDGER_ENDPOINT": receiver.endpoint, "PYTHONPATH": str(HERE.parents[1] / "collector")},
        timeout=120,
        check=True,
    )
    found = [attributes_of(span) for span in receiver.spans]
    assert [span.get("tenant.id") for span in found] == ["acme"] * len(found)
    reported = [span for span in found if _tells_usage(span)]
    assert len(reported) == 2
    scopes = {
        scope.scope.name
        for request in receiver.requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
    }
    assert "spanledger" not in scopes, "it stepped aside"


def _tells_usage(span: dict[str, object]) -> bool:
    return any("usage" in key or "token_count" in key for key in span)


def _python_with(name: str, folder: Path) -> Path:
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    wanted = ["openai>=3", "opentelemetry-exporter-otlp>=1.40", *PACKAGES[name]]
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], check=True, timeout=600
    )
    return python
