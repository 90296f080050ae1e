"""A dict with counts of Spanledger's own names, in it or in its `usage`: those of `record_usage`."""

from typing import Final

from spanledger import attributes
from spanledger.answers.convention import SPANLEDGER
from spanledger.answers.fields import Attributes, count_in, put_id, put_text, put_texts, tell, tell_part
from spanledger.answers.usage import Reading, Told


def read_plain(answer: object) -> Reading | None:
    """What the dict says; `None` where it has none of the names, or a count that has no name here."""
    if not isinstance(answer, dict):
        return None
    usage = answer.get("usage", answer)
    if not isinstance(usage, dict) or count_in(usage, "input_tokens", "output_tokens") is None:
        return None
    if any(name not in _COUNTS and _is_counted(name, value) for name, value in usage.items()):
        return None
    found: Attributes = {}
    told: Told = {}
    for name, key in _COUNTS.items():
        (tell if key in {"input", "output"} else tell_part)(told, key, usage, name)
    for name, text in _TEXTS:
        put_text(found, name, answer.get(text))
    put_id(found, answer.get("response_id"))
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [answer.get("finish_reason")])
    if answer.get("batch") is True:
        found[attributes.BATCH] = True
    return Reading(found, told, SPANLEDGER)


def _is_counted(name: object, value: object) -> bool:
    """Whether a name of another vocabulary tells tokens, in it or inside it: then nobody knows what the others mean."""
    return "token" in str(name) and bool(value)


_COUNTS: Final = {
    "input_tokens": "input",
    "output_tokens": "output",
    "total_tokens": "total",
    "cache_read_tokens": "cache_read",
    "cache_write_tokens": "cache_write",
    "cache_write_1h_tokens": "cache_write_1h",
    "reasoning_tokens": "reasoning",
    "audio_input_tokens": "audio_input",
    "audio_output_tokens": "audio_output",
}
_TEXTS: Final = (
    (attributes.PROVIDER_NAME, "provider"),
    (attributes.RESPONSE_MODEL, "model"),
    (attributes.SERVICE_TIER, "service_tier"),
)
