"""Cost and Usage says what the charges are, in rows whose prices times quantities are their costs."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest
from harness.books import Books
from harness.focus_conformance import as_text, faults
from harness.month_of_charges import OCTOBER, SPAN, make

from spanledger_enrich.books import charge
from spanledger_enrich.books.focus import beside, cost_and_usage
from spanledger_enrich.books.focus.cost_and_usage import Asked
from spanledger_enrich.books.focus.dataset import VERSIONS, columns
from spanledger_settings.mendable import AskedWronglyError
from spanledger_settings.period import period

VIEWS = ("internal", "provider")
NOW = datetime(2024, 12, 1, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def _month(books: Books) -> None:
    make(books)


@pytest.fixture(scope="module")
def exported(books: Books) -> pd.DataFrame:
    """An export of the month in all, which takes seconds: for tests that ask for it as it is, and write nothing."""
    return frame(books)


def asked(version="1.4", view="internal", timezone="UTC"):
    return Asked(period("2024-10", None, None, timezone), version, view, "Example AG")


def frame(books, *given, at_once=10**6, **named):
    return pd.concat(cost_and_usage.frames(books.store, asked(*given, **named), at_once), ignore_index=True)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("view", VIEWS)
def test_an_export_has_no_fault_that_judges_miss(books, version, view):
    rows = as_text(frame(books, version, view))
    assert rows
    names = frozenset(column.name for column in columns("CostAndUsage", version))
    assert names <= rows[0].keys()
    assert faults(rows, names) == []


def _empty_tag(row):
    row["Tags"] = '{"feature":""}'


PLANTS = {
    "is no currency": lambda row: row.update(BillingCurrency="usd"),
    "is no moment": lambda row: row.update(ChargePeriodStart="2024-10-08T00:00:00"),
    "ends before": lambda row: row.update(ChargePeriodEnd="2024-10-01T00:00:00Z"),
    "is nested": lambda row: row.update(Tags='{"a":{"b":1}}'),
    "is no unit": lambda row: row.update(PricingUnit="1M toks!"),
    "needs x_": lambda row: row.update(SkuPriceDetails='{"ModelId":"a"}'),
    "is empty": _empty_tag,
    "spaces around": lambda row: row.update(ChargeDescription=" "),
    "BillingAccountId: acme has 2": lambda row: row.update(BillingAccountName="Acme Inc."),
    "is not BilledCost": lambda row: row.update(EffectiveCost="1"),
    "PascalCase": lambda row: row.update(tenant="acme"),
    "id, name and type": lambda row: row.update(SubAccountId="x"),
    "has 2 SkuId": lambda row: row.update(SkuId="another"),
    "is not 2.5": lambda row: row.update(ListCost="3"),
    "is not allowed": lambda row: row.update(ChargeCategory="Consumption"),
    "is no decimal": lambda row: row.update(BilledCost="2E-3", EffectiveCost="2E-3"),
    "is less than 0": lambda row: row.update(ListUnitPrice="-2.5", ListCost="-0.002"),
    "ConsumedQuantity: stands without": lambda row: row.update(ConsumedUnit=""),
    "SkuId: stands without": lambda row: row.update(SkuMeter=""),
    "AllocatedMethodId: stands without": lambda row: row.update(AllocatedMethodId="even"),
    "a correction is of a billing period before": lambda row: row.update(ChargeClass="Correction"),
    "none, and yet it is billed": lambda row: row.update(InvoiceId=""),
    "SkuPriceId: of a Tax": lambda row: row.update(ChargeCategory="Tax"),
    "of the use of commitments, and": lambda row: row.update(CommitmentDiscountStatus="Used"),
    "the use of a commitment has some": lambda row: row.update(CommitmentDiscountId="ptu"),
    "the purchase of a commitment has some": lambda row: row.update(
        CommitmentDiscountId="ptu", ChargeCategory="Purchase"
    ),
    "without a method": lambda row: row.update(AllocatedResourceId="acme"),
    "two currencies": lambda row: row.update(PricingCurrency="EUR"),
    "is no unit, lower": lambda row: row.update(PricingUnit="pages"),
    "a credit is what": lambda row: row.update(ChargeCategory="Credit", BilledCost="-1", EffectiveCost="-1"),
    "that commitment": lambda row: row.update(CommitmentDiscountId="ptu", ChargeCategory="Purchase"),
    "ServiceName: is not told": lambda row: row.update(ServiceName=""),
    "ListUnitPrice: none, of what": lambda row: row.update(ListUnitPrice=""),
    "PricingCategory: none, of what": lambda row: row.update(PricingCategory=""),
    "ConsumedQuantity: of a Purchase": lambda row: row.update(ChargeCategory="Purchase"),
    "ConsumedQuantity: none": lambda row: row.update(ConsumedQuantity="", ConsumedUnit=""),
    "ChargeFrequency: as used": lambda row: row.update(ChargeCategory="Adjustment"),
    "InvoiceDetailId: a line": lambda row: row.update(InvoiceDetailId=""),
    "PricingCurrencyEffectiveCost: another": lambda row: row.update(PricingCurrencyEffectiveCost="7"),
    "what a commitment pays": lambda row: row.update(BillingAccountType="Account", x_CommitmentId="ptu"),
}


@pytest.mark.parametrize("fault", PLANTS)
def test_each_planted_fault_is_found(exported, fault):
    rows = as_text(exported)
    names = frozenset(column.name for column in columns("CostAndUsage", "1.4"))
    planted = next(
        row for row in rows
        if row["SkuPriceId"] == "openai/gpt-4o-2024-08-06/input/standard" and row["BillingAccountId"] == "acme"
    )  # fmt: skip
    if fault == "PascalCase":
        rows[0] = {**rows[0], "tenant": "acme"}
    else:
        PLANTS[fault](planted)
    assert any(fault.partition(",")[0] in found for found in faults(rows, names))


def test_the_rows_of_a_call_are_those_worked_out_by_hand(exported):
    on_the_day = (exported["ChargePeriodStart"] == "2024-10-08T00:00:00Z") & (exported["BillingAccountId"] == "acme")
    of_call = exported[on_the_day & exported["SkuId"].str.startswith("openai/gpt-4o-2024").fillna(value=False)]
    told = {
        row["SkuMeter"]: (row["ConsumedQuantity"], row["PricingUnit"], row["ListUnitPrice"], row["BilledCost"])
        for _, row in of_call.iterrows()
    }
    million = "1000000 Tokens"
    assert told == {
        "Input Tokens": (800, million, Decimal("2.5"), Decimal("0.002")),
        "Cache Read Input Tokens": (200, million, Decimal("1.25"), Decimal("0.00025")),
        "Output Tokens": (70, million, 10, Decimal("0.0007")),
        "Reasoning Output Tokens": (30, million, 10, Decimal("0.0003")),
        "Searches": (2, "Searches", Decimal("0.01"), Decimal("0.02")),
    }
    assert set(of_call["InvoiceId"]) == {"acme/2024-10"}
    assert set(of_call["InvoiceIssuerName"]) == {"Example AG"}


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York"])
def test_tenants_are_billed_what_the_charges_say(books, timezone):
    within = period("2024-10", None, None, timezone).bounds
    rows = frame(books, timezone=timezone, at_once=1)
    charged = books.store.rows(
        "SELECT * FROM charges(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) "
        "WHERE charge_kind NOT IN ('prepaid', 'drawdown') AND NOT (charge_kind = 'expired' AND effective_cost = 0)",
        **within,
    )
    for column, name in (("BilledCost", "billed_cost"), ("EffectiveCost", "effective_cost"), ("ListCost", "list_cost"),
                         ("ContractedCost", "contracted_cost")):  # fmt: skip
        expected = defaultdict(Decimal)
        for row in charged:
            expected[row["tenant_id"]] += row[name] or 0
        assert rows.groupby("BillingAccountId")[column].sum().to_dict() == dict(expected)


def test_carbon_sums_to_the_calls(books, exported):
    known = books.store.value("SELECT sum(co2e_g) FROM calls") / 1000
    assert exported["x_CarbonKg"].sum() == pytest.approx(known)


def test_the_provider_view_bills_nothing_that_no_invoice_says(books):
    rows = frame(books, view="provider")
    assert rows["BilledCost"].sum() == 0
    assert rows["EffectiveCost"].sum() == 0
    assert rows["ContractedCost"].sum() > 0
    assert rows["InvoiceId"].isna().all()


def test_usage_without_a_price_is_told_and_costs_nothing(exported):
    unpriced = exported[exported["x_UnpricedQuantity"].notna()]
    assert set(unpriced["ChargeCategory"]) == {"Adjustment"}
    assert unpriced["SkuPriceId"].isna().all()
    assert unpriced["BilledCost"].sum() == 0
    assert sorted(unpriced["x_UnpricedQuantity"]) == [1, 3, 10]


def test_invoice_detail_sums_to_the_rows_that_name_its_lines(books):
    lines = beside.InvoiceLines()
    rows = pd.concat(lines.noting(cost_and_usage.frames(books.store, asked(), 10**6)), ignore_index=True)
    made = beside.datasets(books.store, asked(), lines, beside.issued(books.store, asked()), NOW)
    detail = made["InvoiceDetail"].set_index("InvoiceDetailId")["BilledCost"].to_dict()
    assert detail == rows.groupby("InvoiceDetailId")["BilledCost"].sum().to_dict()
    assert list(made["BillingPeriod"]["InvoiceIssuerName"]) == ["Example AG"]
    assert list(made["ContractCommitment"]["ContractCommitmentDurationType"]) == ["1 Month", "1 Day"]
    for name, one in made.items():
        for column in columns(name, "1.4"):
            assert column.nullable or one[column.name].notna().all(), column.name


def test_what_is_charged_is_found_in_all_and_not_beyond(books):
    assert cost_and_usage.has_charges(books.store, asked())
    empty = Asked(period("2023-01", None, None, "UTC"), "1.2", "internal", "x")
    assert not cost_and_usage.has_charges(books.store, empty)
    assert OCTOBER["from"] < OCTOBER["to"]


@pytest.mark.parametrize("view", VIEWS)
def test_charges_without_a_model_a_token_or_an_amount_are_rows_as_others_are(books, view):
    if view == VIEWS[0]:
        for span in ({"request_model": "", "provider": ""}, {"vendor_unit": "annotated_page", "vendor_quantity": 3}):
            books.book({**SPAN, "request_model": "ocr", "input_tokens": 3, "output_tokens": 0, **span})
        free = {"charge": "free", "kind": "fee", "amount": "0", "from": "2024-10-01", "to": "2024-11-01"}
        charge.record(books.store, [charge.Charge.model_validate(free)], "a test")
    rows = frame(books, "1.3", view)
    assert faults(as_text(rows), frozenset(column.name for column in columns("CostAndUsage", "1.3"))) == []
    told = rows[rows["x_UnpricedQuantity"] == 3].set_index("ChargeDescription")["x_UnpricedUnit"].to_dict()
    assert told["unknown model Input Tokens: used, without a known price"] == "Tokens"
    assert told["ocr Annotated Page: used, without a known price"] == "Pages"
    bought = rows[(rows["ChargeCategory"] == "Purchase") & rows["CommitmentDiscountId"].isna()]
    assert set(bought["ListCost"]) == ({Decimal(100)} if view == "provider" else set())


def test_a_part_of_a_day_is_no_charge_period():
    with pytest.raises(AskedWronglyError, match="charge periods are days"):
        cost_and_usage.whole_days(period(None, "2024-10-08T10:00", "2024-10-09", "UTC"))
