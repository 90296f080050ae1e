"""A row of the ledger may stand for many calls: whatever counts calls sums them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import spanledger_sql

ROOT = Path(spanledger_sql.__file__).parent
READS_CALLS = re.compile(
    r"\b(?:FROM|JOIN)\s+(?:calls|calls_at|call_hours|ledger|covered_call|energy_by_method|restatement_change)\b"
)
COUNTS = re.compile(r"\bcount(?:If)?\((?:[^()]|\([^()]*\))*\)(?=[\s,]*(?:OVER \(\) )?AS (\w+))")
# What counts something else than calls, and what.
COUNTED_ROWS = {
    ("reports/attribution/quality.sql", "spans"): "spans that are no calls",
    ("reports/attribution/quality.sql", "duplicates"): "reports that do not count",
    ("reports/bills/by_provider.sql", "unknown_lines"): "lines of bills",
    ("reports/agents/seats.sql", "users"): "users of seats",
    ("reports/finance/outcomes.sql", "tell_revenue"): "outcomes",
    ("reports/finance/outcomes.sql", "tell_known_revenue"): "outcomes",
    ("lookups/progress/allocated_since.sql", "calls"): "rows: whether any came, and how many",
    ("reports/filters/as_of.sql", "calls"): "rows: whether there are any, and how many wait",
    ("reports/capacity/load.sql", "all_rows"): "rows of the report",
    ("reports/capacity/load.sql", "busy_minutes"): "minutes",
    ("reports/capacity/load.sql", "over_limit"): "minutes",
    ("reports/capacity/sharers.sql", "all_rows"): "rows of the report",
    ("reports/capacity/sharers.sql", "short_minutes"): "minutes",
    ("reports/finance/breakdown.sql", "names"): "names of the dimension",
    ("reports/finance/shares.sql", "names"): "names of the dimension",
    ("reports/chargeback/chargeback_table.sql", "all_rows"): "rows of the report",
    ("reports/chargeback/owed.sql", "names"): "names of the dimension",
    ("reports/prices/compared.sql", "all_rows"): "rows of the report",
    ("reports/prices/unpriced.sql", "all_rows"): "rows of the report",
    ("reports/energy/unknown.sql", "all_rows"): "rows of the report",
    ("reports/operations/odd_calls.sql", "early"): "reports",
    ("reports/operations/odd_calls.sql", "late"): "reports",
    ("books/allocation/hours.sql", "calls"): "rows, which share an hour evenly where nothing weighs",
}


def without_comments(text: str) -> str:
    return re.sub(r"--.*", "", text)


STATEMENTS = {
    path.relative_to(ROOT).as_posix(): text
    for folder in ("reports", "lookups", "views/read", "books")
    for path in sorted((ROOT / folder).rglob("*.sql"))
    if READS_CALLS.search(text := without_comments(path.read_text(encoding="utf-8")))
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_that_reads_calls_sums_them_and_counts_no_rows(name: str) -> None:
    counted = {found.group(1) for found in COUNTS.finditer(STATEMENTS[name])}
    assert {column for column in counted if (name, column) not in COUNTED_ROWS} == set()


def test_what_is_said_to_count_rows_does() -> None:
    counted = {(name, found.group(1)) for name, text in STATEMENTS.items() for found in COUNTS.finditer(text)}
    assert set(COUNTED_ROWS) <= counted
