"""A server in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    port: int
    process: subprocess.Popen[bytes]

    def address(self, database: str, port: int = 0) -> str:
        return f"http://admin:s3cret@127.0.0.1:{port or self.port}/{database}"


@contextmanager
def running(engine: Path, folder: Path, port: int) -> Iterator[Server]:
    """A server whose data is in ``folder``, until the end of the block."""
    (folder / "users.xml").write_text((_HERE / "users.xml").read_text())
    config = folder / "config.xml"
    config.write_text((_HERE / "config.xml").read_text().replace("USERS", str(folder / "users.xml")))
    command = [sys.executable, _HERE / "clickhouse_server.py", engine, folder, str(port), config]
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder) as process,
    ):
        deadline = time.monotonic() + 60
        while not _answers(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield Server(port, process)
        process.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ping", timeout=1).status_code == 200
    except httpx.TransportError:
        return False
