"""Files that are nearly like the providers' own: nothing of them is dropped or misread in silence."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spanledger_enrich.books.bills import bill, bill_formats, reconciliation
from spanledger_enrich.books.bills.bill_line import METERS, BillLine
from spanledger_enrich.books.bills.meter_words import tokens_each
from spanledger_enrich.books.bills.reconciliation import CAUSES
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_settings.period import period
from spanledger_sql.store import Store

EXAMPLES = Path(__file__).parents[3] / "fixtures/bills"
PLAIN = "provider,amount,currency,day,model,meter,quantity,unit\n"
Rows = list[dict[str, str]]


def rows(name: str) -> Rows:
    """An example's rows."""
    with (EXAMPLES / name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def written(path: Path, some: Rows) -> Path:
    """A CSV file of rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in some for name in row)))
    writer.writeheader()
    writer.writerows(some)
    path.write_text(text.getvalue())
    return path


def lines(path: Path) -> tuple[BillLine, ...]:
    """What a file's lines mean."""
    return bill_formats.read(path)[1].lines


def called(some: Rows, names: dict[str, str], spelt: Callable[[str], str] = str) -> Rows:
    """Rows with other names of columns."""
    return [{names.get(spelt(name), spelt(name)): value for name, value in row.items()} for row in some]


def document(name: str) -> Any:
    """An example of JSON."""
    return json.loads((EXAMPLES / name).read_text())


def small(name: str) -> str:
    """A name with a small first letter."""
    return name[0].lower() + name[1:]


@pytest.mark.parametrize("said", ["1_234.56", "١٢", "1.234,56", "1,234.56", "$12.00", "(12.00)", "1 234.56"])
def test_a_number_of_another_spelling_is_refused_and_never_guessed(said: str, tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text(f'{PLAIN}mistral,"{said}",EUR,2026-10-05,m,input,1,tokens\n')
    with pytest.raises(ImportFileError, match=r"plain\.csv:2: amount: .* expected a number with a point, such as 1234"):
        lines(path)


@pytest.mark.parametrize("said", ["1.2e-3", "-0.5", "+3", ".5", "5.", "1E6"])
def test_a_number_with_a_sign_or_an_exponent_is_read(said: str, tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text(f"{PLAIN}mistral,{said},EUR,2026-10-05,m,input,0,tokens\n")
    (line,) = lines(path)
    assert (line.amount, line.quantity) == (Decimal(said), 0)


def test_a_day_that_may_be_two_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text(f"{PLAIN}mistral,1,EUR,05/10/2026,m,input,1,tokens\n")
    with pytest.raises(ImportFileError, match=r"plain\.csv:2: day: '05/10/2026': expected a day, such as 2026-10-05"):
        lines(path)
    turned = rows("azure_actualcost.csv")
    for row in turned:
        month, day, year = row["Date"].split("/")
        row["Date"] = f"{day}/{month}/{year}"
    with pytest.raises(
        ImportFileError, match="Date: '05/10/2026': expected a day from 2026-10-01 to 2026-10-31, as MM"
    ):
        lines(written(tmp_path / "azure.csv", turned))


@pytest.mark.parametrize(
    ("names", "spelt"),
    [
        ({"Cost": "CostInBillingCurrency", "BillingCurrency": "BillingCurrencyCode"}, str),
        (
            {"Cost": "PreTaxCost", "BillingCurrency": "Currency", "Date": "UsageDateTime", "Quantity": "UsageQuantity"},
            str,
        ),
        ({}, small),
        ({"cost": "costInBillingCurrency"}, small),
    ],
)
def test_azures_older_columns_mean_the_same(names: dict[str, str], spelt: Callable[[str], str], tmp_path: Path) -> None:
    path = written(tmp_path / "azure.csv", called(rows("azure_actualcost.csv"), names, spelt))
    ours = [(one.day, one.meter, one.quantity, one.amount, one.currency, one.account) for one in lines(path)]
    assert ours == [
        (one.day, one.meter, one.quantity, one.amount, one.currency, one.account)
        for one in lines(EXAMPLES / "azure_actualcost.csv")
    ]
    assert ours[0][0] == date(2026, 10, 5)


def test_tokens_of_the_marketplace_are_no_other_service_without_the_column_product(tmp_path: Path) -> None:
    without = [{name: value for name, value in row.items() if name != "product"} for row in rows("aws_cur2.csv")]
    found = lines(written(tmp_path / "cur.csv", without))
    assert [line.unknown for line in found if line.meter == "unknown"] == 4 * [
        "no product tells whose tokens these are: export the column product"
    ]
    assert [line for line in found if line.meter == "other_service"] == []
    named = [
        {**row, "product_product_name": json.loads(whole["product"] or "{}").get("product_name", "")}
        for row, whole in zip(without, rows("aws_cur2.csv"), strict=True)
    ]
    assert [(one.meter, one.model) for one in lines(written(tmp_path / "named.csv", named))] == [
        (one.meter, one.model) for one in lines(EXAMPLES / "aws_cur2.csv")
    ]


def test_a_split_cost_is_a_part_of_its_parents(tmp_path: Path) -> None:
    some = rows("aws_cur2.csv")
    split = {
        **some[0], "line_item_product_code": "AmazonEKS", "product": "", "line_item_unblended_cost": "",
        "split_line_item_parent_resource_id": "i-1", "split_line_item_split_cost": "0.2",
    }  # fmt: skip
    found = lines(written(tmp_path / "cur.csv", [*some, split]))
    assert (len(found), found[-1].amount) == (13, 0)
    del split["split_line_item_parent_resource_id"]
    with pytest.raises(ImportFileError, match=r"cur\.csv:14: line_item_unblended_cost: is not there"):
        lines(written(tmp_path / "cur.csv", [*some, split]))


@pytest.mark.parametrize(
    ("said", "provider"),
    [
        ("Amazon Web Services, Inc.", "aws"),
        ("Microsoft Ireland Operations Limited", "azure"),
        ("Google Cloud EMEA Limited", "google"),
        ("OpenAI OpCo, LLC", "openai"),
        ("Anthropic, PBC", "anthropic"),
        ("xAI Corp.", "x-ai"),
    ],
)
def test_a_tax_of_focus_is_its_providers_whatever_company_issues_the_invoice(
    said: str, provider: str, tmp_path: Path
) -> None:
    row = {**rows("focus_1.4.csv")[0], "InvoiceIssuerName": said, "ChargeCategory": "Tax", "HostProviderName": "NULL"}
    assert [line.provider for line in lines(written(tmp_path / "focus.csv", [row]))] == [provider]


def test_focus_has_five_categories_and_ends_after_begins(tmp_path: Path) -> None:
    row = rows("focus_1.4.csv")[0]
    with pytest.raises(ImportFileError, match=r"focus\.csv:2: ChargeCategory: 'Discount': expected one of Adjustment"):
        lines(written(tmp_path / "focus.csv", [{**row, "ChargeCategory": "Discount"}]))
    with pytest.raises(ImportFileError, match=r"focus\.csv:2: its charge is from .* expected an end after its begin"):
        lines(written(tmp_path / "focus.csv", [{**row, "ChargePeriodEnd": "2026-10-01T00:00:00Z"}]))


@pytest.mark.parametrize(
    ("unit", "each"),
    [
        ("Tokens", 1), ("1K Tokens", 1000), ("10K", 10_000), ("1M", 1_000_000), ("Million Tokens", 1_000_000),
        ("1,000,000 tokens", 1_000_000), ("1000 tokens", 1000),
        ("Units", None), ("1", None), ("", None), ("Hours", None),
    ],
)  # fmt: skip
def test_units_of_tokens(unit: str, each: int | None, tmp_path: Path) -> None:
    assert tokens_each(unit) == each
    path = tmp_path / "plain.csv"
    path.write_text(f'{PLAIN}mistral,1,EUR,2026-10-05,m,input,2,"{unit}"\n')
    (line,) = lines(path)
    assert (line.quantity, line.unit == "Tokens") == (2 * (each or 1), each is not None or unit == "")


def test_units_of_tokens_that_tell_no_number_are_kept_as_they_came(tmp_path: Path) -> None:
    row = {
        **rows("aws_cur2.csv")[0], "line_item_usage_type": "USE1-Nova2.0Lite-input-tokens", "pricing_unit": "Units",
        "line_item_usage_amount": "3.5", "line_item_product_code": "AmazonBedrock",
    }  # fmt: skip
    (line,) = lines(written(tmp_path / "cur.csv", [row]))
    assert (line.meter, line.quantity, line.unit) == ("input", Decimal("3.5"), "Units")


def test_a_day_with_an_offset_is_turned_to_the_bills_zone(tmp_path: Path) -> None:
    told = {"2026-10-05": 5, "2026-10-05T00:30:00Z": 5, "2026-10-05T00:30:00+02:00": 4, "2026-10-04 23:30:00 -01:00": 5}
    some = [{**rows("openrouter_activity.csv")[0], "Date": day} for day in told]
    charges = [line for line in lines(written(tmp_path / "router.csv", some)) if line.amount is not None]
    assert [line.day.day for line in charges] == list(told.values())
    assert [line.begins.day for line in charges] == list(told.values())
    path = tmp_path / "plain.csv"
    head = PLAIN.strip() + ",timezone\n"
    path.write_text(f"{head}mistral,1,EUR,2026-10-04T23:30:00Z,m,input,2,Tokens,Europe/Berlin\n")
    assert [line.day.day for line in lines(path)] == [5]


def test_seconds_of_a_film_are_no_tokens(tmp_path: Path) -> None:
    first = json.loads((EXAMPLES / "gcp_billing_export.jsonl").read_text().splitlines()[0])
    first["sku"]["description"], first["usage"] = "Veo 3 Video Output", {"amount": 8, "unit": "seconds"}
    path = tmp_path / "google.jsonl"
    path.write_text(json.dumps(first))
    assert [(line.meter, line.quantity, line.unit) for line in lines(path)] == [("unit", 8, "seconds")]


def test_a_row_whose_price_is_not_joined_is_told(tmp_path: Path) -> None:
    some = [{**row, "list_price": "0.07"} for row in rows("databricks_billing_usage.csv")]
    some[0]["list_price"] = ""
    found = lines(written(tmp_path / "databricks.csv", some))
    assert [line.unknown for line in found] == ["no price is joined to it: the column list_price is empty", "", ""]


def test_a_count_that_came_later_is_told(tmp_path: Path) -> None:
    report = document("anthropic_usage_messages.json")
    first = report["data"][0]["results"][0]
    first["server_tool_use"]["web_fetch_requests"] = 7
    first["cache_creation"]["ephemeral_24h_input_tokens"] = 900
    path = tmp_path / "usage.json"
    path.write_text(json.dumps(report))
    assert {(line.part, line.quantity) for line in lines(path) if line.unknown} == {
        ("server_tool_use.web_fetch_requests", 7), ("cache_creation.ephemeral_24h_input_tokens", 900),
    }  # fmt: skip
    assert len(lines(path)) == len(lines(EXAMPLES / "anthropic_usage_messages.json")) + 2


def test_usage_among_costs_is_refused_and_not_dropped(tmp_path: Path) -> None:
    path = tmp_path / "pages.json"
    path.write_text(json.dumps([document("openai_costs.json"), document("openai_usage_completions.json")]))
    with pytest.raises(ImportFileError, match=r"pages\.json:19: amount\.value: is not there: expected an amount"):
        lines(path)


def test_what_a_file_lacks_to_be_a_bill_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("provider,amount (EUR),day,meter\nmistral,1,2026-10-05,input\n")
    with pytest.raises(
        ImportFileError, match="for a bill of the format plain CSV it lacks 'amount', 'currency'; nothing"
    ):
        lines(path)
    written(path, called(rows("focus_1.4.csv"), {}, str.lower))
    with pytest.raises(ImportFileError, match=r"format FOCUS it lacks 'BilledCost' \(it has 'billedcost'\), "):
        lines(path)


def test_damaged_gzip_is_told(tmp_path: Path) -> None:
    data = bytearray(gzip.compress((EXAMPLES / "openai_cost_export.csv").read_bytes()))
    data[60] ^= 0xFF
    path = tmp_path / "cost.csv.gz"
    path.write_bytes(bytes(data))
    with pytest.raises(ImportFileError, match=r"cost\.csv\.gz: cannot be uncompressed: .*nothing was imported"):
        lines(path)


def test_text_that_parquet_has_as_bytes_is_text(tmp_path: Path) -> None:
    some = [{name: value.encode() for name, value in row.items()} for row in rows("focus_1.4.csv")]
    path = tmp_path / "focus.parquet"
    pq.write_table(pa.Table.from_pylist(some), path)
    assert [(one.meter, one.model, one.quantity, one.amount) for one in lines(path)] == [
        (one.meter, one.model, one.quantity, one.amount) for one in lines(EXAMPLES / "focus_1.4.csv")
    ]


def test_use_of_the_same_days_is_not_counted_twice(store: Store, tmp_path: Path) -> None:
    bill.record(store, bill.checked(store, [EXAMPLES / "anthropic_usage_messages.json"]))
    with pytest.raises(
        ImportFileError, match="counts of use of anthropic on 2026-10-05 are in the bill anthropic_usage"
    ):
        bill.checked(store, [EXAMPLES / "claude_api_tokens_2026_10.csv"])
    compressed = tmp_path / "usage.json.gz"
    for level in (1, 9):
        compressed.write_bytes(gzip.compress((EXAMPLES / "anthropic_usage_messages.json").read_bytes(), level))
        assert [one.known for one in bill.checked(store, [compressed])] == [True]


def test_large_numbers_are_stored_to_their_last_digit(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text(f"{PLAIN}mistral,12345678901234567.12,EUR,2026-10-05,m,input,12345678901234567,tokens\n")
    bill.record(store, bill.checked(store, [path]))
    (row,) = store.rows("SELECT amount, quantity FROM bill_line FINAL")
    assert row == {"amount": Decimal("12345678901234567.12"), "quantity": Decimal(12345678901234567)}


def test_a_page_that_names_a_next_one_goes_on(tmp_path: Path) -> None:
    page = {
        name: value for name, value in document("openai_costs.json").items() if name not in {"has_more", "next_page"}
    }
    path = tmp_path / "page.json"
    for more, goes_on in (
        ({}, False), ({"next_page": None}, False), ({"next_page": "page_2"}, True), ({"has_more": "true"}, True),
        ({"has_more": False, "next_page": ""}, False),
    ):  # fmt: skip
        path.write_text(json.dumps([page, {**page, **more}]))
        assert bill_formats.read(path)[0].goes_on is goes_on


def test_a_name_twice_in_an_object_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plain.json"
    path.write_text('{"provider": "mistral", "amount": 1, "amount": 2, "currency": "EUR", "day": "2026-10-05"}')
    with pytest.raises(ImportFileError, match=r"plain\.json: is no JSON: the name 'amount' comes twice in one object"):
        lines(path)


def test_tokens_of_focus_are_of_an_ai_in_any_category_and_of_somebody(tmp_path: Path) -> None:
    row = rows("focus_1.4.csv")[0]
    path = tmp_path / "focus.csv"
    for category, meter in (("Developer Tools", "cache_read"), ("AI and machine learning", "cache_read")):
        assert [line.meter for line in lines(written(path, [{**row, "ServiceCategory": category}]))] == [meter]
    disk = {**row, "ServiceCategory": "Storage", "SkuMeter": "Disk", "ConsumedUnit": "GB", "PricingUnit": "GB"}
    assert [line.meter for line in lines(written(path, [disk]))] == ["other_service"]
    nobody = dict.fromkeys(("HostProviderName", "ServiceProviderName", "ProviderName", "InvoiceIssuerName"), "")
    with pytest.raises(ImportFileError, match=r"focus\.csv:2: HostProviderName: is not there: expected a value"):
        lines(written(path, [{**row, **nobody}]))


def test_a_bill_ends_with_the_last_day_that_its_use_is_of(store: Store, tmp_path: Path) -> None:
    head = "provider,amount,currency,from,to,meter,timezone\n"
    month, days = tmp_path / "month.csv", tmp_path / "days.csv"
    month.write_text(
        f"{head}mistral,100,EUR,2026-10-01,2026-10-31,all,Europe/Berlin\n"
        "mistral,9,EUR,2026-10-01,2027-09-30,fee,Europe/Berlin\n"
    )
    (checked,) = bill.checked(store, [month])
    assert (checked.about["first_day"], checked.about["last_day"]) == (date(2026, 10, 1), date(2026, 10, 31))
    bill.record(store, [checked])
    days.write_text(f"{head}mistral,7,EUR,2026-10-20,2026-10-20,all,Europe/Berlin\n")
    with pytest.raises(ImportFileError, match=r"charges of mistral on 2026-10-20 are in the bill month\.csv"):
        bill.checked(store, [days])
    days.write_text(f"{head}mistral,7,EUR,2026-11-01,2026-11-01,all,Europe/Berlin\n")
    bill.record(store, bill.checked(store, [days]))


def test_tokens_of_a_service_of_another_name_are_no_other_service(tmp_path: Path) -> None:
    exported = [json.loads(line) for line in (EXAMPLES / "gcp_billing_export.jsonl").read_text().splitlines()]
    first = {**exported[0], "credits": [{"name": "a promotion", "amount": -0.1}]}
    first["service"], first["sku"] = {"description": "Claude Sonnet 4.5"}, {"description": ""}
    path = tmp_path / "google.jsonl"
    spelt = ("Claude Sonnet 4.5 - Input Tokens - Global", "Claude Sonnet 4.5 Batch Output Tokens", "License Fee")
    path.write_text("\n".join(json.dumps({**first, "sku": {"description": sku}}) for sku in spelt))
    assert [(line.meter, line.model, line.service_tier) for line in lines(path)] == [
        ("input", "Claude Sonnet 4.5", "standard"), ("credit", "Claude Sonnet 4.5", "standard"),
        ("output", "Claude Sonnet 4.5", "batch"), ("credit", "Claude Sonnet 4.5", "batch"),
        ("other_service", "", "standard"), ("other_service", "", "standard"),
    ]  # fmt: skip

    azure = {
        **rows("azure_actualcost.csv")[0], "MeterCategory": "SaaS", "ConsumedService": "Microsoft.SaaS",
        "PublisherType": "Marketplace", "UnitOfMeasure": "1M",
    }  # fmt: skip
    some = [{**azure, "MeterName": name} for name in ("Claude Sonnet 4.5 Input Tokens Global", "Cache Hits", "D4 v5")]
    assert [(line.meter, line.model) for line in lines(written(tmp_path / "azure.csv", some))] == [
        ("input", "Claude-Sonnet-4.5"), ("other_service", ""), ("other_service", ""),
    ]  # fmt: skip

    usage = {**rows("databricks_billing_usage.csv")[0], "billing_origin_product": "ITS_NEXT_PRODUCT"}
    some = [usage, {**usage, "usage_type": "COMPUTE_TIME"}]
    assert [line.meter for line in lines(written(tmp_path / "databricks.csv", some))] == ["all", "other_service"]

    cur = {**rows("aws_cur2.csv")[0], "line_item_product_code": "1a2b3c", "product": '{"product_name": "Jamba 2"}'}
    some = [
        {**cur, "line_item_usage_type": usage_type}
        for usage_type in ("USE1-MP:USE1_InputTokenCount-Units", "USE1-MP:USE1_Seats-Units")
    ]
    assert [(line.meter, line.model) for line in lines(written(tmp_path / "cur.csv", some))] == [
        ("input", "Jamba 2"), ("other_service", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "meter"),
    [
        ("web search", "search"), ("seats", "fee"), ("VAT", "tax"), ("PTU", "capacity"), ("discount", "credit"),
        ("Code Interpreter", "code_execution"), ("cache write 1h", "cache_write_1h"),
        ("code-execution", "code_execution"), ("surcharge", "unknown"),
    ],
)  # fmt: skip
def test_meters_of_a_plain_csv_are_known_as_invoices_print_them(said: str, meter: str, tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text(f"{PLAIN}mistral,1,EUR,2026-10-05,,{said},1,\n")
    (line,) = lines(path)
    assert line.meter == meter
    assert line.unknown == (
        "" if meter != "unknown" else "no meter is known by the name 'surcharge': 'spanledger docs bills' has them"
    )


def test_searches_of_a_model_are_searches(tmp_path: Path) -> None:
    row = {**rows("openai_cost_export.csv")[0], "quantity": "3", "quantity_unit": ""}
    some = [{**row, "line_item": item} for item in ("o3-deep-research, web search", "gpt-5.4, code interpreter")]
    assert [(line.meter, line.model, line.unknown) for line in lines(written(tmp_path / "cost.csv", some))] == [
        ("search", "o3-deep-research", ""), ("code_execution", "gpt-5.4", ""),
    ]  # fmt: skip


def test_whatever_meter_a_charge_has_the_bridge_sums(store: Store, tmp_path: Path) -> None:
    meters = sorted(METERS - {"other_service"})
    path = tmp_path / "plain.csv"
    path.write_text(PLAIN + "".join(f"mistral,7.25,USD,2026-10-05,m,{meter},1,\n" for meter in meters))
    bill.record(store, bill.checked(store, [path]))
    (done,) = reconciliation.reconcile(store, period("2026-10", None, None, "UTC"))
    billed = len(meters) * Decimal("7.25")
    assert done.total["billed"] == sum(done.total[cause] for cause in CAUSES) == billed
