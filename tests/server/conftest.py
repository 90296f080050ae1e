"""A real ClickHouse server, over HTTP as a user has it: one for all tests of a worker, a database for each test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import clickhouse_connect
import pytest
from engine import EngineMissing, library
from fault_proxy import FaultProxy
from harness.command import Done, in_own_process
from running_server import Server, free_port, running

from spanledger_settings.configuration import Configuration, load
from spanledger_sql.store import Store

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Path:
    """What a server runs from."""
    if "slow" not in request.config.getoption("-m"):
        pytest.skip("takes minutes; run with -m slow")
    try:
        return library()
    except EngineMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Iterator[Server]:
    with running(engine, tmp_path_factory.mktemp("clickhouse"), free_port()) as server:
        yield server


@pytest.fixture
def database(clickhouse: Server) -> str:
    """An empty database's name."""
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    client = clickhouse_connect.get_client(dsn=clickhouse.address("default"))
    client.command(f"CREATE DATABASE {name}")
    client.close()
    return name


@pytest.fixture
def on_server(clickhouse: Server, database: str, tmp_path: Path) -> Configuration:
    return load(data_dir=tmp_path / "data", clickhouse_url=clickhouse.address(database), segment_seconds=0.2)


@pytest.fixture
def server_store(on_server: Configuration) -> Iterator[Store]:
    """An open, migrated database on the server."""
    from spanledger_sql.definitions.migrations import migrate

    with Store.open(on_server) as store:
        migrate(store)
        yield store


@pytest.fixture
def proxy(clickhouse: Server) -> Iterator[FaultProxy]:
    proxy = FaultProxy(clickhouse.port)
    yield proxy
    proxy.close()


@pytest.fixture
def spanledger_on_server(on_server: Configuration) -> Callable[..., Done]:
    """Runs a command in a process of its own against the test's database."""

    def run(*arguments: object) -> Done:
        done = in_own_process(
            *arguments, data_dir=on_server.data_dir, SPANLEDGER_CLICKHOUSE_URL=on_server.clickhouse_url
        )
        assert done.returncode == 0, done.stderr
        return done

    return run
