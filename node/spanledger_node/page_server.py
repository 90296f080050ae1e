"""Serves the pages in a process of its own, which `page_process` starts: ``python -m spanledger_node.page_server``.

It gets an `Order` on its standard input, and ends when that does: with the node, however the node ends. It says on
its standard output that it serves, and on its standard error, an object of JSON a line, what it has to log.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pickle
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanledger_node.serving import only_from_here, served
from spanledger_node.tls import tls_of
from spanledger_node.yielding import NICER
from spanledger_sql.store import Store

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from spanledger_settings.configuration import Configuration

SERVING = b"serving\n"
# What is still asked when the pages are to end is not waited for longer.
_GRACE_S = 5.0


@dataclass(frozen=True)
class Order:
    """What to serve.

    Attributes:
        configuration: Of the node.
        host: The address that the socket is bound to.
        descriptor: The socket, which listens.
        level: What is logged: this and what is graver.
    """

    configuration: Configuration
    host: str
    descriptor: int
    level: int


def pages(store: Store, host: str, configuration: Configuration) -> ASGIApp:
    """The pages over a store, as an ASGI app that on loopback answers to this host's names alone."""
    from spanledger_dashboards.open_store import configure  # noqa: PLC0415  (Streamlit takes a second)
    from spanledger_dashboards.server import dashboards  # noqa: PLC0415

    configure(configuration)
    return only_from_here(dashboards(store, host=host, rules=configuration.access_rules), host)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said = record.getMessage()
        if record.exc_info:
            said = f"{said}\n{self.formatException(record.exc_info)}"
        return json.dumps({"level": record.levelno, "logger": record.name, "message": said})


def main() -> None:
    """Serve until the standard input ends."""
    os.nice(NICER)
    # Ctrl-C reaches every process of the terminal; the node says when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301  (the node's own)
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines())
    logging.basicConfig(level=max(logging.WARNING, order.level), handlers=[handler])
    for package in ("spanledger_node", "spanledger_dashboards", "spanledger_sql"):
        logging.getLogger(package).setLevel(order.level)
    asyncio.run(_serve(order))


async def _serve(order: Order) -> None:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()

    def follow() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)
        time.sleep(_GRACE_S)
        os._exit(1)

    threading.Thread(target=follow, name="follows-the-node", daemon=True).start()
    with Store.open(order.configuration, at_once=False) as store, socket.socket(fileno=order.descriptor) as listening:
        app = pages(store, order.host, order.configuration)
        from spanledger_dashboards import warming  # noqa: PLC0415  (Streamlit takes a second)

        async with served(app, listening, tls_of(order.configuration)):
            os.write(sys.stdout.fileno(), SERVING)
            warming.in_background()
            await ended.wait()


if __name__ == "__main__":
    main()
