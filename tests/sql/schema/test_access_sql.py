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
