"""Fixtures that every room's tests share: data folders, stores on the real engine, a ledger, commands and nodes."""

from __future__ import annotations

import functools
import gc
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from harness import data_folder, lent_folder, node
from harness.books import Books
from harness.command import Done, in_process
from harness.grid_server import GridServer
from harness.node import RunningNode

from spanledger_settings.configuration import Configuration, load
from spanledger_sql.store import Store

LentDatabase = Callable[[data_folder.Kind], AbstractContextManager[None]]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give the tests of a module to one process, and all that share a Chromium."""
    from xdist.scheduler import LoadScopeScheduling

    class ByModule(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            module = super()._split_scope(nodeid)
            folder = module.rpartition("/")[0]
            return folder if folder.endswith("/browser") else module

    return ByModule(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while thousands of tests are found, nor among these after it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the modules that take long: begun last, they would leave other cores idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """End the engine that tests lend each other before a test that opens a folder of its own."""
    if "lent_engine" not in item.fixturenames:  # type: ignore[attr-defined]
        lent_folder.call_in()


def pytest_unconfigure() -> None:
    """End that engine with the last test."""
    lent_folder.call_in()


@pytest.fixture(autouse=True, scope="session")
def _spool_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what apps under test could not deliver out of the home folder."""
    os.environ.setdefault("SPANLEDGER_SPOOL_DIR", str(tmp_path_factory.mktemp("spool")))


@pytest.fixture
def configuration(tmp_path: Path, request: pytest.FixtureRequest) -> Configuration:
    """A configuration with a data folder of its own; settings may be given as an indirect parameter."""
    return load(data_dir=tmp_path / "data", **getattr(request, "param", {}))


@pytest.fixture(scope="session")
def lent_engine() -> Callable[[Path, data_folder.Kind], AbstractContextManager[None]]:
    """Puts the database that tests and modules lend each other into a data folder, as it was prepared."""
    return lent_folder.at


@pytest.fixture
def lent_database(
    configuration: Configuration, lent_engine: Callable[..., AbstractContextManager[None]]
) -> LentDatabase:
    """Puts that database into the configuration's data folder."""
    return functools.partial(lent_engine, configuration.data_dir)


@pytest.fixture
def store(configuration: Configuration, lent_database: LentDatabase) -> Iterator[Store]:
    """An open, migrated, empty embedded store. chDB opens one folder a process: close others first."""
    with lent_database("migrated"), Store.open(configuration, exclusive=True) as opened:
        yield opened


@pytest.fixture
def loaded_store(configuration: Configuration, lent_database: LentDatabase) -> Iterator[Store]:
    """An open embedded store with the reference data, and nothing else."""
    with lent_database("loaded"), Store.open(configuration, exclusive=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def books(
    tmp_path_factory: pytest.TempPathFactory, lent_engine: Callable[..., AbstractContextManager[None]]
) -> Iterator[Books]:
    """A module's ledger."""
    configuration = load(data_dir=tmp_path_factory.mktemp("books") / "data")
    with lent_engine(configuration.data_dir, "loaded"), Store.open(configuration, exclusive=True) as store:
        yield Books(store, configuration)


@pytest.fixture
def fresh_books(loaded_store: Store, configuration: Configuration) -> Books:
    """A ledger of one test."""
    return Books(loaded_store, configuration)


@pytest.fixture
def configure(books: Books, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Changes settings that the module's ledger is booked under, until the test ends."""

    def change(**settings: object) -> None:
        changed = load(**{**books.configuration.model_dump(exclude_unset=True), **settings})
        monkeypatch.setattr(books, "configuration", changed)

    return change


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of lines."""

    def write_lines(*lines: str, name: str = "grid.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write_lines


@pytest.fixture
def server() -> Iterator[GridServer]:
    """The live sources of grid intensities, on loopback."""
    server = GridServer()
    yield server
    server.close()


@pytest.fixture
def command(configuration: Configuration, lent_database: LentDatabase) -> Iterator[Callable[..., Done]]:
    """Runs a command in this process, on the test's data folder, and gives how it ended."""

    def run(*arguments: object, **variables: str) -> Done:
        return in_process(*arguments, data_dir=configuration.data_dir, **variables)

    with lent_database("migrated"):
        yield run


@pytest.fixture
def spanledger(books: Books, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a command on the module's open ledger: gives what it prints, or, for one that ``fails``, what it tells."""

    def beside(configuration: Configuration, **_: object) -> Store:
        """A second connection: the folder is this process's already."""
        assert configuration.clickhouse_url == books.store.url
        return Store("embedded", configuration.clickhouse_url)

    monkeypatch.setattr(Store, "open", beside)

    def run(*arguments: object, fails: bool = False) -> str:
        done = in_process(*arguments, data_dir=books.configuration.data_dir)
        assert bool(done.returncode) is fails, done.stderr
        return done.stderr if fails else done.stdout

    return run


@pytest.fixture
def start_node(configuration: Configuration) -> Iterator[Callable[..., RunningNode]]:
    """Starts nodes on the configuration's data folder, on free ports unless told otherwise; stops what still runs."""
    started: list[RunningNode] = []

    def start(*arguments: str) -> RunningNode:
        started.append(node.start_node(configuration, *arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.kill()


@pytest.fixture(name="node")
def running_node(start_node: Callable[..., RunningNode]) -> RunningNode:
    """A running node."""
    return start_node()
