"""Answers in OpenAI's language: of OpenAI, and of whoever speaks it, with what each adds to it.

Chat Completions, Responses, Realtime, Embeddings, Images, Videos and Transcriptions, whole and in chunks. Source:
OpenAI's API reference; those of Groq (`x_groq`), Moonshot (`choices[].usage`), DeepSeek (`prompt_cache_hit_tokens`),
Perplexity (`citation_tokens`, `num_search_queries`), OpenRouter (`cost`), LiteLLM and Qwen
(`cache_creation_input_tokens`), Mistral (`prompt_audio_seconds`), xAI (`num_server_side_tools_used`), Voyage and Jina
(`total_tokens` alone, `image_pixels`).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

from opentelemetry.util.types import AttributeValue

from spanledger import attributes
from spanledger.answers.convention import OPENAI, Convention, convention_of
from spanledger.answers.fields import (
    Attributes,
    count_in,
    count_of,
    fields_of,
    first_in,
    getter,
    items_in,
    put_cost,
    put_id,
    put_text,
    put_texts,
    put_units,
    put_unpriced,
    tell,
    tell_all,
    value_in,
)
from spanledger.answers.providers.openai_counts import (
    CHAT_USAGE,
    INPUT_DETAILS,
    PROMPT_DETAILS_NAMES,
    RESPONSE_USAGE,
    SEARCHES,
)
from spanledger.answers.usage import Reading, Told

Asked: TypeAlias = Mapping[str, AttributeValue]
"""What was known of the call before its answer: who was asked, and for which model."""
Getter: TypeAlias = Callable[[str], Any]
"""Gives the value of an answer's field by its name."""


def read_openai(answer: object, asked: Asked, fields: object = None) -> Reading | None:
    """What a whole answer in one of these shapes says, its fields maybe known; `None` where it is of none."""
    get = fields.get if type(fields) is dict else getter(answer)
    shape = get("object")
    if isinstance(shape, str) and shape in _READERS:
        return _READERS[shape](answer, get, asked)
    if shape is None and get("type") == "response.done":
        return _read_realtime(get("response"))
    usage = fields_of(get("usage"))
    if usage is None:
        return _read_without_tokens(answer, get, asked)
    if shape == "interaction":  # Gemini's
        return None
    if get("created") is None and type(usage) is dict and _OF_THIS_LANGUAGE.isdisjoint(usage):
        return None
    is_text = isinstance(get("text"), str)
    if is_text and value_in(usage, "prompt_audio_seconds") is not None:
        return _read_seconds(answer, asked, "prompt_audio_seconds")
    if value_in(usage, "prompt_tokens") is not None:
        read = _read_list if any(get(name) is not None for name in _RANKED) else _read_chat_completion
        return read(answer, get, asked)
    if get("created") is not None and isinstance(get("data"), list):
        return _read_images(answer)
    if is_text and value_in(usage, "type") in _TRANSCRIBED:
        return _read_transcription(answer)
    if count_in(usage, "total_tokens") is not None and count_in(usage, "input_tokens", "output_tokens") is None:
        return _read_list(answer, get, asked)
    details = first_in(usage, *PROMPT_DETAILS_NAMES, "output_tokens_details")
    if details is not None and count_in(usage, "total_tokens") is not None:  # as frameworks hand it on
        return _read_response(answer, get, asked)
    return None


def read_openai_chunk(chunk: object, asked: Asked) -> Reading | None:
    """What a chunk or an event of a stream says; `None` where it is none of these."""
    get = getter(chunk)
    inside = get("data")  # as Mistral's SDK wraps them
    if inside is not None and value_in(inside, "object") == _CHUNK:
        return _read_chat_chunk(inside, asked)
    if get("object") in _CHUNKS:
        return _read_chat_chunk(chunk, asked)
    kind = get("type")
    if not isinstance(kind, str):
        return None
    if kind == "chunk":  # as the stream helpers of OpenAI's SDK wrap them
        return _read_chat_chunk(value_in(chunk, "chunk"), asked)
    if kind in _LAST_RESPONSE_EVENTS:
        response = value_in(chunk, "response")
        return replace(_read_response(response, getter(response), asked), last=True)
    if kind == "response.done":  # of a realtime session, which has many
        return _read_realtime(value_in(chunk, "response"))
    if kind in {"image_generation.completed", "image_edit.completed"}:
        return replace(_read_images(chunk), last=True)
    if kind in {"transcript.text.done", "conversation.item.input_audio_transcription.completed"}:
        return replace(_read_transcription(chunk), last=True, adds=kind != "transcript.text.done")
    if kind == "transcription.done":  # Mistral's
        return replace(_read_seconds(chunk, asked, "prompt_audio_seconds"), last=True)
    return None


def _read_chat_completion(answer: object, get: Getter, asked: Asked) -> Reading:
    found = _identity(answer, get)
    choices = get("choices")
    if type(choices) is list:
        reasons = []
        for choice in choices:
            reason = choice.get("finish_reason") if type(choice) is dict else getter(choice)("finish_reason")
            if reason and isinstance(reason, str):
                reasons.append(reason)
        if reasons:
            found[attributes.RESPONSE_FINISH_REASONS] = reasons
    if type(answer) is not dict and _speaker(type(answer).__module__) == "litellm":
        put_cost(found, value_in(value_in(answer, "_hidden_params"), "response_cost"))
    told: Told = {}
    _tell_chat_usage(told, get("usage"), found)
    return Reading(found, told, _convention(found, asked))


def _read_chat_chunk(chunk: object, asked: Asked) -> Reading:
    get = getter(chunk)
    found = _identity(chunk, get)
    reasons, usages = [], [get("usage"), value_in(get("x_groq"), "usage")]
    for choice in get("choices") or ():
        of_choice = getter(choice)
        reasons.append(of_choice("finish_reason"))
        usages.append(of_choice("usage"))
    last = any(reasons)
    if last:
        put_texts(found, attributes.RESPONSE_FINISH_REASONS, reasons)
    told: Told = {}
    for usage in usages:
        if usage is not None and not told.get("output"):
            _tell_chat_usage(told, usage, found)
    return Reading(found, told, _convention(found, asked) if told else OPENAI, last)


def _read_response(answer: object, get: Getter, asked: Asked) -> Reading:
    found = _identity(answer, get)
    reason = value_in(get("incomplete_details"), "reason") or get("status")
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [reason])
    told: Told = {}
    _tell_response_usage(told, get("usage"), found)
    tools = _tools_used(answer)
    # An item may hold several searches: the number of those that are billed is told where there is one.
    counted = count_in(value_in(get("tool_usage"), "web_search"), "num_requests")
    searches = counted or tools.pop("web_search_call", 0)
    tools.pop("web_search_call", None)
    if searches and "web_searches" not in told:
        told["web_searches"] = searches
    put_unpriced(found, tools)
    return Reading(found, told, _convention(found, asked))


def _read_realtime(answer: object) -> Reading:
    found = _identity(answer, getter(answer))
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [value_in(answer, "status")])
    told: Told = {}
    _tell_response_usage(told, value_in(answer, "usage"), found)
    return Reading(found, told, OPENAI, last=True, adds=True)


def _read_list(answer: object, get: Getter, asked: Asked) -> Reading:
    """Embeddings, and what rerankers in this shape give: they make no output. Images of others come in a list, too."""
    usage = fields_of(get("usage"))
    if usage is None and (images := _images_in(answer)):
        found = _identity(answer, get)
        put_units(found, "image", len(images))
        return Reading(found, {}, OPENAI)
    return _read_counted(answer, get, usage, asked)


def _read_counted(answer: object, get: Getter, usage: object, asked: Asked) -> Reading:
    found = _identity(answer, get)
    told: Told = {}
    tell(told, "input", usage, "prompt_tokens", "total_tokens", "input_tokens")
    if type(usage) is not dict or not usage.keys() <= _COUNTED:
        pixels = {unit: count_in(usage, f"{unit}s") or 0 for unit in ("image_pixel", "video_pixel")}
        if any(pixels.values()):  # which are charged for themselves, though the total has tokens for them
            told.clear()
            tell(told, "input", usage, "text_tokens")
            put_unpriced(found, pixels)
        tell_all(told, value_in(usage, "prompt_tokens_details"), INPUT_DETAILS)
        _put_cost_and_sources(found, usage)
    return Reading(found, told, _convention(found, asked), generates=False)


def _read_images(answer: object) -> Reading:
    found: Attributes = {attributes.PROVIDER_NAME: "openai"}
    put_text(found, attributes.RESPONSE_MODEL, value_in(answer, "model"))
    told: Told = {}
    _tell_response_usage(told, value_in(answer, "usage"), found)
    return Reading(found, told, OPENAI)


def _read_without_tokens(answer: object, get: Getter, asked: Asked) -> Reading | None:
    """Images, transcriptions and pages of models that charge by the piece or the second: their answers tell no usage.

    Voyage's SDK tells the tokens beside the embeddings.
    """
    pages = count_in(get("usage_info"), "pages_processed")
    if pages is not None:
        return _read_pages(answer, pages)
    if count_of(get("total_tokens")) is not None:
        embeddings = get("embeddings")
        if isinstance(get("results") if embeddings is None else embeddings, list):
            return _read_counted(answer, get, fields_of(answer), asked)
    found: Attributes = {attributes.PROVIDER_NAME: "openai"}
    if get("created") is not None and (images := _images_in(answer)):
        put_units(found, "image", len(images))
    elif get("task") in _SPOKEN and isinstance(get("text"), str):
        put_units(found, "audio_second", get("duration"))
    return Reading(found, {}, OPENAI) if attributes.VENDOR_UNIT in found else None


def _read_pages(answer: object, pages: int) -> Reading:
    """What Mistral's OCR has read: pages with annotations cost more."""
    found: Attributes = {attributes.PROVIDER_NAME: "mistral_ai"}
    put_text(found, attributes.RESPONSE_MODEL, value_in(answer, "model"))
    put_units(found, "annotated_page" if value_in(answer, "document_annotation") else "page", pages)
    return Reading(found, {}, OPENAI)


def _read_seconds(answer: object, asked: Asked, name: str) -> Reading:
    """A transcription that is charged by its length: the tokens it tells as well are not charged for."""
    found = _identity(answer, getter(answer))
    put_units(found, "audio_second", value_in(value_in(answer, "usage"), name))
    return Reading(found, {}, _convention(found, asked))


def _images_in(answer: object) -> list[Any]:
    """The images of an answer that has nothing else."""
    items = items_in(answer, "data")
    return items if all(map(_is_image, items)) else []


def _is_image(item: object) -> bool:
    return value_in(item, "url") is not None or value_in(item, "b64_json") is not None


def _read_video(answer: object, get: Getter, asked: Asked) -> Reading:
    del asked
    found = _identity(answer, get)
    seconds = get("seconds")
    if get("status") != "failed" and str(seconds).isdecimal():
        put_units(found, "video_second", int(seconds))
    return Reading(found, {}, OPENAI)


def _read_transcription(answer: object) -> Reading:
    found: Attributes = {attributes.PROVIDER_NAME: "openai"}
    told: Told = {}
    usage = value_in(answer, "usage")
    put_units(found, "audio_second", value_in(usage, "seconds"))
    if attributes.VENDOR_UNIT not in found:
        _tell_response_usage(told, usage, found)
    return Reading(found, told, OPENAI)


def _tell_chat_usage(told: Told, usage: object, found: Attributes) -> None:
    if tell_all(told, usage, CHAT_USAGE):
        fields = fields_of(usage)
        tell_all(told, value_in(fields, "server_side_tool_usage_details"), SEARCHES)
        _put_cost_and_sources(found, fields)


def _tell_response_usage(told: Told, usage: object, found: Attributes) -> None:
    if tell_all(told, usage, RESPONSE_USAGE):
        fields = fields_of(usage)
        tell_all(told, value_in(fields, "server_side_tool_usage_details"), SEARCHES)
        _put_cost_and_sources(found, fields)


def _put_cost_and_sources(found: Attributes, usage: object) -> None:
    put_unpriced(found, {unit: count_in(usage, name) or 0 for name, unit in _OTHER_UNITS.items()})
    tools = value_in(usage, "server_side_tool_usage_details")
    if tools is not None:  # xAI's
        put_unpriced(found, {unit: count_in(tools, name) or 0 for name, unit in _TOOLS_OF_XAI.items()})
    else:
        put_unpriced(found, {"server-side tool": count_in(usage, "num_server_side_tools_used") or 0})
    cost = value_in(usage, "cost")
    if cost is not None:
        put_cost(found, cost if isinstance(cost, int | float) else value_in(cost, "total_cost"))
    ticks = count_in(usage, "cost_in_usd_ticks")
    if ticks is not None:
        put_cost(found, ticks / _TICKS)


def _tools_used(answer: object) -> dict[str, int]:
    """How often each tool of the provider's was used that it charges for; its arguments and results are not read."""
    used: dict[str, int] = {}
    for item in items_in(answer, "output"):
        kind = value_in(item, "type")
        if kind not in _CHARGED_TOOLS or value_in(item, "status") == "failed":
            continue
        action = value_in(value_in(item, "action"), "type")
        if kind == "web_search_call" and action not in {None, "search"}:
            continue  # to open a page that was found costs nothing more
        used[kind] = used.get(kind, 0) + 1
    return used


def _identity(answer: object, get: Getter) -> Attributes:
    provider = "openai" if type(answer) is dict else _provider_of(answer)
    found: Attributes = {attributes.PROVIDER_NAME: provider}
    put_id(found, get("id"))
    model = get("model")
    if isinstance(model, str) and model:
        found[attributes.RESPONSE_MODEL] = model
        if _SEARCHES_ALWAYS in model and get("usage"):
            put_unpriced(found, {"search of the model's own": 1})  # each request is charged for one, beside its tokens
    put_text(found, attributes.SERVICE_TIER, get("service_tier"))
    return found


def _convention(found: Attributes, asked: Asked) -> Convention:
    provider = asked.get(attributes.PROVIDER_NAME) or found[attributes.PROVIDER_NAME]
    model = found.get(attributes.RESPONSE_MODEL) or asked.get(attributes.REQUEST_MODEL) or ""
    return convention_of(cast("str", provider), cast("str", model))


def _provider_of(answer: object) -> str:
    """Who answered in OpenAI's shape, as far as the answer's class tells."""
    speaker = _speaker(type(answer).__module__)
    if speaker == "litellm":
        called = value_in(value_in(answer, "_hidden_params"), "custom_llm_provider")
        return called if isinstance(called, str) and called else "openai"
    return speaker


@lru_cache(maxsize=256)
def _speaker(module: str) -> str:
    """Whose SDK a class is of, by its module; "openai" of those that tell nothing."""
    return _SPEAKERS.get(module.partition(".")[0], "openai")


_OTHER_UNITS: Final = {
    "num_sources_used": "search source",
    "prompt_audio_seconds": "audio second",
}
_TOOLS_OF_XAI: Final = {
    "x_search_calls": "x search",
    "code_interpreter_calls": "code execution",
    "file_search_calls": "file_search_call",
    "document_search_calls": "document search",
}
_OF_THIS_LANGUAGE: Final = frozenset({"prompt_tokens", "total_tokens", "type", "prompt_audio_seconds"})
_COUNTED: Final = frozenset({"prompt_tokens", "total_tokens", "input_tokens"})
_RANKED: Final = ("rankings", "results")
_SPOKEN: Final = frozenset({"transcribe", "translate"})
_SPEAKERS: Final = {"mistralai": "mistral_ai", "groq": "groq", "litellm": "litellm"}
_TICKS: Final = 10_000_000_000  # to the dollar, as xAI tells
_SEARCHES_ALWAYS: Final = "-search-preview"
_CHUNK: Final = "chat.completion.chunk"
_CHUNKS: Final = frozenset({_CHUNK, "text_completion.chunk", "text_completion"})
_READERS: Final[dict[str, Callable[[object, Getter, Asked], Reading]]] = {
    "chat.completion": _read_chat_completion,
    "text_completion": _read_chat_completion,
    "response": _read_response,
    "list": _read_list,
    "video": _read_video,
}
_LAST_RESPONSE_EVENTS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
_TRANSCRIBED: Final = frozenset({"tokens", "duration"})
_CHARGED_TOOLS: Final = frozenset({
    "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call",
})  # fmt: skip
