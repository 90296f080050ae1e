"""The demo, as the README's first command runs it: figures that are what was sent, then a month that is closed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, float]:
    """What the demo prints without a terminal, the folder that its files stay in, and how long it took, s."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "spanledger_cli", "--data-dir", str(folder / "data"), "demo", "--exit"]
    # A database that the user has set is not the demo's.
    environment = {**os.environ, "TMPDIR": str(folder), "SPANLEDGER_CLICKHOUSE_URL": "http://127.0.0.1:9/nowhere"}
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout, folder, time.monotonic() - began


def test_the_ledger_has_what_was_sent_and_the_last_line_is_the_dashboards_address(demo):
    printed, _, _ = demo
    lines = {line.split(":")[0]: line.split()[1:] for line in printed.splitlines() if ":" in line}
    assert lines["ledger"] == lines["sent"]
    assert lines["sent"][0] == "6,000"
    assert "Emissions by tenant" in printed
    assert printed.splitlines()[-1].startswith("Dashboards  http://127.0.0.1:")


def test_its_month_is_budgeted_reconciled_closed_and_stated_within_two_minutes(demo):
    printed, folder, seconds = demo
    assert seconds < 120
    assert re.search(r"acme-legal .* breached", printed)
    planted = re.findall(r"^planted: +([\d.]+) USD, .*; found: +([\d.]+) USD, (.*)$", printed, re.MULTILINE)
    assert [(found, cause) for _, found, cause in planted] == [
        (amount, cause) for (amount, _, _), cause in zip(planted, ["missing usage", "price differences"], strict=True)
    ]
    assert all(float(amount) > 1 for amount, _, _ in planted)
    assert "2024-10 is closed by bob, prepared by ann" in printed
    [statement] = folder.glob("spanledger-demo-month-*/northwind.html")
    assert f"{statement}: is the statement that was issued" in printed
    assert f"Statement   {statement}" in printed
    # What the tenant owes is what the bill, shared out, and the calls of providers without a bill come to.
    assert "41.35" in statement.read_text(encoding="utf-8")
    assert {path.name for path in statement.parent.iterdir()} == {
        "northwind.html", "azure_cost_details.csv", "budgets.csv",
    }  # fmt: skip
