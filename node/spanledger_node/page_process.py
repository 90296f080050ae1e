"""The process that serves the pages beside the node: started, listened to, and started again where it ends.

In the node's own process each page that is drawn would keep the receivers from running meanwhile, as Python runs one
thread at a time; and of a process of their own the system can be told that others come first.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import pickle
import sys
from typing import TYPE_CHECKING, Any

from spanledger_node.page_server import SERVING, Order
from spanledger_node.serving import running

if TYPE_CHECKING:
    import socket

    from spanledger_settings.configuration import Configuration

logger = logging.getLogger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
# A process that served for so long may end again before it is waited for longer.
_STEADY_S = 60.0
_PATIENCE_S = 8.0
_LONGEST_LINE = 2**20


@contextlib.asynccontextmanager
async def pages_served(configuration: Configuration, host: str, listening: socket.socket) -> Any:
    """The pages, on a socket that listens, until the block ends; it begins once they are served.

    Args:
        configuration: What the node runs with; its database can be asked by others already.
        host: The address that the socket is bound to.
        listening: The socket; it is closed with the block.
    """
    with listening:
        serving = asyncio.Event()
        order = Order(configuration, host, listening.fileno(), logging.getLogger("spanledger_node").getEffectiveLevel())
        async with running(_keep(order, serving)):
            await serving.wait()
            yield


async def _keep(order: Order, serving: asyncio.Event) -> None:
    pause, loop = _FIRST_PAUSE_S, asyncio.get_running_loop()
    while True:
        begin = loop.time()
        status = await _run(order, serving)
        # Whoever waits for the start is told that there is something to wait for no longer.
        serving.set()
        pause = _FIRST_PAUSE_S if loop.time() - begin > _STEADY_S else min(2 * pause, _LONGEST_PAUSE_S)
        logger.error("the process of the pages ended with status %s, and is started again in %.0f s", status, pause)
        await asyncio.sleep(pause)


async def _run(order: Order, serving: asyncio.Event) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "spanledger_node.page_server",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        pass_fds=[order.descriptor], limit=_LONGEST_LINE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        process.stdin.write(pickle.dumps(order))
        async with running(_log(process.stderr)) as logging_it:
            if await process.stdout.readline() == SERVING:
                serving.set()
            status = await process.wait()
            await logging_it
        return status
    finally:
        process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            try:
                await asyncio.wait_for(process.wait(), _PATIENCE_S)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _log(said: asyncio.StreamReader) -> None:
    """Log what the process says, as this one logs."""
    while True:
        try:
            line = await said.readline()
        except ValueError:
            continue
        if not line:
            return
        text = line.decode(errors="replace").rstrip()
        try:
            event = json.loads(text)
            logging.getLogger(event["logger"]).log(event["level"], "%s", event["message"])
        except (ValueError, TypeError, KeyError):
            # Something that is not logged, such as a warning of Python.
            logger.warning("pages: %s", text)
