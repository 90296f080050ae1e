"""Charges and FOCUS exports on the command line."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness.books import Books
from harness.command import in_process
from harness.month_of_charges import SPAN, make

from spanledger_enrich.books.focus.dataset import columns
from spanledger_enrich.ledger.enrichment import enrich

Command = Callable[..., str]
MONTH = ("--month", "2024-10")


@pytest.fixture(scope="module", autouse=True)
def _month(books: Books) -> None:
    make(books)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("version", ["1.2", "1.4"])
def test_an_export_is_a_file_with_the_other_datasets_and_metadata_beside_it(
    spanledger: Command, tmp_path: Path, version: str
) -> None:
    file = tmp_path / "october.parquet"
    spanledger("focus", "export", "--version", version, *MONTH, "--output", file)
    schema = pq.read_schema(file)
    known = columns("CostAndUsage", version)
    assert [name for name in schema.names if not name.startswith("x_")] == [column.name for column in known]
    assert {schema.field(one.name).type for one in known if one.type == "Decimal"} == {pa.decimal128(38, 12)}
    beside = {path.name for path in tmp_path.iterdir()} - {file.name}
    told = json.loads((tmp_path / "october.metadata.json").read_text())
    assert {one["FocusVersion"] for one in told["Schema"]} == {version}
    assert {one["DatasetInstanceId"] for one in told["DatasetInstance"]} | {"october.metadata.json"} == {
        file.name,
        *beside,
    }
    for of in ("Schema", "Recency"):
        assert [one["DatasetInstanceId"] for one in told[of]] == [
            one["DatasetInstanceId"] for one in told["DatasetInstance"]
        ]
    # October is over, and not closed: what tenants are billed may change. What providers bill is there.
    assert [one["DatasetInstanceComplete"] for one in told["Recency"]] == [False] * len(told["Recency"])
    spanledger("focus", "export", "--version", version, *MONTH, "--view", "provider", "--output", tmp_path / "p.csv")
    other = json.loads((tmp_path / "p.metadata.json").read_text())
    assert {sector["TimeSectorComplete"] for one in other["Recency"] for sector in one["TimeSectors"]} == {True}
    assert not {one["SchemaId"] for one in told["Schema"]} & {one["SchemaId"] for one in other["Schema"]}
    defined = {one["ColumnName"]: one for one in told["Schema"][0]["ColumnDefinition"]}
    assert defined["Tags"]["ProviderTagPrefixes"] == []
    called = {"String": "STRING", "Decimal": "DECIMAL", "DateTime": "DATETIME", "JSON": "JSON"}
    assert {one.name: defined[one.name]["DataType"] for one in known} == {one.name: called[one.type] for one in known}
    own = [name for name in defined if name.startswith("x_")]
    assert list(defined) == [one.name for one in known] + sorted(own)
    if version == "1.4":
        kinds = ("invoice-detail", "billing-period", "contract-commitment")
        assert {f"october.{kind}.parquet" for kind in kinds} < beside


def test_csv_and_parquet_say_the_same_money(spanledger: Command, tmp_path: Path) -> None:
    printed = rows(spanledger("focus", "export", *MONTH, "--format", "csv"))
    spanledger("focus", "export", *MONTH, "--output", tmp_path / "o.parquet")
    stored = pq.read_table(tmp_path / "o.parquet").to_pylist()
    assert [Decimal(row["BilledCost"]) for row in printed] == [row["BilledCost"] for row in stored]
    # A program that guesses types must not take money for whole numbers.
    assert all("." in row["BilledCost"] for row in printed)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--version", "1.5", *MONTH), "expected 1.2, 1.3, 1.4"),
        (("--view", "both", *MONTH), "'both' is not one of 'internal', 'provider'"),
        (("--format", "json", *MONTH), "json; expected csv or parquet"),
        (("--issuer", " ", *MONTH), "expected the organisation's name"),
        (("--from", "2024-10-08T10:00", "--to", "2024-10-09"), "charge periods are days"),
        ((*MONTH, "--timezone", "Mars/Olympus"), "is unknown"),
    ],
)
def test_what_cannot_be_exported_is_refused(spanledger: Command, arguments: tuple[str, ...], told: str) -> None:
    assert told in " ".join(spanledger("focus", "export", *arguments, fails=True).split())


def test_chargeback_and_the_report_of_charges_come_to_the_same(spanledger: Command) -> None:
    by_tenant = rows(spanledger("chargeback", *MONTH, "--format", "csv"))
    by_meter = rows(spanledger("charges", "report", *MONTH, "--by", "tenant,meter", "--format", "csv"))
    for name in ("effective_cost", "billed_cost"):
        assert sum(Decimal(row[name]) for row in by_tenant) == sum(Decimal(row[name]) for row in by_meter)
    (acme,) = [row for row in by_tenant if row["tenant"] == "acme"]
    between = Decimal(acme["commitment_cost"]) + Decimal(acme["charge_cost"]) - Decimal(acme["covered_cost"])
    assert Decimal(acme["effective_cost"]) == Decimal(acme["contracted_cost"]) + between
    assert Decimal(acme["charge_cost"]) == Decimal("12.34") + 30 - Decimal("0.5") + Decimal("0.633333333333")


def test_single_days_sum_to_the_month(spanledger: Command) -> None:
    for zone in ("UTC", "Europe/Berlin"):
        whole = rows(spanledger("chargeback", *MONTH, "--timezone", zone, "--format", "csv"))
        days = rows(spanledger("chargeback", *MONTH, "--timezone", zone, "--by", "day,tenant", "--format", "csv"))
        assert sum(Decimal(row["effective_cost"]) for row in days) == sum(
            Decimal(row["effective_cost"]) for row in whole
        )


def test_a_report_is_run_by_its_name(spanledger: Command) -> None:
    assert "finance/movers" in spanledger("report", "list").split()
    told = rows(spanledger("report", "finance/waste", *MONTH, "--by", "tenant", "--format", "csv"))
    assert {row["waste"] for row in told} == {"idle commitment", "expired credits"}
    assert "there is no report 'lunch'" in spanledger("report", "lunch", fails=True)
    by_day = spanledger("report", "chargeback/beside_trend", *MONTH, "--format", "csv")
    assert spanledger("report", "chargeback/beside_trend", *MONTH, "--set", "grain=month", "--format", "csv") != by_day
    assert "expected one of hour, day" in spanledger("report", "finance/trend", "--set", "grain=year", fails=True)


@pytest.mark.usefixtures("spanledger")
def test_a_report_only_reads_and_says_where_the_worker_is_behind(books: Books) -> None:
    def told(*arguments: object) -> str:
        return in_process(*arguments, *MONTH, "--format", "csv", data_dir=books.configuration.data_dir).stderr

    assert told("chargeback") == ""
    books.ingest({**SPAN, "request_model": "gpt-4o-mini"})
    enrich(books.store, books.configuration, time.time_ns() // 1000)
    before = books.store.rows("SELECT * FROM allocation FINAL ORDER BY commitment_id, day")
    for arguments in (("chargeback",), ("charges", "report"), ("report", "finance/waste")):
        said = told(*arguments)
        assert (
            "2 commitments of 2024-10-01 00:00 to 2024-11-01 00:00 UTC, without 1 call that came since: a node" in said
        )
        assert "1 charge of 2024-10-01 00:00 to 2024-11-01 00:00 UTC, shared out without 1 call that came since" in said
    assert books.store.rows("SELECT * FROM allocation FINAL ORDER BY commitment_id, day") == before
    books.enrich()
    assert told("chargeback") == ""
    assert books.store.rows("SELECT * FROM allocation FINAL ORDER BY commitment_id, day") != before
