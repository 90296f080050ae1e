"""The server and the parts before it, killed (-9) at any moment: what was acknowledged is in the ledger, once."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import clickhouse_connect
import httpx
import pytest
from harness.command import start
from harness.spooled import eventually, request
from running_server import free_port, running

from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

_ROUNDS, _CALLS = 8, 20

pytestmark = pytest.mark.slow


class Sender:
    """Sends each request again until it is acknowledged, as an exporter does."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self.acknowledged = 0
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _send(self) -> None:
        while not self._stopped.is_set():
            while not _is_taken(self._address, request(self.acknowledged * _CALLS, _CALLS)):
                time.sleep(0.05)
            self.acknowledged += 1
            time.sleep(0.02)


def _is_taken(address: str, body: bytes) -> bool:
    try:
        sent = httpx.post(address, content=body, headers={"content-type": "application/x-protobuf"}, timeout=5)
    except httpx.TransportError:
        return False
    return sent.status_code == 200


def test_what_is_acknowledged_is_in_the_ledger_once_whatever_is_killed(engine: Path, tmp_path: Path) -> None:
    draw = random.Random(11)
    (tmp_path / "server").mkdir()
    port, otlp = free_port(), str(free_port())
    settings = load(data_dir=tmp_path / "data", clickhouse_url=f"http://admin:s3cret@127.0.0.1:{port}/ledger")
    with ExitStack() as ends:

        def collect() -> subprocess.Popen[str]:
            ports = ("--otlp-http-port", otlp, "--otlp-grpc-port", "0")
            url = settings.clickhouse_url
            return start("collect", *ports, data_dir=settings.data_dir, SPANLEDGER_CLICKHOUSE_URL=url)

        served = ends.enter_context(running(engine, tmp_path / "server", port))
        clickhouse_connect.get_client(dsn=served.address("default")).command("CREATE DATABASE ledger")
        with Store.open(settings) as store:
            migrate(store)
            load_reference_data(store)
        collecting = collect()
        sender = Sender(f"http://127.0.0.1:{otlp}/v1/traces")
        for number in range(_ROUNDS):
            before = sender.acknowledged
            eventually(lambda: sender.acknowledged > before + 3, 60)  # noqa: B023
            time.sleep(draw.uniform(0, 1.5))
            if number % 2:
                served.process.kill()
                served.process.wait()
                served = ends.enter_context(running(engine, tmp_path / "server", port))
            else:
                collecting.kill()
                collecting.communicate()
                collecting = collect()
        sender.stop()
        eventually(lambda: not any(settings.spool.glob("*.*")), 60)
        collecting.terminate()
        collecting.communicate()
        with Store.open(settings) as store:
            worker = Worker(store, settings)
            worker.catch_up()
            worker.give_back()
            found = store.rows("SELECT count() AS calls, uniqExact(span_id) AS spans FROM calls")
    told = sender.acknowledged * _CALLS
    assert found == [{"calls": told, "spans": told}]
