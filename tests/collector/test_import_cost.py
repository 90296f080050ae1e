import subprocess
import sys

import pytest

HEAVY = ("pandas", "chdb", "clickhouse_connect", "streamlit", "codecarbon", "pydantic", "numpy", "openai", "anthropic")


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


@pytest.mark.parametrize("module", [*HEAVY, "grpc", "requests", "opentelemetry.exporter"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    assert _python(f"import sys, spanledger; print({module!r} in sys.modules)") == "False"


def test_configuring_over_http_loads_nothing_heavy() -> None:
    loaded = _python(
        f"import sys, spanledger; spanledger.configure(); print([name for name in {HEAVY} if name in sys.modules])"
    )
    assert loaded == "[]"


def test_importing_adds_nothing_to_the_sdk_but_its_own_modules() -> None:
    # What that takes in milliseconds is bench/overhead.py's to say: a busy machine is no reason to fail.
    code = (
        "import sys, opentelemetry.sdk.trace.export; before = set(sys.modules); import spanledger;"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    assert set(_python(code).split()) <= {"spanledger", "opentelemetry"}
