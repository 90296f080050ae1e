"""How a node is told to stop: by a signal."""

from __future__ import annotations

import asyncio
import logging
import os
import signal

logger = logging.getLogger(__name__)


class Stop:
    """Asked for by the first SIGINT or SIGTERM; a second one ends the process at once, which loses nothing either.

    So does the first where nothing was taken yet: making a new database takes longer than a service manager may wait,
    and the next start goes on with it.
    """

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.in_order = False
        """Whether there is anything to end in order."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        if self.asked.is_set():
            os._exit(130)
        if not self.in_order:
            logger.info("stopping: nothing was taken yet; the next start goes on with what this one began")
            os._exit(0)
        self.asked.set()
