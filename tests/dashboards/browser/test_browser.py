"""The dashboards in a real Chromium, served as the node serves them."""

from __future__ import annotations

import csv
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from dashboard_server import HOSTILE
from ledger_sample import ledger_sample

from browser.served import IN_A_BROWSER, OpenWindow, Served, drawn
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd
    from playwright.sync_api import Page

CALLS = 20_000
# The tables that are wider than their place.
SCROLLING = """[...document.querySelectorAll('.sl-table')]
    .filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.ariaLabel)"""
# What is laid out and holds nothing: a gap, which may be all that there is on a last page.
HELD_ON_TO_THE_NEXT = """[...document.querySelectorAll('[data-testid="stPopover"]')]
    .map(each => each.closest('[data-testid="stLayoutWrapper"]')).filter(each => !each.nextElementSibling)
    .map(each => getComputedStyle(each.previousElementSibling).breakAfter)"""
EMPTY_PLACES = """[...document.querySelectorAll(
    '[data-testid="stMain"] :is([data-testid="stLayoutWrapper"], [data-testid="stElementContainer"])')]
    .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 1 && !each.querySelector('style'))
    .map(each => each.innerHTML.replace(/class="[^"]*"/g, '').slice(0, 300))"""
SCREENSHOTS = os.environ.get("SPANLEDGER_SCREENSHOTS")

pytestmark = IN_A_BROWSER


@pytest.fixture
def address(without_books: Served) -> str:
    """The address of dashboards over the sample ledger, served by a process of their own."""
    return without_books.address


@pytest.fixture
def page(open_window: OpenWindow) -> Page:
    """A window of 1440 by 900 pixels."""
    return open_window()


def metric(page: Page, label: str) -> str:
    card = page.locator('[data-testid="stMetric"]', has_text=label)
    return card.locator('[data-testid="stMetricValue"]').inner_text(timeout=30_000)


def wait_until_drawn(page: Page) -> None:
    page.locator('[data-testid="stMetric"]').nth(5).wait_for(timeout=30_000)
    drawn(page)


def spend(rows: pd.DataFrame) -> Decimal:
    return sum(rows["contracted_cost"].dropna(), Decimal(0))


def test_a_reader_narrows_shares_and_downloads(page: Page, address: str, tmp_path: Path) -> None:
    sample = ledger_sample(CALLS).query("counted == 1")
    northwind = sample[sample["tenant_id"] == "northwind"]
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if address not in request.url else None)

    page.goto(address)
    wait_until_drawn(page)
    assert metric(page, "Effective spend") == figures.usd(spend(sample))

    page.get_by_role("combobox", name="Tenants").click()
    page.get_by_role("option", name="northwind").click()
    page.wait_for_url("**tenants=northwind**")
    narrowed = figures.usd(spend(northwind))
    page.locator('[data-testid="stMetricValue"]', has_text=narrowed).first.wait_for()

    page.reload()
    wait_until_drawn(page)
    assert metric(page, "Effective spend") == narrowed

    page.get_by_role("button", name="Finance").click()
    page.get_by_role("menuitem", name="Chargeback").click()
    page.get_by_role("region", name="Cost of calls").wait_for()
    drawn(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).last.click()
    download.value.save_as(tmp_path / "chargeback.csv")
    with (tmp_path / "chargeback.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["tenant"] for row in rows} == {"northwind"}
    assert sum((Decimal(row["contracted_cost_usd"] or 0) for row in rows), Decimal(0)) == spend(northwind)

    page.get_by_role("button", name="Sustainability").click()
    page.get_by_role("menuitem", name="Overview").click()
    page.get_by_role("heading", name="Sustainability").wait_for()
    wait_until_drawn(page)
    assert parse_qs(urlsplit(page.url).query)["tenants"] == ["northwind"]
    assert metric(page, "Emissions, CO₂e") == figures.emissions(
        northwind["co2e_g"].sum(), like=northwind["co2e_g_high"].sum()
    )

    assert not [url for url in elsewhere if not url.startswith(("data:", "blob:"))]


def test_a_tenants_name_is_never_markup_and_a_rendered_page_leaves_no_line_in_the_log(
    open_window: OpenWindow, address: str, without_books: Served
) -> None:
    elsewhere: list[str] = []
    page = open_window(400)
    page.on("request", lambda request: elsewhere.append(request.url) if address not in request.url else None)
    for path in ("/", "/sustainability"):
        page.goto(f"{address}{path}?{urlencode({'tenants': HOSTILE})}")
        wait_until_drawn(page)
        assert page.get_by_text(HOSTILE).count() >= 2
        assert page.locator("a[href*=':9/'], img[src*=':9/']").count() == 0
    page.goto(f"{address}/?tenants=nobody")
    page.get_by_text("the ledger has no call of the tenant 'nobody'").wait_for(timeout=30_000)
    assert page.locator('[data-testid="stMetric"]').count() == 0
    assert not [url for url in elsewhere if not url.startswith(("data:", "blob:"))]
    assert without_books.log.read_text() == ""


@pytest.mark.parametrize("width", [1440, 400])
def test_emissions_are_a_line_over_the_whole_period(open_window: OpenWindow, address: str, width: int) -> None:
    page = open_window(width, 1600)
    page.goto(f"{address}/sustainability")
    wait_until_drawn(page)
    chart = page.locator('[data-testid="stVegaLiteChart"] svg').first
    line = chart.locator(".mark-line path").first.bounding_box()
    whole = chart.bounding_box()
    assert line is not None
    assert whole is not None
    assert line["width"] > 0.6 * whole["width"]


def test_a_short_period_names_each_of_its_days_once(page: Page, address: str) -> None:
    asked = {"period": "Custom", "days": ["2024-10-08", "2024-10-11"]}
    page.goto(f"{address}/finance?{urlencode(asked, doseq=True)}")
    labels = page.locator('[data-testid="stVegaLiteChart"] svg .role-axis-label').first.locator("text")
    labels.first.wait_for(timeout=30_000)
    assert labels.all_text_contents() == ["08 Oct", "09 Oct", "10 Oct", "11 Oct"]


def test_a_reader_chooses_a_dimension_of_the_apps(page: Page, address: str) -> None:
    page.goto(address)
    wait_until_drawn(page)
    page.get_by_role("combobox", name="Your dimension").click()
    page.get_by_role("option", name="desk").click()
    page.get_by_role("heading", name="By desk").wait_for()
    page.get_by_role("combobox", name="Values of desk").click()
    page.get_by_role("option", name="emea").click()
    page.wait_for_url("**own=desk**own_desk=emea**")
    sample = ledger_sample(CALLS).query("counted == 1")
    narrowed = figures.usd(spend(sample[[said.get("desk") == "emea" for said in sample["dimensions"]]]))
    page.locator('[data-testid="stMetricValue"]', has_text=narrowed).first.wait_for()
    page.reload()
    wait_until_drawn(page)
    assert metric(page, "Effective spend") == narrowed


@pytest.mark.parametrize("width", [1440, 400])
def test_the_quality_page_is_drawn_and_follows_the_filters(open_window: OpenWindow, address: str, width: int) -> None:
    sample = ledger_sample(CALLS).query("counted == 1")
    page = open_window(width)
    page.goto(f"{address}/quality?{urlencode({'tenants': 'northwind'})}")
    wait_until_drawn(page)
    calls = len(sample[sample["tenant_id"] == "northwind"])
    card = page.locator('[data-testid="stMetric"]', has_text="Without tenant")
    assert f"0 of {figures.count(calls)} calls" in card.inner_text()
    assert page.get_by_role("region", name="Quality by service and instrumentation").is_visible()
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("name", ["capacity", "grid"])
def test_no_row_is_tall_on_a_phone_for_what_is_beside_the_screen(
    open_window: OpenWindow, address: str, name: str
) -> None:
    page = open_window(400)
    page.goto(f"{address}/{name}")
    page.locator(".sl-table .below").first.wait_for(state="attached", timeout=30_000)
    heights = page.locator(".sl-table:has(.below) tbody tr").evaluate_all(
        "rows => rows.map(each => each.getBoundingClientRect().height)"
    )
    # Two lines of text at most, of a name in the first column.
    assert 0 < max(heights) < 60


def test_a_page_is_printed_whole(page: Page, address: str) -> None:
    page.goto(f"{address}/finance")
    wait_until_drawn(page)
    assert page.title() == "Overview, finance: Spanledger"
    height = int(page.locator('[data-testid="stMainBlockContainer"]').evaluate("e => e.scrollHeight"))
    page.emulate_media(media="print")
    assert page.locator('[data-testid="stSidebar"]').is_hidden()
    # A place of nothing would part a table from its heading.
    for unprinted in (
        '[data-testid="stLayoutWrapper"]:has(> [class*="st-key-sl-tools"])',
        '[data-testid="stExpander"]',
    ):
        assert page.locator(unprinted).count()
        assert not page.locator(unprinted).filter(visible=True).count()
    assert page.evaluate(EMPTY_PLACES) == []
    # Without what is not printed, and with less room between what is.
    assert page.evaluate("document.documentElement.scrollHeight") > 0.65 * height
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf())) >= 2


@pytest.mark.parametrize("name", ["finance", "chargeback", "breakdown", "grid", "capacity"])
def test_tables_and_charts_fit_the_paper(open_window: OpenWindow, address: str, name: str) -> None:
    # A wide window first, as at a desk: what was drawn for it must shrink.
    page = open_window()
    page.goto(f"{address}/{name}")
    page.locator(".sl-table:visible").first.wait_for(timeout=30_000)
    drawn(page)
    assert not page.evaluate(SCROLLING), "a table scrolls sideways at a desk"
    page.emulate_media(media="print")
    # A4, upright, between margins; a browser makes what is wider smaller, down to half.
    page.set_viewport_size({"width": 703, "height": 1000})
    page.wait_for_timeout(500)
    ends = page.evaluate(
        "[...document.querySelectorAll('.sl-table table, [data-testid=stVegaLiteChart] svg')]"
        ".map(each => each.getBoundingClientRect().right)"
    )
    assert ends
    assert max(ends) < 1.3 * 703, ends
    # What is last on paper does not hold on to the section below: all of both would be on the next sheet.
    assert "avoid" not in page.evaluate(HELD_ON_TO_THE_NEXT)


def test_a_host_name_pointed_at_this_machine_is_refused(open_window: OpenWindow, address: str) -> None:
    page = open_window()
    # Any name below .localhost is this machine to a browser, as a rebound name of an attacker would be.
    page.goto(address.replace("127.0.0.1", "attacker.localhost"))
    page.wait_for_timeout(3000)
    assert page.locator('[data-testid="stMetric"]').count() == 0
    assert "northwind" not in page.content()


@pytest.mark.skipif(not SCREENSHOTS, reason="set SPANLEDGER_SCREENSHOTS to a folder to take screenshots")
@pytest.mark.parametrize("width", [1440, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "path"), [("finance", "/"), ("sustainability", "/sustainability")])
def test_screenshots(open_window: OpenWindow, address: str, name: str, path: str, scheme: str, width: int) -> None:
    assert SCREENSHOTS is not None
    page = open_window(width, scheme=scheme)
    page.goto(address + path)
    wait_until_drawn(page)
    block = page.locator('[data-testid="stMainBlockContainer"]')
    page.set_viewport_size({"width": width, "height": int(block.evaluate("e => e.scrollHeight")) + 60})
    page.wait_for_timeout(1500)
    folder = Path(SCREENSHOTS)
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}-{scheme}-{width}.png")
