"""Answers as the providers' references show them, each against what it says was used."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from otlp_receiver import attributes_of

import spanledger
from spanledger.answers.reading import StreamedAnswer, read_answer

IN, OUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
READ, WRITE = "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_write.input_tokens"
WRITE_1H, REASONING = "spanledger.usage.cache_write_1h.input_tokens", "gen_ai.usage.reasoning.output_tokens"
AUDIO_IN, AUDIO_OUT = "spanledger.usage.audio.input_tokens", "spanledger.usage.audio.output_tokens"

GEMINI = {
    "candidates": [{"content": {"parts": [{"text": "SECRET"}]}, "finishReason": "STOP"}],
    "modelVersion": "gemini-2.5-flash",
    "responseId": "r-1",
    "usageMetadata": {
        "promptTokenCount": 1000,
        "cachedContentTokenCount": 600,
        "candidatesTokenCount": 50,
        "thoughtsTokenCount": 70,
        "toolUsePromptTokenCount": 8,
        "totalTokenCount": 1128,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 900}, {"modality": "AUDIO", "tokenCount": 100}],
    },
}
CONVERSE = {
    "output": {"message": {"role": "assistant", "content": [{"text": "SECRET"}]}},
    "stopReason": "end_turn",
    "usage": {
        "inputTokens": 30,
        "outputTokens": 628,
        "totalTokens": 758,
        "cacheReadInputTokens": 80,
        "cacheWriteInputTokens": 20,
        "cacheDetails": [{"ttl": "1h", "inputTokens": 15}, {"ttl": "5m", "inputTokens": 5}],
    },
    "ResponseMetadata": {"RequestId": "req-1"},
}
INVOKE_MODEL = {
    "body": object(),
    "ResponseMetadata": {
        "RequestId": "req-2",
        "HTTPHeaders": {"x-amzn-bedrock-input-token-count": "12", "x-amzn-bedrock-output-token-count": "34"},
    },
}
COHERE = {
    "id": "c-1",
    "finish_reason": "COMPLETE",
    "message": {"role": "assistant", "content": [{"text": "SECRET"}]},
    "usage": {"billed_units": {"input_tokens": 5.0, "output_tokens": 418.0}, "tokens": {"input_tokens": 71.0}},
}
LANGCHAIN = SimpleNamespace(
    content="SECRET",
    id="run-1",
    usage_metadata={
        "input_tokens": 350,
        "output_tokens": 240,
        "total_tokens": 590,
        "input_token_details": {"audio": 10, "cache_creation": 200, "cache_read": 100},
        "output_token_details": {"audio": 12, "reasoning": 200},
    },
    response_metadata={"model_name": "gpt-4o", "model_provider": "openai", "finish_reason": "stop", "id": "chatcmpl-7"},
)
PLAIN = {
    "provider": "vllm", "model": "llama", "batch": True,
    "usage": {"input_tokens": 3, "output_tokens": 4, "cache_read_tokens": 1},
}  # fmt: skip


def _as_object(value: Any) -> Any:
    """A plain dict as an SDK's object with names in snake case."""
    if isinstance(value, dict):
        return SimpleNamespace(
            **{"".join("_" + c.lower() if c.isupper() else c for c in k): _as_object(v) for k, v in value.items()}
        )
    return [_as_object(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("answer", [GEMINI, _as_object(GEMINI)], ids=["dict", "object"])
def test_gemini_counts_thoughts_beside_the_candidates_and_tools_beside_the_prompt(answer: Any) -> None:
    assert read_answer(answer) == {
        "gen_ai.provider.name": "gcp.gemini",
        "gen_ai.response.id": "r-1",
        "gen_ai.response.model": "gemini-2.5-flash",
        "gen_ai.response.finish_reasons": ["STOP"],
        IN: 1008,
        OUT: 120,
        REASONING: 70,
        READ: 600,
        AUDIO_IN: 100,
    }


def test_bedrock_converse_counts_cached_tokens_beside_the_input() -> None:
    assert read_answer(CONVERSE) == {
        "gen_ai.provider.name": "aws.bedrock",
        "gen_ai.response.id": "req-1",
        "gen_ai.response.finish_reasons": ["end_turn"],
        IN: 130,
        OUT: 628,
        READ: 80,
        WRITE: 20,
        WRITE_1H: 15,
    }


def test_bedrock_invoke_model_is_read_from_its_headers_and_its_body_left_alone() -> None:
    assert read_answer(INVOKE_MODEL) == {
        "gen_ai.provider.name": "aws.bedrock",
        "gen_ai.response.id": "req-2",
        IN: 12,
        OUT: 34,
    }


@pytest.mark.parametrize("answer", [COHERE, _as_object(COHERE)], ids=["dict", "object"])
def test_cohere_is_read_as_it_bills(answer: Any) -> None:
    found = read_answer(answer)
    assert (found[IN], found[OUT], found["gen_ai.provider.name"]) == (5, 418, "cohere")
    assert found["gen_ai.response.finish_reasons"] == ["COMPLETE"]


def test_a_rerank_of_cohere_is_vendor_usage() -> None:
    found = read_answer({"id": "x", "results": [], "meta": {"billed_units": {"search_units": 2.0}}})
    assert (found["spanledger.vendor.unit"], found["spanledger.vendor.quantity"]) == ("search", 2.0)


def test_a_langchain_message_is_read_in_its_normal_form() -> None:
    assert read_answer(LANGCHAIN) == {
        "gen_ai.provider.name": "openai",
        "gen_ai.response.model": "gpt-4o",
        "gen_ai.response.id": "chatcmpl-7",
        "gen_ai.response.finish_reasons": ["stop"],
        IN: 350,
        OUT: 240,
        READ: 100,
        WRITE: 200,
        AUDIO_IN: 10,
        AUDIO_OUT: 12,
        REASONING: 200,
    }


def test_a_plain_dict_with_our_names_is_read() -> None:
    assert read_answer(PLAIN) == {
        "gen_ai.provider.name": "vllm", "gen_ai.response.model": "llama", "spanledger.batch": True,
        IN: 3, OUT: 4, READ: 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("module", "hidden", "provider"),
    [
        ("mistralai.models", None, "mistral_ai"),
        ("litellm.types.utils", {"custom_llm_provider": "bedrock"}, "bedrock"),
        ("somewhere", None, "openai"),
    ],
)
def test_who_answers_in_openais_shape_is_told_by_the_answers_class(module: str, hidden: Any, provider: str) -> None:
    kind = type("ModelResponse", (), {"__module__": module, "_hidden_params": hidden, "object": "chat.completion"})
    answer = kind()
    answer.usage = SimpleNamespace(prompt_tokens=5, completion_tokens=6)
    found = read_answer(answer)
    assert (found["gen_ai.provider.name"], found[IN], found[OUT]) == (provider, 5, 6)


def test_audio_tokens_of_openai_are_told() -> None:
    usage = {
        "prompt_tokens": 20, "completion_tokens": 30,
        "prompt_tokens_details": {"audio_tokens": 9}, "completion_tokens_details": {"audio_tokens": 8},
    }  # fmt: skip
    found = read_answer({"object": "chat.completion", "usage": usage})
    assert (found[AUDIO_IN], found[AUDIO_OUT]) == (9, 8)


def test_the_batch_tier_of_anthropic_is_a_batch() -> None:
    usage = {"input_tokens": 1, "output_tokens": 2, "service_tier": "batch"}
    assert read_answer({"type": "message", "usage": usage})["spanledger.batch"] is True


@pytest.mark.parametrize(
    ("chunks", "tokens", "reason"),
    [
        (
            [
                {"candidates": [{"content": {}}], "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1}},
                {
                    "candidates": [{"finishReason": "STOP"}],
                    "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 5},
                },
            ],
            (9, 5),
            "STOP",
        ),
        (
            [
                {"contentBlockDelta": {"delta": {"text": "SECRET"}}},
                {"messageStop": {"stopReason": "max_tokens"}},
                {"metadata": {"usage": {"inputTokens": 9, "outputTokens": 5, "totalTokens": 14}}},
            ],
            (9, 5),
            "max_tokens",
        ),
        (
            [
                {"type": "content-delta", "delta": {"message": {}}},
                {
                    "type": "message-end",
                    "delta": {
                        "finish_reason": "COMPLETE",
                        "usage": {"billed_units": {"input_tokens": 9, "output_tokens": 5}},
                    },
                },
            ],
            (9, 5),
            "COMPLETE",
        ),
        (
            [
                {"chunk": {"bytes": b'{"type": "content_block_delta"}'}},
                {
                    "chunk": {
                        "bytes": json.dumps(
                            {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 9, "outputTokenCount": 5}}
                        ).encode()
                    }
                },
            ],
            (9, 5),
            None,
        ),
        (
            [
                # The counts of LangChain's chunks add up; with some providers the input comes first, the output last.
                {"content": "Hel", "response_metadata": {"model_provider": "anthropic"}, "usage_metadata": None},
                {"response_metadata": {}, "usage_metadata": {"input_tokens": 9, "output_tokens": 1}},
                {
                    "response_metadata": {"stop_reason": "end_turn", "model_name": "claude-sonnet-5"},
                    "usage_metadata": {"input_tokens": 0, "output_tokens": 4},
                },
            ],
            (9, 5),
            "end_turn",
        ),
        (
            [
                {"data": {"object": "chat.completion.chunk", "choices": [{"finish_reason": None}]}},
                {
                    "data": {
                        "object": "chat.completion.chunk",
                        "choices": [{"finish_reason": "stop"}],
                        "usage": {"prompt_tokens": 9, "completion_tokens": 5},
                    }
                },
            ],
            (9, 5),
            "stop",
        ),
    ],
    ids=["gemini", "converse", "cohere", "invoke-model", "langchain", "mistral"],
)
def test_streams_add_up_and_know_their_end(chunks: list[Any], tokens: tuple[int, int], reason: str | None) -> None:
    answer = StreamedAnswer()
    for chunk in chunks[:-1]:
        answer.see(chunk)
    answer.see(chunks[-1])
    found = answer.attributes()
    assert (found[IN], found[OUT]) == tokens
    assert answer.finished
    assert found.get("gen_ai.response.finish_reasons") == ([reason] if reason else None)


@pytest.mark.parametrize("answer", [None, "text", 3, [], {}, object(), {"usage": None}, {"usage": "much"}])
def test_what_is_no_answer_gives_nothing(answer: Any) -> None:
    assert read_answer(answer) == {}


class EventStream:
    """As botocore's: to iterate over and to close, but no iterator itself."""

    def __iter__(self) -> Iterator[Any]:
        yield {"messageStop": {"stopReason": "end_turn"}}
        yield {"metadata": {"usage": {"inputTokens": 9, "outputTokens": 5}}}


def test_the_stream_inside_bedrocks_answer_is_watched(exported: Callable[[], list[Any]]) -> None:
    @spanledger.llm_call
    def ask(model: str) -> dict[str, Any]:
        return {"stream": EventStream(), "ResponseMetadata": {"RequestId": "req-3"}}

    assert len(list(ask("amazon.nova-lite-v1:0")["stream"])) == 2
    (span,) = exported()
    found = attributes_of(span)
    assert (found[IN], found[OUT], found["spanledger.outcome"]) == (9, 5, "complete")
