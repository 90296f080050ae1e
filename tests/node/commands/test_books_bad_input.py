"""What finance hands in that is wrong is refused by file, row, field and mend, and the database stays as it was."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from harness.books import Books

PLAIN = "provider,amount,currency,day,invoice,model,meter,quantity,unit"
LINE = "mistral_ai,1.50,USD,2024-10-08,INV-7,mistral-large,input,1000,tokens"
BUDGET = "budget,for,amount,unit,every,timezone,thresholds"
CHARGE = "charge,kind,amount,from,to,tenant,currency"
CALL = {
    "cost_center": "", "price_status": "priced", "list_cost": Decimal(2), "contracted_cost": Decimal(2),
    "energy_wh": 2.0, "co2e_g": 1.5, "co2e_g_low": 1.0, "co2e_g_high": 2.0,
}  # fmt: skip
# A spreadsheet takes the first for a formula, a page the second for its own, and a path the third for a way out.
HOSTILE = ("=1+cmd|' /C calc'!A0", "<script>alert(1)</script>&\"'", "../../acme\x1b[31m")
STATE = (
    "SELECT groupArray((name, total_rows)) FROM (SELECT name, total_rows FROM system.tables "
    "WHERE database = currentDatabase() AND total_rows IS NOT NULL AND name != 'email_rule' ORDER BY name)"
)


@pytest.fixture(scope="module", autouse=True)
def _month(books: Books) -> None:
    books.fill({**CALL, "tenant_id": "acme"}, *({**CALL, "tenant_id": name} for name in HOSTILE))


@pytest.fixture
def refused(books: Books, spanledger: Callable[..., str]) -> Callable[..., str]:
    """Runs a command that must fail and change no table; gives what it tells."""

    def run(*arguments: object) -> str:
        before = books.store.value(STATE)
        told = spanledger(*arguments, fails=True)
        assert books.store.value(STATE) == before
        assert "Traceback" not in told
        return " ".join(told.split())

    return run


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode() + b"\n"


BILLS = {
    "nothing in it": (b"", "holds no lines; expected a bill"),
    "only headers": (csv(PLAIN), "holds no lines; expected a bill"),
    "cut off within quotes": (csv(PLAIN, LINE, 'mistral_ai,"1.5'), "b.csv:3: cannot be read as CSV"),
    "cut off within a line": (csv(PLAIN, LINE, "mistral_ai,1.5,US"), "b.csv:3: has 3 fields, and the header has 9"),
    "UTF-16": (f"{PLAIN}\n{LINE}\n".encode("utf-16"), "it is not in UTF-8; save it as UTF-8"),
    "UTF-16 without a mark": (f"{PLAIN}\n{LINE}\n".encode("utf-16-le"), "it is not in UTF-8; save it as UTF-8"),
    "a column twice": (csv(f"{PLAIN},amount", f"{LINE},2"), "b.csv:1: the column 'amount' comes twice"),
    "semicolons": (csv(PLAIN.replace(",", ";"), LINE.replace(",", ";")), "has ';' between its fields; expected ','"),
    "a currency in words": (csv(PLAIN, LINE.replace("USD", "dollars")), "b.csv:2: currency: 'DOLLARS': expected a"),
    "a decimal comma": (csv(PLAIN, LINE.replace("1.50", '"1,50"')), "amount: '1,50': expected a number with a point"),
    "thousands": (csv(PLAIN, LINE.replace("1.50", '"1,234.50"')), "amount: '1,234.50': expected a number with a point"),
    "no amount": (csv(PLAIN, LINE.replace("1.50", "")), "b.csv:2: amount: is not there: expected an amount"),
    "an endless amount": (csv(PLAIN, LINE.replace("1.50", "inf")), "amount: 'inf': expected a number that a bill can"),
    "no such day": (csv(PLAIN, LINE.replace("10-08", "02-30")), "b.csv:2: day: '2024-02-30': expected a day"),
    "no such zone": (csv(f"{PLAIN},timezone", f"{LINE},Mars/Olympus"), "timezone: 'Mars/Olympus': expected a name"),
    "no bill at all": (csv("a,b", "1,2"), "is no bill of a known format: it has a, b; expected"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00", "it is not in UTF-8"),
    "broken JSON": (b'{"data": [', "is no JSON: line 1, column 11"),
    "JSON of numbers": (b"[1, 2]", "expected a record with fields"),
    "JSON's NaN": (b'{"amount": NaN}', "NaN is no number of JSON"),
    "broken Parquet": (b"PAR1nothing", "is no Parquet"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BILLS)
def test_a_malformed_bill_is_refused_with_the_bills_beside_it(
    refused: Callable[..., str], write: Callable[..., Path], tmp_path: Path, fault: str
) -> None:
    content, told = BILLS[fault]
    bad = tmp_path / "b.csv"
    bad.write_bytes(content)
    assert told in refused("bills", "import", write(PLAIN, LINE, name="good.csv"), bad)


def test_a_damaged_archive_and_two_bills_of_one_invoice_are_refused(
    refused: Callable[..., str], write: Callable[..., Path], tmp_path: Path
) -> None:
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress(csv(PLAIN, LINE))[:-9])
    assert "cannot be uncompressed" in refused("bills", "import", packed)
    one, other = write(PLAIN, LINE, name="one.csv"), write(PLAIN, LINE.replace("1.50", "2.50"), name="other.csv")
    told = refused("bills", "import", one, other)
    assert "other.csv: invoice INV-7 is in the bill one.csv" in told
    assert "nothing was imported" in told


BUDGETS = {
    "": "holds no budget",
    BUDGET: "holds no budget",
    f"{BUDGET}\na,total,-5,usd,month,UTC,": "b.csv:2: amount: '-5'",
    f"{BUDGET}\na,total,0,usd,month,UTC,": "b.csv:2: amount: '0'",
    f"{BUDGET}\na,total,NaN,usd,month,UTC,": "b.csv:2: amount: 'NaN'",
    f"{BUDGET}\na,total,1e40,usd,month,UTC,": "b.csv:2: amount: '1e40'",
    f"{BUDGET}\na,total,5,shells,month,UTC,": "b.csv:2: unit: 'shells'",
    f"{BUDGET}\na,total,5,usd,week,UTC,": "b.csv:2: every: 'week'",
    f"{BUDGET}\na,total,5,usd,month,Mars/Olympus,": "there is no such time zone; expected a name such as",
    f"{BUDGET}\na,total,5,usd,month,UTC,most": "b.csv:2: thresholds",
    f"{BUDGET}\na,nobody,5,usd,month,UTC,": "'nobody' is nobody; expected total",
    f"{BUDGET}\na,tenant=acmee,5,usd,month,UTC,": "no call has that tenant; meant acme?",
    f"{BUDGET}\na,total,5,usd,month,UTC,\na,total,6,usd,month,UTC,": "b.csv:3: budget: 'a' is there twice",
    f"{BUDGET}\na,total,5,usd,month": "b.csv:2",
    f"{BUDGET},for\na,total,5,usd,month,UTC,,x": "the column 'for' comes twice",
    f"{BUDGET},colour\na,total,5,usd,month,UTC,,red": "colour",
    "budget,for,unit\na,total,usd": "amount",
}  # fmt: skip


@pytest.mark.parametrize("content", BUDGETS)
def test_a_budget_that_cannot_be_is_refused(
    refused: Callable[..., str], write: Callable[..., Path], content: str
) -> None:
    good = write(BUDGET, "fine,total,5,usd,month,UTC,", name="good.csv")
    assert BUDGETS[content] in refused("budgets", "import", good, write(content, name="b.csv"))


CHARGES = {
    CHARGE: "holds no charge",
    f"{CHARGE}\na,gift,5,2024-10-01,2024-11-01,acme,USD": "c.csv:2: kind: 'gift'",
    f"{CHARGE}\na,storage,-5,2024-10-01,2024-11-01,acme,USD": "expected less than 0 of a credit",
    f"{CHARGE}\na,credit,5,2024-10-01,2024-11-01,acme,USD": "expected less than 0 of a credit",
    f"{CHARGE}\na,storage,much,2024-10-01,2024-11-01,acme,USD": "c.csv:2: amount: 'much'",
    f"{CHARGE}\na,storage,5,2024-11-01,2024-10-01,acme,USD": "to: expected a time after from",
    f"{CHARGE}\na,storage,5,2024-10-01,2024-10-32,acme,USD": "c.csv:2: to",
    f"{CHARGE}\na,storage,5,2024-10-01,2024-11-01,acme,XAU": "there is no exchange rate of XAU for 2024-10-01",
    f"{CHARGE}\na,storage,5,2024-10-01,2024-11-01,acme,dollars": "currency: 'dollars'",
    f"{CHARGE}\na,storage,5": "c.csv:2",
    f"{CHARGE}\na,storage,5,2024-10-01,2024-11-01,acme,USD,more": "c.csv:2",
}  # fmt: skip


@pytest.mark.parametrize("content", CHARGES)
def test_a_charge_that_cannot_be_is_refused(
    refused: Callable[..., str], write: Callable[..., Path], content: str
) -> None:
    good = write(CHARGE, "fine,storage,5,2024-10-01,2024-11-01,acme,USD", name="good.csv")
    assert CHARGES[content] in refused("charges", "import", good, write(content, name="c.csv"))


ASKED_WRONGLY = {
    "statement 2024-13 --tenant acme": "MONTH '2024-13' is not a month; expected for example 2024-10",
    "statement october --tenant acme": "MONTH 'october' is not a month; expected for example 2024-10",
    "statement 2024-10 --tenant acme": "2024-10 is not closed: --draft shows how it stands",
    "statement 2024-10 --tenant acme --output a.docx": "expected a name that ends in json, csv, html, pdf",
    "statement 2024-10 --tenant acme --line 0": "Invalid value for '--line'",
    "statement 2024-10 --tenant acme --draft": "the books have nothing of 2024-10",
    "journal 2024-00": "MONTH '2024-00' is not a month; expected for example 2024-10",
    "journal 2024-09": "is not closed, and not softly",
    "disputes open 2024-13 --tenant acme --says x": "MONTH '2024-13' is not a month; expected for example 2024-10",
    "disputes open 2024-10 --tenant nobody --says x": "there is no statement of 2024-10 for 'nobody'",
    "disputes answer 99 --accept --says x": "there is no dispute 99; there are none",
    "verify nothing.html": "nothing.html: No such file",
    "verify /": "expected a statement that ends in",
    "close soft 2024-10 --grace -1": "Invalid value for '--grace'",
    "close post 2024-1x": "MONTH '2024-1x' is not a month; expected for example 2024-10",
    "reopen 2024-10": "no month is closed",
    "close soft 2024-13": "MONTH '2024-13' is not a month",
    "close hard 2024-13": "MONTH '2024-13' is not a month",
    "reopen 2024-13 --reason x": "MONTH '2024-13' is not a month",
    "close soft 2024-10 --timezone Mars/Base": "--timezone 'Mars/Base' is unknown",
    "close soft 2024-10 --tenant-zone acme=Mars/Base": "--tenant-zone of 'acme': 'Mars/Base' is unknown",
    "close balance --month 2024-13": "--month '2024-13' is not a month",
    "close flux --since 2024-10-01 --month october": "--month 'october' is not a month",
    "focus export --month 2024-13": "--month '2024-13' is not a month; expected for example 2024-10",
    "reconcile --month 2024-10": "there is no bill with charges",
    "budgets check nothing": "there is no budget 'nothing'",
    "budgets check --on 2199-01-01": "2199-01-01 is still to come",
    "budgets check --on yesterday": "does not match the format",
    "charges remove nothing": "there is no charge 'nothing'",
}  # fmt: skip


@pytest.mark.parametrize("line", ASKED_WRONGLY)
def test_what_is_asked_wrongly_is_told(refused: Callable[..., str], line: str) -> None:
    assert ASKED_WRONGLY[line] in refused(*line.split())


def test_hostile_names_stay_names_in_statements(spanledger: Callable[..., str], tmp_path: Path) -> None:
    spanledger("close", "soft", "2024-10", "--as", "ann", "--grace", 0)
    spanledger("close", "hard", "2024-10", "--as", "bob")
    for name in HOSTILE:
        for form in ("html", "csv"):
            file = tmp_path / f"statement.{form}"
            spanledger("statement", "2024-10", "--tenant", name, "--output", file)
            assert "is the statement that was issued" in spanledger("verify", file)
            text = file.read_text(encoding="utf-8")
            assert (",=1+cmd" if form == "csv" else "<script>alert") not in text
    with_html = spanledger("statement", "2024-10", "--tenant", HOSTILE[1], "--format", "html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in with_html
