import copy
import json
from collections import OrderedDict
from typing import Any

import pytest
from anthropic.types import Message, RawMessageStreamEvent
from fake_provider import (
    CHAT_CHUNKS,
    CHAT_COMPLETION,
    EMBEDDINGS,
    MESSAGE,
    MESSAGE_EVENTS,
    RESPONSE,
    RESPONSE_EVENTS,
)
from hypothesis import given
from hypothesis import strategies as st
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response
from pydantic import TypeAdapter

from spanledger.answers.reading import StreamedAnswer, read_answer

CHAT_ATTRIBUTES = {
    "gen_ai.provider.name": "openai",
    "gen_ai.response.id": "chatcmpl-B9MBs8",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.usage.input_tokens": 2006,
    "gen_ai.usage.cache_read.input_tokens": 1920,
    "gen_ai.usage.output_tokens": 300,
    "gen_ai.usage.reasoning.output_tokens": 128,
    "spanledger.service_tier": "default",
}
RESPONSE_ATTRIBUTES = {
    "gen_ai.provider.name": "openai",
    "gen_ai.response.id": "resp_67ccd2bed1ec",
    "gen_ai.response.model": "gpt-4.1-2025-04-14",
    "gen_ai.response.finish_reasons": ["completed"],
    "gen_ai.usage.input_tokens": 328,
    "gen_ai.usage.cache_read.input_tokens": 256,
    "gen_ai.usage.cache_write.input_tokens": 40,
    "gen_ai.usage.output_tokens": 52,
    "gen_ai.usage.reasoning.output_tokens": 20,
    "spanledger.service_tier": "flex",
}
MESSAGE_ATTRIBUTES = {
    "gen_ai.provider.name": "anthropic",
    "gen_ai.response.id": "msg_013Zva2CMHLNnXjNJJKqJ2EF",
    "gen_ai.response.model": "claude-sonnet-4-5-20250929",
    "gen_ai.response.finish_reasons": ["end_turn"],
    "gen_ai.usage.input_tokens": 50 + 1800 + 248,
    "gen_ai.usage.cache_read.input_tokens": 1800,
    "gen_ai.usage.cache_write.input_tokens": 248,
    "spanledger.usage.cache_write_1h.input_tokens": 100,
    "gen_ai.usage.output_tokens": 503,
    "gen_ai.usage.reasoning.output_tokens": 200,
    "spanledger.service_tier": "standard",
}
EMBEDDINGS_ATTRIBUTES = {
    "gen_ai.provider.name": "openai",
    "gen_ai.response.model": "text-embedding-3-small",
    "gen_ai.usage.input_tokens": 8,
}


def _of_subclasses(answer: dict[str, Any]) -> Any:
    """The answer as readers of JSON give it that make dicts of their own."""
    return json.loads(json.dumps(answer), object_pairs_hook=OrderedDict)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(CHAT_COMPLETION, CHAT_ATTRIBUTES, id="chat dict"),
        pytest.param(ChatCompletion.model_validate(CHAT_COMPLETION), CHAT_ATTRIBUTES, id="chat object"),
        pytest.param(RESPONSE, RESPONSE_ATTRIBUTES, id="responses dict"),
        pytest.param(Response.model_validate(RESPONSE), RESPONSE_ATTRIBUTES, id="responses object"),
        pytest.param(EMBEDDINGS, EMBEDDINGS_ATTRIBUTES, id="embeddings dict"),
        pytest.param(CreateEmbeddingResponse.model_validate(EMBEDDINGS), EMBEDDINGS_ATTRIBUTES, id="embeddings object"),
        pytest.param(MESSAGE, MESSAGE_ATTRIBUTES, id="messages dict"),
        pytest.param(Message.model_validate(MESSAGE), MESSAGE_ATTRIBUTES, id="messages object"),
        pytest.param(_of_subclasses(CHAT_COMPLETION), CHAT_ATTRIBUTES, id="chat, of subclasses of dict"),
        pytest.param(_of_subclasses(RESPONSE), RESPONSE_ATTRIBUTES, id="responses, of subclasses of dict"),
        pytest.param(_of_subclasses(EMBEDDINGS), EMBEDDINGS_ATTRIBUTES, id="embeddings, of subclasses of dict"),
        pytest.param(_of_subclasses(MESSAGE), MESSAGE_ATTRIBUTES, id="messages, of subclasses of dict"),
    ],
)
def test_an_answer_of_each_shape_gives_the_same_attributes_as_object_and_dict(
    answer: Any, expected: dict[str, Any]
) -> None:
    assert read_answer(answer) == expected


def test_an_incomplete_response_says_why() -> None:
    answer = RESPONSE | {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    assert read_answer(answer)["gen_ai.response.finish_reasons"] == ["max_output_tokens"]


def test_an_answer_without_usage_gives_identity_but_no_counts() -> None:
    found = read_answer({**CHAT_COMPLETION, "usage": None})
    assert found["gen_ai.response.id"] == "chatcmpl-B9MBs8"
    assert "gen_ai.usage.input_tokens" not in found
    assert "gen_ai.usage.output_tokens" not in found


def test_a_chat_completion_without_its_object_field_is_known_by_its_usage() -> None:
    answer = {"model": "llama", "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    assert read_answer(answer)["gen_ai.usage.input_tokens"] == 3


@pytest.mark.parametrize(
    "answer",
    [None, "text", 3, [], {}, {"object": ["list"]}, {"usage": "much"}, {"type": 1}, object()],
    ids=lambda answer: type(answer).__name__,
)
def test_an_answer_of_an_unknown_shape_gives_nothing(answer: object) -> None:
    assert read_answer(answer) == {}


@pytest.mark.parametrize("count", ["12", 1.5, True, -1, None])
def test_what_is_no_count_is_not_taken_for_one(count: object) -> None:
    found = read_answer({"object": "chat.completion", "usage": {"prompt_tokens": count, "completion_tokens": 1}})
    assert "gen_ai.usage.input_tokens" not in found


def test_message_contents_are_never_read() -> None:
    class Contents:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"read {name} of the contents")

    read_answer({**CHAT_COMPLETION, "choices": [{"finish_reason": "stop", "message": Contents()}]})
    read_answer({**MESSAGE, "content": Contents()})
    read_answer({**RESPONSE, "output": Contents()})


_COUNT = st.integers(min_value=0, max_value=10**9)


@given(uncached=_COUNT, read=_COUNT | st.none(), written=_COUNT | st.none())
def test_anthropic_input_is_the_sum_of_uncached_read_and_written(
    uncached: int, read: int | None, written: int | None
) -> None:
    usage = {
        "input_tokens": uncached,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": 1,
    }
    found = read_answer({"type": "message", "usage": usage})
    cached = [found.get(f"gen_ai.usage.cache_{kind}.input_tokens", 0) for kind in ("read", "write")]
    if uncached or sum(cached):  # type: ignore[arg-type]
        assert found["gen_ai.usage.input_tokens"] - sum(cached) == uncached  # type: ignore[operator]
    else:
        assert "gen_ai.usage.input_tokens" not in found  # nobody asks nothing
    assert cached == [read or 0, written or 0]


def _seen(chunks: list[Any]) -> StreamedAnswer:
    streamed = StreamedAnswer()
    for chunk in chunks:
        streamed.see(chunk)
    return streamed


def _message_events_as_objects() -> list[Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
    return [adapter.validate_python(event) for event in copy.deepcopy(MESSAGE_EVENTS)]


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        pytest.param(CHAT_CHUNKS, CHAT_ATTRIBUTES | {"gen_ai.response.id": "chatcmpl-9"}, id="chat dicts"),
        pytest.param(
            [ChatCompletionChunk.model_validate(chunk) for chunk in CHAT_CHUNKS],
            CHAT_ATTRIBUTES | {"gen_ai.response.id": "chatcmpl-9"},
            id="chat objects",
        ),
        pytest.param(MESSAGE_EVENTS, MESSAGE_ATTRIBUTES, id="messages dicts"),
        pytest.param(_message_events_as_objects(), MESSAGE_ATTRIBUTES, id="messages objects"),
        pytest.param(RESPONSE_EVENTS, RESPONSE_ATTRIBUTES, id="responses dicts"),
    ],
)
def test_the_chunks_of_a_stream_give_what_the_whole_answer_would(chunks: list[Any], expected: dict[str, Any]) -> None:
    streamed = _seen(chunks)
    assert streamed.attributes() == expected
    assert streamed.finished


def test_a_message_stream_broken_off_has_input_tokens_but_no_output_tokens() -> None:
    streamed = _seen(MESSAGE_EVENTS[:3])
    found = streamed.attributes()
    assert found["gen_ai.usage.input_tokens"] == 2098
    assert "gen_ai.usage.output_tokens" not in found
    assert not streamed.finished


def test_a_stream_whose_chunks_bear_other_ids_has_that_of_the_first_and_stays_finished() -> None:
    chunks = [
        {"object": "chat.completion.chunk", "id": "first", "choices": [{"delta": {}, "finish_reason": "stop"}]},
        {"object": "chat.completion.chunk", "id": "second", "choices": [], "usage": {"prompt_tokens": 7}},
    ]
    streamed = _seen(chunks)
    assert streamed.attributes()["gen_ai.response.id"] == "first"
    assert streamed.attributes()["gen_ai.usage.input_tokens"] == 7
    # What came last says nothing of the end, which was told before.
    assert streamed.finished


def test_chunks_of_text_change_nothing() -> None:
    assert _seen(["a", b"b"]).attributes() == {}
