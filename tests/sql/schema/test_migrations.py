"""Migrations: killed anywhere they go on, begun at once they do not meet, and what does not fit is refused."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from harness import data_folder

from spanledger_settings.configuration import Configuration, load
from spanledger_sql import store as store_module
from spanledger_sql.definitions.migration_log import MigrationLog
from spanledger_sql.definitions.migrations import apply, migrate, pending, with_checksums
from spanledger_sql.definitions.schema_file import MigrationError, SchemaFile, tables, views
from spanledger_sql.store import Store, StoreError, too_old

# Imports once; each start is a child of its own, with an engine of its own, and says how it ended; until one ends well.
MIGRATE_AND_DIE = """
import os, pathlib, signal, sys
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

execute = Store.execute

def start(left):
    def execute_or_die(*arguments, **named):
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        execute(*arguments, **named)

    Store.execute = execute_or_die
    with Store.open(load(data_dir=pathlib.Path(sys.argv[1])), exclusive=True) as store:
        migrate(store)

for after in sys.argv[2:]:
    child = os.fork()
    if not child:
        start(int(after))
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(status, flush=True)
    if not status:
        break
"""
DEFINITIONS = """
SELECT name, create_table_query FROM system.tables
WHERE database = currentDatabase() AND NOT startsWith(name, '.') ORDER BY name
"""


def test_a_migration_killed_again_and_again_comes_to_its_end(configuration: Configuration, tmp_path: Path):
    # Each start gets as many statements further (a file's and their notes), and is killed before the next.
    *killed, last = _migrate_and_die(configuration, *[31] * 20)
    assert last == 0
    assert len(killed) > 4
    with Store.open(configuration, exclusive=True) as store:
        assert pending(store) == []
        resumed = store.rows(DEFINITIONS)
        free = store.value("SELECT count() FROM price_list WHERE book = 'free'")
    with data_folder.opened(load(data_dir=tmp_path / "fresh")) as store:
        assert resumed == store.rows(DEFINITIONS)
    assert free == 1


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_migration_killed_at_its_first_statements_leaves_a_folder_that_opens(
    configuration: Configuration, after: int
):
    assert _migrate_and_die(configuration, after) == [-signal.SIGKILL]
    with Store.open(configuration, exclusive=True) as store:
        migrate(store)
        assert pending(store) == []


def test_every_statement_can_run_again(store: Store):
    before = store.rows(DEFINITIONS)
    for file in (*tables(), *views()):
        for statement in file.statements:
            store.execute(statement)
    assert store.rows(DEFINITIONS) == before
    assert store.value("SELECT count() FROM price_list WHERE book = 'free'") == 1


def test_a_change_goes_on_after_the_statements_that_ran(store: Store):
    store.execute("CREATE TABLE one (n UInt8) ENGINE = Memory")
    change = SchemaFile("schema/changes/0001_ones", "INSERT INTO one VALUES (1);\n\nINSERT INTO one VALUES (2);\n")
    MigrationLog.read(store).note(change, change.checksum, 1)
    log = MigrationLog.read(store)
    assert not log.finished(change, change.checksum)
    apply(store, log, change, change.checksum)
    assert store.rows("SELECT n FROM one") == [{"n": 2}]
    assert MigrationLog.read(store).finished(change, change.checksum)


def test_a_refused_statement_says_where_it_stands(store: Store):
    change = SchemaFile("schema/changes/0001_bad", "SELECT 1;\n\nALTER TABLE nowhere ADD COLUMN n UInt8;\n")
    with pytest.raises(MigrationError, match=r"schema/changes/0001_bad\.sql, statement 2: "):
        apply(store, MigrationLog.read(store), change, change.checksum)


def test_a_view_that_fills_a_table_is_changed_in_place(store: Store):
    store.execute("CREATE TABLE came (n UInt8) ENGINE = Null")
    store.execute("CREATE TABLE kept (n UInt8, told String) ENGINE = Memory")
    text = "CREATE MATERIALIZED VIEW IF NOT EXISTS filling TO kept AS\nSELECT n FROM came;\n"
    log = MigrationLog.read(store)
    for version in (text, text.replace("SELECT n", "SELECT n, 'new' AS told")):
        view = SchemaFile("views/ingest/filling", version)
        apply(store, log, view, view.checksum)
        store.execute("INSERT INTO came VALUES (1)")
    assert store.rows("SELECT told FROM kept ORDER BY told") == [{"told": ""}, {"told": "new"}]
    identity = "SELECT toString(uuid) FROM system.tables WHERE name = 'filling' AND database = currentDatabase()"
    before = store.value(identity)
    apply(store, log, SchemaFile("views/ingest/filling", text), "as before")
    assert store.value(identity) == before


def test_a_view_made_anew_has_the_columns_that_its_table_got(store: Store):
    store.execute("ALTER TABLE ledger ADD COLUMN added UInt8")
    store.execute(
        "INSERT INTO migration (name, checksum, statements, finished, step) VALUES ('views/read/calls', '', 1, 1, 99)"
    )
    assert pending(store) == ["views/read/calls"]
    assert migrate(store) == ["views/read/calls"]
    assert store.value("SELECT count() FROM system.columns WHERE table = 'calls' AND name = 'added'") == 1


def test_views_follow_each_change_of_a_table():
    view = SchemaFile("views/read/calls", "CREATE OR REPLACE VIEW calls AS SELECT 1")
    change = SchemaFile("schema/changes/0001_more", "ALTER TABLE ledger ADD COLUMN IF NOT EXISTS more UInt8")
    ((_, before),) = with_checksums([], [view])
    *_, (_, after) = with_checksums([change], [view])
    assert before != after


def test_parts_that_start_at_once_do_not_meet(configuration: Configuration):
    with Store.open(configuration, exclusive=True) as store:
        together = threading.Barrier(4)

        def start() -> None:
            together.wait()
            migrate(store)

        with ThreadPoolExecutor(4) as parts:
            for part in [parts.submit(start) for _ in range(4)]:
                part.result()
        assert pending(store) == []


def test_a_second_start_applies_nothing(store: Store):
    assert migrate(store) == []


def test_a_database_of_a_development_version_is_refused_with_what_to_do(configuration: Configuration):
    with Store.open(configuration, exclusive=True) as store:
        store.execute(
            "CREATE TABLE migration (name String, checksum String, applied_at DateTime64(6, 'UTC')) "
            "ENGINE = ReplacingMergeTree(applied_at) ORDER BY name"
        )
        store.insert("migration", [{"name": "0001_traces", "checksum": "x"}])
        for act in (migrate, pending):
            with pytest.raises(MigrationError, match=r"before its first release.* use another data folder"):
                act(store)


def test_a_database_that_is_too_old_is_refused(configuration: Configuration, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store_module, "OLDEST_CLICKHOUSE", (99, 3))
    with pytest.raises(StoreError, match=r"is ClickHouse \d+\.\d+.*; expected 99\.3 or newer: upgrade"):
        Store.open(configuration, exclusive=True)


@pytest.mark.parametrize(
    ("version", "refused"),
    [("26.3.9.8", False), ("26.10.1.1", False), ("27.1", False), ("26.1.2.11", True), ("25.12.3.4", True), ("?", True)],
)
def test_the_oldest_version_is_26_3(version: str, refused: bool):
    assert too_old(version) is refused


def _migrate_and_die(configuration: Configuration, *after: int) -> list[int]:
    """How each start ended that dies before its statement of that number, up to the first that comes to its end."""
    done = subprocess.run(
        [sys.executable, "-c", MIGRATE_AND_DIE, str(configuration.data_dir), *map(str, after)],
        env=os.environ, check=False, timeout=120, capture_output=True, text=True,
    )  # fmt: skip
    ends = [int(line) for line in done.stdout.split()]
    assert set(ends) <= {0, -signal.SIGKILL}, done.stderr
    return ends
