"""The named reports of ``spanledger_sql``, asked once for each state of the ledger."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.scriptrunner_utils.script_run_context import get_run_yield_check

from spanledger_dashboards import open_store
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_sql.store import Store

# A store keeps a client for each thread that asks it, and Streamlit runs every rerun in a thread of its own: these
# few threads ask in their place, and one takes back what nobody waits for any more.
_askers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="dashboards")
_canceller = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dashboards-cancel")

# The longest that a page may keep the database at one question.
LONGEST_SECONDS = 120
_TOO_SLOW = 159


def report(name: str, **parameters: Any) -> pd.DataFrame:
    """Rows of ``reports/<name>.sql``; money columns hold Decimal.

    What is asked with the same parameters, the moment among them, is answered from memory.

    Raises:
        StoreError: The database could not be reached, refused the query or took too long.
    """
    return _cached(open_store.current().url, name, parameters)


@st.cache_data(ttl=600, max_entries=500, show_spinner=False)
def _cached(url: str, name: str, parameters: dict[str, Any]) -> pd.DataFrame:  # noqa: ARG001
    return answer(name, **parameters)


def answer(name: str, **parameters: Any) -> pd.DataFrame:
    """The same, asked anew. The query ends when the reader's page does not wait for it any more.

    Raises:
        StoreError: The database could not be reached, refused the query or took too long.
    """
    store = open_store.current()
    tag = f"page-{secrets.token_hex(8)}"
    query = f"{statement(f'reports/{name}')}\nSETTINGS log_comment = '{tag}', max_execution_time = {LONGEST_SECONDS}"
    asked = _askers.submit(store.query_frame, query, parameters)
    # It raises where the reader left the page or chose something else.
    leave = get_run_yield_check() or (lambda: None)
    try:
        while not wait([asked], timeout=0.1).done:
            leave()
    except BaseException:
        if not asked.cancel():
            _canceller.submit(_cancel, store, tag)
        raise
    try:
        return asked.result()
    except StoreError as error:
        if error.code != _TOO_SLOW:
            raise
        raise StoreError(
            f"the answer took more than {LONGEST_SECONDS} seconds; choose a shorter period or fewer tenants", error.code
        ) from None


def _cancel(store: Store, tag: str) -> None:
    store.execute("KILL QUERY WHERE Settings['log_comment'] = {tag:String} ASYNC", {"tag": tag})
