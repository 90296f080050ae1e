"""The named reports of ``spanledger_sql``, cached for as long as a glance at a page takes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards import open_store

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_sql.store import Store

# A store keeps a client for each thread that asks it, and Streamlit runs every rerun in a thread of its own: these
# few threads ask in their place.
_askers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="dashboards")


def report(name: str, **parameters: Any) -> pd.DataFrame:
    """Rows of ``reports/<name>.sql``; money columns hold Decimal.

    Raises:
        StoreError: The database could not be reached or refused the query.
    """
    store = open_store.current()
    return _cached(store, store.url, name, parameters)


@st.cache_data(ttl=20, max_entries=500, show_spinner=False)
def _cached(_store: Store, url: str, name: str, parameters: dict[str, Any]) -> pd.DataFrame:  # noqa: ARG001
    return _askers.submit(_store.frame, f"reports/{name}", **parameters).result()
