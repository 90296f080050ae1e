"""The same spans give the same figures on a server as in the embedded database, by the same commands."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import exporter
import httpx
import pytest
from harness import data_folder
from harness.command import Done, in_own_process, start
from harness.spooled import eventually
from rotel_agent import RotelMissing, rotel
from running_server import free_port

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.configuration import Configuration, load
from spanledger_sql.store import Store

CAPTURES = Path(__file__).parents[1] / "fixtures" / "dialects"
FIGURES = (
    ("chargeback", "--from", "2020-01-01", "--to", "2030-01-01", "--by", "model", "--format", "csv"),
    ("carbon", "--from", "2020-01-01", "--to", "2030-01-01", "--format", "csv"),
    ("quality", "--from", "2020-01-01", "--to", "2030-01-01", "--format", "csv"),
)

pytestmark = pytest.mark.slow


@pytest.fixture
def every_capture() -> list[Path]:
    """Requests of every set-up; those of calls that were refused may hold none."""
    return [path for path in sorted(CAPTURES.glob("*/*.pb")) if path.stat().st_size]


@pytest.fixture
def captured(every_capture: list[Path]) -> list[Path]:
    """Some of them."""
    return every_capture[::8]


@pytest.fixture
def here(tmp_path: Path) -> Configuration:
    return load(data_dir=tmp_path / "embedded")


@pytest.fixture
def embedded(here: Configuration) -> Iterator[Store]:
    """An embedded database with the reference data."""
    with data_folder.opened(here, "loaded") as store:
        yield store


@pytest.fixture
def collecting(on_server: Configuration, server_store: Store) -> Iterator[str]:
    """The address of a `collect` before the server."""
    load_reference_data(server_store)
    port = str(free_port())
    address = {"SPANLEDGER_CLICKHOUSE_URL": on_server.clickhouse_url}
    ports = ("--otlp-http-port", port, "--otlp-grpc-port", "0")
    with start("collect", *ports, data_dir=on_server.data_dir, **address) as process:
        eventually(lambda: _is_ready(port), 60)
        yield f"http://127.0.0.1:{port}/v1/traces"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def _is_ready(port: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def ledger(store: Store) -> list[dict[str, Any]]:
    return store.rows("SELECT * EXCEPT (version, enriched_at) FROM ledger FINAL ORDER BY trace_id, span_id")


def test_what_is_collected_gives_the_same_ledger_as_embedded(
    collecting: str, every_capture: list[Path], server_store: Store, on_server: Configuration,
    embedded: Store, here: Configuration,
) -> None:  # fmt: skip
    with httpx.Client(headers={"content-type": "application/x-protobuf"}, timeout=30) as sender:
        for path in every_capture:
            assert sender.post(collecting, content=path.read_bytes()).status_code == 200
    embedded.insert_otlp(b"".join(length_prefixed(path.read_bytes()) for path in every_capture), "captures")
    Worker(embedded, here).catch_up()
    expected = ledger(embedded)
    eventually(lambda: not any(on_server.spool.glob("*.*")), 60)
    worker = Worker(server_store, on_server)
    worker.catch_up()
    worker.give_back()
    assert len(expected) > 600
    assert ledger(server_store) == expected


def test_what_a_collectors_exporter_writes_gives_the_same_ledger(
    captured: list[Path], server_store: Store, on_server: Configuration,
    embedded: Store, here: Configuration,
) -> None:  # fmt: skip
    load_reference_data(server_store)
    for path in captured:
        if rows := exporter.rows(path.read_bytes()):
            server_store.client.insert(
                "otel_traces_in", rows, column_names=exporter.COLUMNS, settings={"async_insert": 1}
            )
    embedded.insert_otlp(b"".join(length_prefixed(path.read_bytes()) for path in captured), "captures")
    for store, settings in ((embedded, here), (server_store, on_server)):
        worker = Worker(store, settings)
        worker.catch_up()
        worker.give_back()
    expected = ledger(embedded)
    assert len(expected) > 60
    assert ledger(server_store) == expected


def test_what_another_collector_writes_gives_the_same_ledger(
    every_capture: list[Path], server_store: Store, on_server: Configuration, embedded: Store, here: Configuration,
    tmp_path: Path,
) -> None:  # fmt: skip
    load_reference_data(server_store)
    # It names its table by a prefix alone.
    server_store.execute("CREATE TABLE rotel_traces AS otel_traces_in ENGINE = Null")
    server_store.execute(
        "CREATE MATERIALIZED VIEW rotel_traces_on TO otel_traces_in AS SELECT * EXCEPT IngestedAt FROM rotel_traces"
    )
    sent = 0
    with _rotel(on_server, tmp_path) as address, httpx.Client(timeout=30) as sender:
        for path in every_capture:
            answer = sender.post(address, content=path.read_bytes(), headers={"content-type": "application/x-protobuf"})
            assert answer.status_code == 200
            sent += len(exporter.rows(path.read_bytes()))
        eventually(lambda: server_store.value("SELECT count() FROM otel_traces") >= sent, 60)
    assert server_store.value("SELECT count() FROM otel_traces") == sent
    embedded.insert_otlp(b"".join(length_prefixed(path.read_bytes()) for path in every_capture), "captures")
    for store, settings in ((embedded, here), (server_store, on_server)):
        worker = Worker(store, settings)
        worker.catch_up()
        worker.give_back()
    expected = ledger(embedded)
    assert len(expected) > 600
    assert ledger(server_store) == expected


@contextmanager
def _rotel(on_server: Configuration, folder: Path) -> Iterator[str]:
    """rotel before the server: the address that it takes traces at."""
    try:
        binary = rotel()
    except RotelMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    server = urlsplit(on_server.clickhouse_url)
    ports = [free_port(), free_port()]
    with (folder / "rotel.log").open("wb") as log:
        process = subprocess.Popen(
            [
                binary, "start", "--otlp-grpc-endpoint", f"127.0.0.1:{ports[0]}", "--otlp-http-endpoint",
                f"127.0.0.1:{ports[1]}", "--exporter", "clickhouse", "--clickhouse-exporter-endpoint",
                f"http://{server.hostname}:{server.port}", "--clickhouse-exporter-database", server.path.strip("/"),
                "--clickhouse-exporter-user", str(server.username), "--clickhouse-exporter-password",
                str(server.password), "--clickhouse-exporter-table-prefix", "rotel",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            eventually(lambda: _listens(ports[1]), 30)
            yield f"http://127.0.0.1:{ports[1]}/v1/traces"
        finally:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_commands_give_the_same_figures_as_embedded(
    spanledger_on_server: Callable[..., Done], captured: list[Path], tmp_path: Path, on_server: Configuration
) -> None:
    folder = data_folder.copy("loaded", tmp_path / "embedded")
    spanledger_on_server("migrate")
    # Each file costs a second or so: all of them would not be taken in within a command's time on a busy machine.
    for arguments in (("ingest", *captured[::4]), ("enrich", "--once")):
        spanledger_on_server(*arguments)
        assert in_own_process(*arguments, data_dir=folder).returncode == 0
    for arguments in FIGURES:
        there, here = spanledger_on_server(*arguments), in_own_process(*arguments, data_dir=folder)
        assert here.returncode == 0
        assert there.stdout == here.stdout
        assert there.stdout.count("\n") > 1
    assert "up to date" in spanledger_on_server("doctor").stdout
