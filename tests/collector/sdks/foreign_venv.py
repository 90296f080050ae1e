"""Environments with others' packages, in pinned versions: an app under test runs there, on this checkout's library."""

import os
import subprocess
import sys
from pathlib import Path

from otlp_receiver import Receiver, attributes_of

HERE = Path(__file__).parent
INSTRUMENTATIONS = HERE.parents[2] / "bench" / "peers.txt"
FRAMEWORKS = HERE / "frameworks.txt"


def python_with(requirements: Path, folder: Path) -> Path:
    """The Python of an environment in `folder` that has these; makes it where there is none (half a minute)."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", "--requirement", requirements], check=True, timeout=900)
    return python


def reported(python: Path, app: str, name: str, provider_url: str, receiver: Receiver) -> list[dict[str, object]]:
    """Runs the app; the attributes of the spans that arrived."""
    own = {
        "SPANLEDGER_ENDPOINT": receiver.endpoint,
        # The library, and the vocabulary that it reads.
        "PYTHONPATH": os.pathsep.join(str(HERE.parents[2] / folder) for folder in ("collector", "sql")),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    subprocess.run([python, HERE / app, name, provider_url], env=os.environ | own, timeout=180, check=True)
    return [attributes_of(span) for span in receiver.spans]
