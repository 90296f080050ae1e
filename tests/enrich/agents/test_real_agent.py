"""Real coding agents from npm, with the settings of the documentation: the ledger has what the provider billed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from agent_provider import TEXT, TOOL, AgentProvider, agent_provider
from captured_agents import tokens
from harness.node import start_node

from spanledger_settings.configuration import load
from spanledger_sql.store import Store

SETTINGS = Path(__file__).parents[3] / "docs" / "coding-agents.md"
RESOURCE = "tenant.id=acme,team.id=payments"
PROMPT = "Say that it works."


@dataclass(frozen=True)
class Agent:
    """How an agent is installed, told its settings and asked; `home` gives what it needs in its environment."""

    package: str
    heading: str
    command: tuple[str, ...]
    home: Callable[[Path, str, AgentProvider], dict[str, str]]


def claude_home(home: Path, settings: str, provider: AgentProvider) -> dict[str, str]:
    (home / ".claude").mkdir()
    told = json.loads(settings)
    told["env"]["OTEL_RESOURCE_ATTRIBUTES"] = RESOURCE
    (home / ".claude" / "settings.json").write_text(json.dumps(told))
    return {
        "ANTHROPIC_BASE_URL": provider.url,
        "ANTHROPIC_API_KEY": "sk-ant-none",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "IS_SANDBOX": "1",
    }


def codex_home(home: Path, settings: str, provider: AgentProvider) -> dict[str, str]:
    (home / ".codex").mkdir()
    whose = f'name = "local"\nbase_url = "{provider.url}/v1"\nenv_key = "OPENAI_API_KEY"\nwire_api = "responses"\n'
    (home / ".codex" / "config.toml").write_text(
        f'model = "gpt-5-codex"\nmodel_provider = "local"\n[model_providers.local]\n{whose}{settings}'
    )
    return {"OPENAI_API_KEY": "none"}


def gemini_home(home: Path, settings: str, provider: AgentProvider) -> dict[str, str]:
    (home / ".gemini").mkdir()
    told = {"security": {"auth": {"selectedType": "gemini-api-key"}}, **json.loads(settings)}
    (home / ".gemini" / "settings.json").write_text(json.dumps(told))
    return {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": provider.url}


AGENTS = {
    "claude-code": Agent(
        "@anthropic-ai/claude-code@2.1.197", "Claude Code",
        ("claude", "-p", PROMPT, "--model", "claude-sonnet-4-5", "--dangerously-skip-permissions"), claude_home,
    ),
    "codex": Agent(
        "@openai/codex@0.169.0", "Codex CLI",
        ("codex", "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", PROMPT), codex_home,
    ),
    "gemini-cli": Agent(
        "@google/gemini-cli@0.61.0", "Gemini CLI",
        ("gemini", "-m", "gemini-2.5-pro", "-p", PROMPT, "--yolo", "--skip-trust"), gemini_home,
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", AGENTS)
def test_what_an_agent_tells_is_what_was_billed(name: str, tmp_path: Path, home_outside: Path) -> None:
    """It calls a tool, and answers."""
    agent = AGENTS[name]
    folder = installed(agent, tmp_path / "agent")
    configuration = load(data_dir=tmp_path / "data")
    configuration.data_dir.mkdir()
    node = start_node(configuration)
    try:
        with agent_provider() as provider:
            provider.script.extend([TOOL, TEXT])
            settings = settings_of(agent).replace("http://127.0.0.1:4318", node.addresses["otlp_http"])
            environment = {
                "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(home_outside),
                "OTEL_RESOURCE_ATTRIBUTES": RESOURCE,
                **agent.home(home_outside, settings, provider),
            }
            done = subprocess.run(
                agent.command, env=environment, cwd=home_outside, capture_output=True, text=True, timeout=150,
                stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
            billed = provider.billed
        assert len(billed) == 2
        with Store.open(configuration) as store:
            rows = booked_of(store, name, len(billed))
        names = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
        assert tokens(rows) == tuple(sum(call[name] for call in billed) for name in names)
        assert {(row["tenant_id"], row["granularity"], row["calls"]) for row in rows} == {("acme", "call", 1)}
        assert {row["dimensions"]["team"] for row in rows} == {"payments"}
    finally:
        node.stop()
    files = [path for path in configuration.data_dir.rglob("*") if path.is_file()]
    assert [path for path in files if b"SECRET-CONTENT" in path.read_bytes()] == []


@pytest.fixture
def home_outside(tmp_path: Path) -> Path:
    """The agent's home."""
    home = tmp_path / "home"
    home.mkdir()
    return home


def installed(agent: Agent, folder: Path) -> Path:
    """The folder of the agent's command; skips where it cannot be installed."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder.mkdir()
    installing = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), agent.package]
    done = subprocess.run(installing, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode:
        pytest.skip(f"{agent.package} cannot be installed: {done.stderr[-200:]}")
    return folder / "node_modules" / ".bin"


def settings_of(agent: Agent) -> str:
    """The settings that the documentation gives for an agent."""
    found = re.search(rf"\*\*{agent.heading}\*\*.*?```\w+\n(.*?)```", SETTINGS.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def booked_of(store: Store, name: str, calls: int) -> list[dict[str, Any]]:
    """The calls of an agent, once all came and nothing else follows."""
    deadline = time.monotonic() + 90
    while len(store.rows("SELECT span_id FROM calls WHERE agent = {name:String}", name=name)) < calls:
        assert time.monotonic() < deadline, "too few calls came"
        time.sleep(1)
    time.sleep(20)
    return store.rows("SELECT * FROM calls WHERE agent = {name:String}", name=name)
