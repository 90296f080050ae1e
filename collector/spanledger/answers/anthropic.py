"""Anthropic's Messages. Source: its API reference.

`input_tokens` are only those neither read from nor written to the cache: the prompt is the sum of all three.
"""

from typing import Any, Final

from spanledger import attributes
from spanledger.answers.fields import Attributes, count_of, is_count, put_count, put_part, put_text, put_texts, value_in


def read_message(answer: object) -> Attributes:
    """What a message says; empty where it is none."""
    if value_in(answer, "type") != "message":
        return {}
    found = _read_identity(answer)
    _put_usage(found, value_in(answer, "usage"))
    return found


class StreamedMessage:
    """The message that the events of a stream add up to: each event's counts take the place of those before."""

    __slots__ = ("_identity", "_output_is_final", "_usage")

    def __init__(self) -> None:
        self._identity: Attributes = {}
        self._usage: dict[str, Any] = {}
        self._output_is_final = False

    def see(self, event: object, kind: str) -> bool:
        """Takes in one of `MESSAGE_EVENTS`; whether it says that the end came."""
        if kind == "message_start":
            message = value_in(event, "message")
            self._identity.update(_read_identity(message))
            self._merge(value_in(message, "usage"))
        elif kind == "message_delta":
            self._output_is_final = True
            self._merge(value_in(event, "usage"))
            reason = value_in(value_in(event, "delta"), "stop_reason")
            put_texts(self._identity, attributes.RESPONSE_FINISH_REASONS, [reason])
        return kind == "message_stop"

    def attributes(self) -> Attributes:
        """What is known so far; output tokens are left out while only a first, partial count of them is."""
        found = dict(self._identity)
        _put_usage(found, self._usage)
        if not self._output_is_final:
            found.pop(attributes.USAGE_OUTPUT_TOKENS, None)
        return found

    def _merge(self, usage: object) -> None:
        for name in _USAGE_FIELDS:
            value = value_in(usage, name)
            if value is not None:
                self._usage[name] = value


def _read_identity(message: object) -> Attributes:
    found: Attributes = {attributes.PROVIDER_NAME: "anthropic"}
    put_text(found, attributes.RESPONSE_ID, value_in(message, "id"))
    put_text(found, attributes.RESPONSE_MODEL, value_in(message, "model"))
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [value_in(message, "stop_reason")])
    return found


def _put_usage(found: Attributes, usage: object) -> None:
    uncached = value_in(usage, "input_tokens")
    read = value_in(usage, "cache_read_input_tokens")
    written = value_in(usage, "cache_creation_input_tokens")
    if is_count(uncached):
        found[attributes.USAGE_INPUT_TOKENS] = uncached + count_of(read) + count_of(written)
    put_part(found, attributes.USAGE_CACHE_READ_TOKENS, read)
    put_part(found, attributes.USAGE_CACHE_WRITE_TOKENS, written)
    written_for_an_hour = value_in(value_in(usage, "cache_creation"), "ephemeral_1h_input_tokens")
    put_part(found, attributes.USAGE_CACHE_WRITE_1H_TOKENS, written_for_an_hour)
    put_count(found, attributes.USAGE_OUTPUT_TOKENS, value_in(usage, "output_tokens"))
    thinking = value_in(value_in(usage, "output_tokens_details"), "thinking_tokens")
    put_part(found, attributes.USAGE_REASONING_TOKENS, thinking)
    tier = value_in(usage, "service_tier")
    put_text(found, attributes.SERVICE_TIER, tier)
    if tier == "batch":
        found[attributes.BATCH] = True


MESSAGE_EVENTS: Final = frozenset({
    "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
    "message_stop", "ping",
})  # fmt: skip
"""The types of the events of a stream."""
_USAGE_FIELDS: Final = (
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation",
    "output_tokens",
    "output_tokens_details",
    "service_tier",
)
