"""What was paid for is booked, however the app gets it, and whatever becomes of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from fake_provider import CHAT_COMPLETION
from openai.types.chat import ChatCompletion
from otlp_receiver import attributes_of
from pydantic import BaseModel

import spanledger

IN, OUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
ASKED: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "SECRET"}]}
TOLD: dict[str, Any] = {"model": "claude", "max_tokens": 9, "messages": [{"role": "user", "content": "SECRET"}]}


class Wanted(BaseModel):
    number: int


@pytest.fixture(params=["llm_call", "instrument", "both"])
def watched(request: pytest.FixtureRequest) -> Any:
    """Decorates a function, or instruments the SDK within it, or both."""
    if request.param != "llm_call":
        spanledger.instrument()
    yield (lambda function: function) if request.param == "instrument" else spanledger.llm_call
    spanledger.uninstrument()


def _only(exported: Callable[[], list[Any]]) -> dict[str, Any]:
    (span,) = exported()
    return attributes_of(span)


@pytest.mark.parametrize("model", ["gpt-4o", "truncated"])
def test_an_answer_that_does_not_validate_is_booked(
    model: str, watched: Any, exported: Callable[[], list[Any]], provider_url: str
) -> None:
    client = openai.OpenAI(base_url=f"{provider_url}/v1", api_key="k", max_retries=0)

    @watched
    def ask() -> Any:
        return client.chat.completions.parse(**ASKED | {"model": model}, response_format=Wanted)

    with pytest.raises((ValueError, openai.LengthFinishReasonError)):
        ask()
    found = _only(exported)
    assert (found[IN], found[OUT], found["gen_ai.response.id"]) == (2006, 300, "chatcmpl-B9MBs8")
    assert "error.type" in found
    assert "SECRET" not in str(found)


def test_a_helper_stream_of_anthropic_is_booked(
    watched: Any, exported: Callable[[], list[Any]], provider_url: str
) -> None:
    client = anthropic.Anthropic(base_url=provider_url, api_key="k", max_retries=0)

    @watched
    def ask() -> Any:
        return client.messages.stream(**TOLD)

    with ask() as stream:
        assert "".join(stream.text_stream) == "SECRET ANSWER"
        assert stream.get_final_message().stop_reason == "end_turn"
    found = _only(exported)
    assert (found[IN], found[OUT], found["spanledger.outcome"]) == (2098, 503, "complete")


def test_a_helper_stream_that_is_left_early_is_abandoned(exported: Callable[[], list[Any]], provider_url: str) -> None:
    client = anthropic.Anthropic(base_url=provider_url, api_key="k", max_retries=0)

    @spanledger.llm_call
    def ask() -> Any:
        return client.messages.stream(**TOLD)

    with ask() as stream:
        next(iter(stream))
    found = _only(exported)
    assert (found[IN], found["spanledger.outcome"]) == (2098, "abandoned")


async def _ask_asynchronously(provider_url: str, watched: Any) -> str:
    client = anthropic.AsyncAnthropic(base_url=provider_url, api_key="k", max_retries=0)

    @watched
    def ask() -> Any:
        return client.messages.stream(**TOLD)

    async with ask() as stream:
        return "".join([text async for text in stream.text_stream])


def test_an_asynchronous_helper_stream_is_booked(
    watched: Any, exported: Callable[[], list[Any]], provider_url: str
) -> None:
    assert asyncio.run(_ask_asynchronously(provider_url, watched)) == "SECRET ANSWER"
    found = _only(exported)
    assert (found[IN], found[OUT]) == (2098, 503)


def test_a_helper_stream_of_openai_is_booked(
    watched: Any, exported: Callable[[], list[Any]], provider_url: str
) -> None:
    client = openai.OpenAI(base_url=f"{provider_url}/v1", api_key="k", max_retries=0)

    @watched
    def ask() -> Any:
        return client.chat.completions.stream(**ASKED)

    with ask() as stream:
        for _ in stream:
            pass
    found = _only(exported)
    assert (found[IN], found[OUT]) == (2006, 300)


def test_a_helper_stream_that_is_refused_has_failed(exported: Callable[[], list[Any]], provider_url: str) -> None:
    client = anthropic.Anthropic(base_url=provider_url, api_key="k", max_retries=0)

    @spanledger.llm_call
    def ask() -> Any:
        return client.messages.stream(**TOLD | {"model": "broken"})

    with pytest.raises(anthropic.RateLimitError), ask():
        pass
    found = _only(exported)
    assert (found["error.type"], found["http.response.status_code"]) == ("anthropic.RateLimitError", 429)


class GaveUp(Exception):
    last_completion = ChatCompletion.model_validate(CHAT_COMPLETION)


def _raises() -> None:
    raise GaveUp


def _raises_its_own() -> None:
    try:
        _raises()
    except GaveUp as error:
        raise KeyError from error


def _raises_another() -> None:
    try:
        _raises_its_own()
    except KeyError:
        raise LookupError  # noqa: B904 (as apps do)


@pytest.mark.parametrize("fails", [_raises, _raises_its_own, _raises_another])
def test_an_error_that_carries_the_answer_is_booked(
    fails: Callable[[], None], exported: Callable[[], list[Any]]
) -> None:
    with pytest.raises((GaveUp, LookupError)):
        spanledger.llm_call(fails)()
    found = _only(exported)
    assert (found[IN], found[OUT]) == (2006, 300)


class AnotherGaveUp(Exception):
    last_completion = ChatCompletion.model_validate(CHAT_COMPLETION | {"id": "chatcmpl-2", "model": "gpt-4o-mini"})


def test_each_answer_that_the_errors_of_a_group_carry_is_booked(exported: Callable[[], list[Any]]) -> None:
    @spanledger.llm_call(tenant="acme")
    async def ask_all() -> None:
        async def ask(error: Exception) -> None:
            raise error

        async with asyncio.TaskGroup() as asked:
            for error in (KeyError(), GaveUp(), AnotherGaveUp()):
                asked.create_task(ask(error))

    with pytest.raises(ExceptionGroup):
        asyncio.run(ask_all())
    found = {span["gen_ai.response.id"]: span for span in map(attributes_of, exported())}
    assert {name: (span[IN], span[OUT], span["tenant.id"]) for name, span in found.items()} == {
        "chatcmpl-B9MBs8": (2006, 300, "acme"),
        "chatcmpl-2": (2006, 300, "acme"),
    }


def test_what_an_earlier_call_paid_for_is_booked_once(exported: Callable[[], list[Any]]) -> None:
    @spanledger.llm_call
    def ask(error: Exception) -> None:
        raise error

    try:
        ask(GaveUp())
    except GaveUp:
        with pytest.raises(KeyError):
            ask(KeyError())
    assert [IN in attributes_of(span) for span in exported()] == [True, False]
