"""What a report leaves out since no such books are kept would have added nothing to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from harness.books import OCTOBER, Books
from harness.month_of_charges import SPAN, SPANS, TABLES, make

import spanledger_sql
from spanledger_sql.definitions import kept_books
from spanledger_sql.store import statement

ROOT = Path(spanledger_sql.__file__).parent
NAMES = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix()
    for path in ROOT.rglob("*.sql")
    if kept_books.named_in(path.read_text(encoding="utf-8"))
)
ASKED: dict[str, Any] = {
    **OCTOBER, "custom": [], "own": "", "own_values": [], "tenants": [], "where": [], "where_names": [],
    "where_values": [], "by": ["tenant", "model"], "dimension": "tenant", "names": 100, "grain": "day",
    "moment": "2099-01-01 00:00:00", "first": "2024-10-01", "last": "2024-10-31",
}  # fmt: skip
OF_NO_CALLS = ("reports/chargeback/beside_calls", "reports/chargeback/beside_trend")
OF_A_BUDGET = {"budgets/cost_by_day": {"scope": "tenant", "dimension": "", "names": ["acme", "globex"]}}


@pytest.fixture
def books_of_nothing_but_calls(books: Books) -> Books:
    for table in (*TABLES, "price_plan"):
        books.store.execute(f"TRUNCATE TABLE {table}")
    failed = {"status": "error", "session_id": "s", "input_tokens": 50}
    books.book(*({**SPAN, **span} for span in (*SPANS, failed)))
    return books


def rows(books: Books, name: str, text: str) -> pd.DataFrame:
    asked = {**ASKED, **OF_A_BUDGET.get(name.removeprefix("reports/"), {})}
    given = {key: value for key, value in asked.items() if f"{{{key}:" in text}
    return books.store.query_frame(text, given)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_where_nothing_but_calls_is_kept(books_of_nothing_but_calls: Books, name: str) -> None:
    books, text = books_of_nothing_but_calls, statement(name)
    short = books.store.as_kept(text)
    assert len(short) < len(text)
    assert not kept_books.named_in(short)
    whole = rows(books, name, text)
    assert len(whole) > 0 or name in OF_NO_CALLS
    # Whether a figure could be unknown may differ; what it is does not.
    pd.testing.assert_frame_equal(rows(books, name, short).astype(object), whole.astype(object))


def test_all_is_asked_where_all_books_are_kept(books: Books) -> None:
    make(books)
    books.store.insert("price_plan", [{"tenant_id": "acme", "plan_id": "p"}])
    try:
        assert [books.store.as_kept(statement(name)) for name in NAMES] == [statement(name) for name in NAMES]
    finally:
        books.store.execute("TRUNCATE TABLE price_plan")


@pytest.mark.parametrize("name", NAMES)
def test_a_passage_is_of_books_that_are_looked_up_and_ends(books: Books, name: str) -> None:
    text = statement(name)
    begun, ended = re.findall(r"^ *-- <(\w+)>$", text, re.MULTILINE), re.findall(r"^ *-- </(\w+)>$", text, re.MULTILINE)
    assert begun == ended
    assert set(begun) <= {kept_books.BY_CALL, *books.store.rows(statement("lookups/kept_books"))[0]}
