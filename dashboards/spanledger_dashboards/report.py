"""The named reports of ``spanledger_sql``, asked once for each state of the ledger."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import secrets
import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner_utils.script_run_context import get_run_yield_check

from spanledger_dashboards import open_store
from spanledger_dashboards.filtering import dimension
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from spanledger_sql.store import Store

# A store keeps a client for each thread that asks it, and Streamlit runs every rerun in a thread of its own: these
# few threads ask in their place, and one takes back what nobody waits for any more. More questions at once than there
# are processors are answered no sooner, and keep from them who receives.
_AT_ONCE = min(4, os.cpu_count() or 4)
_askers = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="dashboards")
# No more than these, or what is to be asked first would race with the rest.
_ahead = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="dashboards-ahead")
# In a thread of these: raises where the page that they ask for does not wait any more.
_leaving: ContextVar[Callable[[], None] | None] = ContextVar("_leaving", default=None)
_canceller = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dashboards-cancel")

T = TypeVar("T")

# In the `attrs` of rows: the report that they are of.
OF = "report"
_TOO_SLOW = 159
_PARAMETER = re.compile(r"\{(\w+):([^{}]+)\}")


def report(name: str, **parameters: Any) -> pd.DataFrame:
    """Rows of ``reports/<name>.sql``; money columns hold Decimal.

    Parameters that it does not take are left out, so that all of `Filters.parameters` can be given to any report; what
    `unheeded` says of them is to be told beside its figures. What is asked by the same reader with the same parameters,
    the moment among them, is answered from memory.

    Raises:
        StoreError: The database could not be reached, refused the query or took too long.
    """
    store = open_store.current()
    known, begun = _known(name, parameters), _begun.get()
    if begun is not None and (future := begun.future((name, known))) is not None:
        _awaited(future)
    rows = _cached(store.url, str(store.scope), name, known)
    # What is made of the rows keeps it: a file of them says what they were narrowed to, and not what they were not.
    rows.attrs[OF] = name
    return rows


def _known(name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer is remembered by: of one moment a report is the same, whatever was written since."""
    return {
        given: value for given, value in sorted(parameters.items()) if given != "as_of" or "moment" not in takes(name)
    }


@contextlib.contextmanager
def asking() -> Iterator[None]:
    """While a page is drawn: what it asks `ahead` is asked beside, and not any more once the page is left.

    Within another it is the other.
    """
    if _begun.get() is not None:
        yield
        return
    begun = _Begun()
    token = _begun.set(begun)
    try:
        yield
    finally:
        _begun.reset(token)
        begun.left.set()


def ahead(*asked: tuple[str, Mapping[str, Any]] | Callable[[], Any]) -> None:
    """Begin to ask, while what is above it on the page is drawn; `report` then waits for its own rows alone.

    Args:
        asked: Names of reports, and all that `report` is given with them; or what asks one question after another and
            is waited for with `come_to`. First what takes longest, or is drawn first.
    """
    if (begun := _begun.get()) is None:
        return
    store = open_store.current()
    for each in asked:
        ask = each if callable(each) else functools.partial(report, each[0], **each[1])
        of = each if callable(each) else (each[0], _known(*each))
        if begun.future(of) is None:
            begun.futures.append((of, _ahead.submit(_ask_ahead, store, begun.left, ask)))


def come_to(asked: Callable[[], T]) -> T:
    """What a function gives that was asked `ahead`; else it is asked now.

    Raises:
        StoreError: As the function does.
    """
    begun = _begun.get()
    future = None if begun is None else begun.future(asked)
    return asked() if future is None else _awaited(future)


class _Begun:
    """What a page has begun to ask."""

    def __init__(self) -> None:
        self.left = threading.Event()
        self.futures: list[tuple[object, Future[Any]]] = []

    def future(self, of: object) -> Future[Any] | None:
        return next((future for begun, future in self.futures if begun == of), None)


_begun: ContextVar[_Begun | None] = ContextVar("_begun", default=None)


def _ask_ahead(store: Store, left: threading.Event, ask: Callable[[], T]) -> T:
    def leave() -> None:
        if left.is_set():
            raise CancelledError

    token = _leaving.set(leave)
    try:
        with open_store.kept(store):
            leave()
            return ask()
    finally:
        _leaving.reset(token)


def _awaited(asked: Future[T]) -> T:
    """The answer, unless the reader leaves before, or chooses something else: then it raises."""
    leave = _leaving.get() or get_run_yield_check() or (lambda: None)
    while not wait([asked], timeout=0.1).done:
        leave()
    return asked.result()


def takes(name: str) -> dict[str, str]:
    """The parameters of ``reports/<name>.sql``, with their types."""
    return dict(_PARAMETER.findall(_text(name)))


def unheeded(name: str, parameters: Mapping[str, Any]) -> list[str]:
    """The dimensions that ``parameters`` narrow calls by, and the report does not: its figures are of more calls."""
    taken = takes(name)
    found = ["tenant"] if parameters.get("tenants") and "tenants" not in taken else []
    if parameters.get("own_values") and "own_values" not in taken:
        found.append(str(parameters.get("own")))
    if "where" not in taken:
        found += [dimension.title(asked).lower() for asked in parameters.get("where", ()) if asked in dimension.BY_NAME]
    return found


@st.cache_data(ttl=600, max_entries=500, show_spinner=False)
def _cached(url: str, scope: str, name: str, parameters: dict[str, Any]) -> pd.DataFrame:  # noqa: ARG001
    return answer(name, **parameters)


def answer(name: str, **parameters: Any) -> pd.DataFrame:
    """The same, asked anew. The query ends when the reader's page does not wait for it any more.

    Raises:
        StoreError: The database could not be reached, refused the query or took too long.
    """
    store = open_store.current()
    tag = f"/* page-{secrets.token_hex(8)} */"
    given = {taken: parameters[taken] for taken in takes(name) if taken in parameters}
    asked = _askers.submit(_ask, store, tag, name, given)
    try:
        return _awaited(asked)
    except StoreError as error:
        if error.code != _TOO_SLOW:
            raise
        raise StoreError(
            f"the answer took more than {open_store.LONGEST_SECONDS} seconds; choose a shorter period or fewer tenants",
            error.code,
        ) from None
    except BaseException:
        # The reader left the page or chose something else.
        if not asked.done() and not asked.cancel():
            _canceller.submit(_cancel, open_store.whole(), tag)
        raise


def read(function: Callable[[Store], T]) -> T:
    """What ``function`` reads of the database as this reader may see it, such as a call's explanation; not remembered.

    Raises:
        StoreError: The database could not be reached, refused the query or took too long.
    """
    return _awaited(_askers.submit(function, open_store.current()))


def _ask(store: Store, tag: str, name: str, given: Mapping[str, Any]) -> pd.DataFrame:
    return store.report_frame(_text(name), given, tag=f"{tag} ")


@functools.cache
def _text(name: str) -> str:
    return statement(f"reports/{name}")


def _cancel(store: Store, tag: str) -> None:
    store.execute("KILL QUERY WHERE startsWith(query, {tag:String}) ASYNC", {"tag": tag})
