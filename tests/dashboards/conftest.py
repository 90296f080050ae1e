"""Fixtures of the dashboards' tests: a ledger of sample calls in a store of its own, and the pages over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import streamlit as st
from harness import data_folder
from ledger_sample import insert, ledger_sample
from streamlit import config
from streamlit.testing.v1 import AppTest

from spanledger_dashboards import open_store
from spanledger_dashboards.server import SCRIPT
from spanledger_settings.configuration import load
from spanledger_sql.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pandas as pd

_PAGE_ALONE = """
from spanledger_dashboards.page_list import PAGES
from spanledger_dashboards.filtering.sidebar import filters_in_sidebar
from spanledger_dashboards.report import asking

page = next(page for page in PAGES if page.url_path == "{page}")
with asking():
    page.draw(filters_in_sidebar(page.begin))
"""


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    """The sample ledger's rows, those that do not count included."""
    return ledger_sample(3000)


@pytest.fixture(scope="module")
def counted(sample: pd.DataFrame) -> pd.DataFrame:
    """The rows that the figures are about."""
    return sample[sample["counted"] == 1]


@pytest.fixture(scope="module")
def sample_store(sample: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with the sample ledger, closed after the module: chDB opens one folder a process."""
    folder: Path = tmp_path_factory.mktemp("dashboards")
    with data_folder.opened(load(data_dir=folder / "data")) as store:
        insert(store, sample)
        yield store


@pytest.fixture
def serve(request: pytest.FixtureRequest) -> Iterator[Callable[[Store], None]]:
    """Hands a store over to the dashboards for one test."""

    def hand_over(store: Store) -> None:
        st.cache_data.clear()
        open_store.hand_over(store)

    yield hand_over
    open_store.hand_over(None)
    st.cache_data.clear()


@pytest.fixture
def open_page(sample_store: Store, serve: Callable[[Store], None]) -> Callable[..., AppTest]:
    """Opens a page over the sample ledger, with query parameters as in its address."""

    def open_with(page: str = "finance", **parameters: str | list[str]) -> AppTest:
        serve(sample_store)
        # A test that has served pages in this process has hidden what errors say, as the pages' configuration does.
        config.set_option("client.showErrorDetails", "full")
        script = AppTest.from_string(_PAGE_ALONE.format(page=page), default_timeout=60)
        for name, value in parameters.items():
            script.query_params[name] = value
        script.run()
        assert not script.exception, script.exception
        return script

    return open_with


@pytest.fixture
def app(serve: Callable[[Store], None]) -> Callable[[Store], AppTest]:
    """Opens the whole app, at its first page, over a store."""

    def open_over(store: Store) -> AppTest:
        serve(store)
        return AppTest.from_file(str(SCRIPT), default_timeout=60).run()

    return open_over
