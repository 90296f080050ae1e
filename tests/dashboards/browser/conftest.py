"""One Chromium for all tests in this folder, and pages that it opens, which no test changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from browser.served import CALLS_WITH_BOOKS, OpenWindow, Served, chromium, served
from browser.test_browser import CALLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium that calls nobody; it ends with this folder, since none may wait for anything beside it."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="package")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """What windows share: the scripts of the pages, of which another profile would fetch and compile megabytes anew."""
    with browser.new_context() as context:
        yield context


@pytest.fixture
def open_window(profile: BrowserContext) -> Iterator[OpenWindow]:
    """Opens windows of a size and scheme, as at a desk unless told otherwise; they end with the test."""
    opened: list[Page] = []

    def open_one(width: int = 1440, height: int = 900, scheme: Literal["light", "dark"] = "light") -> Page:
        page = profile.new_page()
        opened.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        return page

    yield open_one
    for page in opened:
        page.close()
    profile.clear_cookies()


@pytest.fixture(scope="package")
def without_books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Dashboards over the sample ledger alone."""
    with served(tmp_path_factory.mktemp("served"), calls=CALLS) as pages:
        yield pages


@pytest.fixture(scope="package")
def with_books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Dashboards over a smaller sample ledger and its books."""
    with served(tmp_path_factory.mktemp("served-books"), calls=CALLS_WITH_BOOKS, books=True) as pages:
        yield pages
