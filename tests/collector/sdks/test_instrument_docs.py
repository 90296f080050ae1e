"""The snippets of docs/instrument.md run, in their order and as they stand, against real sockets."""

import asyncio
import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from celery.contrib.testing.worker import start_worker
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import Receiver, attributes_of

import spanledger

PAGE = Path(__file__).parents[3] / "docs" / "instrument.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_every_snippet_runs_and_every_call_arrives(
    receiver: Receiver, provider_url: str, monkeypatch: pytest.MonkeyPatch, errors: Callable[[], int]
) -> None:
    monkeypatch.setenv("SPANLEDGER_ENDPOINT", receiver.endpoint)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{provider_url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    provider = TracerProvider(shutdown_on_exit=False)
    configure = spanledger.configure
    monkeypatch.setattr(spanledger, "configure", lambda **said: configure(tracer_provider=provider, environment="docs"))
    names: dict[str, Any] = {"__name__": "docs"}
    for snippet in SNIPPETS:
        exec(compile(snippet, str(PAGE), "exec"), names)
    _ask_fastapi(names["app"])
    _ask_flask(names["flask_app"])
    _run_task(names["tasks"], names["summarise"])
    message = types.SimpleNamespace(usage_metadata={"input_tokens": 3, "output_tokens": 4}, response_metadata={})
    names["ask_langchain"]("acme", types.SimpleNamespace(invoke=lambda prompt: message), "Hello")
    spanledger.uninstrument()
    spanledger.shutdown()
    spans = [attributes_of(span) for span in receiver.spans if span.name != "outcome ticket_solved"]
    assert len(spans) == len(receiver.spans) - 1
    assert [span["tenant.id"] for span in spans] == ["acme"] * 8
    assert [span.get("spanledger.run_id") for span in spans].count("r-1") == 1
    assert [span.get("spanledger.feature") for span in spans].count("/search") == 1
    assert errors() == 0


def _call() -> None:
    spanledger.record_usage(provider="openai", model="gpt-4o-mini", input_tokens=1, output_tokens=1)


def _ask_fastapi(app: Any) -> None:
    @app.get("/search")
    async def search() -> str:
        _call()
        return "found"

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://app") as client:
            assert (await client.get("/search", headers={"x-tenant": "acme"})).json() == "found"

    asyncio.run(ask())


def _ask_flask(app: Any) -> None:
    @app.get("/search")
    def search() -> str:
        _call()
        return "found"

    with httpx.Client(transport=httpx.WSGITransport(app=app.wsgi_app), base_url="http://app") as client:
        assert client.get("/search", headers={"x-tenant": "acme"}).text == "found"


def _run_task(app: Any, task: Any) -> None:
    app.conf.update(result_backend="cache+memory://", worker_hijack_root_logger=False)
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="error"):
        task.delay(account_id="acme", run_id="r-1").get(timeout=30)
