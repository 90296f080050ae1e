import statistics
import subprocess
import sys

import pytest

HEAVY = ("pandas", "chdb", "clickhouse_connect", "streamlit", "codecarbon", "pydantic", "numpy", "openai", "anthropic")


def _python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


@pytest.mark.parametrize("module", [*HEAVY, "grpc", "requests", "opentelemetry.exporter"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    assert _python(f"import sys, spanledger; print({module!r} in sys.modules)") == "False"


def test_configuring_over_http_loads_nothing_heavy() -> None:
    loaded = _python(
        f"import sys, spanledger; spanledger.configure(); print([name for name in {HEAVY} if name in sys.modules])"
    )
    assert loaded == "[]"


def test_importing_costs_a_few_milliseconds_over_the_sdk() -> None:
    code = (
        "import time, opentelemetry.sdk.trace.export; begun = time.perf_counter();"
        "import spanledger; print(time.perf_counter() - begun)"
    )
    assert statistics.median(float(_python(code)) for _ in range(5)) < 0.03
