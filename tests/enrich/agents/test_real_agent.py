"""A real coding agent, installed from npm, against a local provider: the ledger has what the provider billed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness.node import start_node

from spanledger_settings.configuration import load
from spanledger_sql.store import Store

sys.path.insert(0, str(Path(__file__).parents[2] / "sql" / "dialects"))
from recording_provider import recording_provider

PACKAGE = "@anthropic-ai/claude-code@2.1.197"
TELEMETRY = {
    "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_LOGS_EXPORT_INTERVAL": "500",
    "OTEL_METRIC_EXPORT_INTERVAL": "500",
    "OTEL_RESOURCE_ATTRIBUTES": "tenant.id=acme,team.id=payments",
}


@pytest.fixture
def claude(tmp_path: Path) -> Path:
    """The agent's command."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path / "agent"
    folder.mkdir()
    installing = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), PACKAGE]
    done = subprocess.run(installing, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode:
        pytest.skip(f"{PACKAGE} cannot be installed: {done.stderr[-200:]}")
    return folder / "node_modules" / ".bin" / "claude"


@pytest.mark.slow
def test_what_an_agent_tells_by_logs_and_metrics_is_what_was_billed(claude: Path, tmp_path: Path) -> None:
    configuration = load(data_dir=tmp_path / "data")
    configuration.data_dir.mkdir()
    node = start_node(configuration)
    try:
        with recording_provider() as provider:
            home = tmp_path / "home"
            home.mkdir()
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "ANTHROPIC_BASE_URL": provider.url,
                "ANTHROPIC_API_KEY": "sk-ant-none",
                "OTEL_EXPORTER_OTLP_ENDPOINT": node.addresses["otlp_http"],
                **TELEMETRY,
            }
            asked = [str(claude), "-p", "Say hello.", "--model", "claude-sonnet-4-5"]
            done = subprocess.run(
                asked, env=environment, cwd=home, capture_output=True, text=True, timeout=120, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
            billed = [call for call in provider.current.calls if call["status"] == "ok"]
        with Store.open(configuration) as store:
            deadline = time.monotonic() + 60
            while not (rows := store.rows("SELECT * FROM calls WHERE agent = 'claude-code'")):
                assert time.monotonic() < deadline, "nothing came"
                time.sleep(1)
            time.sleep(20)
            rows = store.rows("SELECT * FROM calls WHERE agent = 'claude-code'")
        assert len(rows) == len(billed) > 0
        assert sum(row["input_tokens"] for row in rows) == sum(call["input_tokens"] for call in billed)
        assert sum(row["output_tokens"] for row in rows) == sum(call["output_tokens"] for call in billed)
        assert {(row["tenant_id"], row["granularity"]) for row in rows} == {("acme", "call")}
    finally:
        node.stop()
