"""`instrument()`: each call of the real SDKs is one span that says what the provider reported."""

import asyncio
import gc
import os
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import Receiver, attributes_of

import spanledger
from spanledger.calls.call import Call
from spanledger.sdks.instrumentor import SpanledgerInstrumentor

Exported = Callable[[], list[Any]]
HELLO: Any = [{"role": "user", "content": "SECRET QUESTION"}]
CHAT = {
    "gen_ai.usage.input_tokens": 2006,
    "gen_ai.usage.output_tokens": 300,
    "gen_ai.usage.cache_read.input_tokens": 1920,
}
CLAUDE = {
    "gen_ai.usage.input_tokens": 2098,
    "gen_ai.usage.output_tokens": 503,
    "gen_ai.usage.cache_read.input_tokens": 1800,
}


@pytest.fixture(autouse=True)
def instrumented(tracer_provider: TracerProvider) -> Iterator[None]:
    spanledger.instrument()
    yield
    spanledger.uninstrument()


@pytest.fixture
def client(provider_url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{provider_url}/v1", api_key="test")


def _async(provider_url: str, use: Callable[[openai.AsyncOpenAI], Awaitable[None]]) -> None:
    async def run() -> None:
        async with openai.AsyncOpenAI(base_url=f"{provider_url}/v1", api_key="test") as client:
            await use(client)

    asyncio.run(run())


def _only(spans: list[Any]) -> dict[str, Any]:
    (span,) = spans
    found = attributes_of(span)
    assert "SECRET" not in str(span)
    return found


def _chat(client: openai.OpenAI, **said: Any) -> Any:
    return client.chat.completions.create(**{"model": "gpt-4o-mini", "messages": HELLO} | said)


STREAM: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}


def test_a_call_that_has_ended_waits_for_no_collector(client: openai.OpenAI) -> None:
    gc.collect()
    gc.disable()
    try:
        _chat(client)
        assert not [one for one in gc.get_objects() if type(one) is Call]
    finally:
        gc.enable()


def test_a_call_is_one_span_with_what_was_asked_and_what_was_used(client: openai.OpenAI, exported: Exported) -> None:
    with spanledger.attribution(tenant="acme"):
        assert _chat(client).usage.prompt_tokens == 2006
    found = _only(exported())
    assert found.items() >= CHAT.items()
    assert found["tenant.id"] == "acme"
    assert found["gen_ai.request.model"] == "gpt-4o-mini"
    assert found["gen_ai.response.id"] == "chatcmpl-B9MBs8"
    assert found["server.address"] == "127.0.0.1"
    assert "spanledger.attempts" not in found


@pytest.mark.parametrize(
    ("ask", "operation", "tokens"),
    [
        (lambda c: c.responses.create(model="m", input="SECRET"), "chat", 328),
        (lambda c: c.embeddings.create(model="m", input="SECRET", encoding_format="float"), "embeddings", 8),
        (lambda c: c.chat.completions.parse(model="m", messages=HELLO), "chat", 2006),
        (lambda c: c.with_options(timeout=3).chat.completions.create(model="m", messages=HELLO), "chat", 2006),
        (lambda c: c.chat.completions.with_raw_response.create(model="m", messages=HELLO), "chat", 2006),
        (lambda c: c.chat.completions.with_raw_response.create(model="m", messages=HELLO).parse(), "chat", 2006),
        (lambda c: list(c.responses.create(model="m", input="SECRET", stream=True)), "chat", 328),
        (lambda c: list(c.chat.completions.create(model="m", messages=HELLO, **STREAM)), "chat", 2006),
        (
            lambda c: list(c.chat.completions.with_raw_response.create(model="m", messages=HELLO, **STREAM).parse()),
            "chat",
            2006,
        ),
    ],
)
def test_each_way_to_call_is_reported_once(
    ask: Callable[[openai.OpenAI], Any], operation: str, tokens: int, client: openai.OpenAI, exported: Exported
) -> None:
    ask(client)
    found = _only(exported())
    assert (found["gen_ai.operation.name"], found["gen_ai.usage.input_tokens"]) == (operation, tokens)


def test_the_stream_helper_is_reported(client: openai.OpenAI, exported: Exported) -> None:
    with client.chat.completions.stream(model="m", messages=HELLO, stream_options={"include_usage": True}) as stream:
        stream.get_final_completion()
    assert _only(exported()).items() >= CHAT.items()


def test_a_streaming_response_is_reported(client: openai.OpenAI, exported: Exported) -> None:
    streaming = client.chat.completions.with_streaming_response
    with streaming.create(model="m", messages=HELLO) as response:
        assert response.parse().usage
    with streaming.create(model="m", messages=HELLO) as response:
        response.read()
    with streaming.create(model="m", messages=HELLO, **STREAM) as response:
        list(response.parse())
    found = [attributes_of(span) for span in exported()]
    assert [span["gen_ai.usage.input_tokens"] for span in found] == [2006] * 3


def test_the_stream_is_the_sdks_own_object_and_tells_its_first_chunk(client: openai.OpenAI, exported: Exported) -> None:
    stream = _chat(client, **STREAM)
    assert type(stream) is openai.Stream
    assert len(list(stream)) == 4
    found = _only(exported())
    assert found["spanledger.outcome"] == "complete"
    assert found["gen_ai.response.time_to_first_chunk"] > 0


def test_a_stream_left_half_way_is_marked(client: openai.OpenAI, exported: Exported) -> None:
    with _chat(client, **STREAM) as closed:
        next(closed)
    dropped = _chat(client, **STREAM)
    next(dropped)
    del dropped
    gc.collect()
    spans = exported()
    assert [attributes_of(span)["spanledger.outcome"] for span in spans] == ["abandoned"] * 2


def test_a_stream_still_held_at_the_shutdown_is_reported(client: openai.OpenAI, receiver: Receiver) -> None:
    held = _chat(client, **STREAM)
    next(held)
    spanledger.shutdown()
    assert _only(receiver.spans)["spanledger.outcome"] == "abandoned"


@pytest.mark.parametrize(("model", "status"), [("broken", 429), ("down", 500)])
def test_an_error_is_raised_as_it_was_and_reported_with_its_attempts(
    model: str, status: int, client: openai.OpenAI, exported: Exported
) -> None:
    with pytest.raises(openai.APIStatusError):
        _chat(client, model=model)
    (span,) = exported()
    found = attributes_of(span)
    assert found["http.response.status_code"] == status
    assert found["error.type"].startswith("openai.")
    assert found["spanledger.attempts"] == 3
    assert [attributes_of(event) for event in span.events] == [
        {"spanledger.attempt": number, "http.response.status_code": status} for number in (1, 2)
    ]


def test_retries_are_visible_and_the_answer_is_counted_once(client: openai.OpenAI, exported: Exported) -> None:
    _chat(client, model="flaky")
    found = _only(exported())
    assert found["spanledger.attempts"] == 3
    assert found.items() >= CHAT.items()
    assert "error.type" not in found


@pytest.mark.parametrize(("model", "reason"), [("truncated", "length"), ("tools", "tool_calls")])
def test_the_finish_reason_is_told(model: str, reason: str, client: openai.OpenAI, exported: Exported) -> None:
    _chat(client, model=model)
    assert _only(exported())["gen_ai.response.finish_reasons"] == [reason]


def test_asynchronous_calls_are_reported(provider_url: str, exported: Exported) -> None:
    async def use(client: openai.AsyncOpenAI) -> None:
        with spanledger.attribution(tenant="acme"):
            await client.chat.completions.create(model="m", messages=HELLO)
            async for _ in await client.chat.completions.create(model="m", messages=HELLO, **STREAM):
                pass
            await client.chat.completions.with_raw_response.create(model="m", messages=HELLO)
            async with client.chat.completions.with_streaming_response.create(model="m", messages=HELLO) as response:
                await response.parse()
            await client.chat.completions.create(model="flaky", messages=HELLO)
            with pytest.raises(openai.RateLimitError):
                await client.chat.completions.create(model="broken", messages=HELLO)

    _async(provider_url, use)
    found = [attributes_of(span) for span in exported()]
    assert [span.get("gen_ai.usage.input_tokens") for span in found] == [2006] * 5 + [None]
    assert [span.get("spanledger.attempts") for span in found] == [None] * 4 + [3, 3]
    assert {span["tenant.id"] for span in found} == {"acme"}


def test_an_asynchronous_stream_closed_early_is_marked(provider_url: str, exported: Exported) -> None:
    async def use(client: openai.AsyncOpenAI) -> None:
        async with await client.chat.completions.create(model="m", messages=HELLO, **STREAM) as stream:
            await anext(aiter(stream))

    _async(provider_url, use)
    assert _only(exported())["spanledger.outcome"] == "abandoned"


@pytest.mark.parametrize("stream", [False, True])
def test_anthropic_that_does_not_trace_itself_is_reported(stream: bool, provider_url: str, exported: Exported) -> None:
    claude = anthropic.Anthropic(base_url=provider_url, api_key="test", open_telemetry=False)
    answer: Any = claude.messages.create(model="claude-sonnet-5", max_tokens=9, messages=HELLO, stream=stream)
    if stream:
        list(answer)
    found = _only(exported())
    assert found.items() >= CLAUDE.items()
    assert found["gen_ai.provider.name"] == "anthropic"


def test_anthropics_stream_helper_is_reported(provider_url: str, exported: Exported) -> None:
    claude = anthropic.Anthropic(base_url=provider_url, api_key="test", open_telemetry=False)
    with claude.messages.stream(model="claude-sonnet-5", max_tokens=9, messages=HELLO) as stream:
        stream.get_final_message()
    assert _only(exported()).items() >= CLAUDE.items()


def test_anthropic_that_traces_itself_to_us_is_left_to_it(
    provider_url: str, tracer_provider: TracerProvider, exported: Exported
) -> None:
    claude = anthropic.Anthropic(
        base_url=provider_url, api_key="test", open_telemetry={"tracer_provider": tracer_provider}
    )
    with spanledger.attribution(tenant="acme"):
        claude.messages.create(model="claude-sonnet-5", max_tokens=9, messages=HELLO)
    (span,) = exported()
    assert span.name == "anthropic.messages.create"
    assert attributes_of(span)["tenant.id"] == "acme"


def test_anthropic_that_traces_itself_elsewhere_is_reported(provider_url: str, exported: Exported) -> None:
    elsewhere = TracerProvider(shutdown_on_exit=False)
    claude = anthropic.Anthropic(base_url=provider_url, api_key="test", open_telemetry={"tracer_provider": elsewhere})
    claude.messages.create(model="claude-sonnet-5", max_tokens=9, messages=HELLO)
    assert _only(exported()).items() >= CLAUDE.items()


@pytest.mark.parametrize("current", [True, False])
def test_a_call_that_another_instrumentation_traces_is_left_to_it(
    current: bool, client: openai.OpenAI, tracer_provider: TracerProvider, exported: Exported
) -> None:
    tracer = tracer_provider.get_tracer("opentelemetry.instrumentation.openai.v1")
    if current:
        with tracer.start_as_current_span("openai.chat"):
            _chat(client)
    else:
        span = tracer.start_span("openai.chat")
        _chat(client)
        span.end()
    assert exported() == [], "a foreign span without GenAI attributes is no accounting span"
    _chat(client)
    assert len(exported()) == 1, "what ended no longer counts"


def test_a_call_below_an_agents_span_is_reported(
    client: openai.OpenAI, tracer_provider: TracerProvider, exported: Exported
) -> None:
    agent = {"gen_ai.operation.name": "invoke_agent"}
    with tracer_provider.get_tracer("agents").start_as_current_span("invoke_agent x", attributes=agent):
        _chat(client)
    assert len(exported()) == 2


def test_within_llm_call_it_reports_in_the_decorators_stead_and_no_call_is_lost(
    client: openai.OpenAI, exported: Exported
) -> None:
    @spanledger.llm_call(provider="my-gateway", region="eu-west-1", tenant="acme")
    def ask_twice(model: str) -> Any:
        _chat(client, model=model)
        return _chat(client, model=model)

    ask_twice("gpt-4o-mini")
    found = [attributes_of(span) for span in exported()]
    assert len(found) == 2
    for span in found:
        assert span.items() >= CHAT.items() | {
            ("gen_ai.provider.name", "my-gateway"), ("cloud.region", "eu-west-1"), ("tenant.id", "acme")
        }  # fmt: skip


def test_it_can_be_undone_and_done_again(client: openai.OpenAI, exported: Exported) -> None:
    ours = openai._base_client.SyncAPIClient.request
    spanledger.uninstrument()
    assert openai._base_client.SyncAPIClient.request is ours.__wrapped__  # type: ignore[attr-defined]
    _chat(client)
    spanledger.instrument()
    spanledger.instrument()
    _chat(client)
    assert len(exported()) == 1


def test_requests_that_are_no_llm_calls_are_left_alone(client: openai.OpenAI, exported: Exported) -> None:
    with pytest.raises(openai.APIStatusError):
        client.with_options(max_retries=0).models.list()
    assert exported() == []


def test_a_provider_is_known_by_its_host() -> None:
    from spanledger.sdks.sdk_request import read_request

    options = type("Options", (), {"method": "post", "url": "/chat/completions", "json_data": {"model": "m"}})
    client = openai.OpenAI(base_url="https://api.groq.com/openai/v1", api_key="test")
    found = read_request("openai", client, options)
    assert found == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "groq",
        "server.address": "api.groq.com",
        "gen_ai.request.model": "m",
    }


def test_an_sdk_imported_later_is_instrumented_then_and_none_is_imported_for_it(
    receiver: Receiver, provider_url: str
) -> None:
    code = f"""
    import sys
    from spanledger.sdks.instrumentor import SpanledgerInstrumentor
    SpanledgerInstrumentor().instrument(skip_dep_check=True)
    assert "openai" not in sys.modules and "anthropic" not in sys.modules
    import openai
    client = openai.OpenAI(base_url={provider_url + "/v1"!r}, api_key="test")
    client.chat.completions.create(model="m", messages=[])
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=os.environ | {"SPANLEDGER_ENDPOINT": receiver.endpoint},
        timeout=60,
        check=True,
    )
    assert _only(receiver.spans).items() >= CHAT.items()


def test_the_instrumentor_is_an_entry_point_of_opentelemetry() -> None:
    from importlib.metadata import entry_points

    (point,) = entry_points(group="opentelemetry_instrumentor", name="spanledger")
    assert point.load() is SpanledgerInstrumentor
