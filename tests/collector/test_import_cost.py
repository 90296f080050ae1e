import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("pandas", "chdb", "clickhouse_connect", "streamlit", "codecarbon", "pydantic", "numpy", "openai", "anthropic")


def _python(code: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize("module", [*HEAVY, "grpc", "requests", "opentelemetry.exporter"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    assert _python(f"import sys, spanledger; print({module!r} in sys.modules)") == "False"


def test_configuring_over_http_loads_nothing_heavy() -> None:
    loaded = _python(
        f"import sys, spanledger; spanledger.configure(); print([name for name in {HEAVY} if name in sys.modules])"
    )
    assert loaded == "[]"


def test_importing_costs_a_few_milliseconds_over_the_sdk(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    code = (
        "import time, opentelemetry.sdk.trace.export; begun = time.perf_counter();"
        "import spanledger; print(time.perf_counter() - begun)"
    )
    _python(code, environment)  # compiles, as an installation does once
    assert min(float(_python(code, environment)) for _ in range(5)) < 0.01
