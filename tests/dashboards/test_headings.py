"""The headings of each page, as a screen reader lists them: one of the first level, and none that skips a level."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from ledger_sample import ledger_sample
from served import IN_A_BROWSER, chromium, served

from spanledger_dashboards.page_list import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = IN_A_BROWSER
CALLS = 2000


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("headings"), calls=CALLS, books=True) as pages:
        yield pages


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def levels(page: Page, address: str) -> list[int]:
    """The levels of a page's headings in the order of reading, once nothing of it is on its way."""
    page.goto(address)
    page.locator("h1").first.wait_for(timeout=60_000)
    while True:
        page.locator('[data-testid="stStatusWidget"]').wait_for(state="detached", timeout=60_000)
        page.wait_for_timeout(500)
        if page.locator('[data-testid="stStatusWidget"]').count() == 0:
            break
    found = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(each => +each.tagName[1])")
    return list(map(int, found))


def skipped(found: list[int]) -> list[tuple[int, int]]:
    """Where a heading is more than one level below that before it; before the title the filters have a section."""
    return [(above, below) for above, below in zip([1, *found], found, strict=False) if below > above + 1]


def test_no_page_skips_a_level_of_headings(browser: Browser, address: str) -> None:
    call = ledger_sample(CALLS).query("counted == 1").iloc[0]
    paths = [listed.url_path for listed in PAGES]
    paths += ["tenants?tenants=northwind", f"calls?call={call['trace_id']}.{call['span_id']}"]
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        for path in paths:
            found = levels(page, f"{address}/{path}")
            assert found.count(1) == 1, path
            assert not skipped(found), (path, found)
        assert found.count(2) > 4  # the filters, and the steps of a call


def test_what_an_empty_ledger_says_has_levels_too(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    with served(tmp_path_factory.mktemp("empty"), calls=0) as empty, browser.new_context() as context:
        found = levels(context.new_page(), empty)
        assert found == [1, 2, 2]
