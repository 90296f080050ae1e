"""Reading what a provider's answer says it used, one small reader per shape, never its contents.

Shapes: OpenAI Chat Completions, Responses and Embeddings (and whoever speaks them, such as Mistral and LiteLLM) and
Anthropic Messages here; those of other providers in `usage_shapes`. Each is read as the SDK's object or as a plain
dict, whole or in the chunks of a stream. All are brought to one meaning of the attributes: input tokens are the whole
prompt, cached tokens included; output tokens include reasoning.
"""

from collections.abc import Callable
from typing import Any, Final

from opentelemetry.util.types import AttributeValue

from spanledger import attributes
from spanledger.answers.usage_shapes import is_count as _is_count
from spanledger.answers.usage_shapes import read_langchain_chunk, read_other_answer, read_other_chunk
from spanledger.answers.usage_shapes import value_in as _field

Attributes = dict[str, AttributeValue]


def read_answer(answer: object) -> Attributes:
    """The span attributes that a whole answer gives; empty where its shape is not known.

    `gen_ai.provider.name` is among them as far as the answer's class or shape tells.
    """
    reader = _reader_of(answer)
    return read_other_answer(answer) if reader is None else reader(answer)


class StreamedAnswer:
    """The answer that the chunks of a stream add up to.

    Attributes:
        finished: Whether a chunk said that the model has come to its end.
    """

    __slots__ = ("_found", "_message_usage", "_output_is_final", "finished")

    def __init__(self) -> None:
        self.finished = False
        self._found: Attributes = {}
        self._message_usage: dict[str, Any] = {}
        self._output_is_final = False

    def see(self, chunk: object) -> None:
        """Takes in one chunk or event; one of an unknown shape changes nothing."""
        if isinstance(chunk, str | bytes):
            return
        inside = _field(chunk, "data")
        if inside is not None and _field(inside, "object") == "chat.completion.chunk":
            chunk = inside  # as Mistral's SDK wraps them
        if _field(chunk, "object") == "chat.completion.chunk":
            self._see_chat_completion_chunk(chunk)
            return
        kind = _field(chunk, "type")
        if kind == "message_start":
            message = _field(chunk, "message")
            self._found.update(_read_message(message))
            self._merge_message_usage(_field(message, "usage"))
        elif kind == "message_delta":
            self._output_is_final = True
            self._merge_message_usage(_field(chunk, "usage"))
            _put_text_list(
                self._found, attributes.RESPONSE_FINISH_REASONS, [_field(_field(chunk, "delta"), "stop_reason")]
            )
        elif kind == "message_stop":
            self.finished = True
        elif kind in _LAST_RESPONSE_EVENTS:
            self._found.update(_read_response(_field(chunk, "response")))
            self.finished = True
        elif kind not in _ANTHROPIC_EVENTS:
            added = read_langchain_chunk(chunk)
            if added is not None:
                self._add(added)
                return
            found, last = read_other_chunk(chunk)
            self._found.update(found)
            self.finished = self.finished or last

    def attributes(self) -> Attributes:
        """The attributes of what was seen. Output tokens are left out while only a first, partial count is known."""
        if self._message_usage:
            _put_message_usage(self._found, self._message_usage)
            if not self._output_is_final:
                self._found.pop(attributes.USAGE_OUTPUT_TOKENS, None)
        return self._found

    def _see_chat_completion_chunk(self, chunk: object) -> None:
        if attributes.RESPONSE_ID not in self._found:
            _put_identity(self._found, chunk, "openai")
        _put_text(self._found, attributes.SERVICE_TIER, _field(chunk, "service_tier"))
        reasons = [_field(choice, "finish_reason") for choice in _field(chunk, "choices") or ()]
        if any(reasons):
            self.finished = True
            _put_text_list(self._found, attributes.RESPONSE_FINISH_REASONS, reasons)
        usage = _field(chunk, "usage")
        if usage is not None:
            _put_chat_usage(self._found, usage)

    def _add(self, found: Attributes) -> None:
        for name, value in found.items():
            before = self._found.get(name)
            self._found[name] = before + value if isinstance(before, int) and isinstance(value, int) else value
        self.finished = self.finished or attributes.RESPONSE_FINISH_REASONS in found

    def _merge_message_usage(self, usage: object) -> None:
        for name in _MESSAGE_USAGE_FIELDS:
            value = _field(usage, name)
            if value is not None:
                self._message_usage[name] = value


def _reader_of(answer: object) -> Callable[[object], Attributes] | None:
    shape = _field(answer, "object")
    if isinstance(shape, str) and shape in _READERS:
        return _READERS[shape]
    if _field(answer, "type") == "message":
        return _read_message
    if _field(_field(answer, "usage"), "prompt_tokens") is not None:
        return _read_chat_completion
    return None


def _read_chat_completion(answer: object) -> Attributes:
    found: Attributes = {}
    _put_identity(found, answer, "openai")
    _put_text(found, attributes.SERVICE_TIER, _field(answer, "service_tier"))
    choices = _field(answer, "choices")
    if isinstance(choices, list):
        reasons = [_field(choice, "finish_reason") for choice in choices]
        _put_text_list(found, attributes.RESPONSE_FINISH_REASONS, reasons)
    _put_chat_usage(found, _field(answer, "usage"))
    return found


def _put_chat_usage(found: Attributes, usage: object) -> None:
    _put_count(found, attributes.USAGE_INPUT_TOKENS, _field(usage, "prompt_tokens"))
    _put_count(found, attributes.USAGE_OUTPUT_TOKENS, _field(usage, "completion_tokens"))
    prompt = _field(usage, "prompt_tokens_details")
    if prompt is not None:
        _put_part(found, attributes.USAGE_CACHE_READ_TOKENS, _field(prompt, "cached_tokens"))
        _put_part(found, attributes.USAGE_CACHE_WRITE_TOKENS, _field(prompt, "cache_write_tokens"))
        _put_part(found, attributes.USAGE_INPUT_AUDIO_TOKENS, _field(prompt, "audio_tokens"))
    completion = _field(usage, "completion_tokens_details")
    if completion is not None:
        _put_part(found, attributes.USAGE_REASONING_TOKENS, _field(completion, "reasoning_tokens"))
        _put_part(found, attributes.USAGE_OUTPUT_AUDIO_TOKENS, _field(completion, "audio_tokens"))


def _read_response(answer: object) -> Attributes:
    found: Attributes = {}
    _put_identity(found, answer, "openai")
    _put_text(found, attributes.SERVICE_TIER, _field(answer, "service_tier"))
    reason = _field(_field(answer, "incomplete_details"), "reason") or _field(answer, "status")
    _put_text_list(found, attributes.RESPONSE_FINISH_REASONS, [reason])
    usage = _field(answer, "usage")
    _put_count(found, attributes.USAGE_INPUT_TOKENS, _field(usage, "input_tokens"))
    _put_count(found, attributes.USAGE_OUTPUT_TOKENS, _field(usage, "output_tokens"))
    prompt = _field(usage, "input_tokens_details")
    _put_part(found, attributes.USAGE_CACHE_READ_TOKENS, _field(prompt, "cached_tokens"))
    _put_part(found, attributes.USAGE_CACHE_WRITE_TOKENS, _field(prompt, "cache_write_tokens"))
    output = _field(usage, "output_tokens_details")
    _put_part(found, attributes.USAGE_REASONING_TOKENS, _field(output, "reasoning_tokens"))
    return found


def _read_embeddings(answer: object) -> Attributes:
    found: Attributes = {}
    _put_identity(found, answer, "openai")
    _put_count(found, attributes.USAGE_INPUT_TOKENS, _field(_field(answer, "usage"), "prompt_tokens"))
    return found


def _read_message(answer: object) -> Attributes:
    found: Attributes = {}
    _put_identity(found, answer, "anthropic")
    _put_text_list(found, attributes.RESPONSE_FINISH_REASONS, [_field(answer, "stop_reason")])
    _put_message_usage(found, _field(answer, "usage"))
    return found


def _put_message_usage(found: Attributes, usage: object) -> None:
    """Anthropic's input_tokens are only those neither read from nor written to the cache: the prompt is the sum."""
    uncached = _field(usage, "input_tokens")
    read = _field(usage, "cache_read_input_tokens")
    written = _field(usage, "cache_creation_input_tokens")
    if _is_count(uncached):
        whole = uncached + (read if _is_count(read) else 0) + (written if _is_count(written) else 0)
        found[attributes.USAGE_INPUT_TOKENS] = whole
    _put_part(found, attributes.USAGE_CACHE_READ_TOKENS, read)
    _put_part(found, attributes.USAGE_CACHE_WRITE_TOKENS, written)
    written_for_an_hour = _field(_field(usage, "cache_creation"), "ephemeral_1h_input_tokens")
    _put_part(found, attributes.USAGE_CACHE_WRITE_1H_TOKENS, written_for_an_hour)
    _put_count(found, attributes.USAGE_OUTPUT_TOKENS, _field(usage, "output_tokens"))
    thinking = _field(_field(usage, "output_tokens_details"), "thinking_tokens")
    _put_part(found, attributes.USAGE_REASONING_TOKENS, thinking)
    tier = _field(usage, "service_tier")
    _put_text(found, attributes.SERVICE_TIER, tier)
    if tier == "batch":
        found[attributes.BATCH] = True


def _put_identity(found: Attributes, answer: object, provider: str) -> None:
    found[attributes.PROVIDER_NAME] = _provider_of(type(answer), answer) or provider
    _put_text(found, attributes.RESPONSE_ID, _field(answer, "id"))
    _put_text(found, attributes.RESPONSE_MODEL, _field(answer, "model"))


def _provider_of(kind: type, answer: object) -> str | None:
    """Who answered in OpenAI's shape, where the answer's class tells."""
    module = kind.__module__
    if module.startswith("mistralai."):
        return "mistral_ai"
    if module.startswith("groq."):
        return "groq"
    if module.startswith("litellm."):
        hidden = _field(answer, "_hidden_params")
        called = _field(hidden, "custom_llm_provider")
        return called if isinstance(called, str) else None
    return None


def _put_text(found: Attributes, name: str, value: object) -> None:
    if isinstance(value, str) and value:
        found[name] = value


def _put_text_list(found: Attributes, name: str, values: list[Any]) -> None:
    texts = [value for value in values if isinstance(value, str)]
    if texts:
        found[name] = texts


def _put_count(found: Attributes, name: str, value: object) -> None:
    if _is_count(value):
        found[name] = value  # type: ignore[assignment]


def _put_part(found: Attributes, name: str, value: object) -> None:
    """Adds a part of a total: absent and zero mean the same, so zero is left out."""
    if value and _is_count(value):
        found[name] = value  # type: ignore[assignment]


_READERS: Final[dict[str, Callable[[object], Attributes]]] = {
    "chat.completion": _read_chat_completion,
    "text_completion": _read_chat_completion,
    "response": _read_response,
    "list": _read_embeddings,
}
_ANTHROPIC_EVENTS: Final = frozenset({"content_block_start", "content_block_delta", "content_block_stop", "ping"})
_LAST_RESPONSE_EVENTS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
_MESSAGE_USAGE_FIELDS: Final = (
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation",
    "output_tokens",
    "output_tokens_details",
    "service_tier",
)
