"""A later version changes the tables of a ledger that this version made: once, whole, and wherever it was killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from harness import data_folder
from harness.books import Books

import spanledger_sql
from spanledger_settings.configuration import Configuration
from spanledger_sql.definitions.migrations import migrate, pending
from spanledger_sql.definitions.schema_file import MigrationError
from spanledger_sql.store import Store

# Its second statement could not run twice; it does not have to, unless it is killed before it is noted.
CHANGE = """-- What a later version knows of calls.
ALTER TABLE ledger ADD COLUMN IF NOT EXISTS mood LowCardinality(String) DEFAULT 'unknown' COMMENT 'of the call';

INSERT INTO energy_host (host_name) VALUES ('a later version');

ALTER TABLE llm_spans ADD COLUMN IF NOT EXISTS mood LowCardinality(String) DEFAULT 'unknown' COMMENT 'of the call';
"""
BOOKED = "SELECT trace_id, span_id, list_cost, co2e_g, input_tokens FROM calls ORDER BY span_id"
# Opens the folder as a start does, and dies before its n-th statement.
START = """
import os, pathlib, signal, sys
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

left = int(sys.argv[2])
execute = Store.execute

def execute_or_die(*arguments, **named):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    execute(*arguments, **named)

configuration = load(data_dir=pathlib.Path(sys.argv[1]))
with Store.open(configuration, exclusive=True) as store:
    Store.execute = execute_or_die
    migrate(store)
    Store.execute = execute
    Worker(store, configuration).catch_up()
"""


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The files of a version with one change more than this one."""
    here = Path(spanledger_sql.__file__).parents[1]
    copied = tmp_path / "later"
    shutil.copytree(here, copied, ignore=shutil.ignore_patterns("__pycache__"))
    changes = copied / "spanledger_sql" / "schema" / "changes"
    changes.mkdir(exist_ok=True)
    (changes / "9999_moods.sql").write_text(CHANGE)
    return copied


@pytest.fixture
def earlier(configuration: Configuration) -> tuple[Configuration, list[dict[str, Any]]]:
    """A ledger that this version made, and a call that is not booked yet."""
    with data_folder.opened(configuration, "loaded") as store:
        books = Books(store, configuration)
        books.book({"input_tokens": 1_000_000}, {"input_tokens": 7, "tenant_id": "northwind"})
        booked = store.rows(BOOKED)
        books.ingest({"output_tokens": 5})
    return configuration, booked


def start(configuration: Configuration, version: Path, *, dies_at: int = 10**6) -> int:
    path = os.pathsep.join((str(version), os.environ.get("PYTHONPATH", "")))
    done = subprocess.run(
        [sys.executable, "-c", START, str(configuration.data_dir), str(dies_at)],
        env=os.environ | {"PYTHONPATH": path}, check=False, timeout=120, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode


def test_an_upgrade_that_is_killed_goes_on_and_keeps_the_books(
    earlier: tuple[Configuration, list[dict[str, Any]]], later: Path
) -> None:
    configuration, booked = earlier
    # Before the third statement, and then among the views.
    assert [start(configuration, later, dies_at=number) for number in (6, 9)] == [-signal.SIGKILL] * 2
    assert start(configuration, later) == 0
    with Store.open(configuration, exclusive=True) as store:
        assert store.rows(BOOKED)[:2] == booked
        assert store.value("SELECT count() FROM calls WHERE mood = 'unknown'") == 3
        assert store.value("SELECT count() FROM energy_host WHERE host_name = 'a later version'") == 1
        applied = "SELECT argMax(finished, step) FROM migration WHERE name = 'schema/changes/9999_moods'"
        assert store.value(applied) == 1


def test_an_older_version_refuses_what_a_newer_one_changed(
    earlier: tuple[Configuration, list[dict[str, Any]]], later: Path
) -> None:
    configuration, _ = earlier
    assert start(configuration, later, dies_at=4) == -signal.SIGKILL
    with Store.open(configuration, exclusive=True) as store:
        for act in (migrate, pending):
            with pytest.raises(MigrationError, match=r"9999_moods, which this version .* upgrade spanledger"):
                act(store)
