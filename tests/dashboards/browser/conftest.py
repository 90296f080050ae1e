"""One Chromium for all tests in this folder, and pages that it opens, which no test changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.served import CALLS_WITH_BOOKS, Served, chromium, served
from browser.test_browser import CALLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium that calls nobody; it ends with this folder, since none may wait for anything beside it."""
    with chromium() as started:
        yield started


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
