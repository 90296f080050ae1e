"""Closing asks and writes as often for many tenants as for one, and each is known to the books once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from harness.books import Books

from spanledger_enrich.books.closing import close
from spanledger_enrich.books.closing.statements.issued import UnknownStatementError, issued
from spanledger_enrich.books.closing.verification import verify
from spanledger_enrich.books.focus import cost_and_usage
from spanledger_enrich.books.focus.cost_and_usage import Asked
from spanledger_settings.period import period
from spanledger_sql.store import Store

ANN, BOB = close.Person("ann", "ann"), close.Person("bob", "bob")


def tenants(number: int) -> list[dict[str, Any]]:
    return [{"tenant_id": f"tenant-{place:03d}", "contracted_cost": "0.5"} for place in range(number)]


def asked(books: Books, monkeypatch: pytest.MonkeyPatch, number: int) -> Counter[str]:
    """How often closing a month of so many tenants, and handing it over, reads and writes."""
    books.fill(*tenants(number))
    for table in ("book_event", "book_party", "book_entry", "book_line", "book_statement", "book_journal"):
        books.store.execute(f"TRUNCATE TABLE {table}")
    found: Counter[str] = Counter()
    read, write = Store.rows, Store.insert

    def rows(store: Store, *given: Any, **named: Any) -> Any:
        found["rows"] += 1
        return read(store, *given, **named)

    def insert(store: Store, *given: Any, **named: Any) -> None:
        found["insert"] += 1
        write(store, *given, **named)

    monkeypatch.setattr(Store, "rows", rows)
    monkeypatch.setattr(Store, "insert", insert)
    close.soft(books.store, "2024-10", ANN, grace_days=0)
    close.hard(books.store, "2024-10", BOB)
    october = Asked(period("2024-10", None, None, "UTC"), "1.4", "internal", "Example AG")
    assert sum(map(len, cost_and_usage.frames(books.store, october, 10**6))) >= number
    monkeypatch.undo()
    return found


def test_a_month_is_closed_and_handed_over_with_as_many_questions_for_many_tenants_as_for_few(
    own_books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(own_books, monkeypatch, 60) == asked(own_books, monkeypatch, 3)


def test_of_two_who_know_tenants_at_once_each_tenant_is_known_once(
    own_books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_books.fill(*tenants(5))  # and `(unattributed)`, whom the books always know
    insert, rival = Store.insert, []

    def after_another(store: Store, table: str, rows: Any, *, token: str = "") -> None:
        if table == "book_party" and not rival:
            # Who saw the ledger before its last two tenants came.
            rival.extend({**row, "party": f"rival-{row['tenant_id']}"} for row in rows[:3])
            insert(store, table, rival, token=token)
        insert(store, table, rows, token=token)

    monkeypatch.setattr(Store, "insert", after_another)
    close.soft(own_books.store, "2024-10", ANN, grace_days=0)
    close.hard(own_books.store, "2024-10", BOB)
    known = {row["tenant_id"]: row["party"] for row in own_books.store.rows("SELECT * FROM book_party")}
    assert own_books.store.value("SELECT count() FROM book_party") == len(known) == len(set(known.values())) == 6
    assert {known[row["tenant_id"]] for row in rival} == {row["party"] for row in rival}
    assert not verify(own_books.store).faults


def test_who_asks_for_a_statement_that_is_not_there_is_told_the_nearest(own_books: Books) -> None:
    own_books.fill(*tenants(40))
    close.soft(own_books.store, "2024-10", ANN, grace_days=0)
    close.hard(own_books.store, "2024-10", BOB)
    with pytest.raises(UnknownStatementError, match=r"some for tenant-03\d, tenant-0\d\d, tenant-0\d\d and 37 more$"):
        issued(own_books.store, "2024-10", "tenant-03")
    with pytest.raises(UnknownStatementError, match=r"some for tenant-000, (tenant-\d+, ){8}tenant-009 and 30 more$"):
        issued(own_books.store, "2024-10", "zzz")
