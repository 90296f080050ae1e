from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from ledger_sample import AGREED
from streamlit.testing.v1 import AppTest

from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_sql.store import Store

Pages = Callable[..., AppTest]

ALL_OF_OCTOBER = {
    "from": "2024-10-01 00:00:00",
    "to": "2024-11-01 00:00:00",
    "tenants": [],
    "own": "desk",
    "own_values": [],
    "where": [],
    "moment": "2099-01-01 00:00:00",
    "rows": 100_000,
}


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def spend(rows: pd.DataFrame) -> Decimal:
    return sum(rows["contracted_cost"].dropna(), Decimal(0))


def page_text(page: AppTest) -> str:
    return "".join(element.proto.body for element in page.get("html"))


def test_the_headline_is_the_sum_of_the_counted_calls(open_page: Pages, counted: pd.DataFrame) -> None:
    shown = metrics(open_page())
    known = counted[counted["contracted_cost"].notna()]
    tokens = known["input_tokens"].sum() + known["output_tokens"].sum()
    assert shown["Effective spend"] == figures.usd(spend(counted))
    assert shown["Calls"] == figures.count(len(counted))
    assert shown["Tokens"] == figures.count(counted["input_tokens"].sum() + counted["output_tokens"].sum())
    assert shown["Cost per 1,000 calls"] == figures.usd(float(spend(counted)) / len(known) * 1000)
    assert shown["Cost per 1M tokens"] == figures.usd(float(spend(counted)) / tokens * 1e6)
    assert shown["Input read from cache"] == figures.share(
        counted["cache_read_tokens"].sum() / counted["input_tokens"].sum()
    )


def test_without_commitments_none_is_said_to_be_idle(open_page: Pages) -> None:
    [card] = [card for card in open_page().metric if card.label == "Commitments"]
    assert (card.value, card.delta) == ("$0.00", "none in this period")


def test_choosing_tenants_narrows_every_figure(open_page: Pages, counted: pd.DataFrame) -> None:
    page = open_page()
    page.multiselect(key="tenants").set_value(["quarry", "(unattributed)"]).run()
    assert not page.exception
    chosen = counted[counted["tenant_id"].isin(["quarry", "(unattributed)"])]
    assert metrics(page)["Effective spend"] == figures.usd(spend(chosen))
    assert metrics(page)["Calls"] == figures.count(len(chosen))


def test_a_time_zone_moves_where_a_day_begins(open_page: Pages, counted: pd.DataFrame) -> None:
    page = open_page(period="Custom", days=["2024-10-08", "2024-10-08"], timezone="America/Los_Angeles")
    local_day = counted["ts"].dt.tz_convert("America/Los_Angeles").dt.date.astype(str)
    assert metrics(page)["Calls"] == figures.count((local_day == "2024-10-08").sum())


def test_a_period_compares_with_the_one_before(open_page: Pages, counted: pd.DataFrame) -> None:
    page = open_page(period="Custom", days=["2024-10-15", "2024-10-21"])
    day = counted["ts"].dt.day
    now, before = counted[day.between(15, 21)], counted[day.between(8, 14)]
    spend_card = next(metric for metric in page.metric if metric.label == "Effective spend")
    assert spend_card.delta == figures.change(spend(now), spend(before))


def test_gaps_are_shown_with_calls_and_amounts(open_page: Pages, counted: pd.DataFrame) -> None:
    text = page_text(open_page())
    gap = counted[counted["tenant_id"] == "(unattributed)"]
    unpriced = counted[counted["price_status"] == "unpriced"]
    assert figures.usd(spend(gap)) in text
    assert f"{len(gap)} calls" in text
    assert f"{len(unpriced)} calls" in text
    assert "acme-finetune-7b" in text


def test_a_tenant_name_cannot_smuggle_markup_into_the_page() -> None:
    from spanledger_dashboards.drawing.charts.bar_list import Bar, _row

    assert "<script>" not in _row(Bar("<script>alert(1)</script>", "$1", 1.0), 1.0, "#000000")


def test_the_chargeback_adds_up_to_the_spend_to_the_last_decimal(sample_store: Store, counted: pd.DataFrame) -> None:
    rows = sample_store.frame("reports/chargeback/chargeback_table", **ALL_OF_OCTOBER)
    assert sum(rows["contracted_cost_usd"].dropna(), Decimal(0)) == spend(counted)
    assert rows["calls"].sum() == len(counted)
    assert rows["unknown_cost_calls"].sum() == counted["contracted_cost"].isna().sum()


@pytest.mark.parametrize("dimension", ["tenant", "model", "feature", "provider", "own"])
def test_a_breakdown_folds_the_small_and_keeps_the_sum(
    sample_store: Store, counted: pd.DataFrame, dimension: str
) -> None:
    rows = sample_store.frame("reports/finance/breakdown", **ALL_OF_OCTOBER, dimension=dimension, names=2)
    assert sum(rows["contracted_cost"].dropna(), Decimal(0)) == spend(counted)
    assert "(all others)" in set(rows["name"])
    assert len(rows) == (4 if dimension == "tenant" else 3)


@pytest.mark.parametrize(("grain", "buckets"), [("hour", None), ("day", 31), ("week", 5), ("month", 1)])
def test_the_trend_adds_up_in_every_grain(
    sample_store: Store, counted: pd.DataFrame, grain: str, buckets: int | None
) -> None:
    trend = sample_store.frame(
        "reports/finance/trend", **ALL_OF_OCTOBER, timezone="UTC", grain=grain, dimension="tenant", series=6
    )
    assert sum(trend["contracted_cost"].dropna(), Decimal(0)) == spend(counted)
    if buckets:
        assert trend["bucket"].nunique() == buckets


def test_days_of_the_trend_are_local_days(sample_store: Store, counted: pd.DataFrame) -> None:
    trend = sample_store.frame(
        "reports/finance/trend", **ALL_OF_OCTOBER, timezone="Asia/Kolkata", grain="day", dimension="tenant", series=9
    )
    local_day = counted["ts"].dt.tz_convert("Asia/Kolkata").dt.date.astype(str)
    shown = trend.groupby(trend["bucket"].dt.date.astype(str))["calls"].sum()
    assert shown.to_dict() == local_day.value_counts().to_dict()


def test_the_cache_saving_is_what_the_cached_tokens_would_have_cost_more(
    sample_store: Store, counted: pd.DataFrame
) -> None:
    headline = sample_store.frame("reports/finance/headline", **ALL_OF_OCTOBER).iloc[0]
    list_price = {
        "gpt-4o-2024": (2.5, 1.25),
        "gpt-4o-mini": (0.15, 0.075),
        "claude-3-5-": (3, 0.3),
        "claude-3-ha": (0.25, 0.03),
    }
    priced = counted[counted["contracted_cost"].notna()]
    agreed = priced["tenant_id"].map(lambda tenant: float(AGREED.get(tenant, 1)))
    cached_tokens = priced["cache_read_tokens"] * agreed
    saved = sum(
        (uncached - cached) * cached_tokens[priced["request_model"].str.startswith(model)].sum() / 1e6
        for model, (uncached, cached) in list_price.items()
    )
    assert headline["cache_saving"] == pytest.approx(saved, rel=1e-6)


def test_a_period_without_calls_says_so(open_page: Pages) -> None:
    page = open_page(period="Last 7 days")
    assert [info.value for info in page.info] == ["No calls in this period. Choose another period or other tenants."]
    assert not page.metric
