"""A walk through the pages of sustainability and the platform in a real Chromium."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from ledger_sample import ledger_sample

from browser.served import IN_A_BROWSER, OpenWindow, assert_whole_on_a_phone, drawn
from browser.test_browser import CALLS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from browser.served import Served

pytestmark = IN_A_BROWSER
# The figures of cards that are wider than their place.
CUT_OFF = """[...document.querySelectorAll('[data-testid="stMetricValue"]')]
    .filter(each => each.scrollWidth > each.clientWidth).map(each => each.innerText)"""

# How far a table was scrolled sideways, and how far its first column went with it.
SCROLLED = """(table => {
    table.scrollLeft = 200;
    const name = table.querySelector('tbody th').getBoundingClientRect().left;
    return [table.scrollLeft, Math.round(table.getBoundingClientRect().left - name)];
})(document.querySelector('.sl-table'))"""
FOCUSED = "(seen => `${seen.outlineStyle} ${seen.outlineWidth}`)(getComputedStyle(document.activeElement))"


@pytest.fixture
def address(without_books: Served) -> str:
    return without_books.address


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_a_reader_narrows_drills_down_to_one_call_and_comes_back(
    open_window: OpenWindow,
    address: str,
    tmp_path: Path,
) -> None:
    page = open_window(scheme="dark")
    page.goto(f"{address}/breakdown?{urlencode({'by': 'feature'})}")
    drawn(page)
    page.get_by_role("combobox", name="Tenants").click()
    page.get_by_role("option", name="northwind").click()
    page.wait_for_url("**tenants=northwind**")
    page.locator(".sl-bars a", has_text="search").click()
    page.wait_for_url("**feature=search**")
    drawn(page)

    # By the navigation, with the filters; then by the keyboard.
    page.goto(f"{address}/calls?{urlencode({'tenants': 'northwind', 'feature': 'search'})}")
    drawn(page)
    page.get_by_role("textbox", name="Search").fill("gpt-4o-mini")
    page.keyboard.press("Enter")
    page.wait_for_url("**text=gpt-4o-mini**")
    page.get_by_text("rows, the latest first").wait_for()
    sample = ledger_sample(CALLS).query("counted == 1 and tenant_id == 'northwind' and feature == 'search'")
    sought = sample[sample["request_model"].str.contains("gpt-4o-mini")]
    page.get_by_text(f"{len(sought):,} rows, the latest first").wait_for(timeout=30_000)

    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "calls.csv")
    with (tmp_path / "calls.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["span_id"] for row in rows} == set(sought["span_id"])
    assert rows[0]["filters"] == "northwind; Feature: search"

    page.locator(".sl-table").focus()
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "solid 2px"
    page.keyboard.press("Enter")
    page.wait_for_url("**call=**")
    page.get_by_role("heading", name="1. Call").wait_for(timeout=30_000)
    latest = sought.sort_values(["ts", "trace_id"], ascending=[False, True]).iloc[0]
    assert asked(page)["call"] == [f"{latest['trace_id']}.{latest['span_id']}"]
    assert asked(page)["tenants"] == ["northwind"]
    page.go_back()
    page.get_by_text(f"{len(sought):,} rows, the latest first").wait_for(timeout=30_000)

    page.goto(f"{address}/inventory")
    drawn(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as Markdown").click()
    download.value.save_as(tmp_path / "method.md")
    assert (tmp_path / "method.md").read_text().startswith("# How emissions were reckoned, ")


def test_a_shared_address_is_whole_on_a_phone_in_the_dark(open_window: OpenWindow, address: str) -> None:
    page = open_window(400, scheme="dark")
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if address not in request.url else None)
    # Of each group's pages one: the filters are the same piece on all, and all of them are opened without any below.
    for name in ("finance", "breakdown", "calls"):
        page.goto(f"{address}/{name}?{urlencode({'feature': 'support-chat'})}")
        assert_whole_on_a_phone(page, name)
        assert asked(page)["feature"] == ["support-chat"]
    page.goto(f"{address}/health")
    page.get_by_text("not known here").last.wait_for(timeout=30_000)
    assert not page.evaluate(CUT_OFF)
    page.goto(f"{address}/breakdown")
    page.locator(".sl-table").wait_for(timeout=30_000)
    left = page.evaluate(SCROLLED)
    assert left[0] > 100
    assert left[1] == 0
    page.goto(f"{address}/breakdown?by=weather")
    page.get_by_text("broken down by 'weather' is unknown").wait_for(timeout=30_000)
    assert not [url for url in elsewhere if not url.startswith(("data:", "blob:"))]
