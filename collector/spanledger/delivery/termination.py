"""What happens at SIGTERM: some servers die of the signal itself in the end, and skip `atexit`."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType


def watch_termination(hurry: Callable[[], None], end: Callable[[], None]) -> None:
    """Has SIGTERM send what waits, then do what it did before.

    A server that has its own handler winds down after the signal: `hurry` is called, which shall send what waits and
    be quick about what comes, then that handler. Where nobody handles the signal, `end` is called, then the process
    dies of the signal as it would have. A handler that the app sets later takes the place of this one; uvicorn puts
    this one back before it dies. Only the main thread may set handlers: in another one, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    previous = signal.getsignal(signal.SIGTERM)

    def hurry_then_go_on(number: int, frame: FrameType | None) -> None:
        hurry()
        if callable(previous):
            previous(number, frame)

    def end_then_die(number: int, _: FrameType | None) -> None:
        end()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    if getattr(previous, "__module__", None) == __name__:
        return
    if callable(previous):
        signal.signal(signal.SIGTERM, hurry_then_go_on)
    elif previous == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, end_then_die)
