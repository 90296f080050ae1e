"""What the node's HTTP servers do not put up with: idle connections, endless ones, and hosts that are not this one."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from spanledger_node.listening import is_loopback

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

IDLE_S = 10
"""A connection on which no request comes is closed after so many seconds."""

_MOST_CONNECTIONS = 2_000
_LOCAL = {"localhost", "127.0.0.1", "::1"}


class ImpatientProtocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type]
    """HTTP that closes a connection without a request, and more connections than the node can hold."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Give the new connection some seconds."""
        super().connection_made(transport)
        if len(self.connections) > _MOST_CONNECTIONS:
            transport.abort()
            return
        self.loop.call_later(IDLE_S, self._close_if_idle, transport)

    def _close_if_idle(self, transport: asyncio.Transport) -> None:
        # A websocket has another protocol by now.
        if self.cycle is None and transport.get_protocol() is self and not transport.is_closing():
            transport.close()


def only_from_here(app: ASGIApp, host: str) -> ASGIApp:
    """The app, which on loopback answers 421 to the name of another host: a page of another site asks for that."""
    if not is_loopback(host):
        return app

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            given = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            with contextlib.suppress(ValueError):
                name = urlsplit(f"//{given}").hostname or "localhost"
                if name in _LOCAL or name == host or is_loopback(name):
                    await app(scope, receive, send)
                    return
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await PlainTextResponse("this host answers to localhost only\n", status_code=421)(scope, receive, send)
            return
        await app(scope, receive, send)

    return guarded


def allow_many_files() -> None:
    """Let this process open as many files as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted: Any = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
