"""A dict with counts of Spanledger's own names, in it or in its `usage`: those of `record_usage`."""

from typing import Final

from spanledger import attributes
from spanledger.answers.fields import Attributes, is_count, put_count, put_part, put_text, put_texts, value_in


def read_plain(answer: object) -> Attributes:
    """What the dict says; empty where it has none of the names."""
    if not isinstance(answer, dict):
        return {}
    usage = answer.get("usage", answer)
    inputs, outputs = value_in(usage, "input_tokens"), value_in(usage, "output_tokens")
    if not is_count(inputs) and not is_count(outputs):
        return {}
    found: Attributes = {}
    put_count(found, attributes.USAGE_INPUT_TOKENS, inputs)
    put_count(found, attributes.USAGE_OUTPUT_TOKENS, outputs)
    for name, key in _PARTS:
        put_part(found, name, value_in(usage, key))
    for name, key in _TEXTS:
        put_text(found, name, answer.get(key))
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [answer.get("finish_reason")])
    if answer.get("batch") is True:
        found[attributes.BATCH] = True
    return found


_PARTS: Final = (
    (attributes.USAGE_CACHE_READ_TOKENS, "cache_read_tokens"),
    (attributes.USAGE_CACHE_WRITE_TOKENS, "cache_write_tokens"),
    (attributes.USAGE_CACHE_WRITE_1H_TOKENS, "cache_write_1h_tokens"),
    (attributes.USAGE_REASONING_TOKENS, "reasoning_tokens"),
    (attributes.USAGE_INPUT_AUDIO_TOKENS, "audio_input_tokens"),
    (attributes.USAGE_OUTPUT_AUDIO_TOKENS, "audio_output_tokens"),
)
_TEXTS: Final = (
    (attributes.PROVIDER_NAME, "provider"),
    (attributes.RESPONSE_MODEL, "model"),
    (attributes.RESPONSE_ID, "response_id"),
    (attributes.SERVICE_TIER, "service_tier"),
)
