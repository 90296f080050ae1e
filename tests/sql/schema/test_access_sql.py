"""The generated SQL of users and rights: the engine reads it, and it names what there is."""

from __future__ import annotations

import re

import pytest

from spanledger_sql.definitions.schema_file import tables, views
from spanledger_sql.policy.access import roles, statements, tables_of_tenants
from spanledger_sql.store import Store

TENANTS = ["northwind", "o'brien \\ sons", "`acme`"]


def test_the_engine_reads_every_statement(store: Store) -> None:
    for text in statements("spanledger", TENANTS):
        assert store.value("SELECT formatQuery({text:String})", text=text)


def test_a_tenants_name_stays_a_name(store: Store) -> None:
    [role] = [role for role in roles("spanledger", ["o'brien \\"]) if "tenant" in role.name]
    rows = role.policies["ledger"]
    assert store.value(f"SELECT {rows} FROM (SELECT 'o\\'brien \\\\' AS tenant_id)") == 1


@pytest.mark.parametrize("role", roles("spanledger", ["acme"]), ids=lambda role: role.name)
def test_rights_are_on_what_there_is(role) -> None:
    known = {name for file in (*tables(), *views()) for name in file.makes} | {"*"}
    named = set(re.findall(r"ON `spanledger`\.(\S+) (?:TO|FROM)", " ".join(role.grants)))
    assert named
    assert named <= known


def test_a_tenant_has_a_policy_on_every_table_that_says_whose_its_rows_are() -> None:
    [role] = [role for role in roles("spanledger", ["acme"]) if "tenant" in role.name]
    assert {"ledger", "llm_spans", "price_book", "call_verdict", "allocation_row"} <= set(tables_of_tenants())
    assert set(tables_of_tenants()) <= set(role.policies)


def test_a_tenant_reads_his_own_rows_and_what_tells_nothing_of_others() -> None:
    [role] = [role for role in roles("spanledger", ["acme"]) if "tenant" in role.name]
    kept = {name for file in tables() for name in file.makes}
    readable = set(re.findall(r"^GRANT SELECT ON `spanledger`\.(\S+) TO", "\n".join(role.grants), re.MULTILINE))
    of_all = readable & kept - set(role.policies)
    assert of_all == {
        "attribute", "energy_facility", "energy_model", "enrich_progress", "exchange_rate", "grid_import",
        "grid_intensity", "grid_water", "grid_zone", "ledger_hour", "migration", "model_resolution", "provider",
        "taken_insert", "uncertainty",
    }  # fmt: skip
    others = (
        "price_list",
        "price_book",
        "bill",
        "bill_line",
        "reconciliation",
        "charge",
        "budget",
        "alarm",
        "book_line",
    )
    assert not readable & {*others, "book_entry", "book_statement", "invoice_share", "prepaid_draw", "charge_share"}
    assert all("acme" in rows for rows in role.policies.values())


def test_finance_reads_bills_and_prices_and_no_spans_or_secrets() -> None:
    [role] = [role for role in roles("spanledger") if role.name == "spanledger_bi"]
    readable = set(re.findall(r"^GRANT SELECT ON `spanledger`\.(\S+) TO", "\n".join(role.grants), re.MULTILINE))
    assert {"bill_line", "price_list", "budget", "book_entry", "beside_call", "prepaid_draw"} <= readable
    assert not readable & {"llm_spans", "otel_traces", "email_rule", "alarm_delivery", "alarm_turn", "price_book"}
