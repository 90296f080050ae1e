"""OpenAI's answers: Chat Completions, Responses and Embeddings, of OpenAI and of whoever speaks its language.

Input tokens are the whole prompt and output tokens include reasoning, as in the span. Source: OpenAI's API reference.
"""

from collections.abc import Callable
from typing import Final

from spanledger import attributes
from spanledger.answers.fields import Attributes, put_count, put_part, put_text, put_texts, value_in


def read_openai(answer: object) -> Attributes:
    """What an answer in one of these shapes says; empty where it is of none."""
    shape = value_in(answer, "object")
    if isinstance(shape, str) and shape in _READERS:
        return _READERS[shape](answer)
    if value_in(value_in(answer, "usage"), "prompt_tokens") is not None:
        return _read_chat_completion(answer)
    return {}


def read_chat_chunk(chunk: object, found: Attributes) -> bool:
    """Adds what a chunk of a chat completion says to what was found before it; whether it says that the end came."""
    if attributes.RESPONSE_ID not in found:
        _put_identity(found, chunk)
    put_text(found, attributes.SERVICE_TIER, value_in(chunk, "service_tier"))
    reasons = [value_in(choice, "finish_reason") for choice in value_in(chunk, "choices") or ()]
    if any(reasons):
        put_texts(found, attributes.RESPONSE_FINISH_REASONS, reasons)
    usage = value_in(chunk, "usage")
    if usage is not None:
        _put_chat_usage(found, usage)
    return any(reasons)


def chat_chunk_in(chunk: object) -> object | None:
    """The chunk of a chat completion that this is, or wraps as Mistral's SDK does; `None` for another one."""
    inside = value_in(chunk, "data")
    if inside is not None and value_in(inside, "object") == _CHAT_CHUNK:
        return inside  # type: ignore[no-any-return]
    return chunk if value_in(chunk, "object") == _CHAT_CHUNK else None


def read_response(answer: object) -> Attributes:
    """What an answer of the Responses API says, whole or in the last event of a stream."""
    found: Attributes = {}
    _put_identity(found, answer)
    put_text(found, attributes.SERVICE_TIER, value_in(answer, "service_tier"))
    reason = value_in(value_in(answer, "incomplete_details"), "reason") or value_in(answer, "status")
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [reason])
    usage = value_in(answer, "usage")
    put_count(found, attributes.USAGE_INPUT_TOKENS, value_in(usage, "input_tokens"))
    put_count(found, attributes.USAGE_OUTPUT_TOKENS, value_in(usage, "output_tokens"))
    prompt = value_in(usage, "input_tokens_details")
    put_part(found, attributes.USAGE_CACHE_READ_TOKENS, value_in(prompt, "cached_tokens"))
    put_part(found, attributes.USAGE_CACHE_WRITE_TOKENS, value_in(prompt, "cache_write_tokens"))
    output = value_in(usage, "output_tokens_details")
    put_part(found, attributes.USAGE_REASONING_TOKENS, value_in(output, "reasoning_tokens"))
    return found


def _read_chat_completion(answer: object) -> Attributes:
    found: Attributes = {}
    _put_identity(found, answer)
    put_text(found, attributes.SERVICE_TIER, value_in(answer, "service_tier"))
    choices = value_in(answer, "choices")
    if isinstance(choices, list):
        reasons = [value_in(choice, "finish_reason") for choice in choices]
        put_texts(found, attributes.RESPONSE_FINISH_REASONS, reasons)
    _put_chat_usage(found, value_in(answer, "usage"))
    return found


def _read_embeddings(answer: object) -> Attributes:
    found: Attributes = {}
    _put_identity(found, answer)
    put_count(found, attributes.USAGE_INPUT_TOKENS, value_in(value_in(answer, "usage"), "prompt_tokens"))
    return found


def _put_chat_usage(found: Attributes, usage: object) -> None:
    put_count(found, attributes.USAGE_INPUT_TOKENS, value_in(usage, "prompt_tokens"))
    put_count(found, attributes.USAGE_OUTPUT_TOKENS, value_in(usage, "completion_tokens"))
    prompt = value_in(usage, "prompt_tokens_details")
    if prompt is not None:
        put_part(found, attributes.USAGE_CACHE_READ_TOKENS, value_in(prompt, "cached_tokens"))
        put_part(found, attributes.USAGE_CACHE_WRITE_TOKENS, value_in(prompt, "cache_write_tokens"))
        put_part(found, attributes.USAGE_INPUT_AUDIO_TOKENS, value_in(prompt, "audio_tokens"))
    completion = value_in(usage, "completion_tokens_details")
    if completion is not None:
        put_part(found, attributes.USAGE_REASONING_TOKENS, value_in(completion, "reasoning_tokens"))
        put_part(found, attributes.USAGE_OUTPUT_AUDIO_TOKENS, value_in(completion, "audio_tokens"))


def _put_identity(found: Attributes, answer: object) -> None:
    found[attributes.PROVIDER_NAME] = _provider_of(type(answer), answer) or "openai"
    put_text(found, attributes.RESPONSE_ID, value_in(answer, "id"))
    put_text(found, attributes.RESPONSE_MODEL, value_in(answer, "model"))


def _provider_of(kind: type, answer: object) -> str | None:
    """Who answered in OpenAI's shape, where the answer's class tells."""
    module = kind.__module__
    if module.startswith("mistralai."):
        return "mistral_ai"
    if module.startswith("groq."):
        return "groq"
    if module.startswith("litellm."):
        called = value_in(value_in(answer, "_hidden_params"), "custom_llm_provider")
        return called if isinstance(called, str) else None
    return None


_CHAT_CHUNK: Final = "chat.completion.chunk"
_READERS: Final[dict[str, Callable[[object], Attributes]]] = {
    "chat.completion": _read_chat_completion,
    "text_completion": _read_chat_completion,
    "response": read_response,
    "list": _read_embeddings,
}
