"""Bills and their reconciliation on the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.command import Done

EXAMPLES = Path(__file__).parents[2] / "fixtures/bills"
Command = Callable[..., Done]


@pytest.fixture
def billed(command: Command) -> Command:
    """A data folder with a bill, and no call."""
    assert command("bills", "import", EXAMPLES / "aws_cur2.csv").returncode == 0
    return command


def test_an_import_says_what_the_bill_is(command: Command) -> None:
    done = command("bills", "import", EXAMPLES / "openai_costs.json", EXAMPLES / "claude_api_tokens_2026_10.csv")
    assert "openai_costs.json: OpenAI costs, 2026-10-05 to 2026-10-06 UTC, 18 lines, 6.17 USD" in done.stdout
    assert "Anthropic Console tokens, 2026-10-05 to 2026-10-06 UTC, 16 lines, no amounts" in done.stdout
    again = command("bills", "import", EXAMPLES / "openai_costs.json")
    assert "is there already; nothing was changed" in again.stdout
    assert again.returncode == 0


def test_what_is_not_understood_is_told(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    text = (EXAMPLES / "openai_cost_export.csv").read_text()
    path.write_text(text.replace("web search tool calls", "telepathy minutes"))
    done = command("bills", "import", path)
    assert done.returncode == 0
    assert "odd.csv: 2 lines of 0.8" in done.stderr
    assert "no meter is known for 'telepathy minutes'" in done.stderr
    shown = json.loads(command("bills", "show", "odd.csv", "--unknown", "--format", "json").stdout)
    assert [row["meter"] for row in shown] == ["unknown", "unknown"]
    assert "telepathy minutes" in shown[0]["raw"]


def test_an_import_says_which_credits_raise_the_bill(command: Command, tmp_path: Path) -> None:
    path, head = tmp_path / "credits.csv", "provider,amount,currency,day,meter"
    path.write_text(f"{head}\nopenai,40,USD,2024-10-08,fee\nopenai,12.50,USD,2024-10-31,credit\n")
    done = command("bills", "import", path)
    assert (done.returncode, "2 lines, 52.50 USD" in done.stdout) == (0, True)
    assert (
        "credits.csv: 1 line of 12.50 USD raise the bill although they are credits, the first is line 3" in done.stderr
    )
    path.write_text(f"{head}\nopenai,40,USD,2024-11-08,fee\nopenai,-12.50,USD,2024-11-30,credit\n")
    assert "raise the bill" not in command("bills", "import", path).stderr


def test_an_import_says_what_is_billed_before_it_can_have_been_used(command: Command, tmp_path: Path) -> None:
    path, head = tmp_path / "ahead.csv", "provider,amount,currency,day,meter"
    path.write_text(
        f"{head}\nopenai,4,USD,2024-10-08,all\nopenai,12.50,USD,2090-10-31,all\nopenai,9,USD,2090-10-31,fee\n"
    )
    done = command("bills", "import", path)
    assert done.returncode == 0
    assert "ahead.csv: 1 line of 12.50 USD of use on days that are still to come, the first is line 3, 2090-10-31" in (
        done.stderr
    )
    removed = done.stderr.partition("'spanledger ")[2].partition("'")[0]
    assert command(*removed.split()).returncode == 0
    path.write_text(f"{head}\nopenai,4,USD,2024-10-08,all\nopenai,9,USD,2090-10-31,fee\n")
    assert "to come" not in command("bills", "import", path).stderr


def test_an_import_says_what_of_a_bill_is_compared_with_nothing(command: Command, tmp_path: Path) -> None:
    with (EXAMPLES / "aws_cur2.csv").open(newline="") as stream:
        row = next(csv.DictReader(stream))
    native = {**row, "line_item_product_code": "AmazonBedrock", "line_item_usage_type": "USE1-Nova2.0Lite-input-tokens"}
    disks = {
        **row,
        "line_item_product_code": "AmazonEC2",
        "line_item_usage_type": "USE1-EBS:VolumeUsage",
        "product": "",
    }
    some = [
        {**native, "pricing_unit": "Units", "line_item_usage_amount": "3.5", "line_item_unblended_cost": "0.25"},
        {**native, "pricing_unit": "Units", "line_item_usage_amount": "1", "line_item_unblended_cost": "0.5"},
        {**native, "pricing_unit": "1K tokens", "line_item_unblended_cost": "1"},
        {**disks, "line_item_unblended_cost": "7"}, {**disks, "line_item_unblended_cost": "8"},
    ]  # fmt: skip
    path = tmp_path / "cur.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(row))
        writer.writeheader()
        writer.writerows(some)
    done = command("bills", "import", path)
    assert "cur.csv: 2 lines of 0.75 USD for tokens counted as 4.5 Units, the first is line 2: " in done.stderr
    assert "cur.csv: of it 2 lines of 15 USD of services that are no AI, which nothing compares" in done.stdout


def test_a_malformed_bill_ends_with_an_error_and_changes_nothing(billed: Command, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text((EXAMPLES / "deepseek_cost.csv").read_text(encoding="utf-8-sig").replace("0.0994", "much"))
    before = billed("bills", "list", "--format", "csv").stdout
    done = billed("bills", "import", EXAMPLES / "openai_costs.json", path)
    assert done.returncode == 1
    assert "bad.csv:2: cost: 'much': expected a number with a point, such as 1234.56" in done.stderr
    assert "nothing was imported" in done.stderr
    assert billed("bills", "list", "--format", "csv").stdout == before


def test_a_reconciliation_that_does_not_hold_ends_with_a_status_that_no_error_has(billed: Command) -> None:
    done = billed("reconcile", "--month", "2026-10", "--format", "table")
    assert done.returncode == 3
    assert billed("reconcile", "--month", "2024-10").returncode == 1
    assert "aws: 0.0% of the billed use is metered; does not hold" in done.stdout
    assert billed("reconcile", "--month", "2026-10", "--tolerance", "20").returncode == 0


def test_a_bill_without_an_exchange_rate_keeps_nobody_from_reconciling_the_others(
    billed: Command, tmp_path: Path
) -> None:
    path = tmp_path / "mistral.csv"
    path.write_text("provider,amount,currency,day,meter\nmistral,12,EUR,2026-10-05,all\nmistral,1,PLN,2026-10-05,all\n")
    rates = tmp_path / "rates.csv"
    rates.write_text("currency,valid_from,usd\nPLN,2026-01-01,0.25\n")
    assert billed("prices", "rates", rates).returncode == 0
    assert billed("bills", "import", path).returncode == 0
    why = "mistral: not reconciled are 12.00 EUR and 1.00 PLN: there is no exchange rate of EUR for 2026-10-05"
    done = billed("reconcile", "--month", "2026-10", "--tolerance", "20", "--format", "table")
    assert done.returncode == 3
    assert "aws: 0.0% of the billed use is metered; holds" in done.stdout
    assert why in done.stdout
    done = billed("reconcile", "--month", "2026-10", "--tolerance", "20", "--format", "json")
    assert why in done.stderr
    told = {row["provider"]: (row["holds"], row["billed"], row["not_reconciled"]) for row in json.loads(done.stdout)}
    assert told == {"aws": (True, "64.961620100000", ""), "mistral": (False, None, "12.00 EUR and 1.00 PLN")}
    alone = billed("reconcile", "--month", "2026-10", "--provider", "mistral")
    assert (alone.returncode, "there is no exchange rate of EUR" in alone.stderr) == (1, True)
    rates.write_text("currency,valid_from,usd\nPLN,2026-01-01,0.25\nEUR,2026-01-01,1.1\n")
    assert billed("prices", "rates", rates).returncode == 0
    done = billed("reconcile", "--month", "2026-10", "--tolerance", "20", "--allocate", "even", "--format", "table")
    assert done.returncode == 3
    assert (
        "mistral: not reconciled are 12.00 EUR and 1.00 PLN: its bills of the period are in EUR and PLN" in done.stdout
    )
    shown = json.loads(billed("bills", "shares", "--month", "2026-10", "--format", "json").stdout)
    assert {row["provider"] for row in shown} == {"aws"}


def test_its_rows_sum_to_the_bill_by_any_dimension(billed: Command) -> None:
    for by in ("provider", "model,meter", "account,tier,day"):
        rows = json.loads(billed("reconcile", "--month", "2026-10", "--by", by, "--format", "json").stdout)
        assert f"{sum(float(row['billed']) for row in rows):.7f}" == "64.9616201"
        assert {row["provider"] for row in rows} == {"aws"}
    rows = json.loads(billed("reconcile", "--month", "2026-10", "--format", "json").stdout)
    assert rows[0]["holds"] is False
    assert float(rows[0]["tax"]) == 0.62


def test_shares_are_shown(billed: Command) -> None:
    done = billed("reconcile", "--month", "2026-10", "--allocate", "metered", "--format", "csv")
    assert "allocated to 1 tenant: see 'spanledger bills shares'" in done.stderr
    shown = json.loads(billed("bills", "shares", "--month", "2026-10", "--format", "json").stdout)
    assert [(row["tenant"], row["invoiced"]) for row in shown] == [("(unattributed)", "64.960000000000")]


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("reconcile", "--month", "2026-09"), 1, "there is no bill with charges from 2026-09-01 to 2026-09-30"),
        (("reconcile", "--month", "2026-10", "--provider", "openai"), 1, "there is no bill of openai"),
        (("reconcile", "--from", "2026-10-01T05:00", "--to", "2026-10-05"), 2, "bills are of days"),
        (("reconcile", "--month", "2026-10", "--tolerance", "much"), 2, "expected an amount in USD"),
        (("reconcile", "--month", "2026-10", "--allocate", "somehow"), 2, "expected metered, even, unattributed"),
        (("reconcile", "--month", "2026-10", "--by", "tenant"), 2, "tenant is no dimension"),
        (("bills", "remove", "nothing.csv"), 2, "there is no bill 'nothing.csv': see 'spanledger bills list'"),
    ],
)
def test_what_is_asked_wrongly_is_told(billed: Command, arguments: tuple[str, ...], status: int, told: str) -> None:
    done = billed(*arguments)
    assert (done.returncode, told in done.stderr) == (status, True), done.stderr


def test_a_bill_is_removed_and_remembered(billed: Command) -> None:
    assert "aws_cur2.csv: removed, with 12 lines" in billed("bills", "remove", "aws_cur2.csv").stdout
    assert [row["done"] for row in json.loads(billed("bills", "history", "--format", "json").stdout)] == [
        "removed", "imported",
    ]  # fmt: skip


def test_a_charge_that_goes_beyond_the_period_is_told(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "across.csv"
    path.write_text(
        "provider,amount,currency,from,to,meter,timezone\n"
        "mistral,100,USD,2026-09-20,2026-10-05,all,Europe/Berlin\n"
        "mistral,50,USD,2026-10-06,2026-10-31,all,Europe/Berlin\n"
        "mistral,5,USD,2026-10-25,2026-10-25,all,Europe/Berlin\n"
    )
    assert "2026-09-20 to 2026-10-31 Europe/Berlin" in command("bills", "import", path).stdout
    early = "mistral: 1 charge of 100.00 USD: left out, though also for days of the period"
    late = "counted whole, though also for days after"
    october = command("reconcile", "--month", "2026-10").stderr
    assert (early in october, late in october) == (True, False)
    september = command("reconcile", "--month", "2026-09").stderr
    assert f"mistral: 1 charge of 100.00 USD: {late} 2026-09-30" in september
    whole = command("reconcile", "--from", "2026-09-20", "--to", "2026-11-01").stderr
    assert "though also for days" not in whole


@pytest.mark.parametrize(
    "asked",
    [("budgets", "alarms"), ("budgets", "list"), ("budgets", "check"), ("disputes", "list"), ("charges", "list"),
     ("commitments", "list"), ("plans", "list"), ("bills", "list"), ("close", "status"), ("restatements",)],
    ids=" ".join,
)  # fmt: skip
def test_where_there_is_nothing_each_format_says_so_in_its_way(command: Command, asked: tuple[str, ...]) -> None:
    # A bill begins the ledger.
    assert command("bills", "import", EXAMPLES / "openai_costs.json").returncode == 0
    command("bills", "remove", "openai_costs.json")
    table, text, document = (command(*asked, "--format", name) for name in ("table", "csv", "json"))
    assert [done.returncode for done in (table, text, document)] == [0, 0, 0]
    assert table.stdout == ""
    assert table.stderr.strip().endswith(": no rows")
    assert len(text.stdout.splitlines()) == 1
    assert json.loads(document.stdout) == []
