"""How figures are printed for people."""

from decimal import Decimal

import pandas as pd
import pytest

from spanledger_cli.output.export import Format
from spanledger_cli.output.table import amount
from spanledger_cli.output.terminal import print_rows
from spanledger_settings.figures import counted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "1,234,567"),
        (Decimal("1234.5"), "1,234.50"),
        (1.005, "1.00"),
        (Decimal(0), "0.00"),
        (2.0, "2.00"),
        (0.0001239, "0.000124"),
        (Decimal("-0.25"), "-0.25"),
        (-1234.567, "-1,234.57"),
        (None, "–"),
        (float("nan"), "–"),
        (pd.NA, "–"),
        (True, "True"),
        (pd.Timestamp("2024-10-08T12:30:59Z"), "2024-10-08 12:30"),
    ],
)
def test_an_amount_is_printed_as_people_read_it(value, text):
    assert amount(value) == text


def test_a_total_sums_what_is_known(capsys):
    frame = pd.DataFrame({"tenant": ["a", "b", "c"], "cost": [Decimal("1.25"), None, Decimal(1000)]})
    print_rows(frame, Format.table, total=("cost",))
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.split() == ["total", "1,001.25"]


def test_gaps_and_details_are_left_out_of_a_table_only(capsys):
    frame = pd.DataFrame({"tenant": ["a"], "unpriced": [0], "unknown": [2], "note": ["x"]})
    parts = frame.assign(parts=pd.Series([""], dtype="string"))
    print_rows(parts, Format.table, gaps=("unpriced", "unknown", "parts"), details=("note",))
    table = capsys.readouterr().out
    assert "parts" not in table
    assert "unknown" in table
    assert "unpriced" not in table
    assert "note" not in table
    print_rows(frame, Format.csv, gaps=("unpriced", "unknown"), details=("note",))
    assert capsys.readouterr().out.splitlines() == ["tenant,unpriced,unknown,note", "a,0,2,x"]


@pytest.mark.parametrize(("number", "told"), [(1, "1 call"), (0, "0 calls"), (1234, "1,234 calls")])
def test_one_thing_is_no_things(number, told):
    assert counted(number, "call") == told
