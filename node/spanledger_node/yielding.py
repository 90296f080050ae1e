"""Threads that let the receivers go before: taking a call must not wait for storing, booking or looking at others."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

# Who receives gets three times the processor, where there is not enough for all.
NICER = 5
_AT_ONCE = 40


def yielding_threads() -> ThreadPoolExecutor:
    """Threads that are nicer than the one that asks for them, and so is what they start.

    On Linux a thread begins as nice as its maker, and any may become nicer.
    """
    wanted = min(os.getpriority(os.PRIO_PROCESS, 0) + NICER, 19)
    return ThreadPoolExecutor(_AT_ONCE, "yielding", initializer=_be_as_nice_as, initargs=(wanted,))


def _be_as_nice_as(wanted: int) -> None:
    # Elsewhere a process is nice as a whole.
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), wanted)
