"""The demo, as the README's first command runs it: real traffic, then figures that are what was sent."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_the_demo_ends_with_figures_and_the_dashboards_address(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "spanledger_cli", "--data-dir", str(tmp_path / "data"), "demo", "--exit"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    lines = {line.split(":")[0]: line.split()[1:] for line in done.stdout.splitlines() if ":" in line}
    assert lines["ledger"] == lines["sent"]
    assert lines["sent"][0] == "6,000"
    assert "Emissions by tenant" in done.stdout
    assert "http://127.0.0.1:" in done.stdout
