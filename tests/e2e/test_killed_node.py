"""A node that is killed in the middle of a replay and started again: the ledger holds every call exactly once."""

import gzip
import importlib.resources
import json
import socket
import subprocess
import sys
import time

import pytest
from harness.command import in_process

from spanledger_sql.store import Store

TRACE = importlib.resources.files("spanledger_traffic") / "demo_data" / "mooncake_conversation.jsonl.gz"


@pytest.fixture
def ports() -> list[str]:
    """Three free ports that stay the same over restarts."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    numbers = [str(listener.getsockname()[1]) for listener in listeners]
    for listener in listeners:
        listener.close()
    return numbers


def spans_in(configuration) -> int:
    with Store.open(configuration) as store:
        return store.value("SELECT count() FROM otel_traces")


def test_every_acknowledged_call_is_in_the_ledger_once(start_node, configuration, ports):
    options = ["--otlp-http-port", ports[0], "--otlp-grpc-port", ports[1], "--dashboard-port", ports[2]]
    node = start_node(*options)
    replay = subprocess.Popen(
        [sys.executable, "-m", "spanledger_cli", "--data-dir", str(configuration.data_dir), "replay", str(TRACE),
         "--endpoint", f"http://127.0.0.1:{ports[0]}", "--speed", "100", "--start", "2024-10-08T00:00Z"],
        stderr=subprocess.PIPE,
    )  # fmt: skip
    while not spans_in(configuration):
        time.sleep(0.1)
    kills = 0
    # On a slow machine a node takes so long to start that the replay is over before the third.
    while kills < 3 and replay.poll() is None:
        time.sleep(1.2)
        node.kill()
        kills += replay.poll() is None
        node = start_node(*options)
    assert kills, "the replay ended too soon for its node to be killed"
    _, errors = replay.communicate(timeout=120)
    assert replay.returncode == 0, errors.decode()
    requests = [json.loads(line) for line in gzip.decompress(TRACE.read_bytes()).splitlines()]
    truth = (len(requests), sum(r["input_length"] for r in requests), sum(r["output_length"] for r in requests))
    with Store.open(configuration) as store:
        deadline = time.monotonic() + 60
        while store.value("SELECT count() FROM calls") < truth[0] and time.monotonic() < deadline:
            time.sleep(0.2)
        row = store.client.query(
            "SELECT count(), sum(input_tokens), sum(output_tokens), uniqExact(response_id) FROM calls"
        ).first_row
    assert tuple(row) == (*truth, truth[0])


def test_a_stopped_node_leaves_everything_in_the_ledger(start_node, configuration):
    node = start_node()
    done = in_process("replay", TRACE, "--limit", 1500, data_dir=configuration.data_dir)
    assert done.returncode == 0, done.stderr
    assert node.stop() == 0
    with Store.open(configuration) as store:
        assert store.kind == "embedded"
        assert store.value("SELECT count() FROM calls") == 1500
