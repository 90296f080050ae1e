"""Attribution where a request comes in: middleware for ASGI and WSGI apps."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, TypeAlias

from opentelemetry.context import Context, attach, detach

from spanledger.attribution.attribution_context import AttributionValue, BoundAttribution
from spanledger.configuration import flush
from spanledger.tracing import DISABLED

Request: TypeAlias = dict[str, Any]  # an ASGI scope or a WSGI environ
AsgiApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]
WsgiApp: TypeAlias = Callable[[Any, Any], Iterable[bytes]]


class AsgiMiddleware:
    """Attributes what an ASGI app (FastAPI, Starlette, Litestar, Quart, Django) does for a request.

    Args:
        app: The app.
        **attribution: The keywords of `attribution`; a callable is called with the ASGI scope.

    Example:
        app.add_middleware(spanledger.AsgiMiddleware, tenant=spanledger.header("x-tenant"))
    """

    def __init__(self, app: AsgiApp, **attribution: AttributionValue) -> None:
        self._app = app
        self._attribution = BoundAttribution(_of_request, attribution)

    async def __call__(self, scope: Request, receive: Any, send: Any) -> None:
        """Handles one connection."""
        kind = scope.get("type")
        if DISABLED or kind not in {"http", "websocket"}:
            await self._app(scope, receive, _flushing_at_shutdown(send) if kind == "lifespan" else send)
            return
        token = attach(self._attribution.context_for((scope,), {}))
        try:
            await self._app(scope, receive, send)
        finally:
            detach(token)


def _flushing_at_shutdown(send: Any) -> Any:
    """Sends what is recorded before the server hears that the app has ended; uvicorn dies of a signal then."""

    async def flushing(message: dict[str, Any]) -> None:
        if message["type"].startswith("lifespan.shutdown."):
            flush(timeout_s=5.0)
        await send(message)

    return flushing


class WsgiMiddleware:
    """Attributes what a WSGI app (Flask, Django, Pyramid) does for each request, its streamed body included.

    Args:
        app: The app.
        **attribution: The keywords of `attribution`; a callable is called with the WSGI environ.

    Example:
        app.wsgi_app = spanledger.WsgiMiddleware(app.wsgi_app, tenant=spanledger.header("x-tenant"))
    """

    def __init__(self, app: WsgiApp, **attribution: AttributionValue) -> None:
        self._app = app
        self._attribution = BoundAttribution(_of_request, attribution)

    def __call__(self, environ: Request, start_response: Any) -> Iterable[bytes]:
        """Handles one request."""
        if DISABLED:
            return self._app(environ, start_response)
        context = self._attribution.context_for((environ,), {})
        token = attach(context)
        try:
            body = self._app(environ, start_response)
        finally:
            detach(token)
        return body if isinstance(body, list | tuple) else _Body(body, context)


def header(name: str) -> Callable[[Request], str | None]:
    """Reads a request's header, from an ASGI scope or a WSGI environ; `None` where there is none.

    A header says what the caller likes: use one that your gateway sets, or read the verified session instead.
    """
    encoded = name.lower().encode("latin-1")
    in_environ = "HTTP_" + name.upper().replace("-", "_")

    def read(request: Request) -> str | None:
        if "headers" not in request:
            return request.get(in_environ)
        return next((value.decode("latin-1") for key, value in request["headers"] if key.lower() == encoded), None)

    return read


class _Body:
    """The body of an answer, made in the context of its request."""

    def __init__(self, body: Iterable[bytes], context: Context) -> None:
        self._body = body
        self._iterator: Iterator[bytes] | None = None
        self._context = context

    def __iter__(self) -> "_Body":
        return self

    def __next__(self) -> bytes:
        token = attach(self._context)
        try:
            if self._iterator is None:
                self._iterator = iter(self._body)
            return next(self._iterator)
        finally:
            detach(token)

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


def _of_request(request: Request) -> None:
    """What a path in an attribution keyword is relative to: `tenant="request.user.tenant"` reads the scope's user."""
