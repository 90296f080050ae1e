"""Fixtures that every part's tests share: data folders, stores on the real engine, and nodes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spanledger_cli.commands.run.doctor import node_status
from spanledger_settings.configuration import Configuration, load
from spanledger_sql.migrations import migrate
from spanledger_sql.store import Store


@pytest.fixture(autouse=True, scope="session")
def _spool_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what apps under test could not deliver out of the home folder."""
    os.environ.setdefault("SPANLEDGER_SPOOL_DIR", str(tmp_path_factory.mktemp("spool")))


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    """A configuration with a data folder of its own."""
    return load(data_dir=tmp_path / "data")


@pytest.fixture
def store(configuration: Configuration) -> Iterator[Store]:
    """An open, migrated, empty embedded store. chDB opens one folder a process: close others first."""
    with Store.open(configuration, exclusive=True) as opened:
        migrate(opened)
        yield opened


@dataclass
class RunningNode:
    """A node in a process of its own."""

    configuration: Configuration
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def addresses(self) -> dict[str, Any]:
        status = node_status(self.configuration)
        assert status is not None
        return dict(status["addresses"])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


@pytest.fixture
def start_node(configuration: Configuration) -> Iterator[Callable[..., RunningNode]]:
    """Starts nodes on the configuration's data folder, on free ports unless told otherwise; stops what still runs."""
    started: list[RunningNode] = []

    def start(*arguments: str) -> RunningNode:
        configuration.data_dir.mkdir(exist_ok=True)
        log = configuration.data_dir / "node.log"
        free = [] if arguments else ["--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0"]
        with log.open("ab") as output:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "spanledger_cli",
                    "--data-dir",
                    str(configuration.data_dir),
                    "up",
                    *free,
                    *arguments,
                ],
                stdout=output,
                stderr=output,
                env={**os.environ, "COLUMNS": "200"},
            )
        node = RunningNode(configuration, process, log)
        started.append(node)
        deadline = time.monotonic() + 60
        while node_status(configuration) is None:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        return node

    yield start
    for node in started:
        if node.process.poll() is None:
            node.kill()


@pytest.fixture
def node(start_node: Callable[..., RunningNode]) -> RunningNode:
    """A running node."""
    return start_node()
