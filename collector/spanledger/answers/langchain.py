"""LangChain's messages, in its own normal form: input includes cached tokens, output includes reasoning.

Where a message has none, its provider's own counts are in its metadata, and in a result's `llm_output`. Source: its
`UsageMetadata`, and what its partner packages put into `response_metadata`.
"""

from dataclasses import replace

from spanledger import attributes
from spanledger.answers.convention import LANGCHAIN
from spanledger.answers.fields import Attributes, count_in, put_id, put_text, put_texts, tell, tell_part, value_in
from spanledger.answers.providers.anthropic import read_message
from spanledger.answers.providers.ollama import read_ollama
from spanledger.answers.providers.openai.answer import read_openai
from spanledger.answers.usage import Reading, Told


def read_langchain(answer: object) -> Reading | None:
    """What a message says; `None` where it is none of LangChain's."""
    usage = value_in(answer, "usage_metadata")
    if count_in(usage, "input_tokens") is None:
        return _read_as_told(answer)
    told: Told = {}
    tell(told, "input", usage, "input_tokens")
    tell(told, "output", usage, "output_tokens")
    tell_part(told, "total", usage, "total_tokens")
    inputs, outputs = value_in(usage, "input_token_details"), value_in(usage, "output_token_details")
    # langchain-openai names the service tier in front of them, where it is another than the standard one.
    tell_part(told, "cache_read", inputs, "cache_read", "priority_cache_read", "flex_cache_read")
    tell_part(told, "cache_write_1h", inputs, "ephemeral_1h_input_tokens")
    five = count_in(inputs, "ephemeral_5m_input_tokens") or 0
    written = count_in(inputs, "cache_creation", "priority_cache_creation", "flex_cache_creation")
    written = written or five + told.get("cache_write_1h", 0)
    if written:
        told["cache_write"] = written
    tell_part(told, "audio_input", inputs, "audio")
    tell_part(told, "reasoning", outputs, "reasoning", "priority_reasoning", "flex_reasoning")
    tell_part(told, "audio_output", outputs, "audio")
    _tell_what_was_left_out(told, value_in(value_in(answer, "response_metadata"), "token_usage"))
    return Reading(_identity(answer), told, LANGCHAIN)


def _tell_what_was_left_out(told: Told, usage: object) -> None:
    """Some packages give the counts their normal form without the parts, which the provider's own words still tell."""
    if count_in(usage, "prompt_tokens") != told.get("input") or value_in(usage, "prompt_tokens_details") is None:
        return
    reading = read_openai({"object": "chat.completion", "usage": usage}, {})
    for part, count in reading.told.items() if reading else ():
        told.setdefault(part, count)


def read_langchain_chunk(chunk: object) -> Reading | None:
    """What a chunk of a stream says; its counts add up over the stream. `None` for any other chunk."""
    if not isinstance(value_in(chunk, "response_metadata"), dict):
        return None
    reading = read_langchain(chunk) or Reading(_identity(chunk), {}, LANGCHAIN)
    return replace(reading, last=attributes.RESPONSE_FINISH_REASONS in reading.found, adds=True)


def _read_as_told(answer: object) -> Reading | None:
    """What a message or a result without the normal form says in its provider's own words."""
    told = value_in(answer, "response_metadata") or value_in(answer, "llm_output")
    if not isinstance(told, dict):
        return None
    model, usage = told.get("model_name") or told.get("model"), told.get("token_usage") or told.get("usage")
    asked = {attributes.PROVIDER_NAME: str(told.get("model_provider") or ""), attributes.REQUEST_MODEL: str(model)}
    like_openai = count_in(usage, "prompt_tokens") is not None
    reading = (
        read_openai({"object": "chat.completion", "usage": usage}, asked)
        if like_openai
        else read_message({"type": "message", "usage": usage})
        if count_in(usage, "input_tokens") is not None
        else read_ollama(told)
    )
    if reading is None:
        return None
    found = reading.found | _identity({"response_metadata": told})
    if like_openai and "model_provider" not in told:
        del found[attributes.PROVIDER_NAME]  # many speak OpenAI's language
    return replace(reading, found=found)


def _identity(answer: object) -> Attributes:
    found: Attributes = {}
    told = value_in(answer, "response_metadata")
    provider = value_in(told, "model_provider")
    put_text(found, attributes.PROVIDER_NAME, _as_the_ledger_has_it(provider))
    put_text(found, attributes.RESPONSE_MODEL, value_in(told, "model_name") or value_in(told, "model"))
    put_id(found, value_in(told, "id"))
    put_text(found, attributes.SERVICE_TIER, value_in(told, "service_tier"))
    reason = value_in(told, "finish_reason") or value_in(told, "stop_reason")
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [reason])
    return found


def _as_the_ledger_has_it(provider: object) -> object:
    from spanledger_vocabulary.provider import named  # noqa: PLC0415 (not before the first answer)

    known = named(provider) if isinstance(provider, str) else None
    return known.name if known else provider
