import asyncio
import contextlib
import gc
import inspect
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest
from fake_provider import CHAT_CHUNKS, CHAT_COMPLETION
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import Receiver, attributes_of

import spanledger

Exported = Callable[[], list[Any]]

pytestmark = pytest.mark.usefixtures("tracer_provider")
HELLO: Any = [{"role": "user", "content": "SECRET QUESTION"}]


@pytest.fixture
def client(provider_url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{provider_url}/v1", api_key="test", max_retries=0)


@pytest.fixture
def async_client(provider_url: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{provider_url}/v1", api_key="test", max_retries=0)


@pytest.fixture
def claude(provider_url: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=provider_url, api_key="test", max_retries=0)


def _only(spans: list[Any]) -> dict[str, Any]:
    (span,) = spans
    return attributes_of(span)


def test_a_chat_completion_becomes_one_client_span_with_its_usage(client: openai.OpenAI, exported: Exported) -> None:
    @spanledger.llm_call
    def ask(model: str) -> Any:
        return client.chat.completions.create(model=model, messages=HELLO)

    assert ask("gpt-4o-mini").usage.prompt_tokens == 2006
    (span,) = exported()
    assert span.name == "chat gpt-4o-mini"
    assert span.kind == Span.SPAN_KIND_CLIENT
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert attributes_of(span) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.id": "chatcmpl-B9MBs8",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 2006,
        "gen_ai.usage.cache_read.input_tokens": 1920,
        "gen_ai.usage.output_tokens": 300,
        "gen_ai.usage.reasoning.output_tokens": 128,
        "spanledger.service_tier": "default",
    }


def test_the_span_comes_from_the_scope_spanledger_with_its_version(exported: Exported, receiver: Receiver) -> None:
    @spanledger.llm_call
    def ask() -> None: ...

    ask()
    exported()
    scope = receiver.requests[0].resource_spans[0].scope_spans[0].scope
    assert (scope.name, scope.version) == ("spanledger", spanledger.__version__)


def test_what_the_decorator_says_is_on_the_span(exported: Exported) -> None:
    @spanledger.llm_call(provider="azure.ai.openai", model="gpt-4o", region="westeurope", cloud="azure", tenant="acme")
    def ask() -> Any:
        return CHAT_COMPLETION

    ask()
    found = _only(exported())
    assert found["gen_ai.provider.name"] == "azure.ai.openai"
    assert found["gen_ai.request.model"] == "gpt-4o"
    assert found["gen_ai.response.model"] == "gpt-4o-mini-2024-07-18"
    assert found["cloud.region"] == "westeurope"
    assert found["cloud.provider"] == "azure"
    assert found["tenant.id"] == "acme"


def test_attribution_keywords_may_be_paths_and_hold_within_the_call(
    exported: Exported, tracer_provider: TracerProvider
) -> None:
    @spanledger.llm_call(tenant="account.id", user=lambda account, **_: account["user"])
    def ask(account: dict[str, str], model: str) -> None:
        tracer_provider.get_tracer("sdk").start_span("inner", attributes={"gen_ai.system": "openai"}).end()

    ask({"id": "acme", "user": "u-1"}, model="m")
    inner, outer = (attributes_of(span) for span in sorted(exported(), key=lambda span: span.name, reverse=True))
    assert (inner["tenant.id"], inner["user.id"]) == ("acme", "u-1")
    assert (outer["tenant.id"], outer["user.id"]) == ("acme", "u-1")


def test_the_scope_around_the_call_attributes_it(exported: Exported) -> None:
    @spanledger.llm_call
    def ask() -> None: ...

    with spanledger.attribution(tenant="acme"):
        ask()
    assert _only(exported())["tenant.id"] == "acme"


@pytest.mark.parametrize("kind", ["positional", "keyword", "default", "extra"])
def test_the_model_argument_is_the_request_model(kind: str, exported: Exported) -> None:
    @spanledger.llm_call
    def ask(model: str = "default") -> None: ...

    @spanledger.llm_call
    def ask_with(**options: str) -> None: ...

    calls = {
        "positional": lambda: ask("positional"),
        "keyword": lambda: ask(model="keyword"),
        "default": ask,
        "extra": lambda: ask_with(model="extra"),
    }
    calls[kind]()
    assert _only(exported())["gen_ai.request.model"] == kind


def test_responses_and_embeddings_are_read(client: openai.OpenAI, exported: Exported) -> None:
    @spanledger.llm_call
    def respond(model: str) -> Any:
        return client.responses.create(model=model, input="SECRET QUESTION")

    @spanledger.llm_call(operation="embeddings")
    def embed(model: str) -> Any:
        return client.embeddings.create(model=model, input="SECRET QUESTION", encoding_format="float")

    respond("gpt-4.1")
    embed("text-embedding-3-small")
    response, embeddings = exported()
    assert attributes_of(response)["gen_ai.usage.cache_read.input_tokens"] == 256
    assert embeddings.name == "embeddings text-embedding-3-small"
    assert attributes_of(embeddings)["gen_ai.usage.input_tokens"] == 8


def test_an_anthropic_message_counts_its_cached_tokens_as_input(
    claude: anthropic.Anthropic, exported: Exported
) -> None:
    @spanledger.llm_call
    def ask(model: str) -> Any:
        return claude.messages.create(model=model, max_tokens=16, messages=HELLO)

    ask("claude-test")
    ours = next(attributes_of(span) for span in exported() if span.name == "chat claude-test")
    assert ours["gen_ai.provider.name"] == "anthropic"
    assert ours["gen_ai.usage.input_tokens"] == 2098
    assert ours["spanledger.usage.cache_write_1h.input_tokens"] == 100


def test_the_sdks_own_span_is_a_child_with_the_same_tenant_and_response(
    claude: anthropic.Anthropic, exported: Exported, tracer_provider: TracerProvider
) -> None:
    traced = claude.with_options(open_telemetry={"tracer_provider": tracer_provider})

    @spanledger.llm_call(tenant="acme")
    def ask(model: str) -> Any:
        return traced.messages.create(model=model, max_tokens=16, messages=HELLO)

    ask("claude-test")
    spans = {span.name: span for span in exported()}
    ours, theirs = spans["chat claude-test"], spans["anthropic.messages.create"]
    assert theirs.parent_span_id == ours.span_id
    assert attributes_of(theirs)["tenant.id"] == "acme"
    assert attributes_of(theirs)["gen_ai.response.id"] == attributes_of(ours)["gen_ai.response.id"]


def test_an_exception_is_raised_as_it_was_and_told_by_type_only(client: openai.OpenAI, exported: Exported) -> None:
    raised: list[Exception] = []

    @spanledger.llm_call
    def ask(model: str) -> Any:
        try:
            return client.chat.completions.create(model=model, messages=HELLO)
        except openai.OpenAIError as error:
            raised.append(error)
            raise

    with pytest.raises(openai.RateLimitError) as caught:
        ask("broken")
    assert caught.value is raised[0]
    (span,) = exported()
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert span.status.message == ""
    assert attributes_of(span)["error.type"] == "openai.RateLimitError"
    assert not span.events


def test_no_contents_leave_the_app(client: openai.OpenAI, exported: Exported) -> None:
    @spanledger.llm_call
    def ask(model: str, question: Any, stream: bool) -> Any:
        return client.chat.completions.create(model=model, messages=question, stream=stream)

    ask("gpt-4o-mini", HELLO, stream=False)
    list(ask("gpt-4o-mini", HELLO, stream=True))
    assert len(exported()) == 2
    assert "SECRET" not in json.dumps([attributes_of(span) for span in exported()])


def test_a_coroutine_function_stays_one_and_is_measured_to_its_end(
    async_client: openai.AsyncOpenAI, exported: Exported
) -> None:
    @spanledger.llm_call
    async def ask(model: str) -> Any:
        return await async_client.chat.completions.create(model=model, messages=HELLO)

    assert inspect.iscoroutinefunction(ask)
    assert asyncio.run(ask("gpt-4o-mini")).id == "chatcmpl-B9MBs8"
    assert _only(exported())["gen_ai.usage.output_tokens"] == 300


def test_a_function_that_returns_a_coroutine_is_measured_when_it_is_awaited(
    async_client: openai.AsyncOpenAI, exported: Exported
) -> None:
    @spanledger.llm_call
    def ask(model: str) -> Any:
        return async_client.chat.completions.create(model=model, messages=HELLO)

    async def main() -> Any:
        return await ask("gpt-4o-mini")

    assert asyncio.run(main()).id == "chatcmpl-B9MBs8"
    assert _only(exported())["gen_ai.usage.output_tokens"] == 300


def test_a_cancelled_call_is_an_error(exported: Exported) -> None:
    @spanledger.llm_call
    async def ask() -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        task = asyncio.create_task(ask())
        await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert _only(exported())["error.type"] == "asyncio.exceptions.CancelledError"


def test_a_streamed_answer_ends_its_span_when_it_is_exhausted(client: openai.OpenAI, exported: Exported) -> None:
    @spanledger.llm_call
    def ask(model: str) -> Any:
        return client.chat.completions.create(
            model=model, messages=HELLO, stream=True, stream_options={"include_usage": True}
        )

    stream = ask("gpt-4o-mini")
    assert exported() == []
    assert len(list(stream)) == 4
    found = _only(exported())
    assert found["gen_ai.usage.input_tokens"] == 2006
    assert found["gen_ai.request.stream"] is True
    assert 0 < found["gen_ai.response.time_to_first_chunk"] < 10
    assert found["spanledger.outcome"] == "complete"


def test_a_stream_still_looks_like_the_providers(client: openai.OpenAI) -> None:
    @spanledger.llm_call
    def ask(model: str) -> Any:
        return client.chat.completions.create(model=model, messages=HELLO, stream=True)

    with ask("gpt-4o-mini") as stream:
        assert isinstance(stream, openai.Stream)
        assert stream.response.status_code == 200


class Either:
    """A stream that may be iterated both ways, as LiteLLM's."""

    def __init__(self) -> None:
        self._chunks = iter(CHAT_CHUNKS)

    def __iter__(self) -> "Either":
        return self

    def __next__(self) -> Any:
        return next(self._chunks)

    def __aiter__(self) -> "Either":
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self._chunks)
        except StopIteration:
            raise StopAsyncIteration from None


@pytest.mark.parametrize("is_async", [False, True])
def test_a_stream_that_may_be_iterated_both_ways_stays_so(is_async: bool, exported: Exported) -> None:
    @spanledger.llm_call
    def stream() -> Any:
        return Either()

    async def read() -> list[Any]:
        return [chunk async for chunk in stream()]

    assert (asyncio.run(read()) if is_async else list(stream())) == CHAT_CHUNKS
    found = _only(exported())
    assert (found["gen_ai.usage.input_tokens"], found["spanledger.outcome"]) == (2006, "complete")


def test_an_asynchronous_stream_is_read_to_its_end(async_client: openai.AsyncOpenAI, exported: Exported) -> None:
    @spanledger.llm_call
    async def ask(model: str) -> Any:
        return await async_client.chat.completions.create(model=model, messages=HELLO, stream=True)

    async def main() -> int:
        return len([chunk async for chunk in await ask("gpt-4o-mini")])

    assert asyncio.run(main()) == 4
    assert _only(exported())["gen_ai.usage.output_tokens"] == 300


@pytest.mark.parametrize("way", ["close", "with", "garbage"])
def test_a_stream_left_early_is_abandoned(way: str, client: openai.OpenAI, exported: Exported) -> None:
    @spanledger.llm_call
    def ask(model: str) -> Any:
        return client.chat.completions.create(model=model, messages=HELLO, stream=True)

    stream = ask("gpt-4o-mini")
    if way == "with":
        with stream:
            next(stream)
    else:
        next(stream)
    if way == "close":
        stream.close()
    if way == "garbage":
        del stream
        gc.collect()
    assert _only(exported())["spanledger.outcome"] == "abandoned"


def test_a_stream_that_fails_raises_as_it_did_and_is_an_error(exported: Exported) -> None:
    def chunks() -> Iterator[Any]:
        yield CHAT_CHUNKS[0]
        raise TimeoutError("slow")

    @spanledger.llm_call
    def ask() -> Iterator[Any]:
        return chunks()

    with pytest.raises(TimeoutError, match="slow"):
        list(ask())
    assert _only(exported())["error.type"] == "TimeoutError"


def test_a_generator_function_stays_one_and_its_span_lasts_until_its_end(exported: Exported) -> None:
    @spanledger.llm_call(model="gpt-4o-mini")
    def ask() -> Iterator[Any]:
        yield from CHAT_CHUNKS

    assert inspect.isgeneratorfunction(ask)
    assert list(ask()) == CHAT_CHUNKS
    found = _only(exported())
    assert found["gen_ai.usage.output_tokens"] == 300
    assert found["spanledger.outcome"] == "complete"


def test_an_asynchronous_generator_function_left_early_is_abandoned(exported: Exported) -> None:
    @spanledger.llm_call(model="gpt-4o-mini")
    async def ask() -> AsyncIterator[Any]:
        for chunk in CHAT_CHUNKS:
            yield chunk

    async def main() -> None:
        async with contextlib.aclosing(ask()) as chunks:  # type: ignore[type-var]
            async for _ in chunks:
                break

    assert inspect.isasyncgenfunction(ask)
    asyncio.run(main())
    assert _only(exported())["spanledger.outcome"] == "abandoned"


def test_an_answer_that_breaks_the_reader_does_not_reach_the_app(
    exported: Exported, errors: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    class Hostile:
        @property
        def object(self) -> str:
            raise RuntimeError("no")

    answer = Hostile()

    @spanledger.llm_call
    def ask() -> Hostile:
        return answer

    assert ask() is answer
    assert ask() is answer
    assert len(exported()) == 2
    assert errors() == 2
    assert len([record for record in caplog.records if "reading an llm_call answer" in record.message]) <= 1


def test_decorating_keeps_the_function_as_it_was() -> None:
    def ask(model: str, *, stream: bool = False) -> dict[str, int]:
        """Docs."""
        return {}

    decorated = spanledger.llm_call(provider="openai")(ask)
    assert (decorated.__name__, decorated.__doc__) == ("ask", "Docs.")
    assert inspect.signature(decorated) == inspect.signature(ask)
    assert inspect.unwrap(decorated) is ask


def test_a_method_may_be_decorated(exported: Exported) -> None:
    class Assistant:
        def __init__(self, tenant: str) -> None:
            self.tenant = tenant

        @spanledger.llm_call(tenant="self.tenant")
        def ask(self, model: str) -> Any:
            return CHAT_COMPLETION

    assert Assistant("acme").ask("m") is CHAT_COMPLETION
    found = _only(exported())
    assert (found["tenant.id"], found["gen_ai.request.model"]) == ("acme", "m")


def test_class_methods_and_static_methods_may_be_decorated_on_either_side(exported: Exported) -> None:
    class Assistant:
        tenant = "acme"

        @spanledger.llm_call(tenant="cls.tenant")
        @classmethod
        def of_class(cls, model: str) -> Any:
            return CHAT_COMPLETION

        @classmethod
        @spanledger.llm_call(tenant="cls.tenant")
        def of_class_inside(cls, model: str) -> Any:
            return CHAT_COMPLETION

        @spanledger.llm_call
        @staticmethod
        def of_none(model: str) -> Any:
            return CHAT_COMPLETION

    assert Assistant.of_class("m") is CHAT_COMPLETION
    assert Assistant().of_class_inside(model="m") is CHAT_COMPLETION
    assert Assistant().of_none("m") is CHAT_COMPLETION
    found = [attributes_of(span) for span in exported()]
    assert [span.get("tenant.id") for span in found] == ["acme", "acme", None]
    assert [span["gen_ai.request.model"] for span in found] == ["m"] * 3
