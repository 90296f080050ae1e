"""Any number of workers on one database, killed and started at any moment: what they count is the truth."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.worker import load_reference_data
from spanledger_settings.configuration import Configuration
from spanledger_sql.store import Store

_SEGMENTS, _CALLS = 30, 20
_BEGIN = 1_790_000_000_000_000_000

pytestmark = pytest.mark.slow


def segment(number: int) -> bytes:
    """Calls that a gateway and an SDK report, each in a trace of its own: what they share is the response's id."""
    message = ExportTraceServiceRequest()
    for scope_name in ("sdk", "gateway"):
        scope = message.resource_spans.add().scope_spans.add()
        scope.scope.name = scope_name
        for call in range(number * _CALLS, (number + 1) * _CALLS):
            draw = random.Random(f"{scope_name} {call}")
            begin = _BEGIN + call * 1_000_000
            span = scope.spans.add(
                trace_id=draw.randbytes(16), span_id=draw.randbytes(8), name="chat", start_time_unix_nano=begin,
                end_time_unix_nano=begin + 1_000_000_000,
            )  # fmt: skip
            for key, text in (("operation.name", "chat"), ("request.model", "gpt-4o"), ("response.id", f"r-{call}")):
                span.attributes.add(key=f"gen_ai.{key}").value.string_value = text
            for key in ("input_tokens", "output_tokens"):
                span.attributes.add(key=f"gen_ai.usage.{key}").value.int_value = 10
    return length_prefixed(message.SerializeToString())


class Workers:
    """Processes of `spanledger enrich`."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        command = [sys.executable, "-m", "spanledger_cli", "--data-dir", self._configuration.data_dir, "enrich"]
        environment = os.environ | {"SPANLEDGER_CLICKHOUSE_URL": self._configuration.clickhouse_url}
        self.running.append(subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL))

    def end_one(self, how: signal.Signals) -> None:
        process = self.running.pop(random.randrange(len(self.running)))
        process.send_signal(how)
        process.wait(timeout=60)


@pytest.fixture
def workers(on_server: Configuration, server_store: Store) -> Iterator[Workers]:
    load_reference_data(server_store)
    workers = Workers(on_server)
    yield workers
    for process in workers.running:
        process.kill()
        process.wait()


def test_workers_that_die_at_random_count_each_call_once(workers: Workers, server_store: Store) -> None:
    for _ in range(3):
        workers.start()
    for number in range(_SEGMENTS):
        server_store.insert_segment(segment(number), 1_790_000_000_000_000 + number, segment=str(number))
        time.sleep(0.5)
        if number % 5 == 4:
            workers.end_one(signal.SIGKILL if number % 2 else signal.SIGTERM)
            workers.start()
    spans, calls = 2 * _SEGMENTS * _CALLS, _SEGMENTS * _CALLS
    deadline = time.monotonic() + 60
    found = (
        "SELECT count() AS spans, countIf(counted = 1) AS calls, sumIf(input_tokens, counted = 1) AS tokens "
        "FROM ledger FINAL"
    )
    while (told := server_store.rows(found)[0]) != {"spans": spans, "calls": calls, "tokens": 10 * calls}:
        assert time.monotonic() < deadline, told
        time.sleep(0.5)
    assert server_store.value("SELECT count() FROM worker_lease") > 1
    for process in workers.running:
        process.send_signal(signal.SIGTERM)
    *others, youngest = (process.wait(timeout=60) for process in workers.running)
    assert set(others) == {0}
    assert youngest in {0, -signal.SIGTERM}  # which may have been about to start
    left = (
        "SELECT count() FROM system.tables WHERE database = currentDatabase() AND match(name, '^worker_[0-9a-f]{12}_')"
    )
    assert server_store.value(left) == 0
