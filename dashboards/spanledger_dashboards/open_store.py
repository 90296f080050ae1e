"""The store that the dashboards read: the one the node handed over, or one opened here.

An embedded database belongs to one process and is open in it once, so this is the process's, not a session's.
"""

from __future__ import annotations

import threading

from spanledger_settings import configuration
from spanledger_sql.store import Store

_lock = threading.Lock()
_handed_over: Store | None = None


def hand_over(store: Store | None) -> None:
    """Let the dashboards read ``store``; None makes them open the configured one when they next need it."""
    global _handed_over  # noqa: PLW0603
    with _lock:
        _handed_over = store


def current() -> Store:
    """The store handed over, else the configured one, opened at the first call.

    Raises:
        StoreError: The configured store could not be opened.
        ConfigurationError: The configuration cannot be used.
    """
    global _handed_over  # noqa: PLW0603
    with _lock:
        if _handed_over is None:
            _handed_over = Store.open(configuration.load())
        return _handed_over
