"""What an answer is charged for beside tokens, or in place of them, in the shapes of the providers' references."""

from typing import Any

import pytest

from spanledger.answers.reading import read_answer

IN, OUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
READ, WRITE = "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_write.input_tokens"
OTHER, MODEL = "spanledger.usage.other_units", "gen_ai.response.model"
UNIT, QUANTITY = "spanledger.vendor.unit", "spanledger.vendor.quantity"


def _chat(usage: dict[str, Any]) -> dict[str, Any]:
    return {"object": "chat.completion", "model": "m", "choices": [], "usage": usage}


def _gemini(**candidate: Any) -> dict[str, Any]:
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
    return {"candidates": [{"finishReason": "STOP", **candidate}], "usageMetadata": usage}


def _run(**by_model: dict[str, int]) -> dict[str, Any]:
    """The result of an agent's run, of whose calls those of `claude-sonnet-4-5` are its usage."""
    usage = {"input_tokens": 10, "cache_read_input_tokens": 100, "output_tokens": 50}
    return {"type": "result", "total_cost_usd": 0.5, "usage": usage, "modelUsage": by_model}


_SONNET = {"inputTokens": 10, "cacheReadInputTokens": 100, "outputTokens": 50}
_HAIKU = {"inputTokens": 500, "outputTokens": 20}


@pytest.mark.parametrize(
    ("answer", "unit", "quantity"),
    [
        ({"created": 1, "data": [{"url": "u"}, {"b64_json": "SECRET"}]}, "image", 2),
        ({"generatedImages": [{"image": {}}, {"raiFilteredReason": "no"}]}, "image", 1),
        ({"task": "transcribe", "text": "SECRET", "duration": 8.47, "segments": []}, "audio_second", 8.47),
        ({"text": "SECRET", "usage": {"type": "duration", "seconds": 9}}, "audio_second", 9),
        ({"object": "video", "id": "v", "model": "sora-2", "status": "completed", "seconds": "8"}, "video_second", 8),
        ({"id": "r", "results": [{}], "meta": {"billed_units": {"search_units": 1}}}, "search", 1),
    ],
)  # fmt: skip
def test_what_is_charged_by_another_unit_is_booked_by_it(answer: Any, unit: str, quantity: float) -> None:
    found = read_answer(answer)
    assert (found[UNIT], found[QUANTITY]) == (unit, quantity)
    assert found["gen_ai.operation.name"] == "vendor_usage"
    assert "SECRET" not in str(found)


@pytest.mark.parametrize(
    "answer",
    [
        {"created": 1, "data": [{"embedding": [0.1]}]},
        {"object": "video", "status": "failed", "seconds": "8"},
        {"task": "transcribe", "text": "t"},
        {"text": "t", "duration": 3.0},
        {"generatedImages": []},
    ],
)
def test_nothing_is_charged_that_the_answer_does_not_tell(answer: Any) -> None:
    assert UNIT not in read_answer(answer)


@pytest.mark.parametrize(
    ("answer", "units"),
    [
        (_chat({"prompt_tokens": 9, "completion_tokens": 1, "prompt_audio_seconds": 12}), ["12 audio second"]),
        (
            _chat({"prompt_tokens": 9, "completion_tokens": 1, "num_sources_used": 3, "num_server_side_tools_used": 2}),
            ["3 search source", "2 server-side tool"],
        ),
        (
            _gemini(groundingMetadata={"groundingChunks": [{"web": {}}, {"maps": {"uri": "u"}}]}),
            ["1 Google Maps grounding"],
        ),
        ({"id": "e", "embeddings": {}, "meta": {"billed_units": {"images": 2}}}, ["2 image"]),
        (_run(**{"claude-sonnet-4-5": _SONNET, "claude-haiku-4-5": _HAIKU}), None),
        (
            _chat({"prompt_tokens": 9, "completion_tokens": 1}) | {"model": "gpt-4o-search-preview-2025-03-11"},
            ["1 search of the model's own"],
        ),
        (_chat({"prompt_tokens": 9, "completion_tokens": 1}) | {"model": "gpt-4o"}, None),
        (_gemini(groundingMetadata={"groundingChunks": [{"web": {}}]}), None),
        (_run(**{"claude-sonnet-4-5": _SONNET}), None),
    ],
)
def test_a_charge_without_a_class_of_its_own_is_told(answer: Any, units: list[str] | None) -> None:
    assert read_answer(answer).get(OTHER) == units


def test_a_runs_usage_is_of_the_model_whose_counts_it_has() -> None:
    found = read_answer(_run(**{"claude-haiku-4-5": _HAIKU, "claude-sonnet-4-5": _SONNET}))
    assert (found[MODEL], found[IN], found[OUT]) == ("claude-sonnet-4-5", 110, 50)
    # Where it is of none, what is told by model counts.
    apart = read_answer(_run(**{"claude-haiku-4-5": _HAIKU, "claude-opus-4-5": _HAIKU}))
    assert (apart[MODEL], apart[IN], apart[OUT]) == ("claude-haiku-4-5", 500, 20)


def test_a_run_whose_usage_is_of_its_last_turn_is_told_by_its_model() -> None:
    found = read_answer(_run(**{"claude-sonnet-4-5": {"inputTokens": 70, "outputTokens": 900}}))
    assert (found[MODEL], found[IN], found[OUT], found[READ]) == ("claude-sonnet-4-5", 170, 900, 100)


def test_pixels_are_not_charged_as_tokens_too() -> None:
    usage = {"text_tokens": 5, "image_pixels": 2_000_000, "total_tokens": 3576}
    found = read_answer({"object": "list", "model": "voyage-multimodal-3", "data": [], "usage": usage})
    assert (found[IN], found[OTHER]) == (5, ["2000000 image_pixel"])


def test_tokens_that_qwen_writes_to_its_cache_are_told() -> None:
    details = {"cached_tokens": 10, "cache_creation_input_tokens": 20, "cache_type": "ephemeral"}
    found = read_answer(_chat({"prompt_tokens": 100, "completion_tokens": 5, "prompt_tokens_details": details}))
    assert (found[IN], found[READ], found[WRITE]) == (100, 10, 20)


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"inputTextTokenCount": 10, "results": [{"tokenCount": 5}, {"tokenCount": 2}]}, (10, 7)),
        ({"inputTextTokenCount": 10, "embedding": [0.1]}, (10, None)),
        ({"prompt_token_count": 10, "generation_token_count": 5, "generation": "SECRET"}, (10, 5)),
    ],
)
def test_a_body_of_bedrock_that_the_app_has_parsed_is_read(body: Any, tokens: tuple[int, int | None]) -> None:
    found = read_answer(body)
    assert found["gen_ai.provider.name"] == "aws.bedrock"
    assert (found[IN], found.get(OUT)) == tokens
    assert "spanledger.usage.note" not in found


def test_the_embeddings_of_vertex_are_counted_each() -> None:
    one = {"values": [0.1], "statistics": {"tokenCount": 5, "truncated": False}}
    assert read_answer({"embeddings": [one, one], "metadata": {"billableCharacterCount": 40}})[IN] == 10


def test_a_response_of_a_realtime_session_is_read_by_itself() -> None:
    usage = {"total_tokens": 253, "input_tokens": 132, "output_tokens": 121}
    event = {"type": "response.done", "response": {"object": "realtime.response", "id": "resp_1", "usage": usage}}
    assert (read_answer(event)[IN], read_answer(event)[OUT]) == (132, 121)


def test_langchain_puts_the_tier_before_the_name() -> None:
    usage = {
        "input_tokens": 60,
        "output_tokens": 9,
        "input_token_details": {"priority": 50, "priority_cache_read": 10},
        "output_token_details": {"priority": 5, "priority_reasoning": 4},
    }
    found = read_answer({"usage_metadata": usage, "response_metadata": {"service_tier": "priority"}})
    assert (found[READ], found["gen_ai.usage.reasoning.output_tokens"]) == (10, 4)
