"""What the address of a page may ask for: what there is not is told, and never taken as everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from spanledger_dashboards.filtering import sidebar
from spanledger_dashboards.server import SCRIPT

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from spanledger_sql.store import Store


def open_with(**address: str | list[str]) -> AppTest:
    page = AppTest.from_file(str(SCRIPT), default_timeout=60)
    for name, value in address.items():
        page.query_params[name] = value
    return page.run()


def html(page: AppTest) -> str:
    return "".join(block.proto.body for block in page.get("html"))


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ({"tenants": ["nobody"]}, "the ledger has no call of the tenant &#x27;nobody&#x27;"),
        ({"tenants": ["northwind", "nobody"]}, "the ledger has no call of the tenant &#x27;nobody&#x27;"),
        ({"period": "Last decade"}, "the period &#x27;Last decade&#x27; is unknown; expected one of Whole record"),
        ({"timezone": "Mars/Base"}, "the time zone &#x27;Mars/Base&#x27; is unknown; expected a name such as"),
        ({"period": "Custom", "days": ["2024-13-01", "2024-10-31"]}, "the day &#x27;2024-13-01&#x27; is unknown"),
        ({"period": "Custom", "days": ["2024-10-31", "2024-10-01"]}, "are no first and last day"),
        ({"period": "This year", "days": ["2024-10-08"]}, "days=&#x27;2024-10-08&#x27; needs period=Custom"),
        ({"own_desk": "emea"}, "own_desk=&#x27;emea&#x27; needs own=desk"),
        ({"tenant": "northwind"}, "there is no filter &#x27;tenant&#x27;, but tenants"),
        ({"grain": "fortnight"}, "the grain &#x27;fortnight&#x27; is unknown; expected one of hour, day, week, month"),
        ({"feature": ["search", "poetry"]}, "no call has the feature &#x27;poetry&#x27;"),
        ({"cost_center": "CC-NOBODY"}, "no call has the cost centre &#x27;CC-NOBODY&#x27;"),
        ({"tenants": ["<img src=x>"]}, "&lt;img src=x&gt;"),
        ({"own": "<b>floor</b>"}, "no call has the dimension &#x27;&lt;b&gt;floor&lt;/b&gt;&#x27;"),
        ({"own": "desk", "own_desk": ["emea", "moon"]}, "no call has desk &#x27;moon&#x27;"),
    ],
)
def test_what_the_address_asks_for_and_there_is_not_is_told_without_a_figure(
    sample_store: Store, serve: Callable[[Store], None], address: dict[str, str | list[str]], told: str
) -> None:
    serve(sample_store)
    page = open_with(**address)
    assert not page.exception
    assert told in html(page)
    assert not page.metric
    assert page.multiselect(key="tenants").options


def test_an_address_that_can_be_followed_is(sample_store: Store, serve: Callable[[Store], None]) -> None:
    serve(sample_store)
    page = open_with(tenants=["(unattributed)"], timezone="Asia/Kolkata", period="Custom", days=["2024-10-08"])
    assert page.metric
    assert "address" not in html(page)


def test_any_dimension_narrows_the_figures_and_is_told(
    sample_store: Store, serve: Callable[[Store], None], counted: pd.DataFrame
) -> None:
    serve(sample_store)
    page = open_with(feature=["search", "(no feature)"], provider="openai", period="Whole record")
    chosen = counted[counted["feature"].isin(["search", ""]) & (counted["provider"] == "openai")]
    assert next(card.value for card in page.metric if card.label == "Calls") == f"{len(chosen):,}"
    assert "Feature: (no feature), search · Provider: openai" in html(page)


def test_a_value_that_is_too_rare_for_the_list_narrows_all_the_same(
    sample_store: Store, serve: Callable[[Store], None], counted: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(sample_store)
    monkeypatch.setattr(sidebar, "_VALUES_AT_MOST", 1)
    page = open_with(feature="(no feature)", period="Whole record")
    assert page.multiselect(key="feature").options == ["support-chat", "(no feature)"]
    assert next(card.value for card in page.metric if card.label == "Calls") == f"{sum(counted['feature'] == ''):,}"
