"""The one place where Spanledger's own failures end: logged once per site, counted, never raised into the app."""

import logging
import os
import signal
import threading
from types import CodeType, FunctionType, MethodType, TracebackType
from typing import Final

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
        if not isinstance(error, Exception) and not (isinstance(error, SystemExit) and _was_read(traceback)):
            return False
        note(self._site, error, once_for=_where(traceback))
        return True


def _was_read(traceback: TracebackType | None) -> bool:
    """Whether it came out of what was being read, such as a property of the app's, and not from a signal's handler.

    What another thread or the interpreter raises in the midst of our own code ends in a frame of ours.
    """
    innermost = None
    handlers = {_code_of(signal.getsignal(number)) for number in _ENDING}
    while traceback is not None:
        innermost = traceback.tb_frame
        if innermost.f_code in handlers:
            return False
        traceback = traceback.tb_next
    return innermost is not None and not str(innermost.f_globals.get("__name__", "")).startswith("spanledger.")


def _where(traceback: TracebackType | None) -> str:
    """The line that it was raised in: another fault of the same site is told, too."""
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return "" if traceback is None else f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"


def _code_of(handler: object) -> CodeType | None:
    if isinstance(handler, MethodType):
        handler = handler.__func__
    return handler.__code__ if isinstance(handler, FunctionType) else None


def note(site: str, problem: BaseException | str, *, once_for: str | None = None) -> None:
    """Counts a problem of ours, and logs it as a warning the first time it happens at this site.

    Args:
        site: What was being done.
        problem: What went wrong.
        once_for: What it is logged once for, where not the site.
    """
    key = site if once_for is None else f"{site} {once_for}"
    with _lock:
        _counts[key] = _counts.get(key, 0) + 1
        first = _counts[key] == 1
    if first:
        cause = problem if isinstance(problem, str) else f"{type(problem).__name__}: {problem}"
        logger.warning("spanledger: %s: %s (logged once, counted in spanledger.stats().errors)", site, cause)


def error_count() -> int:
    """How many problems were noted in this process so far."""
    return sum(_counts.values())


def _start_over() -> None:
    global _lock  # noqa: PLW0603 (another thread of the parent may hold it)
    _lock = threading.RLock()


_ENDING: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGALRM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)  # the signals whose handlers end processes
_counts: dict[str, int] = {}
_lock = threading.RLock()  # re-entrant, as the garbage collector may end spans anywhere

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_over)
