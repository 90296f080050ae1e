"""The snippets of docs/instrument.md run, in their order and as they stand, against real sockets."""

import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import Receiver, attributes_of

import spanledger

PAGE = Path(__file__).parents[2] / "docs" / "instrument.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_every_snippet_runs_and_every_call_arrives(
    receiver: Receiver, provider_url: str, monkeypatch: pytest.MonkeyPatch, errors: Callable[[], int]
) -> None:
    monkeypatch.setenv("SPANLEDGER_ENDPOINT", receiver.endpoint)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{provider_url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    monkeypatch.setitem(sys.modules, "fastapi", _fastapi_as_starlette())
    provider = TracerProvider(shutdown_on_exit=False)
    configure = spanledger.configure
    monkeypatch.setattr(spanledger, "configure", lambda **said: configure(tracer_provider=provider, environment="docs"))
    names: dict[str, Any] = {"__name__": "docs"}
    for snippet in SNIPPETS:
        exec(compile(snippet, str(PAGE), "exec"), names)
    assert _answer_through_the_app(names["app"]) == "acme"
    spanledger.shutdown()
    spans = [attributes_of(span) for span in receiver.spans]
    assert [span["tenant.id"] for span in spans] == ["acme", "acme"]
    assert errors() == 0


def _fastapi_as_starlette() -> types.ModuleType:
    """FastAPI's `middleware` decorator is what the snippet needs; FastAPI itself is no dependency of the tests."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.requests import Request

    class FastAPI(Starlette):
        def middleware(self, kind: str) -> Callable[[Any], Any]:
            def add(dispatch: Any) -> Any:
                self.user_middleware.insert(0, Middleware(BaseHTTPMiddleware, dispatch=dispatch))
                return dispatch

            return add

    module = types.ModuleType("fastapi")
    module.FastAPI, module.Request = FastAPI, Request  # type: ignore[attr-defined]
    return module


def _answer_through_the_app(app: Any) -> str:
    import asyncio

    import httpx
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    from spanledger.attribution_context import attribution_in

    async def show(request: Any) -> PlainTextResponse:
        found = attribution_in(None)
        return PlainTextResponse(str(found.attributes["tenant.id"]) if found else "nobody")

    app.router.routes.append(Route("/search", show))

    async def ask() -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://app") as client:
            return (await client.get("/search", headers={"x-tenant": "acme"})).text

    return asyncio.run(ask())
