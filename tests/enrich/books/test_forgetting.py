"""A name goes from every table, and the books stay whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from harness.books import NOON, Books
from harness.otlp_request import call

from spanledger_collector.admission import Sender
from spanledger_collector.export_request import from_protobuf
from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.books.forgetting import ForgettingError, forget, new_pseudonym

SUMS = (
    "SELECT count() AS calls, sum(list_cost) AS cost, sum(input_tokens) AS tokens, sum(co2e_g) AS co2e, "
    "sum(counted) AS counted FROM ledger FINAL"
)


@pytest.fixture
def told(fresh_books: Books) -> Books:
    """Calls of two tenants and two users, who are named wherever names may stand; and shared costs."""
    store = fresh_books.store
    for number, (tenant, user) in enumerate((("northwind", "alice"), ("acme", "alice"), ("northwind", "bob"))):
        said = {"tenant__id": tenant, "user__id": user, "spanledger__dimension__desk": tenant,
                "metadata": f'{{"tenant_id": "{tenant}", "user_id": "{user}"}}'}  # fmt: skip
        pinned = Sender(tenant=tenant).marked(from_protobuf(call({"tenant.id": tenant}, **said)))
        store.insert_otlp(length_prefixed(pinned.body), f"forgetting {number}")
    fresh_books.enrich()
    hour = {"commitment_id": "lease", "version": 1, "hour": NOON.replace(minute=0)}
    store.insert("allocation_row", [{**hour, "tenant_id": "northwind", "amount": 5},
                                    {**hour, "tenant_id": "acme", "amount": 7}])  # fmt: skip
    store.insert("commitment", [{"commitment_id": "lease", "kind": "lease", "amount": 12, "begins": NOON,
                                 "ends": NOON + timedelta(hours=1), "tenants": ["northwind", "acme"],
                                 "share_tenants": [], "shares": [], "idle_owner": "northwind"}])  # fmt: skip
    return fresh_books


def anywhere(books: Books, name: str) -> list[str]:
    """The tables in which a name stands, however it does."""
    tables = books.store.rows(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
    )
    found = []
    for table in (row["name"] for row in tables):
        stored = books.store.client.raw_query(f"SELECT * FROM `{table}`", fmt="JSONEachRow")
        if name.encode() in stored:
            found.append(table)
    return found


@pytest.mark.parametrize(("whose", "name"), [("tenant", "northwind"), ("user", "alice")])
def test_the_name_goes_and_all_sums_stay(told: Books, whose, name) -> None:
    before = told.store.rows(SUMS)
    allocated = told.store.rows("SELECT sum(amount) AS amount, count() AS rows FROM allocation_row")
    assert {"ledger", "llm_spans", "otel_traces"} <= set(anywhere(told, name))
    pseudonym = new_pseudonym()
    forget(told.store, whose, name, pseudonym)
    assert anywhere(told, name) == []
    assert told.store.rows(SUMS) == before
    assert told.store.rows("SELECT sum(amount) AS amount, count() AS rows FROM allocation_row") == allocated
    column = f"{whose}_id"
    assert told.store.value(f"SELECT count() FROM ledger FINAL WHERE {column} = '{pseudonym}'") == 2
    assert {"acme", "bob"} - {name} <= {other for other in ("acme", "bob") if anywhere(told, other)}


@pytest.mark.parametrize("name", ["northwind", "o'hara \\ sons"])
def test_no_statement_is_kept_that_tells_whose_the_pseudonym_is(told: Books, name: str) -> None:
    odd = call({"tenant.id": name}, user__id="carol", metadata=f'{{"tenant_id": "{name}"}}')
    told.store.insert_otlp(length_prefixed(odd), "forgetting odd")
    told.enrich()
    pseudonym = new_pseudonym()
    forget(told.store, "tenant", name, pseudonym)
    kept = [row["command"] for row in told.store.rows("SELECT command FROM system.mutations")]
    assert [command for command in kept if pseudonym in command or name[:4] in command] == []


def test_an_interrupted_run_goes_on(told: Books) -> None:
    pseudonym = new_pseudonym()
    told.store.execute(
        "INSERT INTO allocation_row SELECT * REPLACE ({to:String} AS tenant_id) FROM allocation_row "
        "WHERE tenant_id = 'northwind'", {"to": pseudonym},
    )  # fmt: skip
    forget(told.store, "tenant", "northwind", pseudonym)
    assert told.store.value("SELECT sum(amount) FROM allocation_row") == 12


def test_who_is_in_no_table_cannot_be_forgotten(told: Books) -> None:
    with pytest.raises(ForgettingError, match="no table has the tenant 'north'"):
        forget(told.store, "tenant", "north", new_pseudonym())


def test_another_tenants_name_is_no_pseudonym(told: Books) -> None:
    with pytest.raises(ForgettingError, match="no pseudonym"):
        forget(told.store, "tenant", "northwind", "acme")
