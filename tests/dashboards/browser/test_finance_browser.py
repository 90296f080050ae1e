"""A reader's walk over finance's pages in a real Chromium: filters, rows that lead on, files, addresses, keyboard."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from browser.served import IN_A_BROWSER, OpenWindow, drawn

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from browser.served import Served

pytestmark = IN_A_BROWSER
OCTOBER = urlencode({"period": "Custom", "days": ["2024-10-01", "2024-10-31"]}, doseq=True)


@pytest.fixture
def address(with_books: Served) -> str:
    """The address of dashboards over the sample ledger and its books."""
    return with_books.address


def titled(page: Page, title: str) -> None:
    page.get_by_role("heading", name=title, exact=True, level=1).wait_for(timeout=60_000)
    drawn(page)
    assert page.locator('[data-testid="stException"], .sl-refusal').count() == 0


def test_a_reader_of_finance_goes_from_the_chargeback_to_a_tenant_and_back_with_its_statement(
    open_window: OpenWindow,
    address: str,
    tmp_path: Path,
) -> None:
    page = open_window()
    page.goto(f"{address}/chargeback?{OCTOBER}")
    titled(page, "Chargeback")
    table = page.get_by_role("region", name="Chargeback by tenant")
    owed = table.locator("tbody tr", has_text="northwind").locator("td").first.inner_text()
    assert "closed, restated" in table.inner_text()

    with page.expect_download() as download:
        page.get_by_role("button", name="JSON", exact=True).click()
    download.value.save_as(tmp_path / "statement.json")
    stated = json.loads((tmp_path / "statement.json").read_text())
    assert stated["statement"]["month"] == "2024-10"
    assert download.value.suggested_filename == f"statement-2024-10-{stated['tenant']}.json"
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML", exact=True).click()
    download.value.save_as(tmp_path / "statement.html")
    assert_fits_the_paper(open_window(), (tmp_path / "statement.html").read_text())
    with page.expect_download() as download:
        page.get_by_role("button", name="FOCUS as CSV").click()
    download.value.save_as(tmp_path / "focus.csv")
    assert "EffectiveCost" in (tmp_path / "focus.csv").read_text().splitlines()[0]

    # By keyboard: the row's link has the focus, and Enter follows it.
    table.get_by_role("link", name="northwind").focus()
    page.keyboard.press("Enter")
    titled(page, "Tenant")
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["tenants"] == ["northwind"]
    card = page.locator('[data-testid="stMetric"]', has_text="Effective spend")
    assert card.locator('[data-testid="stMetricValue"]').inner_text() == owed

    shared = open_window()
    shared.goto(page.url)
    titled(shared, "Tenant")
    assert shared.locator('[data-testid="stMetricValue"]').first.inner_text() == owed

    page.go_back()
    titled(page, "Chargeback")
    assert "tenants" not in parse_qs(urlsplit(page.url).query)


def assert_fits_the_paper(paper: Page, statement: str) -> None:
    """A statement of large amounts and long names, on A4 across, between its margins."""
    large = re.sub(r'<td class="n">\d+\.\d{12}</td>', '<td class="n">1234567.123456789012</td>', statement)
    assert large.count("1234567.") > 3
    paper.set_content(re.sub(r"gpt-4o-mini-2024-07-18", "m" * 300, large))
    paper.emulate_media(media="print")
    paper.set_viewport_size({"width": 1009, "height": 680})
    assert (
        paper.evaluate("Math.max(...[...document.querySelectorAll('td')].map(e => e.getBoundingClientRect().right))")
        < 1010
    )
    paper.close()


def test_the_first_sheet_of_a_printed_overview_says_what_is_owed_and_how_budgets_stand(
    open_window: OpenWindow, address: str
) -> None:
    page = open_window()
    page.goto(f"{address}/finance?{OCTOBER}")
    titled(page, "Finance")
    page.emulate_media(media="print")
    # A4, upright, between margins.
    page.set_viewport_size({"width": 703, "height": 1000})
    page.wait_for_timeout(500)
    for heading in ("From list prices to what is owed", "Forecast against budget"):
        section = page.locator('[data-testid="stColumn"]', has=page.get_by_role("heading", name=heading, exact=True))
        assert section.evaluate("e => e.getBoundingClientRect().bottom + window.scrollY") < 1032
    tops = page.locator(".sl-gap").evaluate_all("gaps => gaps.map(gap => gap.getBoundingClientRect().top)")
    assert len(tops) == 4
    assert len(set(tops)) == 1
