"""The command `restate --dry-run`: what it says, in a file too, and that it leaves everything as it was."""

import csv

from spanledger_enrich.books import restatement
from spanledger_enrich.books.scope import Scope

DEARER = (
    "INSERT INTO price_list SELECT * REPLACE (input_price * 3 AS input_price, now64(6, 'UTC') AS loaded_at) "
    "FROM price_list FINAL WHERE model = 'gpt-4o'"
)


# What a run at work computes into, and every run begins with empty.
SCRATCH = ("restated", "restatement_change")


def stop(books, *, dry_run):
    """A restatement that is stopped after one of its two chunks, as one that is killed; gives its id."""
    books.configuration = books.configuration.model_copy(update={"batch_calls": 4})
    chunks = iter((True, False))
    given = {"requested_by": "ann", "reason": "", "dry_run": dry_run, "keep_on": lambda: next(chunks)}
    run = restatement.restate(books.store, books.configuration, Scope(changed=False), **given)
    assert not run.finished
    return run.restatement_id


def content(books):
    """The number of rows in force of each table, and a hash of them."""
    tables = books.store.rows(
        "SELECT name, if(engine = 'ReplacingMergeTree', 'FINAL', '') AS final FROM system.tables "
        "WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
    )
    found = {
        row["name"]: books.store.rows(
            f"SELECT count() AS n, groupBitXor(sipHash64(toString(tuple(*)))) AS hash FROM {row['name']} {row['final']}"
        )
        for row in tables
        if row["name"] not in SCRATCH
    }
    assert found["restatement"][0]["n"] == 1
    return found


def test_a_dry_run_writes_its_file_and_nothing_else(books, spanledger, tmp_path):
    books.book(*({"input_tokens": 1000, "tenant_id": tenant} for tenant in ("acme", "globex") * 4))
    books.store.execute(DEARER)
    stopped = stop(books, dry_run=False)
    assert "running" in spanledger("restatements", "--format", "csv")
    before = content(books)
    killed = stop(books, dry_run=True)
    file = tmp_path / "change.csv"
    assert spanledger("restate", "--dry-run", "--all", "--output", file) == ""
    assert content(books) == before
    with file.open(newline="") as stream:
        rows = {row["tenant"]: row for row in csv.DictReader(stream)}
    assert {name: row["old_calls"] for name, row in rows.items()} == {"acme": "2", "globex": "2"}
    assert all(float(row["new_cost"]) > float(row["old_cost"]) for row in rows.values())
    listed = spanledger("restatements", "--format", "csv")
    assert (stopped in listed, killed in listed) == (True, False)
