"""Who reads a server as a tenant sees that tenant's rows, whatever his query says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from harness.command import in_own_process

from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.configuration import Configuration
from spanledger_sql.connection import SESSION_SETTINGS
from spanledger_sql.policy.access import scope_settings, tables_of_tenants
from spanledger_sql.store import Store, StoreError

NOON = datetime(2024, 10, 8, 12, 30, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture
def filled(server_store: Store, on_server: Configuration) -> Configuration:
    """A ledger of two tenants."""
    load_reference_data(server_store)
    rows = [
        {
            "ingested_at": datetime.now(UTC), "trace_id": f"{number:032x}", "span_id": f"{number:016x}", "ts": NOON,
            "provider": "openai", "request_model": "gpt-4o", "operation": "chat", "status": "ok", "input_tokens": 5,
            "usage_source": "reported", "tenant_id": tenant,
        }
        for number, tenant in enumerate(("acme", "northwind"))
    ]  # fmt: skip
    server_store.insert("llm_spans", rows)
    worker = Worker(server_store, on_server)
    assert worker.catch_up() == 2
    worker.give_back()
    return on_server


def test_the_engine_shows_a_tenants_rows_alone(filled: Configuration) -> None:
    with Store.open(filled, scope=scope_settings("acme")) as scoped:
        assert scoped.rows("SELECT DISTINCT tenant_id FROM calls") == [{"tenant_id": "acme"}]
        for table in tables_of_tenants():
            others = f"SELECT count() FROM {table} WHERE tenant_id NOT IN ('', 'acme')"
            assert scoped.value(others) == 0, table
        assert scoped.value("SELECT count() FROM span_parent") == 0
        for query in (
            "SELECT count() FROM calls SETTINGS additional_table_filters = {}",
            "SELECT count() FROM calls SETTINGS readonly = 0",
        ):
            with pytest.raises(StoreError, match=r"(?i)readonly"):
                scoped.rows(query)
        with pytest.raises(StoreError, match=r"(?i)readonly"):
            scoped.execute("TRUNCATE TABLE ledger")


def test_a_scope_plans_as_everybody_also_by_what_only_newer_servers_know(filled: Configuration) -> None:
    for scope in ({}, scope_settings("acme")):
        with Store.open(filled, scope=scope) as store:
            names = [*SESSION_SETTINGS, "optimize_truncate_order_by_after_group_by_keys"]
            said = store.rows(
                "SELECT name, value FROM system.settings WHERE name IN {names:Array(String)}", names=names
            )
        given = {row["name"]: row["value"] for row in said}
        assert given == {**{name: str(value) for name, value in SESSION_SETTINGS.items()}, names[-1]: "0"}


def test_a_report_as_a_tenant_shows_his_rows_alone(filled: Configuration) -> None:
    asked = ("chargeback", "--month", "2024-10", "--by", "tenant", "--format", "csv")
    address = {"SPANLEDGER_CLICKHOUSE_URL": filled.clickhouse_url}
    whole = in_own_process(*asked, data_dir=filled.data_dir, **address)
    assert "northwind" in whole.stdout, whole.stderr
    done = in_own_process("--tenant-scope", "acme", *asked, data_dir=filled.data_dir, **address)
    assert done.returncode == 0, done.stderr
    assert "acme" in done.stdout
    assert "northwind" not in done.stdout
