"""The node's HTTP servers, and what they do not put up with: idle connections, endless ones, and hosts not this one."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from spanledger_node.listening import is_loopback

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine, Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from spanledger_node.tls import Tls

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


def of_one_end(app: ASGIApp) -> ASGIApp:
    """The app, which refuses a request that says twice where it ends, and closes: a proxy may see another end."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and {b"content-length", b"transfer-encoding"} <= dict(scope["headers"]).keys():
            refusal = PlainTextResponse(
                "give Content-Length or Transfer-Encoding, not both\n", status_code=400, headers={"connection": "close"}
            )
            await refusal(scope, receive, send)
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


class _Server(uvicorn.Server):
    """One of several servers in a process: the node handles the signals for all of them, and says when they end."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Take no more requests, and end."""
        self.should_exit = True
        self._ending.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        """Wait for the end; uvicorn itself looks for it ten times a second, and each tenth time renews the date."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), 1.0)


@contextlib.asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> Any:
    """Work that goes on beside, until the block ends."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


@contextlib.asynccontextmanager
async def served(app: ASGIApp, bound: socket.socket, tls: Tls | None = None) -> Any:
    """The app, on a socket that listens, until the block ends."""
    server = _Server(
        uvicorn.Config(
            of_one_end(app),
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=3,
            log_config=None,
            http=ImpatientProtocol,
            timeout_keep_alive=IDLE_S,
            **({} if tls is None else tls.for_http()),
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started:
        if serving.done():
            await serving
            raise RuntimeError("a server of the node ended before it had started")
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.end()
        await serving
