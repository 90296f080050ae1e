"""The snippets of docs/instrument.md run, in their order and as they stand, against real sockets."""

import importlib.util
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
    for name, module in _frameworks().items():
        if importlib.util.find_spec(name) is None:
            monkeypatch.setitem(sys.modules, name, module)
    provider = TracerProvider(shutdown_on_exit=False)
    configure = spanledger.configure
    monkeypatch.setattr(spanledger, "configure", lambda **said: configure(tracer_provider=provider, environment="docs"))
    names: dict[str, Any] = {"__name__": "docs"}
    for snippet in SNIPPETS:
        exec(compile(snippet, str(PAGE), "exec"), names)
    assert _answer_through_the_app(names["app"]) == "acme"
    names["summarise"](account_id="acme", run_id="r-1")
    message = types.SimpleNamespace(usage_metadata={"input_tokens": 3, "output_tokens": 4}, response_metadata={})
    names["ask_langchain"]("acme", types.SimpleNamespace(invoke=lambda prompt: message), "Hello")
    spanledger.uninstrument()
    spanledger.shutdown()
    spans = [attributes_of(span) for span in receiver.spans]
    assert [span["tenant.id"] for span in spans] == ["acme"] * 6
    assert [span.get("spanledger.run_id") for span in spans].count("r-1") == 1
    assert errors() == 0


def _frameworks() -> dict[str, types.ModuleType]:
    """What stands in for frameworks that are not installed: of them the snippets need only this much."""
    from starlette.applications import Starlette

    class Flask:
        def __init__(self, name: str) -> None:
            self.wsgi_app: Any = lambda environ, start_response: []

    class Celery:
        def __init__(self, name: str, broker: str) -> None: ...

        def task(self, function: Any) -> Any:
            return function

    made: dict[str, types.ModuleType] = {}
    for name, kind in (("fastapi", "FastAPI"), ("flask", "Flask"), ("celery", "Celery")):
        made[name] = types.ModuleType(name)
        setattr(made[name], kind, {"FastAPI": Starlette, "Flask": Flask, "Celery": Celery}[kind])
    return made


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
