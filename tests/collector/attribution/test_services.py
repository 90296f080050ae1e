"""Attribution where requests come in and go out: middleware and baggage."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pytest
from opentelemetry import propagate
from opentelemetry.context import attach, detach
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import Receiver, attributes_of
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

import spanledger

Configure = Callable[..., TracerProvider]


@pytest.fixture
def configured(receiver: Receiver) -> Iterator[Configure]:
    def configure(**said: Any) -> TracerProvider:
        provider = TracerProvider(shutdown_on_exit=False)
        spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider, **said)
        return provider

    yield configure
    spanledger.shutdown()


def _call() -> None:
    spanledger.record_usage(provider="openai", model="m", input_tokens=1, output_tokens=1)


def _only(receiver: Receiver) -> dict[str, Any]:
    assert spanledger.flush()
    (span,) = receiver.spans
    return attributes_of(span)


def test_an_asgi_request_is_attributed_its_streamed_body_included(configured: Configure, receiver: Receiver) -> None:
    configured()

    async def answer(request: Request) -> StreamingResponse:
        async def body() -> Any:
            _call()
            yield b"x"

        return StreamingResponse(body())

    app = Starlette(
        routes=[Route("/", answer)],
        middleware=[
            Middleware(
                spanledger.AsgiMiddleware,
                tenant=spanledger.header("X-Tenant"),
                feature=lambda scope: scope["path"],
                user="request.state.user",
            )
        ],
    )

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://app") as client:
            assert (await client.get("/", headers={"x-tenant": "acme"})).content == b"x"

    asyncio.run(ask())
    found = _only(receiver)
    assert (found["tenant.id"], found["spanledger.feature"]) == ("acme", "/")


def test_a_wsgi_request_is_attributed_its_streamed_body_included(configured: Configure, receiver: Receiver) -> None:
    configured()
    closed: list[bool] = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            _call()
            yield b"x"

        def close(self) -> None:
            closed.append(True)

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return Body()

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

    wrapped = spanledger.WsgiMiddleware(app, tenant=spanledger.header("X-Tenant"), feature="search")
    with make_server("127.0.0.1", 0, wrapped, handler_class=Quiet) as server:  # type: ignore[arg-type]
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        answer = httpx.get(f"http://127.0.0.1:{server.server_port}/", headers={"x-tenant": "acme"})
        thread.join()
    assert (answer.content, closed) == (b"x", [True])
    found = _only(receiver)
    assert (found["tenant.id"], found["spanledger.feature"]) == ("acme", "search")


def test_nothing_leaves_the_process_unless_asked(configured: Configure) -> None:
    configured()
    carrier: dict[str, str] = {}
    with spanledger.attribution(tenant="acme"):
        propagate.inject(carrier)
    assert "baggage" not in carrier


def test_only_what_is_allowed_leaves_the_process(configured: Configure) -> None:
    configured(send_baggage=["tenant", "run_id"])
    carrier: dict[str, str] = {}
    with spanledger.attribution(tenant="acme", user="jo@example.org", run_id="r-7"):
        propagate.inject(carrier)
    assert sorted(carrier["baggage"].split(",")) == ["spanledger.run_id=r-7", "spanledger.tenant.id=acme"]


@pytest.mark.parametrize("keyword", ["environment", "email"])
def test_what_is_no_opaque_id_cannot_be_allowed(keyword: str, configured: Configure, errors: Callable[[], int]) -> None:
    configured(send_baggage=[keyword])
    assert errors() == 1


def _from_another_service(**said: str) -> dict[str, str]:
    carrier: dict[str, str] = {}
    with spanledger.attribution(**said):
        propagate.inject(carrier)
    return carrier


def test_what_another_service_says_is_marked_and_the_apps_own_word_wins(
    configured: Configure, receiver: Receiver
) -> None:
    configured(send_baggage=["tenant", "user"], accept_baggage=["tenant", "user"])
    token = attach(propagate.extract(_from_another_service(tenant="claimed", user="u-1")))
    with spanledger.attribution(tenant="own"):
        _call()
    detach(token)
    found = _only(receiver)
    assert (found["tenant.id"], found["user.id"]) == ("own", "u-1")
    assert found["spanledger.from_baggage"] == ["user.id"]


def test_incoming_baggage_that_is_not_accepted_is_ignored(configured: Configure, receiver: Receiver) -> None:
    configured(send_baggage=["tenant"])
    token = attach(propagate.extract(_from_another_service(tenant="claimed")))
    _call()
    detach(token)
    assert "tenant.id" not in _only(receiver)


def test_a_claim_too_long_for_an_id_is_ignored(configured: Configure, receiver: Receiver) -> None:
    configured(send_baggage=["tenant"], accept_baggage=["tenant"])
    token = attach(propagate.extract(_from_another_service(tenant="x" * 300)))
    _call()
    detach(token)
    assert "tenant.id" not in _only(receiver)
