"""What commands write for programs: plain digits, one type a column, nothing that a spreadsheet executes."""

import io
import json
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spanledger_cli.output.export import Destination, Format, export
from spanledger_cli.output.parquet_type import parquet_type
from spanledger_cli.output.terminal import print_rows
from spanledger_settings.period import period

OCTOBER = period("2024-10", None, None, "Europe/Berlin")
MONEY = (
    "SELECT CAST({}, 'Nullable(Decimal(38, 12))') AS cost, CAST(NULL, 'Nullable(Float64)') AS co2e_g, 'a' AS tenant, "
    "[toDecimal64(80, 4)] AS thresholds"
)


@pytest.mark.parametrize("output", [Format.csv, Format.csv_exact, Format.json])
def test_money_is_written_in_plain_digits(capsys, output):
    frame = pd.DataFrame({"cost": [Decimal("7.5E-7"), Decimal("0E-12"), None], "kwh": [1.5e-7, 2.5, None]})
    print_rows(frame, output)
    printed = capsys.readouterr().out
    assert "0.00000075" in printed
    assert "0.000000000000" in printed
    assert "E-" not in printed
    if output is Format.csv:
        assert printed.splitlines()[1:] == ["0.00000075,0.00000015", "0.000000000000,2.5", ","]
    elif output is Format.json:
        assert json.loads(printed)[0]["cost"] == "0.00000075"


@pytest.mark.parametrize("output", ["csv", "csv-exact"])
def test_several_values_in_a_cell_are_json_of_plain_digits(command, output):
    query = (
        "SELECT [toDecimal64(80, 4), toDecimal64('0.0001', 4)] AS thresholds, [1e-7, 2.] AS shares, "
        "['=a', 'b\"'] AS names, "
        "map('k', 1) AS tags, CAST([], 'Array(String)') AS nobody, [NULL, 1] AS gaps"
    )
    printed = command("sql", query, "--format", output).stdout
    (row,) = pd.read_csv(io.StringIO(printed), dtype=str, keep_default_na=False).to_dict("records")
    assert (row["thresholds"], row["shares"]) == ("[80.0000, 0.0001]", "[0.0000001, 2.0]")
    assert {name: json.loads(row[name]) for name in ("names", "tags", "nobody", "gaps")} == {
        "names": ["=a", 'b"'], "tags": {"k": 1}, "nobody": [], "gaps": [None, 1],
    }  # fmt: skip


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_execute_is_defused_unless_asked_otherwise(capsys, name):
    frame = pd.DataFrame({"tenant": [name], "cost": [Decimal(-1)]})
    print_rows(frame, Format.csv)
    read = pd.read_csv(io.StringIO(capsys.readouterr().out), dtype=str, keep_default_na=False)
    assert read.loc[0].tolist() == [f"'{name}", "-1"]
    print_rows(frame, Format.csv_exact)
    assert pd.read_csv(io.StringIO(capsys.readouterr().out), dtype=str).loc[0, "tenant"].strip() == name.strip()


def test_a_parquet_column_has_one_type_whatever_the_data(command, tmp_path):
    schemas = []
    for number, value in enumerate(("NULL", "1", "123456789012.5")):
        path = tmp_path / f"{number}.parquet"
        assert command("sql", MONEY.format(value), "--output", path).returncode == 0
        schemas.append(pq.read_schema(path).remove_metadata())
    empty = tmp_path / "empty.parquet"
    assert command("sql", f"SELECT * FROM ({MONEY.format('1')}) WHERE tenant = 'b'", "--output", empty).returncode == 0
    assert {str(schema) for schema in [*schemas, pq.read_schema(empty).remove_metadata()]} == {str(schemas[0])}
    assert schemas[0].field("cost").type == pa.decimal128(38, 12)


@pytest.mark.parametrize(
    ("database", "unit"),
    [("DateTime64(9, 'UTC')", "ns"), ("Nullable(DateTime64(9, 'UTC'))", "ns"), ("DateTime64(6, 'UTC')", "us")],
)
def test_a_time_keeps_its_last_digit_in_parquet(database, unit):
    assert parquet_type(database) == pa.timestamp(unit, "UTC")


def test_a_report_in_a_file_says_its_period_and_currency(capsys):
    frame = pd.DataFrame({"tenant": ["acme"], "list_cost": [Decimal(1)]})
    print_rows(frame, Format.csv, period=OCTOBER)
    header, row = capsys.readouterr().out.splitlines()
    assert header == "tenant,list_cost,period_from,period_to,currency"
    assert row == "acme,1,2024-09-30T22:00:00+00:00,2024-10-31T23:00:00+00:00,USD"
    print_rows(frame, Format.table, period=OCTOBER)
    assert "currency" not in capsys.readouterr().out


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    def rows():
        yield pd.DataFrame({"n": [1]})
        raise RuntimeError("the database went away")

    path = tmp_path / "rows.csv"
    with pytest.raises(RuntimeError):
        export(rows(), Destination(file=path))
    assert list(tmp_path.iterdir()) == []
    export([pd.DataFrame({"n": [1]}), pd.DataFrame({"n": [2]})], Destination(file=path))
    assert path.read_text() == "n\n1\n2\n"


def test_a_file_that_does_not_say_its_format_is_refused(command, tmp_path):
    done = command("sql", "SELECT 1", "--output", tmp_path / "rows.xls")
    assert done.returncode == 2
    assert "--format" in done.stderr
    nowhere = tmp_path / "no" / "rows.csv"
    for output in ("csv", "table"):
        done = command("sql", "SELECT 1", "--format", output, "--output", nowhere)
        assert (done.returncode, "--output" in done.stderr) == (1, True)


@pytest.mark.parametrize("output", ["csv", "table"])
def test_a_statement_that_gives_no_rows_is_run_once(command, output):
    assert command("sql", "CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n", "--format", output).returncode == 0
    assert command("sql", "INSERT INTO t SELECT 1", "--format", output).returncode == 0
    assert command("sql", "SELECT count() AS n FROM t", "--format", "csv").stdout == "n\n1\n"
    assert "t" in command("sql", "SHOW TABLES", "--format", output).stdout


def test_a_query_is_read_from_standard_input_whatever_it_quotes(command, monkeypatch):
    query = "-- What a page shows, with `quotes`.\nSELECT '$HOME \"x\"' AS name, 1 AS n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(query.encode())))
    done = command("sql", "-", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"name": '$HOME "x"', "n": 1}]
