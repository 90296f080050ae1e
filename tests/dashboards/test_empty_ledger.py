from __future__ import annotations

from typing import TYPE_CHECKING

from harness.books import Books

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store


def test_an_empty_ledger_tells_how_to_send_the_first_call(app: Callable[[Store], AppTest], store: Store) -> None:
    page = app(store)
    assert not page.exception
    assert not page.error
    assert page.title[0].value == "No calls yet"
    assert any("spanledger.llm_call" in block.value for block in page.code)
    assert any(block.value == "spanledger demo" for block in page.code)


def test_calls_that_came_in_and_are_not_in_the_ledger_are_told(
    app: Callable[[Store], AppTest], store: Store, configuration: Configuration
) -> None:
    Books(store, configuration).ingest({})
    page = app(store)
    assert page.title[0].value == "No calls yet"
    assert "1 call waiting for the worker" in page.warning[0].value


def test_a_ledger_that_cannot_be_read_says_why(app: Callable[[Store], AppTest], store: Store) -> None:
    store.execute("DROP TABLE ledger")
    page = app(store)
    assert not page.exception
    assert any("The ledger cannot be read: " in block.proto.body for block in page.get("html"))
