"""Which tokens are inside which: every provider's convention, totals that decide, and streams in every shape."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from spanledger.answers.convention import CONVENTIONS, convention_of
from spanledger.answers.reading import StreamedAnswer, read_answer
from spanledger.answers.usage import put_usage

IN, OUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
READ, WRITE = "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_write.input_tokens"
WRITE_1H = "spanledger.usage.cache_write_1h.input_tokens"
REASONING = "gen_ai.usage.reasoning.output_tokens"
SEARCHES, NOTE = "spanledger.usage.web_searches", "spanledger.usage.note"
UNITS, COST = "spanledger.usage.other_units", "spanledger.usage.reported_cost"


def _chat(**usage: Any) -> dict[str, Any]:
    return {"object": "chat.completion", "model": "m", "choices": [{"finish_reason": "stop"}], "usage": usage}


def _read(answer: Any, provider: str = "", model: str = "") -> dict[str, Any]:
    return dict(read_answer(answer, {"gen_ai.provider.name": provider, "gen_ai.request.model": model}))


def _streamed(chunks: list[Any], provider: str = "") -> dict[str, Any]:
    answer = StreamedAnswer({"gen_ai.provider.name": provider})
    for chunk in chunks:
        answer.see(chunk)
    return dict(answer.attributes())


@pytest.mark.parametrize(
    ("provider", "usage", "tokens", "note"),
    [
        # xAI tells reasoning beside; its total says so, and where it says otherwise it holds.
        ("x_ai", {"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135,
                  "completion_tokens_details": {"reasoning_tokens": 94}}, (32, 103), None),
        ("x_ai", {"prompt_tokens": 32, "completion_tokens": 103, "total_tokens": 135,
                  "completion_tokens_details": {"reasoning_tokens": 94}}, (32, 103),
         "total_tokens tells reasoning inside"),
        ("x_ai", {"prompt_tokens": 32, "completion_tokens": 9,
                  "completion_tokens_details": {"reasoning_tokens": 4}}, (32, 13), None),
        # OpenAI tells it inside, even where it is more than all of the output, if the total says so.
        ("openai", {"prompt_tokens": 1640, "completion_tokens": 102, "total_tokens": 1742,
                    "completion_tokens_details": {"reasoning_tokens": 109}}, (1640, 102), None),
        ("openai", {"prompt_tokens": 10, "completion_tokens": 5,
                    "completion_tokens_details": {"reasoning_tokens": 9}}, (10, 14),
         "reasoning more than all: counted beside"),
        # A gateway that leaves the cached tokens out of the prompt: its total tells, or that they are more.
        ("litellm", {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 185,
                     "prompt_tokens_details": {"cached_tokens": 80}}, (180, 5), "total_tokens tells cache_read beside"),
        ("litellm", {"prompt_tokens": 10, "completion_tokens": 5, "cache_read_input_tokens": 70,
                     "cache_creation_input_tokens": 20}, (100, 5),
         "cache_read and cache_write more than all: counted beside"),
        # Gemini's thoughts, in OpenAI's language, are in the total alone.
        ("gcp.gemini", {"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 623}, (20, 603),
         "total_tokens tells of reasoning"),
        # Gemini's total is the sum of prompt, answers, thoughts and results of tools: told thoughts leave these.
        ("gcp.gemini", {"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 623,
                        "completion_tokens_details": {"reasoning_tokens": 50}}, (375, 248),
         "total_tokens tells of results of tools"),
        ("somebody", {"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 623}, (20, 198),
         "total_tokens is not the sum"),
        # Half of the usage, with a total.
        ("somebody", {"prompt_tokens": 20, "total_tokens": 50}, (20, 30), "output told by total_tokens"),
        ("somebody", {"prompt_tokens": 20}, (20, None), "output not told"),
        # DeepSeek, Moonshot.
        ("deepseek", {"prompt_tokens": 20, "completion_tokens": 3, "total_tokens": 23, "prompt_cache_hit_tokens": 15,
                      "prompt_cache_miss_tokens": 5}, (20, 3), None),
        ("moonshotai", {"prompt_tokens": 20, "completion_tokens": 3, "total_tokens": 23, "cached_tokens": 15}, (20, 3),
         None),
    ],
)  # fmt: skip
def test_what_is_inside_and_what_beside_in_openais_language(
    provider: str, usage: dict[str, Any], tokens: tuple[int, int | None], note: str | None
) -> None:
    for answer in (_chat(**usage), _as_sdk_object(_chat(**usage))):
        found = _read(answer, provider)
        assert (found[IN], found.get(OUT)) == tokens
        assert found.get(NOTE) == note


def _as_sdk_object(answer: dict[str, Any]) -> Any:
    usage = {"completion_tokens": None, "total_tokens": None, **answer["usage"]}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "SECRET"}}
    return ChatCompletion.construct(**json.loads(json.dumps({**answer, "choices": [choice], "usage": usage})))


def test_cached_tokens_by_other_names_are_cached_tokens() -> None:
    assert _read(_chat(prompt_tokens=9, completion_tokens=1, prompt_cache_hit_tokens=5))[READ] == 5
    assert _read(_chat(prompt_tokens=9, completion_tokens=1, cached_tokens=5))[READ] == 5
    details = {"cached_tokens": 2, "cache_creation_tokens": 3, "cache_creation_token_details": {
        "ephemeral_1h_input_tokens": 1}}  # fmt: skip
    found = _read(_chat(prompt_tokens=9, completion_tokens=1, prompt_tokens_details=details))
    assert (found[READ], found[WRITE], found[WRITE_1H]) == (2, 3, 1)


def test_the_model_tells_the_convention_where_nobody_says_who_answers() -> None:
    assert convention_of("", "gemini-2.5-pro").total == "reasoning"
    assert convention_of("openai", "grok-4").beside_output == ("reasoning",)
    assert convention_of("openrouter", "gemini-2.5-pro").name == "openai"


_COUNT = st.integers(min_value=0, max_value=10**6)


@given(
    convention=st.sampled_from([c for c in CONVENTIONS if c.total != "not beside"]),
    counts=st.fixed_dictionaries(
        dict.fromkeys(("cache_read", "cache_write", "reasoning", "tool_prompt", "text_out"), _COUNT)
        | {"text_in": st.integers(min_value=1, max_value=10**6)}  # an answer to nothing is told to be half
    ),
)
def test_every_convention_gives_the_same_meaning_whether_or_not_a_total_is_told(
    convention: Any, counts: dict[str, int]
) -> None:
    inside_in = sum(
        counts[name] for name in ("cache_read", "cache_write", "tool_prompt") if name not in convention.beside_input
    )
    inside_out = 0 if "reasoning" in convention.beside_output else counts["reasoning"]
    told = {
        "input": counts["text_in"] + inside_in,
        "output": counts["text_out"] + inside_out,
        **{name: counts[name] for name in ("cache_read", "cache_write", "reasoning", "tool_prompt")},
    }
    whole = counts["text_in"] + counts["cache_read"] + counts["cache_write"] + counts["tool_prompt"]
    output = counts["text_out"] + counts["reasoning"]
    for more in ({}, {"total": whole + output}):
        found: dict[str, Any] = {}
        put_usage(found, told | more, convention)
        assert (found[IN], found[OUT]) == (whole, output)
        assert NOTE not in found


# Zero, null and empty hide nothing.


def test_a_zero_or_a_null_hides_no_count_of_another_name() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "cached_tokens": 0, "prompt_cache_hit_tokens": 5}
    assert _read(_chat(**usage))[READ] == 5
    gemini = {"usageMetadata": {"promptTokenCount": 9, "prompt_token_count": 0, "candidatesTokenCount": 2}}
    assert _read(gemini)[IN] == 9


@pytest.mark.parametrize("placeholder", ["", "null", "None", "undefined", "0"])
def test_an_id_that_stands_for_none_is_none(placeholder: str) -> None:
    assert "gen_ai.response.id" not in _read(_chat(prompt_tokens=1, completion_tokens=1) | {"id": placeholder})


@pytest.mark.parametrize("count", [1000.0, 1000])
def test_a_whole_number_is_a_count(count: Any) -> None:
    assert _read(_chat(prompt_tokens=count, completion_tokens=1))[IN] == 1000


@pytest.mark.parametrize("count", [float("nan"), float("inf"), 2**63, -1, 1.5, "12", True])
def test_what_no_span_can_hold_is_no_count(count: Any) -> None:
    assert IN not in _read(_chat(prompt_tokens=count, completion_tokens=1))


@pytest.mark.parametrize(
    "usage",
    [
        {"input_tokens": 4, "output_tokens": 1, "cache_read_input_tokens": 90},
        {"input_tokens": 4, "output_tokens": 1, "thinking_tokens": 7},
        {"input_tokens": 4, "output_tokens": 1, "output_tokens_details": {"reasoning_tokens": 2}},
    ],
)
def test_a_dict_of_an_unknown_shape_is_refused(usage: dict[str, Any]) -> None:
    assert _read({"usage": usage}) == {}


def test_the_result_of_an_agents_run_counts_cached_tokens_beside_the_input() -> None:
    result = {
        "type": "result", "total_cost_usd": 0.31, "modelUsage": {"claude-opus-4-8": {}},
        "usage": {"input_tokens": 4, "cache_creation_input_tokens": 60, "cache_read_input_tokens": 30,
                  "output_tokens": 9},
    }  # fmt: skip
    for answer in (result, SimpleNamespace(**result)):
        found = _read(answer)
        assert (found[IN], found[READ], found[WRITE], found[OUT], found[COST]) == (94, 30, 60, 9, 0.31)
        assert found["gen_ai.response.model"] == "claude-opus-4-8"


# Streams.

FIRST = {"object": "chat.completion.chunk", "id": "c", "model": "m", "choices": [{"delta": {}, "finish_reason": None}]}
LAST = FIRST | {"choices": [{"delta": {}, "finish_reason": "stop"}]}
TOLD = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
ZERO = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize(
    "chunks",
    [
        [FIRST, LAST | {"usage": TOLD}],
        [FIRST | {"usage": TOLD}, LAST],
        [FIRST, LAST, FIRST | {"choices": [], "usage": TOLD}],
        [FIRST, LAST | {"usage": TOLD}, FIRST | {"choices": [], "usage": TOLD}],
        [FIRST | {"usage": TOLD | {"completion_tokens": 40, "total_tokens": 1040}}, LAST | {"usage": TOLD}],
        [FIRST, LAST | {"usage": TOLD}, FIRST | {"choices": [], "usage": ZERO}],
        [FIRST, LAST | {"usage": TOLD}, FIRST | {"choices": [], "usage": None}],
        [FIRST, LAST | {"usage": None, "x_groq": {"usage": TOLD}}],
        [FIRST, LAST | {"choices": [{"finish_reason": "stop", "usage": TOLD}]}],
        [FIRST | {"usage": {"prompt_tokens": 1000}}, LAST | {"usage": {"completion_tokens": 100}}],
        [FIRST | {"usage": TOLD | {"completion_tokens": part, "total_tokens": 1000 + part}} for part in (60, 25, 15)],
        [{"type": "chunk", "chunk": FIRST}, {"type": "chunk", "chunk": LAST | {"usage": TOLD}}],
    ],
    ids=["last", "first", "after the finish", "repeated", "cumulative", "zeros after it", "null after it", "x_groq",
         "in the choice", "in halves", "in steps", "of the helper"],
)  # fmt: skip
def test_usage_is_found_wherever_a_stream_tells_it(chunks: list[Any]) -> None:
    found = _streamed(chunks)
    assert (found[IN], found[OUT]) == (1000, 100)
    assert NOTE not in found
    if "type" not in chunks[0]:
        assert _streamed([ChatCompletionChunk.construct(**chunk) for chunk in chunks])[OUT] == 100


def test_an_anthropic_stream_counts_what_its_last_delta_tells_and_no_zero_hides_it() -> None:
    start = {"type": "message_start", "message": {"type": "message", "model": "claude", "usage": {
        "input_tokens": 1200, "cache_read_input_tokens": 50, "output_tokens": 1}}}  # fmt: skip
    delta = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {
        "input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 350, "speed": "fast",
        "server_tool_use": {"web_search_requests": 3, "code_execution_requests": 1}}}  # fmt: skip
    found = _streamed([start, delta, {"type": "message_stop"}])
    assert (found[IN], found[OUT], found[SEARCHES], found["spanledger.speed"]) == (1250, 350, 3, "fast")
    assert found[UNITS] == ["1 code execution"]


def test_the_responses_of_a_realtime_session_add_up() -> None:
    def done(inputs: int) -> dict[str, Any]:
        usage = {
            "total_tokens": inputs + 20, "input_tokens": inputs, "output_tokens": 20,
            "input_token_details": {"text_tokens": 10, "audio_tokens": inputs - 10, "cached_tokens": 8,
                                    "cached_tokens_details": {"audio_tokens": 6, "text_tokens": 2}},
            "output_token_details": {"text_tokens": 5, "audio_tokens": 15},
        }  # fmt: skip
        return {
            "type": "response.done",
            "response": {"object": "realtime.response", "status": "completed", "usage": usage},
        }

    found = _streamed([done(100), {"type": "response.audio.delta"}, done(130)])
    assert (found[IN], found[OUT], found[READ]) == (230, 40, 16)
    assert found["spanledger.usage.audio.input_tokens"] == 210
    assert found["spanledger.usage.audio.output_tokens"] == 30
    assert found["spanledger.usage.audio.cache_read.input_tokens"] == 12


def test_ollama_tells_in_its_last_chunk() -> None:
    chunks: list[dict[str, Any]] = [
        {"model": "llama3.2", "message": {}, "done": False},
        {"model": "llama3.2", "done": True, "done_reason": "stop", "prompt_eval_count": 26, "eval_count": 298},
    ]
    found = _streamed(chunks)
    assert (found[IN], found[OUT], found["gen_ai.provider.name"]) == (26, 298, "ollama")
    assert _read(SimpleNamespace(**chunks[1]))[OUT] == 298


# Fees that are not tokens, and modality.


def test_the_tools_that_openai_charges_for_are_counted_and_their_contents_left_alone() -> None:
    class Contents:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"read {name} of the contents")

    search = {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": Contents()}}
    answer = {
        "object": "response", "status": "completed", "model": "gpt-5",
        "output": [search, search, search | {"action": {"type": "open_page"}}, search | {"status": "failed"},
                   {"type": "file_search_call", "results": Contents()}, {"type": "message", "content": Contents()}],
        "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
    }  # fmt: skip
    found = _read(answer)
    assert (found[SEARCHES], found[UNITS]) == (2, ["1 file_search_call"])


@pytest.mark.parametrize(("model", "searches"), [("gemini-3-pro-preview", 2), ("gemini-2.5-flash", 1)])
def test_gemini_charges_grounding_by_query_from_its_third_generation_on(model: str, searches: int) -> None:
    answer = {
        "modelVersion": model, "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2},
        "candidates": [{"groundingMetadata": {"webSearchQueries": ["a", "b", "b", ""]}}],
    }  # fmt: skip
    assert _read(answer)[SEARCHES] == searches


def test_tokens_of_each_modality_are_told_and_noted() -> None:
    details = [{"modality": name, "tokenCount": count} for name, count in (("IMAGE", 7), ("AUDIO", 5), ("VIDEO", 3))]
    usage = {"promptTokenCount": 20, "candidatesTokenCount": 12, "cachedContentTokenCount": 5, "totalTokenCount": 32,
             "promptTokensDetails": details, "candidatesTokensDetails": details[:2],
             "cacheTokensDetails": details[1:2]}  # fmt: skip
    found = _read({"usageMetadata": usage})
    told = {name.removeprefix("spanledger.usage."): count for name, count in found.items() if ".usage." in name}
    assert told["image.input_tokens"] == told["image.output_tokens"] == 7
    assert told["audio.input_tokens"] == told["audio.output_tokens"] == told["audio.cache_read.input_tokens"] == 5
    assert told["video.input_tokens"] == 3
    assert "images in the output" in found[NOTE]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"created": 1, "data": [], "usage": {"total_tokens": 9, "input_tokens": 3, "output_tokens": 6,
                                              "input_tokens_details": {"text_tokens": 1, "image_tokens": 2}}},
         {IN: 3, OUT: 6, "spanledger.usage.image.input_tokens": 2}),
        ({"text": "SECRET", "usage": {"type": "tokens", "input_tokens": 14, "output_tokens": 3, "total_tokens": 17,
                                      "input_token_details": {"audio_tokens": 14, "text_tokens": 0}}},
         {IN: 14, OUT: 3, "spanledger.usage.audio.input_tokens": 14}),
        ({"text": "SECRET", "usage": {"type": "duration", "seconds": 31}},
         {"spanledger.vendor.unit": "audio_second", "spanledger.vendor.quantity": 31.0}),
        ({"object": "list", "data": [], "model": "voyage-3.5", "usage": {"total_tokens": 1000}}, {IN: 1000}),
        ({"model": "jina-reranker", "results": [], "usage": {"total_tokens": 1000}}, {IN: 1000}),
        ({"id": "x", "results": [], "meta": {"billed_units": {"search_units": 2.0}}},
         {"gen_ai.operation.name": "vendor_usage", "spanledger.vendor.unit": "search"}),
        (_chat(prompt_tokens=1, completion_tokens=1, cost=0.0123), {COST: 0.0123}),
        (_chat(prompt_tokens=1, completion_tokens=1, cost={"total_cost": 0.02}), {COST: 0.02}),
        (_chat(prompt_tokens=1, completion_tokens=1, num_sources_used=4), {UNITS: ["4 search source"]}),
    ],
    ids=["images", "transcription", "seconds", "voyage", "jina", "cohere rerank", "openrouter", "perplexity", "xai"],
)  # fmt: skip
def test_what_is_no_chat_is_read_as_it_is_charged(answer: Any, expected: dict[str, Any]) -> None:
    found = _read(answer)
    assert {name: found.get(name) for name in expected} == expected
    assert "SECRET" not in str(found)
