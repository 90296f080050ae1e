"""Finance's pages over a ledger with commitments, charges, budgets, a bill and a closed month that was corrected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import streamlit as st
from books_sample import add_books
from harness import data_folder
from ledger_sample import insert
from shown_table import shown_tables
from streamlit.testing.v1 import AppTest

from spanledger_dashboards import report
from spanledger_dashboards.drawing.charts.bridge import Step, _html
from spanledger_dashboards.filtering.filters import Filters
from spanledger_dashboards.moment import Moment
from spanledger_dashboards.pages.finance import overview, tenants
from spanledger_dashboards.pages.finance.parts import owed
from spanledger_dashboards.pages.finance.parts.calendar_months import months_of
from spanledger_dashboards.pages.finance.parts.files_to_hand_over import _focus, _statement
from spanledger_enrich.books.closing.statements.issued import issued
from spanledger_enrich.books.effective_cost import with_effective_cost
from spanledger_enrich.books.focus import cost_and_usage
from spanledger_settings import figures
from spanledger_settings.cell import plain
from spanledger_settings.configuration import load
from spanledger_settings.period import period
from spanledger_sql.csv_text import csv_text
from spanledger_sql.store import Store, StoreError

if TYPE_CHECKING:
    from pathlib import Path

Pages = Callable[..., AppTest]
MONTH = period("2024-10", None, None, "UTC")
ASKED: dict[str, Any] = {
    **MONTH.bounds, "tenants": [], "own": "", "own_values": [], "where": [], "moment": "2099-01-01 00:00:00",
    "names": 100, "rows": 1000, "timezone": "UTC", "grain": "day", "first": "2024-10-01", "last": "2024-10-31",
    "commitments": [], "months": [],
}  # fmt: skip
DIMENSIONS = (
    "month", "day", "hour", "tenant", "cost_center", "environment", "service", "feature", "workflow", "user", "session",
    "run", "provider", "account", "model", "operation", "service_tier", "region", "zone",
)  # fmt: skip
URLS = ("finance", "tenants", "chargeback", "commitments", "prices", "bills", "budgets")


@pytest.fixture(scope="module")
def sample_store(sample: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The sample ledger, and books over it."""
    folder: Path = tmp_path_factory.mktemp("books")
    configuration = load(data_dir=folder / "data")
    with data_folder.opened(configuration) as store:
        insert(store, sample)
        add_books(store, configuration, sample, folder)
        yield store


def html(page: AppTest) -> str:
    return "".join(block.proto.body for block in page.get("html"))


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def in_october(open_page: Pages, url: str, **more: str | list[str]) -> AppTest:
    return open_page(url, period="Custom", days=["2024-10-01", "2024-10-31"], **more)


@pytest.fixture(scope="module")
def drawn() -> dict[str, AppTest]:
    """Pages of October as they were drawn at the first look at each, by address."""
    return {}


@pytest.fixture
def looked_at(open_page: Pages, drawn: dict[str, AppTest]) -> Callable[[str], AppTest]:
    """A page of October for those who only look at it: to draw one takes seconds, and one is as good as the next."""

    def look_at(url: str) -> AppTest:
        if url not in drawn:
            drawn[url] = in_october(open_page, url)
        return drawn[url]

    return look_at


def test_what_tenants_owe_is_what_the_command_chargeback_has(sample_store: Store) -> None:
    everything = {**ASKED, "custom": [], "where_names": [], "where_values": [], "by": ["tenant"]}
    of_calls = sample_store.frame("reports/chargeback/chargeback", **everything)
    wanted = with_effective_cost(sample_store, of_calls, DIMENSIONS, everything)
    by_command = {row["tenant"]: (row["effective_cost"], row["billed_cost"]) for row in wanted.to_dict("records")}
    found = sample_store.frame("reports/chargeback/owed", **ASKED, dimension="tenant").to_dict("records")
    assert {row["name"]: (row["effective_cost"], row["billed_cost"]) for row in found} == by_command
    assert len({"(idle)", "(not shared)", "northwind"} & set(by_command)) == 3


@pytest.mark.parametrize("dimension", ["tenant", "cost_center", "service", "feature", "provider", "model", "own"])
def test_what_is_owed_sums_to_the_whole_by_any_dimension(sample_store: Store, dimension: str) -> None:
    asked = {**ASKED, "own": "desk", "names": 2}
    (whole,) = sample_store.frame("reports/chargeback/owed", **asked, dimension="").to_dict("records")
    rows = sample_store.frame("reports/chargeback/owed", **asked, dimension=dimension)
    assert len(rows) <= 6
    for column in ("effective_cost", "billed_cost", "covered_cost", "idle_cost", "charge_cost", "calls"):
        assert rows[column].dropna().sum() == whole[column]
    steps = owed.steps(pd.Series(whole))
    assert [step.name for step in steps if step.total][-2:] == ["Effective cost", "Billed cost"]
    reached = Decimal(0)
    for step in steps:
        assert not step.total or reached in (0, step.amount)
        reached = step.amount if step.total else reached + step.amount


def test_the_overview_tells_effective_and_billed_cost_and_budgets(
    looked_at: Callable[[str], AppTest], sample_store: Store
) -> None:
    (whole,) = sample_store.frame("reports/chargeback/owed", **ASKED, dimension="").to_dict("records")
    page = looked_at("finance")
    assert metrics(page)["Effective spend"] == figures.usd(whole["effective_cost"])
    assert metrics(page)["Billed cost"] == figures.usd(whole["billed_cost"]) != figures.usd(whole["effective_cost"])
    assert metrics(page)["Commitments"] == figures.usd(Decimal("30.20"))
    assert "everything (total), this year" in html(page)
    assert "No call of 1 Sep – 30 Sep 2024 has a known cost" in html(page)


def test_the_bridge_to_the_period_before_sums_and_names_who_moved_it(open_page: Pages, sample_store: Store) -> None:
    page = open_page("finance", period="Custom", days=["2024-10-15", "2024-10-21"])
    before = {**ASKED, "from": "2024-10-08 00:00:00", "to": "2024-10-15 00:00:00"}
    was = sample_store.frame("reports/finance/headline", **before).iloc[0]["contracted_cost"]
    bridge = next(block.proto.body for block in page.get("html") if "by what changed" in block.proto.body)
    assert '8 Oct – 14 Oct 2024<span class="note">' in bridge
    assert figures.usd(was) in bridge
    assert "What changed, by tenant" in html(page)


def test_headline_figures_are_compared_with_those_of_the_period_before(open_page: Pages, sample_store: Store) -> None:
    page = open_page("finance", period="Custom", days=["2024-10-15", "2024-10-21"])
    now, was = (
        sample_store.frame("reports/finance/headline", **{**ASKED, "from": begin, "to": end}).iloc[0]
        for begin, end in (
            ("2024-10-15 00:00:00", "2024-10-22 00:00:00"),
            ("2024-10-08 00:00:00", "2024-10-15 00:00:00"),
        )
    )
    changes = {metric.label: metric.delta for metric in page.metric}
    for label, name in (
        ("Calls", "calls"),
        ("Tokens", "tokens"),
        ("Cost per 1,000 calls", "cost_per_1k_calls"),
        ("Cost per 1M tokens", "cost_per_1m_tokens"),
    ):
        assert changes[label] == figures.change(now[name], was[name]) is not None, label


def test_a_tenants_page_leads_from_all_to_one_to_its_calls(open_page: Pages, sample_store: Store) -> None:
    every = html(in_october(open_page, "tenants"))
    assert "tenants=northwind" in every
    page = in_october(open_page, "tenants", tenants=["northwind"])
    rows = sample_store.frame("reports/chargeback/owed", **{**ASKED, "tenants": ["northwind"]}, dimension="")
    assert page.title[0].value == "Tenant"
    assert metrics(page)["Effective spend"] == figures.usd(rows["effective_cost"].iloc[0])
    asked = {**ASKED, "tenants": ["northwind"], "text": "", "state": "", "sort": "cost", "since": ""}
    dearest = sample_store.frame("reports/calls/search", **asked).iloc[0]
    assert f"call={dearest['trace_id']}.{dearest['span_id']}" in html(page)
    # The page reads no more of them than it shows, and says how many there are.
    assert len(shown_tables(page)["The calls that cost most"]) == 20
    found = sample_store.frame("reports/calls/found", **asked)["all_rows"].iloc[0]
    assert f"The first 20 of {found:,} rows; {found - 20:,} are left out here. The CSV has all." in html(page)


@pytest.mark.parametrize("narrowed", [{}, {"tenants": ["northwind", "(unattributed)"]}])
def test_shares_by_several_dimensions_are_the_breakdowns_by_each_and_the_headline(
    sample_store: Store, narrowed: dict[str, Any]
) -> None:
    parts = [("whole", 1), ("feature", 2), ("own", 1), ("tenant", 2), ("model", 2), ("provider", 2), ("model", 500)]
    asked = {**ASKED, **narrowed, "own": "desk"}
    dimensions, names = [dimension for dimension, _ in parts], [kept for _, kept in parts]
    together = sample_store.frame("reports/finance/shares", **{**asked, "dimensions": dimensions, "names": names})
    whole = together[together["dimension"] == "whole"]
    headline = sample_store.frame("reports/finance/headline", **asked)
    pd.testing.assert_frame_equal(
        whole[list(headline.drop(columns="priced_tokens"))], headline.drop(columns="priced_tokens")
    )
    assert whole["ledger_rows"].tolist() == [
        sample_store.frame("reports/calls/found", **asked, text="", state="")["all_rows"].iloc[0]
    ]
    for dimension, kept in parts[1:]:
        alone = sample_store.frame("reports/finance/breakdown", **{**asked, "dimension": dimension, "names": kept})
        rows = together[(together["dimension"] == dimension) & (together["kept_names"] == kept)]
        both = [column for column in alone if column in rows]
        assert len(both) > 10
        pd.testing.assert_frame_equal(rows[both].reset_index(drop=True), alone[both])


@pytest.mark.parametrize(
    "narrowed", [{}, {"tenants": ["northwind"]}, {"where": ["feature", "feature=contract-review"]}]
)
def test_the_dearest_calls_are_those_of_the_search_by_cost(sample_store: Store, narrowed: dict[str, Any]) -> None:
    asked = {**ASKED, **narrowed, "rows": 30}
    found = sample_store.frame("reports/calls/dearest", **asked)
    searched = sample_store.frame("reports/calls/search", **asked, text="", state="", sort="cost", since="")
    pd.testing.assert_frame_equal(found, searched)
    assert len(found)


def test_what_a_good_result_costs_is_shown_of_all_and_of_a_tenant(
    open_page: Pages, sample_store: Store, sample: pd.DataFrame
) -> None:
    calls = sample[(sample["counted"] == 1) & sample["contracted_cost"].notna()].iloc[::10]
    good = calls[[number % 3 > 0 for number in range(len(calls))]]
    shown = shown_tables(in_october(open_page, "finance", results="tenant"))["What a good result costs"]
    # What is of the first of November is none of October's.
    ended = calls[calls["ts"] < pd.Timestamp("2024-10-31 23:00", tz="UTC")]
    northwind = ended[ended["tenant_id"] == "northwind"]
    number_good = int(northwind["span_id"].isin(good["span_id"]).sum())
    row = shown[shown["Tenant"] == "northwind"].iloc[0]
    assert (row["Outcomes"], row["Good"]) == (str(len(northwind)), str(number_good))
    cost = northwind["contracted_cost"].sum()
    assert row["Cost of a good one"] == figures.usd(cost / number_good)
    assert row["CO₂e of a good one"] == figures.emissions(northwind["co2e_g"].sum() / number_good)
    assert row["Left of it"] == figures.usd(Decimal("0.25") * number_good - cost)
    assert shown[shown["Tenant"] == "quarry"].iloc[0]["Left of it"] == "unknown"
    alone = shown_tables(in_october(open_page, "tenants", tenants=["northwind"]))["What a good result costs"]
    assert list(alone["Outcome"]) == ["ticket_solved"]
    assert alone.iloc[0]["Cost of a good one"] == row["Cost of a good one"]
    nothing: dict[str, Any] = {"period": "Custom", "days": ["2023-10-01", "2023-10-31"]}
    assert "What a good result costs" not in shown_tables(open_page("finance", **nothing))
    with pytest.raises(AssertionError, match="results by 'nobody' is unknown"):
        open_page("finance", **nothing, results="nobody")


def test_the_chargeback_tells_where_months_stand_and_what_came_after_the_close(
    looked_at: Callable[[str], AppTest], sample_store: Store
) -> None:
    october = sample_store.frame("reports/closing/months").query("month == '2024-10'").iloc[0]
    assert (october["state"], october["is_restated"], october["prepared_by"], october["closed_by"]) == (
        "closed", 1, "ann", "bob",
    )  # fmt: skip
    assert october["cost"] == october["own_cost"] + october["adjusted_cost"]
    assert october["adjusted_cost"] > 0
    booked = sample_store.frame("reports/closing/tenant_months", months=["2024-10"], tenants=[]).set_index("tenant")
    owes = sample_store.frame("reports/chargeback/owed", **ASKED, dimension="tenant").set_index("name")[
        "effective_cost"
    ]
    assert booked["cost"].to_dict() == owes.to_dict()
    assert (booked["stated_cost"] + booked["adjusted_cost"]).to_dict() == booked["cost"].to_dict()
    text = html(looked_at("chargeback"))
    assert "closed, restated" in text
    assert figures.usd(booked.loc["northwind", "adjusted_cost"]) in text
    assert booked.loc["northwind", "statement"] in text
    stands = {tenant: (row["state"], row["is_restated"]) for tenant, row in booked.to_dict("index").items()}
    assert stands == {tenant: ("closed", int(tenant == "northwind")) for tenant in booked.index}


def test_price_plans_tell_what_tenants_pay_beside_what_it_costs(
    open_page: Pages, looked_at: Callable[[str], AppTest], sample_store: Store
) -> None:
    rows = sample_store.frame("reports/finance/plans", **ASKED).set_index("tenant")
    northwind = rows.loc["northwind"]
    assert northwind["price"] == pytest.approx(northwind["effective_cost"] * Decimal("1.125"), abs=Decimal("1e-9"))
    assert northwind["charged_cost"] == max(Decimal(20), northwind["price"])
    text = html(looked_at("chargeback"))
    assert "northwind-2024" in text
    assert figures.usd(northwind["price"] - northwind["effective_cost"]) in text
    assert "What tenants pay" not in html(in_october(open_page, "chargeback", feature=["search"]))


def test_statements_and_focus_are_the_bytes_of_the_commands(
    looked_at: Callable[[str], AppTest], sample_store: Store
) -> None:
    page = looked_at("chargeback")
    assert [box.value for box in page.selectbox if box.label == "Month"] == ["2024-10"]
    for form in ("html", "csv", "json"):
        downloaded = _statement(sample_store, "2024-10", "quarry", form, is_draft=False)
        assert downloaded == issued(sample_store, "2024-10", "quarry").as_bytes(form)
    assert b'"status":"draft"' in _statement(sample_store, "2024-11", "northwind", "json", is_draft=True)
    at = sample_store.value("SELECT now64(6, 'UTC')")
    filters = Filters(MONTH, MONTH.previous, (), Moment(at, at, at, at, 1, 0, 0, 1))
    asked = cost_and_usage.Asked(MONTH, "1.2", "internal", "This organisation")
    whole = b"".join(
        csv_text(block, plain, head=not n) for n, block in enumerate(cost_and_usage.frames(sample_store, asked, 10**6))
    )
    assert _focus(sample_store, filters, "1.2", "internal") == whole


def test_a_commitment_tells_its_use_and_from_which_it_pays(open_page: Pages, sample_store: Store) -> None:
    rows = sample_store.frame("reports/commitments/use", **ASKED).set_index("commitment")
    ptu = rows.loc["ptu-sweden"]
    assert ptu["cost"] == 24
    assert ptu["used_cost"] + ptu["idle_cost"] == 24
    covered = sample_store.frame("reports/chargeback/owed", **ASKED, dimension="").iloc[0]["covered_cost"]
    assert ptu["worth"] == covered
    assert ptu["difference"] == covered - 24
    # At this share of use, the same mix of calls is worth what the commitment costs.
    assert float(ptu["worth"]) * ptu["break_even_share"] / ptu["used_share"] == pytest.approx(24)
    assert pd.isna(rows.loc["gateway", "difference"])
    over_time = sample_store.frame("reports/commitments/over_time", **ASKED)
    assert over_time["used_cost"].sum() + over_time["idle_cost"].sum() == Decimal("30.20")
    page = in_october(open_page, "commitments")
    assert metrics(page)["Cost in the period"] == "$30.20"
    assert metrics(page)["Saved"] == figures.usd(covered - 24)
    assert ": never" in html(page)


def test_prices_compare_the_same_calls_and_name_what_has_none(
    open_page: Pages, sample_store: Store, counted: pd.DataFrame
) -> None:
    rows = sample_store.frame("reports/prices/compared", **ASKED)
    both = counted[counted["list_cost"].notna() & counted["contracted_cost"].notna()]
    late = sample_store.rows("SELECT list_cost, contracted_cost FROM calls WHERE span_id = 'late'")[0]
    assert rows["list_cost"].dropna().sum() == both["list_cost"].sum() + late["list_cost"]
    assert rows["saved"].dropna().sum() == (both["list_cost"] - both["contracted_cost"]).sum() + (
        late["list_cost"] - late["contracted_cost"]
    )
    page = in_october(open_page, "prices")
    assert metrics(page)["Models without a price"] == "1"
    assert any("spanledger prices alias acme-finetune-7b" in block.value for block in page.code)


def test_bills_tell_coverage_and_a_bridge_that_sums(open_page: Pages, sample_store: Store) -> None:
    page = in_october(open_page, "bills")
    text = html(page)
    (row,) = sample_store.frame("reports/bills/reconciled", **ASKED).to_dict("records")
    assert figures.share(row["coverage"]) in text
    assert f"+{figures.usd(Decimal('0.19'))}" in text
    assert "no bill" in text
    # Nobody knows what these calls cost: that is not nothing.
    [row] = (
        sample_store.frame("reports/bills/by_provider", **ASKED).query("provider == 'self-hosted'").to_dict("records")
    )
    assert (row["calls"], figures.is_unknown(row["metered"])) == (row["unknown_cost_calls"], True)
    assert re.search(r"self-hosted</th><td[^>]*>no bill</td><td[^>]*>unknown</td>", text)
    # Money is shown to the cent, and is exact where one points.
    comes_to = re.findall(r'<td class="figure" title="([\d.]+) USD">(\$[\d,.]+)</td>', text)
    assert comes_to
    assert all(shown == figures.usd(Decimal(exact)) for exact, shown in comes_to)
    page.button(key="compare").click().run()
    assert not page.exception
    again = [
        block.proto.body for block in page.get("html") if "From what was metered to what anthropic" in block.proto.body
    ]
    assert len(again) == 2
    assert again[0] == again[1]


def test_budgets_are_those_of_the_command_and_alarms_tell_how_far_they_came(open_page: Pages) -> None:
    page = in_october(open_page, "budgets")
    text = html(page)
    for name in ("everything (total), this year", "chat-tokens (feature=support-chat), this month", "20.0M tokens"):
        assert name in text
    assert metrics(page)["Breached"] == "0"
    assert "webhook" in text
    assert "refused" in text
    alarms = shown_tables(page)["Alarms"]
    assert (alarms["Kind"] == "threshold").any()
    assert (alarms["Threshold"].str.endswith(" %") == (alarms["Kind"] == "threshold")).all()


def test_a_part_that_takes_too_long_leaves_the_page(open_page: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any) -> None:
        raise StoreError("too slow", 159)

    monkeypatch.setattr(overview, "nearest_budgets", slow)
    monkeypatch.setattr(overview, "changes", slow)
    page = in_october(open_page, "finance")
    assert metrics(page)["Calls"] == "3,001"
    assert "spanledger budgets check" in html(page)
    assert "By tenant" in [heading.value for heading in page.header]


@pytest.mark.parametrize("url", ["finance", "chargeback"])
def test_what_began_before_the_period_is_told(open_page: Pages, looked_at: Callable[[str], AppTest], url: str) -> None:
    page = open_page(url, period="Custom", days=["2024-10-08", "2024-10-10"])
    assert "that began before this period" in html(page)
    assert "that began before this period" not in html(looked_at(url))


def test_what_is_not_known_is_no_step_of_nothing() -> None:
    zero = Decimal(0)
    row = dict.fromkeys(("covered_cost", "commitment_cost", "idle_cost", "charge_cost", "prepaid_cost"), zero)
    unknown = dict.fromkeys(("list_cost", "contracted_cost", "effective_cost", "billed_cost"))
    assert owed.steps(pd.Series({**row, **unknown})) == []
    charged = {**unknown, "charge_cost": Decimal(3), "effective_cost": Decimal(3), "billed_cost": Decimal(3)}
    names = [(step.name, step.amount) for step in owed.steps(pd.Series({**row, **charged}))]
    assert names == [("Other charges", 3), ("Effective cost", 3)]


@pytest.mark.parametrize("url", URLS)
def test_a_page_is_drawn_where_a_period_has_nothing(open_page: Pages, url: str) -> None:
    page = open_page(url, period="Custom", days=["2023-01-01", "2023-01-31"])
    assert not page.exception
    assert "sl-refusal" not in html(page)


def test_a_step_begins_where_the_one_before_ends_and_says_its_sign() -> None:
    drawn = _html(
        [Step("was", Decimal(8), total=True), Step("less <b>", Decimal(-6)), Step("more", Decimal(3)),
         Step("is", Decimal(5), total=True)],
        "a bridge",
    )  # fmt: skip
    assert [part.split(";")[0] for part in drawn.split("left:")[1:]] == ["0.00%", "25.00%", "25.00%", "0.00%"]
    assert "+$3.00" in drawn
    assert "\N{MINUS SIGN}$6.00" in drawn
    assert "less &lt;b&gt;" in drawn


def test_months_are_named_only_where_the_period_is_of_whole_ones() -> None:
    assert months_of(period(None, "2024-11-01", "2025-02-01", "Europe/Berlin")) == ["2024-11", "2024-12", "2025-01"]
    assert months_of(period(None, "2024-11-01", "2024-11-30", "UTC")) == []


@pytest.mark.parametrize("more", [{}, {"moved": "Model", "stack": "Provider"}], ids=["first look", "chosen"])
def test_a_tenants_page_asks_at_once_what_it_would_one_after_another(
    open_page: Pages, monkeypatch: pytest.MonkeyPatch, more: dict[str, str]
) -> None:
    asked: list[str] = []
    answer = report.answer

    def noted(name: str, **parameters: Any) -> pd.DataFrame:
        asked.append(f"{name} {sorted(parameters.items())}")
        return answer(name, **parameters)

    monkeypatch.setattr(report, "answer", noted)

    def all_asked() -> list[str]:
        st.cache_data.clear()
        asked.clear()
        in_october(open_page, "tenants", tenants="northwind", **more)
        return sorted(re.sub("'(as_of|moment)', '[^']*'", "", one) for one in asked if not one.startswith("filters/"))

    at_once = all_asked()
    monkeypatch.setattr(tenants, "ahead", lambda *_: None)
    assert at_once == all_asked()
    assert len(set(at_once)) == len(at_once) >= 9
