"""A restatement that was stopped: what a dry run makes of it, and how it is shown and cancelled."""

from itertools import count

import pytest
from test_restatement import DOUBLED, restate, span

from spanledger_enrich.books import restatement
from spanledger_enrich.books.restatement import RestatementError

# All that a restatement could touch, but the records of runs.
BOOKS = ("ledger", "model_resolution", "grid_zone", "tenant_rule", "tenant_rule_set", "price_list")
STATES = "SELECT restatement_id, state FROM restatement FINAL"


@pytest.fixture
def stopped(fresh_books):
    """Books whose prices changed, and a run that was stopped after the first of its chunks."""
    books = fresh_books
    books.configuration = books.configuration.model_copy(update={"batch_calls": 4})
    books.book(*(span(number, request_model="gpt-4o-2024-08-06") for number in range(1, 13)))
    books.store.execute(DOUBLED, {"by": 3, "model": "gpt-4o"})
    asked = count()
    run = restate(books, keep_on=lambda: next(asked) < 1)
    assert not run.finished
    return books, run.restatement_id


def content(books):
    return {
        table: books.store.rows(f"SELECT count() AS n, groupBitXor(sipHash64(*)) AS hash FROM {table}")
        for table in BOOKS
    }


def test_a_dry_run_leaves_books_and_a_stopped_run_as_they_are(stopped):
    books, identity = stopped
    before = content(books)
    preview = restate(books, dry_run=True)
    assert content(books) == before
    assert preview.resumed == ()
    assert {"restatement_id": identity, "state": "running"} in books.store.rows(STATES)
    # What it says is what is left to do.
    resumed = restate(books).resumed
    assert [one.restatement_id for one in resumed] == [identity]


def test_a_stopped_run_is_cancelled_where_it_is(stopped):
    books, identity = stopped
    before = books.store.value("SELECT sum(contracted_cost) FROM calls")
    ended = restatement.cancel(books.store, identity)
    assert (ended.examined_calls, ended.changed_calls) == (4, 4)
    assert books.store.value("SELECT sum(contracted_cost) FROM calls") == before
    frame = books.store.frame(
        "reports/operations/restatements", restatement_id=identity, previews=1, by_month=0, by_tenant=0
    )
    assert frame["state"].tolist() == ["cancelled"]
    assert int(frame["new_calls"].sum()) == 4
    assert restate(books).resumed == ()


def test_only_a_run_that_waits_is_cancelled(stopped):
    books, identity = stopped
    with pytest.raises(RestatementError, match=f"no restatement 'x' waits to be finished; {identity}"):
        restatement.cancel(books.store, "x")
    restatement.cancel(books.store, identity)
    with pytest.raises(RestatementError, match="none does"):
        restatement.cancel(books.store, identity)
