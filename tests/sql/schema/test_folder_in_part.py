"""A command that only reads opens the tables that it asks for; what writes finds all of them."""

import fcntl
from pathlib import Path

import pytest
from harness import data_folder

from spanledger_settings.configuration import Configuration
from spanledger_sql.embedded.folder_in_part import FolderInPart
from spanledger_sql.store import Store

_THERE = "SELECT name FROM system.tables WHERE database = currentDatabase()"


@pytest.fixture(autouse=True)
def _migrated(configuration: Configuration):
    data_folder.copy("migrated", configuration.data_dir)


def test_only_what_is_asked_for_is_open_until_something_asks_for_all(configuration: Configuration):
    with Store.open(configuration, to_read=["SELECT 1 FROM email_rule -- FROM tenant_rule"]) as store:
        assert _open(store) == {"email_rule"}
        assert store.value("SELECT count() FROM calls AS c CROSS JOIN tenant_rule") == 0
        assert _open(store) == {"email_rule", "calls", "ledger", "tenant_rule"}
        assert store.value("SELECT count() FROM {table:Identifier}", table="charge") == 0
        # A view with parameters, over others.
        assert store.value(f"SELECT sum(calls) FROM drawn_hours({_ARGUMENTS})") == 0
        assert len(_open(store)) < 20
        assert len(store.rows(_THERE)) > 100


def test_whether_a_table_is_there_is_asked_of_all(configuration: Configuration):
    for question in ("EXISTS tenant_rule", "EXISTS TABLE tenant_rule", "SHOW CREATE TABLE tenant_rule"):
        with Store.open(configuration, to_read=["SELECT 1 FROM ledger"]) as store:
            assert store.value(question)
            assert len(_open(store)) > 100


def test_what_is_written_through_it_goes_through_the_views(configuration: Configuration):
    with Store.open(configuration, to_read=["SELECT 1 FROM ledger"]) as store:
        assert store.value("SELECT count() FROM ledger") == 0
        store.insert("ledger", [{"trace_id": "a", "span_id": "b", "ts": "2024-05-07 12:00:00", "counted": 1}])
        assert store.value("SELECT count() FROM ledger_hour") > 0
    # A second one begins anew, and takes nothing away.
    with Store.open(configuration, to_read=["SELECT 1 FROM calls"]) as store:
        assert store.value("SELECT count() FROM calls") == 1


def test_a_folder_that_another_engine_has_is_not_opened_in_part(configuration: Configuration, tmp_path: Path):
    whole = configuration.data_dir / "clickhouse"
    with (whole / "status").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert FolderInPart.of(whole, tmp_path / "part", []) is None
    part = FolderInPart.of(whole, tmp_path / "part", [])
    assert part is not None
    part.close()
    # What the engine would take for a folder that was left in the middle of something.
    assert not (whole / "status").exists()
    assert FolderInPart.of(tmp_path, tmp_path / "none", []) is None


_ARGUMENTS = (
    "from = '2024-05-01 00:00:00', to = '2024-06-01 00:00:00', moment = '2200-01-01 00:00:00', grain = 'period', "
    "timezone = 'UTC', told = []"
)


def _open(store: Store) -> set[str]:
    """The tables that the engine has open, asked past the store."""
    return {name for (name,) in store.client.query(_THERE).result_rows}
