"""A page that stays open says that the ledger has newer figures, and shows none by itself."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, cast

from browser.served import IN_A_BROWSER, living
from browser.test_browser import metric, wait_until_drawn

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = IN_A_BROWSER

TELLS = "The ledger has newer figures: show them"
WHERE = """[document.querySelector('[data-testid="stMain"]').scrollTop,
    document.querySelector('[data-testid="stMetric"]').getBoundingClientRect().top]"""


def say(words: IO[bytes], word: str) -> None:
    words.write(f"{word}\n".encode())
    words.flush()


def looked(page: Page) -> None:
    """Once it has looked some times."""
    page.wait_for_timeout(3500)
    page.locator('[data-testid="stStatusWidget"]').wait_for(state="detached", timeout=30_000)


def test_an_open_page_says_that_there_are_newer_figures_and_moves_none_by_itself(
    browser: Browser, tmp_path: Path
) -> None:
    with living(tmp_path, calls=3000) as (pages, words), browser.new_context() as context:
        say(words, "often")
        page = context.new_page()
        page.set_viewport_size({"width": 1440, "height": 700})
        page.goto(f"{pages.address}/sustainability?tenants=northwind")
        wait_until_drawn(page)
        page.locator('[data-testid="stMain"]').evaluate("each => each.scrollTo(0, 300)")
        looked(page)
        assert page.get_by_text(TELLS).count() == 0
        calls, where = metric(page, "Emissions, CO₂e"), page.evaluate(WHERE)

        say(words, "write")
        page.get_by_text(TELLS).wait_for(state="attached", timeout=30_000)
        looked(page)
        assert metric(page, "Emissions, CO₂e") == calls
        assert page.evaluate(WHERE) == where
        assert cast("list[int]", where)[0] > 0

        page.get_by_role("button", name=TELLS).click()
        page.get_by_text(TELLS).wait_for(state="detached", timeout=30_000)
        wait_until_drawn(page)
        assert metric(page, "Emissions, CO₂e") != calls
        assert "tenants=northwind" in page.url

        # What is there stays where it is while the database is gone.
        calls = metric(page, "Emissions, CO₂e")
        say(words, "gone")
        looked(page)
        assert metric(page, "Emissions, CO₂e") == calls
        assert page.locator('.sl-refusal, [data-testid="stException"]').count() == 0
        assert pages.log.read_text() == ""
