"""Commands that read as a tenant: his rows alone, held to by the engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness import data_folder
from harness.books import Books
from harness.command import Done, in_process

from spanledger_settings.configuration import load
from spanledger_sql.policy.access import scope_settings, tables_of_tenants
from spanledger_sql.store import Store, StoreError

OCTOBER = ("--month", "2024-10", "--format", "csv")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed ledger of two tenants."""
    configuration = load(data_dir=tmp_path_factory.mktemp("scope") / "data")
    with data_folder.opened(configuration, "loaded") as store:
        books = Books(store, configuration)
        books.book({"tenant_id": "northwind", "input_tokens": 10}, {"tenant_id": "acme", "input_tokens": 20})
    return configuration.data_dir


@pytest.fixture
def as_acme(folder: Path) -> Callable[..., Done]:
    return lambda *arguments: in_process(*arguments, data_dir=folder, SPANLEDGER_TENANT_SCOPE="acme")


@pytest.mark.parametrize("report", ["chargeback", "carbon"])
def test_reports_show_the_tenants_rows_alone(as_acme: Callable[..., Done], report: str) -> None:
    done = as_acme(report, *OCTOBER, "--by", "tenant")
    assert done.returncode == 0, done.stderr
    assert "acme" in done.stdout
    assert "northwind" not in done.stdout


def test_the_option_says_so_too(folder: Path) -> None:
    done = in_process("--tenant-scope", "acme", "sql", "SELECT DISTINCT tenant_id FROM calls", data_dir=folder)
    assert done.stdout.split() == ["tenant_id", "acme"]


def test_every_table_of_every_tenant_shows_his_rows_alone(as_acme: Callable[..., Done]) -> None:
    for table in tables_of_tenants():
        done = as_acme("sql", f"SELECT count() AS others FROM {table} WHERE tenant_id NOT IN ('', 'acme')")
        assert done.stdout.split() == ["others", "0"], table
    assert as_acme("sql", "SELECT count() AS rows FROM span_parent").stdout.split() == ["rows", "0"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count() FROM calls SETTINGS additional_table_filters = {}",
        "INSERT INTO ledger (trace_id) VALUES ('x')",
        "TRUNCATE TABLE ledger",
    ],
)
def test_no_query_widens_it(as_acme: Callable[..., Done], query: str) -> None:
    done = as_acme("sql", query)
    assert done.returncode == 1
    assert "readonly" in done.stderr.lower()


def test_nothing_is_changed(as_acme: Callable[..., Done], folder: Path) -> None:
    assert as_acme("restate", "--all", *OCTOBER[:2]).returncode == 1
    refused = as_acme("up", "--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0")
    assert "tenant_scope" in refused.stderr


def test_a_node_holds_to_it_as_well(node) -> None:
    with Store.open(node.configuration, scope=scope_settings("acme")) as store:
        assert store.kind == "node"
        assert store.value("SELECT count() FROM calls") == 0
        with pytest.raises(StoreError, match="readonly"):
            store.execute("TRUNCATE TABLE ledger")
