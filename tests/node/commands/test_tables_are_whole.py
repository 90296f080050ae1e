"""Tables show everything, or say what they leave out."""

from decimal import Decimal

import pandas as pd
import pytest
from rich.console import Group
from rich.text import Text

from spanledger_cli.output.export import Format
from spanledger_cli.output.table import MOST_ROWS
from spanledger_cli.output.terminal import console, print_rows

FIGURES = {
    name: [Decimal("123456.789")]
    for name in ("calls", "input_tokens", "cache_read_tokens", "output_tokens", "list_cost", "contracted_cost",
                 "energy_kwh", "co2e_kg", "co2e_kg_low", "co2e_kg_high")
}  # fmt: skip


@pytest.fixture
def narrow(monkeypatch):
    """A terminal of 80 columns."""
    monkeypatch.setattr("spanledger_cli.output.terminal._WIDTH_WITHOUT_TERMINAL", 80)


@pytest.mark.usefixtures("narrow")
def test_a_narrow_terminal_keeps_the_tenant_and_names_what_it_has_no_room_for(capsys):
    rows = pd.DataFrame({"tenant": ["a tenant with a rather long name"], **FIGURES})
    print_rows(rows, Format.table, foremost=["contracted_cost", "co2e_kg"])
    printed = capsys.readouterr()
    assert "".join(printed.out.split()).count("123,456.79") >= 4
    assert max(map(len, printed.out.splitlines())) <= 80
    assert "a tenant" in printed.out
    assert "co2e_kg_high" in printed.err
    assert "contracted" in printed.out
    assert "co2e_kg," not in printed.err
    assert "--format csv" in printed.err


def test_the_most_important_figure_stays_on_the_narrowest_terminal(capsys, monkeypatch):
    monkeypatch.setattr("spanledger_cli.output.terminal._WIDTH_WITHOUT_TERMINAL", 40)
    names = {"tenant": ["a tenant with a rather long name"], "feature": ["support of customers"]}
    print_rows(pd.DataFrame({**names, **FIGURES}), Format.table, foremost=["contracted_cost"])
    printed = capsys.readouterr()
    assert printed.out.count("123,456.79") == 1
    assert max(map(len, printed.out.splitlines())) <= 40
    assert "contracted_cost" not in printed.err


@pytest.mark.parametrize("name", ["[/]", "[eu] acme", "[red]x[/red]", ":smile:", "[link=https://a.b]c[/link]"])
def test_a_name_is_printed_as_it_is(capsys, name):
    print_rows(pd.DataFrame({"tenant": [name], "calls": [1]}), Format.table, title=f"Of {name}")
    printed = capsys.readouterr().out
    assert printed.count(name) == 2
    console().print(f"{name}: imported")
    assert capsys.readouterr().out == f"{name}: imported\n"


def test_what_a_terminal_would_obey_is_not_printed(capsys):
    print_rows(pd.DataFrame({"tenant": ["a\x1b]0;owned\x07b"]}), Format.table)
    assert "a\N{REPLACEMENT CHARACTER}]0;owned\N{REPLACEMENT CHARACTER}b" in capsys.readouterr().out


def test_a_name_in_a_sentence_gives_the_terminal_no_orders(capsys):
    console().print("quality", "evil\x1b[31m\x1b]0;title\x07 tells\nnothing \x9b2J", soft_wrap=True)
    console().print(Group("a model \x1b[5mm", Text("\x1b]8;;http://x\x07")), soft_wrap=True)
    printed = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\x9b"} & set(printed)
    assert "tells\nnothing" in printed


def test_points_stand_below_each_other(capsys):
    frame = pd.DataFrame({"tenant": ["a", "b", "c"], "cost": [Decimal("1234.5"), Decimal("0.000125"), Decimal(3)]})
    print_rows(frame, Format.table, total=["cost"])
    lines = [line for line in capsys.readouterr().out.splitlines() if "." in line]
    assert len({line.index(".") for line in lines}) == 1
    assert len(lines) == 4


def test_a_long_table_shows_its_first_rows_and_says_so(capsys):
    print_rows(pd.DataFrame({"user": range(MOST_ROWS + 5), "calls": 1}), Format.table, total=["calls"])
    printed = capsys.readouterr()
    assert "1,003" not in printed.out
    assert "1,005" in printed.out.splitlines()[-2]
    assert "the first 1,000 of 1,005 rows" in printed.err


def test_a_query_of_many_rows_shows_the_first_and_a_file_has_all(command, tmp_path):
    query = "SELECT number AS n FROM numbers(200000)"
    shown = command("sql", query, "--format", "table")
    assert "the first 1,000 rows, and there are more" in shown.stderr
    assert len(shown.stdout.splitlines()) < 1_010
    assert command("sql", query, "--output", tmp_path / "n.csv").returncode == 0
    assert (tmp_path / "n.csv").read_text().splitlines()[-1] == "199999"
    assert len((tmp_path / "n.csv").read_text().splitlines()) == 200_001
