"""The store that the dashboards read: the one the node handed over, or one opened here, as its reader may see it.

An embedded database belongs to one process and is open in it once, so this is the process's, not a session's. What a
reader may see is in the settings of the connections that he is given, which the engine holds to.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from spanledger_dashboards import viewer
from spanledger_settings import configuration
from spanledger_sql.policy.access import scope_settings
from spanledger_sql.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_settings.access_rule import AccessRule
    from spanledger_settings.configuration import Configuration

# The longest that a page may keep the database at one question.
LONGEST_SECONDS = 120
# Threads of one question: a page asks several at once, and each thread has its price, however little it finds to do.
_THREADS = max(1, (os.cpu_count() or 2) // 2)
# Each has connections of its own: those of tenants that nobody looked at for longest are given up.
_READERS = 100

_lock = threading.RLock()
_handed_over: Store | None = None
_rules: tuple[AccessRule, ...] = ()
_readers: dict[str | None, Store] = {}
_settings: Configuration | None = None
_kept: ContextVar[Store | None] = ContextVar("_kept", default=None)


def hand_over(store: Store | None, rules: tuple[AccessRule, ...] = ()) -> None:
    """Let the dashboards read ``store``; None makes them open the configured one when they next need it.

    Args:
        store: It stays the caller's to close.
        rules: Who sees what of it, where there is a log-in.
    """
    global _handed_over, _rules
    with _lock:
        _handed_over, _rules = store, rules
        _readers.clear()


def configure(settings: Configuration | None) -> None:
    """Let the pages know what the node was configured with; None: what this process's surroundings say."""
    global _settings  # noqa: PLW0603
    with _lock:
        _settings = settings


def settings() -> Configuration:
    """The configuration that figures follow: the ledger's signal and basis, which machines are one's own, the spool.

    Raises:
        ConfigurationError: It cannot be used.
    """
    with _lock:
        return _settings if _settings is not None else configuration.load()


def whole() -> Store:
    """The store itself, for what belongs to no reader: taking questions back.

    Raises:
        StoreError: The configured store could not be opened.
        ConfigurationError: The configuration cannot be used.
    """
    global _handed_over, _rules
    with _lock:
        if _handed_over is None:
            found = settings()
            scope = None if found.tenant_scope is None else scope_settings(found.tenant_scope)
            _handed_over, _rules = Store.open(found, scope=scope), found.access_rules
        return _handed_over


def reader() -> viewer.Viewer:
    """Who reads this page.

    Raises:
        NoAccessError: Nobody who may see anything is logged in here.
    """
    whole()
    return viewer.current(_rules)


def tenant_alone() -> str:
    """The tenant whose rows alone the reader of this page sees, by who he is or by the configuration; '' of all.

    Raises:
        ConfigurationError: The configuration cannot be used.
        NoAccessError: Nobody who may see anything is logged in here.
    """
    return reader().tenant or settings().tenant_scope or ""


def current() -> Store:
    """The database as the reader of this page may see it, through which nothing is changed.

    Raises:
        StoreError: The configured store could not be opened.
        ConfigurationError: The configuration cannot be used.
        NoAccessError: Nobody who may see anything is logged in here.
    """
    if (kept := _kept.get()) is not None:
        return kept
    return of_tenant(reader().tenant)


def of_tenant(tenant: str | None) -> Store:
    """The database as whoever sees a tenant's rows alone may see it, or, None, as who sees all.

    Raises:
        StoreError: The configured store could not be opened.
        ConfigurationError: The configuration cannot be used.
    """
    with _lock:
        if (found := _readers.pop(tenant, None)) is None:
            scope = {} if tenant is None else scope_settings(tenant)
            found = whole().scoped({**_settings_of(whole()), **scope})
        _readers[tenant] = found
        if len(_readers) > _READERS:
            del _readers[next(iter(_readers))]
        return found


def _settings_of(store: Store) -> dict[str, str | int]:
    """What every question of a page is asked with; a server knows best how many threads it has for one."""
    bounds: dict[str, str | int] = {"max_execution_time": LONGEST_SECONDS}
    return bounds if store.kind == "server" else {**bounds, "max_threads": _THREADS}


@contextmanager
def kept(store: Store) -> Iterator[None]:
    """Read through ``store``, whoever asks: for a file that is made when its reader's page is not being drawn."""
    token = _kept.set(store)
    try:
        yield
    finally:
        _kept.reset(token)
