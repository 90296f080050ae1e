"""Nodes in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import data_folder
from spanledger_cli.commands.run.doctor import node_status
from spanledger_settings.configuration import Configuration

_FREE_PORTS = ("--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0")


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


def start_node(configuration: Configuration, *arguments: str) -> RunningNode:
    """Start a node on the configuration's data folder, on free ports unless told otherwise, and wait until it answers.

    A folder that has no database yet gets one with the reference data loaded.
    """
    if not (configuration.data_dir / "clickhouse").exists():
        data_folder.copy("loaded", configuration.data_dir)
    log = configuration.data_dir / "node.log"
    command = [sys.executable, "-m", "spanledger_cli", "--data-dir", str(configuration.data_dir), "up"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, *(arguments or _FREE_PORTS)], stdout=output, stderr=output, env={**os.environ, "COLUMNS": "200"}
        )
    node = RunningNode(configuration, process, log)
    try:
        _wait(node)
    except AssertionError:
        node.kill()
        raise
    return node


def _wait(node: RunningNode) -> None:
    deadline = time.monotonic() + 60
    while node_status(node.configuration) is None:
        assert node.process.poll() is None, node.log.read_text()
        assert time.monotonic() < deadline, node.log.read_text()
        time.sleep(0.05)
