from __future__ import annotations

import gc
import tomllib
from typing import TYPE_CHECKING

from streamlit.runtime.pages_manager import PagesManager

from spanledger_dashboards import warming
from spanledger_dashboards.server import SCRIPT, dashboards

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from streamlit.testing.v1 import AppTest

    from spanledger_sql.store import Store


def test_the_app_opens_on_finance(app: Callable[[Store], AppTest], sample_store: Store) -> None:
    page = app(sample_store)
    assert not page.exception
    assert page.title[0].value == "Finance"
    assert page.selectbox(key="period").value == "Whole record"


def test_the_first_address_that_is_asked_for_may_be_of_any_page(
    sample_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    dashboards(sample_store)
    assert PagesManager(str(SCRIPT)).uses_pages_directory is False


def test_no_usage_is_reported_to_anybody() -> None:
    settings = tomllib.loads((SCRIPT.parent / ".streamlit" / "config.toml").read_text())
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"]["toolbarMode"] == "viewer"


def test_what_a_process_has_loaded_is_not_looked_through_for_garbage_after_each_run(
    app: Callable[[Store], AppTest], sample_store: Store
) -> None:
    gc.unfreeze()
    warming.load.cache_clear()
    app(sample_store)
    assert gc.get_freeze_count() > 50_000
    gc.unfreeze()
