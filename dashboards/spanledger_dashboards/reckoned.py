"""What no query gives by itself, such as a forecast or a statement: reckoned once for each state of the ledger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner_utils.script_run_context import get_run_yield_check

from spanledger_dashboards import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger_sql.store import Store

Result = TypeVar("Result")

# Few threads that stay: a store keeps a client for each.
_reckoners = ThreadPoolExecutor(max_workers=2, thread_name_prefix="dashboards-reckoning")


def reckoned(what: str, reckon: Callable[[Store], Result], **of: object) -> Result:
    """What ``reckon`` makes of the store; asked with the same words again it is answered from memory.

    Args:
        what: Names what is reckoned.
        reckon: Gets the store.
        of: What else it is of: the moment, the period ...

    Raises:
        MendableError: As ``reckon`` does.
    """
    store = open_store.current()
    return _cached(store.url, str(store.scope), what, of, _reckon=reckon)


@st.cache_data(ttl=600, max_entries=100, show_spinner=False)
def _cached(
    url: str,  # noqa: ARG001
    scope: str,  # noqa: ARG001
    what: str,  # noqa: ARG001
    of: dict[str, object],  # noqa: ARG001
    _reckon: Callable[[Store], Result],
) -> Result:
    return reckoned_anew(_reckon)


def reckoned_anew(reckon: Callable[[Store], Result]) -> Result:
    """The same, not remembered. Where the reader leaves before it is begun, it is not."""
    asked = _reckoners.submit(reckon, open_store.current())
    leave = get_run_yield_check() or (lambda: None)
    try:
        while not wait([asked], timeout=0.1).done:
            leave()
    except BaseException:
        asked.cancel()
        raise
    return asked.result()
