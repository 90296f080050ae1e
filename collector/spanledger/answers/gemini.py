"""Gemini's answers, of the Gemini API and of Vertex AI, in the SDKs' snake case or the wire's camel case.

Tokens of tool results are counted beside the prompt, thoughts beside the candidates. Source: the API reference of
`GenerateContentResponse`.
"""

from typing import Any

from spanledger import attributes
from spanledger.answers.fields import Attributes, count_of, first_in, is_count, put_part, put_text, value_in


def read_gemini(answer: object) -> Attributes:
    """What an answer or a chunk of a stream says; empty where it is none of Gemini's."""
    usage = first_in(answer, "usage_metadata", "usageMetadata")
    prompt = first_in(usage, "prompt_token_count", "promptTokenCount")
    if not is_count(prompt):
        return {}
    found: Attributes = {attributes.PROVIDER_NAME: "gcp.gemini"}
    put_text(found, attributes.RESPONSE_ID, first_in(answer, "response_id", "responseId"))
    put_text(found, attributes.RESPONSE_MODEL, first_in(answer, "model_version", "modelVersion"))
    reasons = [
        str(getattr(reason, "value", reason))
        for candidate in value_in(answer, "candidates") or ()
        if (reason := first_in(candidate, "finish_reason", "finishReason")) is not None
    ]
    if reasons:
        found[attributes.RESPONSE_FINISH_REASONS] = reasons
    tools = count_of(first_in(usage, "tool_use_prompt_token_count", "toolUsePromptTokenCount"))
    thoughts = count_of(first_in(usage, "thoughts_token_count", "thoughtsTokenCount"))
    candidates = first_in(usage, "candidates_token_count", "candidatesTokenCount")
    found[attributes.USAGE_INPUT_TOKENS] = prompt + tools
    if is_count(candidates) or thoughts:
        found[attributes.USAGE_OUTPUT_TOKENS] = count_of(candidates) + thoughts
    put_part(found, attributes.USAGE_REASONING_TOKENS, thoughts)
    cached = first_in(usage, "cached_content_token_count", "cachedContentTokenCount")
    put_part(found, attributes.USAGE_CACHE_READ_TOKENS, cached)
    heard = _audio(first_in(usage, "prompt_tokens_details", "promptTokensDetails"))
    put_part(found, attributes.USAGE_INPUT_AUDIO_TOKENS, heard)
    spoken = _audio(first_in(usage, "candidates_tokens_details", "candidatesTokensDetails"))
    put_part(found, attributes.USAGE_OUTPUT_AUDIO_TOKENS, spoken)
    tier = first_in(usage, "traffic_type", "trafficType")
    if tier is not None:
        put_text(found, attributes.SERVICE_TIER, str(getattr(tier, "value", tier)).lower())
    return found


def _audio(details: Any) -> int:
    return sum(
        count_of(first_in(part, "token_count", "tokenCount"))
        for part in details or ()
        if str(getattr(value_in(part, "modality"), "value", value_in(part, "modality"))).upper() == "AUDIO"
    )
