"""The commands that close a month, from a soft close to a proved statement, and what they refuse."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from harness.command import in_process

KNOWN = {
    "price_status": "priced", "list_cost": Decimal("1.10"), "contracted_cost": Decimal("1.05"), "energy_wh": 2.0,
    "energy_wh_low": 1.0, "energy_wh_high": 3.0, "co2e_g": 0.5, "co2e_g_low": 0.25, "co2e_g_high": 0.75,
}  # fmt: skip
EVENTS = ("book_event", "book_party", "book_entry", "book_line", "book_statement", "book_journal")


@pytest.fixture
def october(books):
    """A ledger of two tenants in October 2024, and empty books."""
    for table in EVENTS:
        books.store.execute(f"TRUNCATE TABLE {table}")
    books.fill(
        {**KNOWN, "tenant_id": "acme", "cost_center": "cc-1"},
        {**KNOWN, "tenant_id": "acme", "cost_center": "cc-2"},
        {**KNOWN, "tenant_id": "globex", "cost_center": ""},
    )


@pytest.fixture
def closed(october, spanledger):
    spanledger("close", "soft", "2024-10", "--as", "ann", "--grace", 0)
    return spanledger("close", "hard", "2024-10", "--as", "bob")


def late(books, **changes):
    [row] = books.store.rows("SELECT * FROM ledger WHERE tenant_id = 'acme' LIMIT 1")
    books.store.insert("ledger", [{**row, "trace_id": "f" * 32, **changes}])


def test_a_month_is_closed_stated_and_proved(closed, spanledger, tmp_path):
    assert "2024-10 is closed by bob, prepared by ann" in closed
    for form in ("html", "csv", "json"):
        file = tmp_path / f"acme.{form}"
        spanledger("statement", "2024-10", "--tenant", "acme", "--output", file)
        assert "is the statement that was issued" in spanledger("verify", file)
    said = json.loads(file.read_text())
    assert said["statement"]["total"]["cost"] == "2.100000000000"
    assert said["statement"]["total"]["co2e_g_most"] == "1.500000000000"


def test_what_comes_late_is_an_adjustment_and_the_statement_stays(closed, books, spanledger, tmp_path):
    before = spanledger("statement", "2024-10", "--tenant", "acme", "--format", "html")
    late(books)
    told = spanledger("close", "soft", "2024-11", "--as", "ann", "--grace", 0)
    assert "adjustments in 2024-11 to 2024-10: 1 entry, late, 1.05 USD, 0.500 gCO2e" in told
    spanledger("close", "hard", "2024-11", "--as", "bob")
    assert spanledger("statement", "2024-10", "--tenant", "acme", "--format", "html") == before
    [line] = json.loads(spanledger("statement", "2024-11", "--tenant", "acme"))["statement"]["lines"]
    assert (line["service_month"], line["reason"], line["cost"]) == ("2024-10", "late", "1.050000000000")
    assert "the books hold" in spanledger("verify")


def test_a_month_that_was_reconciled_is_in_the_journal(closed, spanledger):
    text = spanledger("journal", "2024-10")
    assert text.splitlines()[0] == "line,month,service_month,says,account,cost_center,provider,debit,credit"
    rows = [line.split(",") for line in text.splitlines()[1:]]
    assert sum(Decimal(row[7]) for row in rows) == sum(Decimal(row[8]) for row in rows) == Decimal("3.15")


def test_a_line_leads_to_its_calls(closed, books, spanledger):
    text = spanledger("statement", "2024-10", "--tenant", "acme", "--line", 1, "--format", "csv")
    [call] = books.store.rows("SELECT trace_id, span_id FROM calls WHERE cost_center = 'cc-1'")
    assert text.splitlines()[1].startswith(f"{call['trace_id']}/{call['span_id']},")
    assert "there is no line 7" in spanledger("statement", "2024-10", "--tenant", "acme", "--line", 7, fails=True)


def test_a_draft_is_what_the_close_will_say(october, spanledger):
    spanledger("close", "soft", "2024-10", "--as", "ann", "--grace", 0)
    draft = json.loads(spanledger("statement", "2024-10", "--tenant", "acme", "--draft"))["statement"]
    accrual = spanledger("journal", "2024-10")
    spanledger("close", "hard", "2024-10", "--as", "bob")
    final = json.loads(spanledger("statement", "2024-10", "--tenant", "acme"))["statement"]
    assert (draft["status"], final["status"]) == ("draft", "final")
    assert (draft["lines"], draft["total"]) == (final["lines"], final["total"])
    assert spanledger("journal", "2024-10") == accrual


def test_disputes_and_states_of_the_books_are_printed(closed, books, spanledger):
    spanledger("disputes", "open", "2024-10", "--tenant", "acme", "--line", 1, "--says", "not ours", "--as", "carol")
    wrong = ("disputes", "answer", 1, "--accept", "--says", "right", "--as", "ann")
    assert "there is no dispute 1; those there are: 3" in spanledger(*wrong, fails=True)
    wrong = ("disputes", "answer", 3, "--accept", "--says", "right", "--as", "Carol")
    assert "Carol complained; another person must accept it" in spanledger(*wrong, fails=True)
    spanledger("disputes", "answer", 3, "--accept", "--says", "right", "--as", "ann")
    assert "accepted" in spanledger("disputes", "list")
    assert [line.split(",")[2] for line in spanledger("close", "status").splitlines()[1:]] == [
        "soft", "hard", "dispute", "answer",
    ]  # fmt: skip
    late(books)
    spanledger("close", "post", "2024-10", "--as", "ann")
    # A day is known at its end, however it is written.
    today = datetime.now(UTC)
    days = [spanledger("close", "balance", "--as-known-on", f"{today:{form}}") for form in ("%Y-%m-%d", "%Y%m%d")]
    assert days[0] == days[1] != spanledger("close", "balance", "--as-known-on", f"{today:%Y-%m-%d}T00:00")
    assert "2024-10,acme,3" in spanledger("close", "balance")
    assert spanledger("close", "balance", "--as-known-on", "2024-11-15").count("\n") == 1
    assert "2024-10,2024-11,late,1," in spanledger("close", "flux", "--since", "2024-11-15")


def test_a_statement_that_is_disputed_prints_the_same_and_says_so_beside_it(closed, books, spanledger, tmp_path):
    def run(*arguments):
        return in_process(*arguments, data_dir=books.configuration.data_dir)

    file = tmp_path / "acme.html"
    asked = ("statement", "2024-10", "--tenant", "acme", "--output", file)
    assert run(*asked).stderr == ""
    before = file.read_bytes()
    spanledger("disputes", "open", "2024-10", "--tenant", "acme", "--line", 2, "--says", "not ours", "--as", "carol")
    spanledger("disputes", "open", "2024-10", "--tenant", "acme", "--says", "too much", "--as", "carol")
    # Who complained may take it back.
    spanledger("disputes", "answer", 3, "--reject", "--says", "it was ours", "--as", "carol")
    told = "it is disputed: dispute 3 of line 2 is rejected, dispute 4 is open; see 'spanledger disputes list'"
    assert told in run(*asked).stderr
    assert file.read_bytes() == before
    assert f"{file}: {told}" in run("verify", file).stderr
    assert "disputed" not in run("statement", "2024-10", "--tenant", "globex").stderr


def test_what_was_posted_and_disputed_before_a_month_was_reopened_is_not_lost(closed, books, spanledger):
    def told(*arguments):
        return in_process(*arguments, data_dir=books.configuration.data_dir).stderr

    first = spanledger("journal", "2024-10")
    assert told("journal", "2024-10") == ""
    spanledger("disputes", "open", "2024-10", "--tenant", "acme", "--says", "too much", "--as", "carol")
    spanledger("reopen", "2024-10", "--as", "ann", "--reason", "a contract")
    spanledger("reopen", "2024-10", "--as", "bob", "--approve")
    assert spanledger("journal", "2024-10", "--revision", 1) == first
    late(books)
    spanledger("close", "soft", "2024-10", "--as", "ann", "--grace", 0)
    spanledger("close", "hard", "2024-10", "--as", "bob")
    assert "2024-10 was closed 2 times: this is what the last posts beside those before it" in told(
        "journal", "2024-10"
    )
    rows = [line.split(",") for line in spanledger("journal", "2024-10").splitlines()[1:]]
    assert sum(Decimal(row[7]) for row in rows) == sum(Decimal(row[8]) for row in rows) == Decimal("1.05")
    assert spanledger("journal", "2024-10", "--revision", 1) == first
    assert "no revision 3 of 2024-10: it was closed 2 times" in told("journal", "2024-10", "--revision", 3)
    assert "dispute 3 of revision 1 is open" in told("statement", "2024-10", "--tenant", "acme")


def test_a_proof_says_what_it_does_not_show(closed, spanledger):
    told = "that the chain's end was not cut off is shown by a hash that was kept elsewhere alone, given to --head"
    assert told in spanledger("verify")
    [*_, last] = json.loads(spanledger("close", "status", "--format", "json"))
    assert told not in spanledger("verify", "--head", f" {last['hash'].upper()}")


def test_what_the_books_do_not_allow_is_said_and_changes_nothing(october, books, spanledger):
    def refused(*arguments):
        before = [books.store.value(f"SELECT count() FROM {table}") for table in EVENTS]
        told = spanledger(*arguments, fails=True)
        assert [books.store.value(f"SELECT count() FROM {table}") for table in EVENTS] == before
        return told

    assert "is not a month; expected for example 2024-10" in refused("close", "soft", "2024-13")
    # Whoever has a clock run it nightly before the first close would leave October out for good.
    assert "3 calls before" in (told := refused("close", "post", "--as", "cron"))
    assert "name the month, such as 'spanledger close post 2024-10'" in told
    assert "'Mars/Olympus' is unknown" in refused("close", "soft", "2024-10", "--timezone", "Mars/Olympus")
    assert "'Mars/X' is unknown" in refused("close", "soft", "2024-10", "--tenant-zone", "acme=Mars/X")
    assert "nothing is charged to nobody" in refused("close", "soft", "2024-10", "--tenant-zone", "nobody=UTC")
    assert "expected for example acme=Europe/Berlin" in refused("close", "soft", "2024-10", "--tenant-zone", "acme")
    assert "2199-12 is over on 2200-01-01 00:00 UTC only" in refused("close", "soft", "2199-12")
    assert "2024-10 is not closed softly" in refused("close", "hard", "2024-10")
    assert "no month is closed" in refused("reopen", "2024-10", "--reason", "a contract")
    assert "2024-10 is not closed: --draft" in refused("statement", "2024-10", "--tenant", "acme")
    assert "2024-10 is not closed, and not softly" in refused("journal", "2024-10")
    spanledger("close", "soft", "2024-10", "--as", "Ann")
    assert "may change until" in refused("close", "hard", "2024-10", "--as", "bob")
    spanledger("close", "soft", "2024-10", "--as", "Ann", "--grace", 0)
    assert "ann prepared it; another person must do this" in refused("close", "hard", "2024-10", "--as", "ann")
    assert "--as is empty" in refused("close", "hard", "2024-10", "--as", " ")
    assert "the books begin with 2024-10" in refused("close", "post", "2024-09")
    assert "2024-10 is the next month to close, not 2024-11" in refused("close", "soft", "2024-11")
    spanledger("close", "hard", "2024-10", "--as", "bob")
    assert "2024-10 is closed; what came later is an adjustment in 2024-11" in refused("close", "soft", "2024-10")
    assert "there is no statement of 2024-10 for 'nobody'; there are some for acme, globex" in refused(
        "statement", "2024-10", "--tenant", "nobody"
    )
    for time in ("yesterday", "9999-12-31", "0001-01-01", "2024-11-15T25:00"):
        assert "no time; expected for example 2024-11-15" in refused("close", "balance", "--as-known-on", time)
    assert "no event of the chain has the hash" in refused("verify", "--head", "00")


def test_a_user_that_is_known_cannot_close_what_it_prepared_under_another_name(october, spanledger):
    spanledger("close", "soft", "2024-10", "--as", "ann", "--grace", 0, "--known-users")
    told = spanledger("close", "hard", "2024-10", "--as", "bob", fails=True)
    assert "prepared it, under the name ann; another user must do this" in told


def test_a_file_that_is_no_statement_fails_the_proof(closed, spanledger, tmp_path):
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert "names no statement that these books issued" in spanledger("verify", other, fails=True)
    assert "expected a statement that ends in" in spanledger("verify", tmp_path / "x.txt", fails=True)


# The last of the module, for what it allocates stays.
def test_bills_that_the_books_do_not_have_are_told_when_a_month_is_closed(october, books, spanledger, tmp_path):
    def told(*arguments):
        return in_process(*arguments, data_dir=books.configuration.data_dir).stderr

    bill = tmp_path / "openai.csv"
    bill.write_text("provider,amount,currency,day,model,meter,quantity,unit\nopenai,4.00,USD,2024-10-31,,fee,,\n")
    spanledger("bills", "import", bill)
    spanledger("close", "soft", "2024-10", "--as", "ann", "--grace", 0)
    assert "bills of openai in 2024-10 are not allocated" in told("close", "hard", "2024-10", "--as", "bob")
    spanledger("reopen", "2024-10", "--as", "ann", "--reason", "a bill")
    spanledger("reopen", "2024-10", "--as", "bob", "--approve")
    told("reconcile", "--month", "2024-10", "--allocate", "even")
    spanledger("close", "soft", "2024-10", "--as", "ann", "--grace", 0)
    assert "not allocated" not in told("close", "hard", "2024-10", "--as", "bob")
