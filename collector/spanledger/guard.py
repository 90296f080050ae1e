"""The one place where Spanledger's own failures end: logged once per site, counted, never raised into the app."""

import logging
import os
import threading
from types import TracebackType

logger = logging.getLogger("spanledger")


class Shield:
    """A context manager that lets no `Exception` out of our own code.

    Make one per site at import time and reuse it: it holds no state, so threads and tasks may share it. Never put
    the app's own code under it.

    Args:
        site: What was being done, for the log: "reading the answer".
    """

    __slots__ = ("_site",)

    def __init__(self, site: str) -> None:
        self._site = site

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is None:
            return False
        if not isinstance(error, Exception):
            return False
        note(self._site, error)
        return True


def note(site: str, problem: Exception | str) -> None:
    """Counts a problem of ours, and logs it as a warning the first time it happens at this site."""
    with _lock:
        _counts[site] = _counts.get(site, 0) + 1
        first = _counts[site] == 1
    if first:
        cause = problem if isinstance(problem, str) else f"{type(problem).__name__}: {problem}"
        logger.warning("spanledger: %s: %s (logged once, counted in spanledger.stats().errors)", site, cause)


def error_count() -> int:
    """How many problems were noted in this process so far."""
    return sum(_counts.values())


def _start_over() -> None:
    global _lock  # noqa: PLW0603 (another thread of the parent may hold it)
    _lock = threading.RLock()


_counts: dict[str, int] = {}
_lock = threading.RLock()  # re-entrant, as the garbage collector may end spans anywhere

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_over)
