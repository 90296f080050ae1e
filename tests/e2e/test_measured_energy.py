"""CodeCarbon's meter runs, its samples arrive over OTLP, and the call that the host served meanwhile is measured."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from spanledger_sql.store import Store

# Runs in the meter's process before anything else, and writes down whom it wanted to reach.
WATCH = """
import os, socket

open(os.environ["REACHED"] + ".watched", "w").close()

def _told(address):
    host = address[0] if isinstance(address, tuple) else address
    if str(host) not in ("127.0.0.1", "localhost", "::1", "None") and not str(host).startswith("/"):
        with open(os.environ["REACHED"], "a") as out:
            out.write(f"{host}\\n")

def _watched(function, position):
    def call(*arguments, **named):
        _told(arguments[position])
        return function(*arguments, **named)
    return call

socket.getaddrinfo = _watched(socket.getaddrinfo, 0)
socket.socket.connect = _watched(socket.socket.connect, 1)
socket.socket.connect_ex = _watched(socket.socket.connect_ex, 1)
"""


def test_codecarbons_samples_reach_the_ledger_over_otlp_and_nothing_else_is_reached(node, tmp_path):
    pytest.importorskip("codecarbon")
    watch, reached = tmp_path / "watch", tmp_path / "reached.txt"
    watch.mkdir()
    (watch / "sitecustomize.py").write_text(WATCH)
    begun = datetime.now(UTC)
    command = ["meter", "--interval", "0.5", "--duration", "4", "--host", "inference-1"]
    done = subprocess.run(
        [sys.executable, "-m", "spanledger_cli", *command, "--endpoint", f"http://{_address(node)}"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(watch), os.environ.get("PYTHONPATH", "")]),
            "REACHED": str(reached),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reached.txt.watched").exists()
    assert not reached.exists(), f"the meter reached for {reached.read_text()}"
    with Store.open(node.configuration) as store:
        samples = _eventually(store, "SELECT * FROM energy_sample FINAL", lambda rows: len(rows) >= 2)
        assert {sample["host_name"] for sample in samples} == {"inference-1"}
        assert {sample["gpu_source"] for sample in samples} <= {"none", "nvml"}
        lasted = datetime.now(UTC) - begun
        store.insert(
            "llm_spans",
            [
                {
                    "ingested_at": datetime.now(UTC), "trace_id": "1" * 32, "span_id": "1" * 16,
                    "ts": begun - timedelta(minutes=1), "duration_ms": lasted.total_seconds() * 1000 + 120_000,
                    "provider": "vllm", "request_model": "our-own-7b", "operation": "chat", "status": "ok",
                    "host_name": "inference-1", "input_tokens": 10, "output_tokens": 10, "usage_source": "reported",
                }
            ],
        )  # fmt: skip
        [call] = _eventually(
            store, "SELECT * FROM calls", lambda rows: rows and rows[0]["energy_method"] == "measured", 60
        )
        measured = store.value("SELECT sum(wh) FROM energy_sample FINAL")
    assert call["energy_wh"] == pytest.approx(measured * call["pue"])
    assert call["energy_wh_low"] < call["energy_wh"] < call["energy_wh_high"], "this machine's figures are estimates"


def _address(node):
    return str(node.addresses["otlp_http"]).removeprefix("http://").split("/")[0]


def _eventually(store, query, enough, seconds=30):
    deadline = time.monotonic() + seconds
    while not enough(rows := store.rows(query)):
        assert time.monotonic() < deadline, rows
        time.sleep(0.3)
    return rows
