"""The what-if on the page of prices costs calls anew, as the command does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from harness.books import Books
from streamlit.testing.v1 import AppTest

from spanledger_dashboards.pages.finance.parts import what_if
from spanledger_enrich.books.scope import Scope
from spanledger_enrich.books.whatif.assumptions import Assumptions
from spanledger_enrich.books.whatif.in_money import reckon
from spanledger_settings import figures
from spanledger_settings.period import period

if TYPE_CHECKING:
    from spanledger_sql.store import Store

CALL = {"request_model": "gpt-4o-2024-08-06", "input_tokens": 1_000_000, "output_tokens": 100_000}


def prices_page(**narrowed: list[str]) -> AppTest:
    """The page of prices in October 2024, narrowed by what an address says."""
    script = (
        "from spanledger_dashboards.page_list import PAGES\n"
        "from spanledger_dashboards.filtering.sidebar import filters_in_sidebar\n"
        "next(page for page in PAGES if page.url_path == 'prices').draw(filters_in_sidebar())"
    )
    page = AppTest.from_string(script, default_timeout=60)
    page.query_params.update({"period": "Custom", "days": ["2024-10-01", "2024-10-31"], **narrowed})
    return page.run()


def test_a_what_if_is_the_commands_and_changes_nothing(books: Books, serve: Callable[[Store], None]) -> None:
    books.book_alone(CALL, {**CALL, "tenant_id": "globex"}, {**CALL, "request_model": "gpt-4o-mini"})
    before = books.store.rows("SELECT * FROM calls ORDER BY span_id")
    serve(books.store)
    page = prices_page()
    page.selectbox(key="price_from").set_value("gpt-4o-2024-08-06")
    page.text_input(key="price_to").set_value("gpt-4o-mini")
    next(button for button in page.button if button.label == "Reckon").click().run()
    assert not page.exception, page.exception
    asked = period("2024-10", None, None, "UTC")
    wanted = reckon(
        books.store,
        books.configuration,
        Scope(asked.begin, asked.end, changed=False),
        Assumptions(models={"gpt-4o-2024-08-06": "gpt-4o-mini"}),
    )
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["As it was"] == figures.usd(wanted["cost"].sum())
    assert shown["As it would have been"] == figures.usd(wanted["new_cost"].sum())
    assert shown["Difference"] == figures.usd(wanted["difference"].sum()) != "$0.00"
    assert any("whatif --from 2024-10-01" in block.value and "=gpt-4o-mini" in block.value for block in page.code)
    assert books.store.rows("SELECT * FROM calls ORDER BY span_id") == before


def test_of_too_many_calls_the_command_that_is_told_is_of_the_pages_calls(
    books: Books, serve: Callable[[Store], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    books.book_alone(CALL, {**CALL, "tenant_id": "globex"})
    monkeypatch.setattr(what_if, "_CALLS_AT_MOST", 0)
    serve(books.store)
    page = prices_page(tenants=["globex"])
    assert not page.exception, page.exception
    [told] = [block.value for block in page.code if block.value.startswith("spanledger whatif")]
    assert "--from 2024-10-01 --to 2024-11-01" in told
    assert "--tenant globex" in told
