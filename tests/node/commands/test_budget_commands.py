"""The commands on budgets: exit status, alarms, and errors that change nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from harness.books import Books
from harness.command import in_process

HEAD = "budget,for,amount,unit,every,timezone,thresholds"


@pytest.fixture(autouse=True)
def filled(books: Books) -> Books:
    # Not when the module was found: that may have been the day before.
    now = datetime.now(UTC)
    books.fill(
        *(
            {
                "ts": now - timedelta(days=n), "price_status": "priced", "list_cost": Decimal(2),
                "input_cost": Decimal(2),
                "contracted_cost": Decimal(2), "tenant_id": "acme", "feature": "chat", "cost_center": "4711",
                "dimensions": {"desk": "emea"},
            }
            for n in range(10)
        )
    )  # fmt: skip
    for table in ("budget", "alarm", "budget_forecast", "book_history"):
        books.store.execute(f"TRUNCATE TABLE {table}")
    return books


def test_a_breach_is_the_exit_status_and_an_alarm(books, spanledger, write):
    spanledger("budgets", "import", write(HEAD, "day,tenant=acme,3,usd,day,UTC,50", name="b.csv"))
    (row,) = json.loads(spanledger("budgets", "check", "--format", "json"))
    assert (row["budget"], row["for"], row["state"], row["used_percent"]) == (
        "day", "tenant=acme", "50 % reached", pytest.approx(200 / 3),
    )  # fmt: skip
    assert Decimal(row["used"]) == 2
    (raised,) = json.loads(spanledger("budgets", "alarms", "--format", "json"))
    assert (raised["kind"], raised["tenant_id"]) == ("threshold", "acme")
    spanledger("budgets", "import", write(HEAD, "day,tenant=acme,1.5,usd,day,UTC,50", name="b.csv"))
    done = in_process("budgets", "check", "--no-alarms", "--format", "csv", data_dir=books.configuration.data_dir)
    assert done.returncode == 3, done.stderr
    assert "breached" in done.stdout
    assert len(json.loads(spanledger("budgets", "alarms", "--format", "json"))) == 1


def test_what_was_said_before_is_kept(spanledger, write):
    for amount in (5, 6, 6):
        spanledger("budgets", "import", write(HEAD, f"a,total,{amount},usd,month,UTC,", name="b.csv"))
    spanledger("budgets", "remove", "a")
    done = [row["done"] for row in json.loads(spanledger("budgets", "history", "--format", "json"))]
    assert done == ["removed", "changed", "imported"]
    assert json.loads(spanledger("budgets", "list", "--format", "json")) == []
    assert "there is no budget 'a'" in spanledger("budgets", "remove", "a", fails=True)


@pytest.mark.parametrize(
    ("whose", "told"),
    [
        ("tenant=acmee", "no call has that tenant; meant acme?"),
        ("cost_center=9", "no call has that cost center; there are 4711"),
        ("feature=chatt", "no call has that feature; meant chat?"),
        ("model=gpt-9", "no call has that model"),
        ("desk2=x", "no call has that dimension; meant desk?"),
    ],
)
def test_a_budget_for_nobody_is_refused_and_nothing_changed(books, spanledger, write, whose, told):
    file: Path = write(HEAD, "good,total,5,usd,month,UTC,", f"bad,{whose},5,usd,month,UTC,", name="b.csv")
    said = spanledger("budgets", "import", file, fails=True)
    assert told in said
    assert "budget 'bad'" in said
    assert books.store.value("SELECT count() FROM budget") == 0
    spanledger("budgets", "import", file, "--unseen")
    assert books.store.value("SELECT count() FROM budget") == 2


def test_the_names_that_there_are_stand_once(books, spanledger, write):
    books.fill({"ts": datetime.now(UTC), "tenant_id": "(unattributed)"})
    wrong = write(HEAD, "a,tenant=xyz-qq,5,usd,month,UTC,", name="b.csv")
    told = spanledger("budgets", "import", wrong, fails=True)
    assert "there are (unattributed); nothing" in told.replace("\n", " ")


def test_how_well_periods_were_foretold_is_told_of_a_past_day_too(books, spanledger, write):
    spanledger("budgets", "import", write(HEAD, "d,total,300,usd,day,UTC,", name="b.csv"))
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=5)
    try:
        books.store.insert("budget_forecast", [{
            "budget_id": "d", "begins": day, "ends": day + timedelta(days=1), "made_on": day.date(),
            "method": "mean of the days", "total": 1, "low": 0, "high": 10**6,
        }])  # fmt: skip
        said = spanledger("budgets", "check", "--on", f"{day + timedelta(days=2):%Y-%m-%d}", "--format", "json")
        assert [(row["record_held"], row["record_periods"]) for row in json.loads(said)] == [(1, 1)]
        # On its own day it was not over yet.
        said = spanledger("budgets", "check", "--on", f"{day - timedelta(days=1):%Y-%m-%d}", "--format", "json")
        assert [row["record_periods"] for row in json.loads(said)] == [0]
    finally:
        books.store.execute("TRUNCATE TABLE budget_forecast")


def test_of_a_period_that_is_over_nothing_is_foretold_and_of_another_it_is(spanledger, write):
    spanledger("budgets", "import", write(HEAD, "d,total,300,usd,day,UTC,", "y,total,300,usd,year,UTC,", name="b.csv"))

    def foretold(on: datetime, *names: str) -> list[bool]:
        said = spanledger("budgets", "check", *names, "--on", f"{on:%Y-%m-%d}", "--format", "json")
        return [row["expected"] is not None for row in json.loads(said)]

    # Not on the last day of a year, which is over with its day.
    on = next(day for n in (2, 3) if (day := datetime.now(UTC) - timedelta(days=n)).strftime("%m-%d") != "12-31")
    assert foretold(on) == [False, True]
    assert foretold(on, "d") == [False]
    # Today is not over.
    assert foretold(datetime.now(UTC), "d") == [True]
