"""Gemini's answers, of the Gemini API and of Vertex AI, in the SDKs' snake case or the wire's camel case; interactions.

Tokens of tool results are counted beside the prompt, thoughts beside the candidates. Source: the API reference of
`GenerateContentResponse`; what grounding costs: https://ai.google.dev/gemini-api/docs/pricing.
"""

import re
from dataclasses import replace
from typing import Final

from spanledger import attributes
from spanledger.answers.convention import GEMINI
from spanledger.answers.fields import (
    Attributes,
    CountNames,
    count_in,
    enum_text,
    fields_of,
    first_in,
    items_in,
    put_id,
    put_text,
    put_units,
    put_unpriced,
    tell,
    tell_all,
    tell_part,
    value_in,
)
from spanledger.answers.usage import Reading, Told


def read_gemini(answer: object) -> Reading | None:
    """What an answer or a chunk of a stream says, its counts being those so far; `None` where it is none."""
    usage = fields_of(first_in(answer, "usage_metadata", "usageMetadata"))
    if count_in(usage, *_PROMPT, *_TOTAL) is None:
        if value_in(answer, "object") == "interaction":
            return _read_interaction(answer)
        return _read_embeddings(answer) or _read_images(answer)
    found: Attributes = {attributes.PROVIDER_NAME: "gcp.gemini"}
    put_id(found, first_in(answer, "response_id", "responseId"))
    model = first_in(answer, "model_version", "modelVersion")
    put_text(found, attributes.RESPONSE_MODEL, model)
    candidates = [fields_of(candidate) for candidate in items_in(answer, "candidates")]
    reasons = [
        enum_text(reason)
        for candidate in candidates
        if (reason := first_in(candidate, "finish_reason", "finishReason")) is not None
    ]
    if reasons:
        found[attributes.RESPONSE_FINISH_REASONS] = reasons
    told: Told = {}
    tell_all(told, usage, _USAGE)
    if told.get("reasoning"):
        told.setdefault("output", 0)
    for key, names in _DETAILS.items():
        _tell_modalities(told, key, first_in(usage, *names))
    grounded = [first_in(candidate, "grounding_metadata", "groundingMetadata") for candidate in candidates]
    if any(grounding is not None for grounding in grounded):
        searches = sum(_searches(grounding, str(model)) for grounding in grounded)
        if searches:
            told["web_searches"] = searches
        put_unpriced(found, {"Google Maps grounding": sum(map(_is_mapped, grounded))})
    tier = first_in(usage, "traffic_type", "trafficType", "service_tier", "serviceTier")
    if tier is not None:
        put_text(found, attributes.SERVICE_TIER, enum_text(tier).lower())
    embeds = first_in(answer, "embedding", "embeddings") is not None
    return Reading(found, told, GEMINI, last=bool(reasons), generates=not embeds)


def read_interaction_event(event: object) -> Reading | None:
    """What the last event of an interaction's stream says; `None` for another one."""
    answer = value_in(event, "interaction")
    if value_in(answer, "usage") is None:
        return None
    reading = _read_interaction(answer)
    return None if reading is None else replace(reading, last=True)


def _read_interaction(answer: object) -> Reading | None:
    """An answer of the Interactions API, which has names of its own for the same counts."""
    usage = value_in(answer, "usage")
    if count_in(usage, "total_input_tokens", "total_tokens") is None:
        return None
    found: Attributes = {attributes.PROVIDER_NAME: "gcp.gemini"}
    put_id(found, value_in(answer, "id"))
    model = value_in(answer, "model")
    put_text(found, attributes.RESPONSE_MODEL, model)
    told: Told = {}
    tell(told, "input", usage, "total_input_tokens")
    tell(told, "output", usage, "total_output_tokens")
    for key, name in _OF_INTERACTION:
        tell_part(told, key, usage, name)
    for key in ("input", "output", "cached"):
        _tell_modalities(told, _CACHED.get(key, key), value_in(usage, f"{key}_tokens_by_modality"), "tokens")
    searches = sum(
        count_in(tool, "count") or 0
        for tool in items_in(usage, "grounding_tool_count")
        if value_in(tool, "type") == "google_search"
    )
    if searches:
        told["web_searches"] = min(searches, 1) if _BEFORE_3.match(str(model)) else searches
    put_text(found, attributes.SERVICE_TIER, value_in(answer, "service_tier"))
    return Reading(found, told, GEMINI)


def _read_embeddings(answer: object) -> Reading | None:
    """Embeddings of Vertex AI, each with its own count; the Gemini API tells none."""
    predicted = [value_in(prediction, "embeddings") for prediction in items_in(answer, "predictions")]
    counts = [
        count
        for embedding in items_in(answer, "embeddings") or predicted
        if (count := count_in(value_in(embedding, "statistics"), "token_count", "tokenCount")) is not None
    ]
    if not counts:
        return None
    return Reading({attributes.PROVIDER_NAME: "gcp.vertex_ai"}, {"input": sum(counts)}, GEMINI, generates=False)


def _read_images(answer: object) -> Reading | None:
    """Images of Imagen, which are charged by the piece."""
    images = first_in(answer, "generated_images", "generatedImages")
    made = (
        sum(value_in(image, "image") is not None for image in images)
        if isinstance(images, list | tuple)
        else sum(value_in(each, "bytesBase64Encoded") is not None for each in items_in(answer, "predictions"))
    )
    if not made:
        return None
    found: Attributes = {attributes.PROVIDER_NAME: "gcp.gemini" if images else "gcp.vertex_ai"}
    put_units(found, "image", made)
    return Reading(found, {}, GEMINI)


def _is_mapped(grounding: object) -> bool:
    """Whether the answer rests on Google Maps, which is charged by the prompt."""
    chunks = first_in(grounding, "grounding_chunks", "groundingChunks")
    return isinstance(chunks, list | tuple) and any(value_in(chunk, "maps") is not None for chunk in chunks)


def _tell_modalities(told: Told, key: str, details: object, *names: str) -> None:
    for part in map(fields_of, details) if isinstance(details, list | tuple) else ():
        modality = _MODALITIES.get(enum_text(value_in(part, "modality")).upper())
        count = count_in(part, *(names or ("token_count", "tokenCount")))
        name = f"{modality}_{key}"
        if modality is not None and count and name in _CLASSES:
            told[name] = told.get(name, 0) + count


def _searches(grounding: object, model: str) -> int:
    """What grounding is charged by: each query from Gemini 3 on, the grounded answer before it."""
    asked = first_in(grounding, "web_search_queries", "webSearchQueries")
    queries = {query for query in asked if query} if isinstance(asked, list | tuple) else set()
    return min(len(queries), 1) if _BEFORE_3.match(model) else len(queries)


_PROMPT: Final = ("prompt_token_count", "promptTokenCount")
_TOTAL: Final = ("total_token_count", "totalTokenCount")
_USAGE: Final = CountNames({
    **dict.fromkeys(_PROMPT, "input"),
    **dict.fromkeys(("candidates_token_count", "candidatesTokenCount", "responseTokenCount"), "output"),
    **dict.fromkeys(_TOTAL, "total"),
    **dict.fromkeys(("thoughts_token_count", "thoughtsTokenCount"), "reasoning"),
    **dict.fromkeys(("tool_use_prompt_token_count", "toolUsePromptTokenCount"), "tool_prompt"),
    **dict.fromkeys(("cached_content_token_count", "cachedContentTokenCount"), "cache_read"),
})  # fmt: skip
_DETAILS: Final = {
    "input": ("prompt_tokens_details", "promptTokensDetails", "prompt_token_details", "promptTokenDetails"),
    "output": ("candidates_tokens_details", "candidatesTokensDetails", "responseTokensDetails"),
    "cache_read": ("cache_tokens_details", "cacheTokensDetails"),
}
_OF_INTERACTION: Final = (
    ("total", "total_tokens"),
    ("reasoning", "total_thought_tokens"),
    ("tool_prompt", "total_tool_use_tokens"),
    ("cache_read", "total_cached_tokens"),
)
_CACHED: Final = {"cached": "cache_read"}
_MODALITIES: Final = {"AUDIO": "audio", "IMAGE": "image", "VIDEO": "video"}
_CLASSES: Final = frozenset({
    "audio_input", "audio_output", "audio_cache_read", "image_input", "image_output", "image_cache_read", "video_input",
})  # fmt: skip
_BEFORE_3: Final = re.compile(r"(?:.*/)?gemini-(?:[12])\b")
