"""An app as servers load it: `wsgi` and `asgi`, each of which makes one recorded call a request, for its tenant.

`asgi_that_ends` makes one more, number 1000, when it is told that the server ends.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount

import spanledger

spanledger.configure(service_name="served")


def _call(query: str) -> bytes:
    spanledger.record_usage(provider="openai", model="m", input_tokens=int(query), output_tokens=1)
    return b"done"


def _wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    body = _call(environ["QUERY_STRING"])
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


async def _asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    body = _call(scope["query_string"].decode())
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


wsgi = spanledger.WsgiMiddleware(_wsgi, tenant=spanledger.header("x-tenant"))
asgi = spanledger.AsgiMiddleware(_asgi, tenant=spanledger.header("x-tenant"))


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    with spanledger.attribution(tenant="t-1"):
        _call("1000")


asgi_that_ends = spanledger.AsgiMiddleware(
    Starlette(routes=[Mount("/", app=_asgi)], lifespan=_lifespan), tenant=spanledger.header("x-tenant")
)
