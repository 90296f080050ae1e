"""When the books beside the ledger last changed: months, bills, budgets, commitments, charges, prices."""

from __future__ import annotations

import streamlit as st

from spanledger_dashboards import open_store
from spanledger_dashboards.report import answer

_SECONDS = 20


def books_moment() -> str:
    """What reports on the books are remembered by, at most some seconds old.

    Raises:
        StoreError: The database could not be reached or refused the query.
    """
    store = open_store.current()
    return _current(store.url, str(store.scope))


@st.cache_data(ttl=_SECONDS, show_spinner=False)
def _current(url: str, scope: str) -> str:  # noqa: ARG001
    return str(answer("filters/books_as_of")["changed_at"].iloc[0])
