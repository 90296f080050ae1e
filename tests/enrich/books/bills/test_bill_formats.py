"""What each format's lines mean, and what is said of files that are no bills."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness.billed_traffic import Shape, charges, month_of_calls
from shapes import SHAPES

from spanledger_enrich.books.bills import bill_formats
from spanledger_enrich.books.bills.bill_line import BillLine
from spanledger_enrich.books.bills.meter_words import Named, named
from spanledger_enrich.files.import_file import ImportFileError

EXAMPLES = Path(__file__).parents[3] / "fixtures/bills"
# Of each example: its format, how many lines, what they come to, and how many lines of each meter.
TOLD = {
    "openai_costs.json": ("OpenAI costs", "6.17", {"input": 6, "cache_read": 4, "output": 6, "search": 2}),
    "openai_cost_export.csv": ("OpenAI costs", "6.17", {"input": 6, "cache_read": 4, "output": 6, "search": 2}),
    "openai_usage_completions.json": (
        "OpenAI usage", "0", {"input": 6, "cache_read": 4, "output": 6, "requests": 6},
    ),
    "openai_completions_usage_export.csv": (
        "OpenAI usage", "0", {"input": 3, "cache_read": 2, "output": 3, "requests": 3},
    ),
    "anthropic_cost_report.json": (
        "Anthropic cost report", "22.66",
        {"input": 4, "cache_read": 2, "cache_write": 2, "cache_write_1h": 2, "output": 4, "search": 2},
    ),
    "claude_api_cost_2026_10_05_to_2026_10_07.csv": (
        "Anthropic Console costs", "22.66",
        {"input": 4, "cache_read": 2, "cache_write": 2, "cache_write_1h": 2, "output": 4, "search": 2},
    ),
    "anthropic_usage_messages.json": (
        "Anthropic usage report", "0",
        {"input": 4, "cache_read": 2, "cache_write": 2, "cache_write_1h": 2, "output": 4, "search": 2},
    ),
    "claude_api_tokens_2026_10.csv": (
        "Anthropic Console tokens", "0",
        {"input": 4, "cache_read": 2, "cache_write": 2, "cache_write_1h": 2, "output": 4, "search": 2},
    ),
    "aws_cur2.csv": (
        "AWS CUR 2.0", "64.9616201",
        {"input": 4, "output": 2, "cache_read": 2, "cache_write": 1, "capacity": 1, "credit": 1, "tax": 1},
    ),
    "azure_actualcost.csv": (
        "Azure cost details", "50.26395", {"input": 1, "cache_read": 2, "output": 2, "capacity": 1},
    ),
    "gcp_billing_export.jsonl": (
        "Google billing export", "3.2734",
        {"input": 1, "output": 1, "reasoning": 1, "cache_read": 1, "storage": 1, "credit": 1, "tax": 1},
    ),
    "openrouter_activity.csv": ("OpenRouter activity", "5.22", {"all": 2, "requests": 2}),
    "openrouter_activity.json": ("OpenRouter activity", "4.3", {"all": 1, "requests": 1}),
    "deepseek_amount.csv": ("DeepSeek amount", "0", {"input": 1, "cache_read": 1, "output": 1, "requests": 1}),
    "deepseek_cost.csv": ("DeepSeek cost", "0.0994", {"all": 1}),
    "databricks_billing_usage.csv": ("Databricks usage", "0", {"all": 3}),
    "focus_1.4.csv": ("FOCUS", "231.264486045", {"input": 6, "cache_read": 7, "output": 17}),
}  # fmt: skip


def lines(path: Path) -> tuple[BillLine, ...]:
    """What a file's lines mean."""
    return bill_formats.read(path)[1].lines


@pytest.mark.parametrize("name", TOLD)
def test_a_file_tells_its_format_and_every_line_is_understood(name: str) -> None:
    told, amount, meters = TOLD[name]
    _, read = bill_formats.read(EXAMPLES / name)
    assert read.format == told
    assert sum(line.amount or 0 for line in read.lines) == Decimal(amount)
    assert Counter(line.meter for line in read.lines) == meters
    assert read.unknown == []


def test_each_line_is_kept_as_it_came() -> None:
    for name in TOLD:
        text = (EXAMPLES / name).read_text(encoding="utf-8-sig")
        for line in lines(EXAMPLES / name):
            if name.endswith(("csv", "jsonl")):
                assert line.raw in text
            else:
                assert isinstance(json.loads(line.raw), dict)


def test_numbers_of_json_keep_their_digits(tmp_path: Path) -> None:
    text = (
        (EXAMPLES / "openai_costs.json").read_text().replace('"value": 0.675,', '"value": 0.67500000000000000001,', 1)
    )
    path = tmp_path / "costs.json"
    path.write_text(text)
    first = lines(path)[0]
    assert first.amount == Decimal("0.67500000000000000001")
    assert "0.67500000000000000001" in first.raw


def test_three_spellings_of_a_meter_are_one() -> None:
    spelt = [
        "5.4 mini cd inp Gl 1M Tokens",
        "gpt 5.4 mini cached Inp glbl Tokens",
        "gpt-5.4-mini-cchd-inp-Global Tokens",
    ]
    assert {(named(one).meter, named(one).scope) for one in spelt} == {("cache_read", "global")}
    zoned = Named("output", "gpt-4o-0806", "batch", "data zone")
    assert named("gpt-4o-0806-Batch-Outp-Data Zone Tokens") == named("gpt 4o 0806 Batch opt DZone Tokens") == zoned


def test_the_marketplace_counts_millions() -> None:
    claude = [line for line in lines(EXAMPLES / "aws_cur2.csv") if line.model == "Claude Sonnet 4.6"]
    assert [(line.meter, line.quantity) for line in claude] == [
        ("input", 1_500_000), ("output", 250_000), ("cache_read", 8_000_000), ("cache_write", 400_000),
    ]  # fmt: skip


def test_a_usage_type_of_later_models_is_read(tmp_path: Path) -> None:
    text = (
        (EXAMPLES / "aws_cur2.csv")
        .read_text()
        .replace("USE1-MP:USE1_InputTokenCount_Global-Units", "USE1-MP:USE1_input_tokens_global_standard-Units")
    )
    path = tmp_path / "cur.csv"
    path.write_text(text)
    assert [line.meter for line in lines(path)] == [line.meter for line in lines(EXAMPLES / "aws_cur2.csv")]


# What is written in place of a field of an example's second line, and what that line means then.
SPELT: dict[str, tuple[str, dict[str, str], dict[str, object]]] = {
    "a cache written for an hour, in one word": (
        "aws_cur2.csv", {"line_item_usage_type": "USE1-MP:USE1_CacheWrite1hInputTokenCount_Global-Units"},
        {"meter": "cache_write_1h", "scope": "global"},
    ),
    "a product of the Marketplace without MP": (
        "aws_cur2.csv",
        {
            "line_item_usage_type": "USE1-claude-opus-4-7_output_tokens_global_standard-Units", "pricing_unit": "Units",
            "line_item_usage_amount": "2", "product": '{"product_name": "Claude Opus 4.7 (Amazon Bedrock Edition)"}',
        },
        {"meter": "output", "model": "Claude Opus 4.7", "quantity": 2_000_000},
    ),
    "a maker of two capitals": (
        "azure_actualcost.csv",
        {"MeterName": "DeepSeek V3.1 Inp glbl Tokens", "UnitOfMeasure": "1K Tokens", "Quantity": "2"},
        {"meter": "input", "model": "DeepSeek-V3.1", "scope": "global", "quantity": 2000},
    ),
    "Azure's units in FOCUS": (
        "focus_1.4.csv",
        {
            "SkuMeter": "5.4 mini inp Gl 1M Tokens", "ConsumedQuantity": "2", "ConsumedUnit": "Units",
            "PricingQuantity": "2", "PricingUnit": "Units", "HostProviderName": "Microsoft Azure",
        },
        {"meter": "input", "unit": "Units", "quantity": 2, "unknown": "", "provider": "azure"},
    ),
    "Azure's millions in FOCUS": (
        "focus_1.4.csv", {"SkuMeter": "5.4 mini inp Gl 1M Tokens", "ConsumedUnit": "Units", "PricingQuantity": "2",
                          "PricingUnit": "1M"},
        {"meter": "input", "quantity": 2_000_000},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SPELT)
def test_what_is_spelt_otherwise_means_the_same(case: str, tmp_path: Path) -> None:
    name, fields, expected = SPELT[case]
    with (EXAMPLES / name).open(encoding="utf-8-sig", newline="") as stream:
        row = {**next(csv.DictReader(stream)), **fields}
    path = tmp_path / name
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(row))
        writer.writeheader()
        writer.writerow(row)
    (line,) = lines(path)
    assert {field: getattr(line, field) for field in expected} == expected


@pytest.mark.parametrize("wallet", ["granted", "GRANTED", "granted_balance"])
def test_what_a_granted_wallet_pays_is_a_credit_of_its_own(wallet: str, tmp_path: Path) -> None:
    path, text = tmp_path / "cost.csv", (EXAMPLES / "deepseek_cost.csv").read_text(encoding="utf-8-sig")
    head, row = text.splitlines()
    path.write_text(f"{head}\n{row}\n{row.replace('topped_up', wallet).replace('0.0994', '0.4')}\n")
    found = lines(path)
    assert [(line.line, line.part, line.meter, line.charge_category, line.amount) for line in found] == [
        (2, "", "all", "Usage", Decimal("0.0994")),
        (3, "", "all", "Usage", Decimal("0.4")),
        (3, "credit", "credit", "Credit", Decimal("-0.4")),
    ]


def test_a_zip_is_told_and_gzip_is_known_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cost.csv", (EXAMPLES / "deepseek_cost.csv").read_text())
    with pytest.raises(ImportFileError, match="is a ZIP: unpack it, and import the files in it"):
        lines(path)
    path.write_bytes(gzip.compress((EXAMPLES / "deepseek_cost.csv").read_bytes()))
    assert lines(path) == lines(EXAMPLES / "deepseek_cost.csv")


def test_other_services_are_kept_and_are_no_unknown_lines(tmp_path: Path) -> None:
    first, second, *_ = (EXAMPLES / "aws_cur2.csv").read_text().splitlines()
    path = tmp_path / "cur.csv"
    for of_an_ai, of_another in (
        ("AmazonBedrock", "AmazonEC2"), ("Amazon Bedrock", "Amazon EC2"), ("Nova2.0Lite-input-tokens", "BoxUsage:m5"),
    ):  # fmt: skip
        second = second.replace(of_an_ai, of_another)
    path.write_text(f"{first}\n{second}\n")
    (line,) = lines(path)
    assert (line.meter, line.unknown, line.service) == ("other_service", "", "Amazon EC2")


def test_compressed_and_parquet_say_the_same_as_csv(tmp_path: Path) -> None:
    whole = lines(EXAMPLES / "aws_cur2.csv")
    with gzip.open(tmp_path / "cur.csv.gz", "wb") as stream:
        stream.write((EXAMPLES / "aws_cur2.csv").read_bytes())
    records = bill_formats.BillFile.read(EXAMPLES / "aws_cur2.csv").records
    pq.write_table(pa.Table.from_pylist([dict(record.fields) for record in records]), tmp_path / "cur.parquet")
    for other in ("cur.csv.gz", "cur.parquet"):
        assert [(one.meter, one.model, one.quantity, one.amount) for one in lines(tmp_path / other)] == [
            (one.meter, one.model, one.quantity, one.amount) for one in whole
        ]


@pytest.mark.parametrize("name", [name for name in TOLD if name.endswith(".csv")])
def test_columns_in_another_order_others_between_them_quotes_and_line_ends_mean_nothing(
    name: str, tmp_path: Path
) -> None:
    with (EXAMPLES / name).open(encoding="utf-8-sig", newline="") as stream:
        header, *rows = csv.reader(stream)
    path = tmp_path / f"{name}.gz"
    with gzip.open(path, "wt", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(["of a later version", *(f" {one} " for one in reversed(header))])
        writer.writerows([["one; two", *reversed(row)] for row in rows])
    for one, other in zip(lines(EXAMPLES / name), lines(path), strict=True):
        assert replace(one, line=0, raw="") == replace(other, line=0, raw="")


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape.unknown], ids=lambda shape: shape.name)
def test_an_unknown_line_is_told_and_kept(shape: Shape, tmp_path: Path) -> None:
    found = charges(month_of_calls(shape.models), shape.zone)
    path, *_ = shape.files(tmp_path, found, {"unknown": Decimal("4.56")})
    (odd,) = [line for line in lines(path) if line.unknown]
    assert odd.meter == "unknown"
    assert odd.amount == Decimal("4.56")
    assert "elepathy" in odd.raw


BROKEN = {
    "an amount that is no number": (
        "openai_cost_export.csv",
        "0.675000000000000000000000000000",
        "lots",
        r"x\.csv:2: amount_value: 'lots': expected a number with a point",
    ),
    "an amount with a comma": (
        "claude_api_cost_2026_10_05_to_2026_10_07.csv",
        "2.70,2.70",
        '"2,70",2.70',
        r"x\.csv:2: cost_usd: '2,70': expected a number with a point",
    ),
    "an amount that is not finite": ("aws_cur2.csv", "0.3703701000", "NaN", r"x\.csv:2: .*'NaN': expected a number"),
    "a day that is none": ("azure_actualcost.csv", "10/05/2026", "13/45/2026", r"x\.csv:2: Date: .*expected a day"),
    "a time that is none": ("deepseek_cost.csv", "2026-10-05T00:00:00", "soon", r"x\.csv:2: start_time_iso: 'soon'"),
    "a currency that is none": (
        "deepseek_cost.csv",
        "USD",
        "dollars",
        r"x\.csv:2: currency: 'DOLLARS': expected a cur",
    ),
    "a currency that nobody has": ("deepseek_cost.csv", "USD", "USB", r"x\.csv:2: currency: 'USB': expected a cur"),
    "a line that is cut off": (
        "aws_cur2.csv",
        "OnDemand,{},{}",
        "OnDemand",
        r"x\.csv:2: has \d+ fields, and the header has",
    ),
    "semicolons": ("deepseek_cost.csv", ",", ";", r"x\.csv:1: has ';' between its fields"),
    "JSON that ends early": ("openai_costs.json", '"has_more": false', '"has_more": ', r"x\.json: is no JSON: line"),
    "a record that is none": (
        "gcp_billing_export.jsonl",
        '"credits": []',
        '"credits": "none"',
        r"x\.jsonl:1: credits:",
    ),
    "another record type": ("databricks_billing_usage.csv", "RETRACTION", "REVOCATION", r"x\.csv:3: record_type: 'REV"),
    "no account": ("focus_1.4.csv", "org-7Qx", "", r"x\.csv:2: BillingAccountId: is not there: expected a value"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_malformed_is_told_with_file_row_field_and_mend(case: str, tmp_path: Path) -> None:
    name, old, new, expected = BROKEN[case]
    text = (EXAMPLES / name).read_text(encoding="utf-8-sig")
    assert old in text
    path = tmp_path / f"x{Path(name).suffix}"
    path.write_text(
        text.replace(old, new) if case in {"semicolons", "JSON that ends early"} else text.replace(old, new, 3)
    )
    with pytest.raises(ImportFileError, match=expected) as told:
        bill_formats.read(path)
    assert "nothing was imported" in str(told.value)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"), (b"\xef\xbb\xbf\n<!DOCTYPE html><html>Sign in", "a web page"),
        (b"<html lang=en>", "a web page"), (b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook of a spreadsheet"),
    ],
)  # fmt: skip
def test_what_is_for_people_is_told_with_what_it_is(data: bytes, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "invoice.csv"
    path.write_bytes(data)
    with pytest.raises(ImportFileError, match=f"invoice.csv: is {kind}, which is for people: export the bill as CSV"):
        bill_formats.read(path)


@pytest.mark.parametrize("said", ["sep=,", '"sep=,"', "SEP=,"])
def test_what_a_spreadsheet_writes_before_the_header_is_none(said: str, tmp_path: Path) -> None:
    text = (EXAMPLES / "openai_cost_export.csv").read_text()
    plain, spread = tmp_path / "plain.csv", tmp_path / "spread.csv"
    plain.write_text(text)
    spread.write_bytes(f"{said}\r\n{text}".encode("utf-8-sig"))
    (_, one), (_, other) = bill_formats.read(plain), bill_formats.read(spread)
    assert [line.amount for line in other.lines] == [line.amount for line in one.lines]
    assert other.lines[0].line == one.lines[0].line + 1
    spread.write_text("sep=;\n" + text.replace(",", ";"))
    with pytest.raises(ImportFileError, match="has ';' between its fields"):
        bill_formats.read(spread)


def test_what_is_no_bill_is_told_with_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "recipes.csv"
    path.write_text("dish,flour\nbread,500\n")
    with pytest.raises(ImportFileError, match="known format: it has dish, flour; expected OpenAI costs"):
        bill_formats.read(path)


def test_a_plain_bill_has_one_zone(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("provider,amount,currency,day,model,timezone\nmistral,1.5,EUR,2026-10-05,codestral,Europe/Paris\n")
    _, read = bill_formats.read(path)
    assert read.timezone == "Europe/Paris"
    assert read.lines[0].begins.isoformat() == "2026-10-04T22:00:00+00:00"
    path.write_text(path.read_text() + "mistral,1.5,EUR,2026-10-05,codestral,UTC\n")
    with pytest.raises(ImportFileError, match=r"plain\.csv:3: timezone: 'UTC': expected Europe/Paris"):
        bill_formats.read(path)
