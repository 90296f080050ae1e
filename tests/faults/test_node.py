"""A node whose database is away, whose socket is removed, or whose thread ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest
from harness.spooled import request

from spanledger_cli.commands.run.doctor import node_status
from spanledger_sql.node_socket import node_answers, socket_path


def eventually(condition, timeout_s: float = 15.0):
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def collecting(tmp_path, port) -> Iterator[subprocess.Popen]:
    """`collect` for a server that is away."""
    command = [
        sys.executable, "-m", "spanledger_cli", "--data-dir", tmp_path / "data", "collect",
        "--otlp-http-port", str(port), "--otlp-grpc-port", "0",
    ]  # fmt: skip
    environment = os.environ | {"SPANLEDGER_CLICKHOUSE_URL": "http://admin:s3cret@127.0.0.1:1/db"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        yield process
        process.kill()


def health(port: int, path: str = "health"):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/{path}", timeout=2)
    except httpx.TransportError:
        return None


def test_a_database_that_is_away_at_start_is_waited_for_and_sigterm_ends_without_loss(collecting, port, tmp_path):
    answer = eventually(lambda: health(port))
    eventually(lambda: health(port).json()["status"] == "failing")
    assert answer.status_code == 200
    assert health(port, "ready").status_code == 200
    posted = httpx.post(
        f"http://127.0.0.1:{port}/v1/traces", content=request(0), headers={"content-type": "application/x-protobuf"}
    )
    assert posted.status_code == 200
    begin = time.monotonic()
    collecting.send_signal(signal.SIGTERM)
    output, _ = collecting.communicate(timeout=15)
    assert time.monotonic() - begin < 10
    assert b"s3cret" not in output
    assert b"Traceback" not in output
    assert len(list((tmp_path / "data" / "spool").glob("*.ready"))) == 1


def test_a_removed_socket_is_made_again(node):
    path = socket_path(node.configuration.data_dir)
    path.unlink()
    eventually(lambda: node_answers(node.configuration.data_dir))
    assert node_status(node.configuration)["pid"] == node.process.pid
    assert node.stop() == 0
    assert not path.exists()


def test_a_node_tells_how_its_parts_are(node):
    found = httpx.get(f"{node.addresses['otlp_http']}/health").json()
    assert {
        "status": "ok",
        "alive": True,
        "problem": "",
        "rejected": 0,
        "unreadable_segments": 0,
    }.items() <= found.items()
    assert httpx.get(f"{node.addresses['otlp_http']}/ready").status_code == 200


def test_a_node_whose_worker_ends_says_so_and_ends(tmp_path):
    code = (
        "import logging, pathlib, sys\n"
        "from spanledger_enrich.worker import Worker\n"
        "from spanledger_node import node\n"
        "from spanledger_settings.configuration import load\n"
        "Worker._run = lambda self: None\n"
        "parts = frozenset({'collect', 'enrich'})\n"
        "node.run(load(data_dir=pathlib.Path(sys.argv[1]), otlp_http_port=0, otlp_grpc_port=0), print, parts)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "the node's worker has ended" in done.stderr


def test_a_foreign_host_is_refused_on_loopback(node):
    for address, path in ((node.addresses["otlp_http"], "/health"), (node.addresses["dashboards"], "/")):
        assert httpx.get(f"{address}{path}").status_code == 200
        assert httpx.get(f"{address}{path}", headers={"host": "evil.example"}).status_code == 421


def test_a_request_that_says_twice_where_it_ends_is_refused_and_the_connection_closed(node):
    host, port = node.addresses["otlp_http"].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"not both" in answer


def test_a_node_that_makes_its_database_ends_at_once_when_told_to_and_the_next_goes_on(tmp_path, port):
    data = tmp_path / "data"
    ports = ("--otlp-http-port", str(port), "--otlp-grpc-port", "0", "--dashboard-port", "0")
    command = [sys.executable, "-m", "spanledger_cli", "--data-dir", data, "up", *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        eventually((data / "clickhouse").exists)
        first.send_signal(signal.SIGTERM)
        printed, told = first.communicate(timeout=60)
    assert first.returncode == 0, told
    assert "nothing was taken yet" in " ".join(told.split())
    assert "OTLP/HTTP" not in printed
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as second:
        assert eventually(lambda: (answer := health(port, "ready")) and answer.status_code == 200, 60)
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=60) == 0
