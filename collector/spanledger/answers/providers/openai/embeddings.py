"""Embeddings, and what rerankers give in this language: they make no output."""

from typing import Final

from spanledger.answers.convention import OPENAI
from spanledger.answers.fields import count_in, fields_of, put_units, put_unpriced, tell, tell_all, value_in
from spanledger.answers.providers.openai.counts import INPUT_DETAILS
from spanledger.answers.providers.openai.identity import Asked, Getter, convention, identity
from spanledger.answers.providers.openai.pieces import images_in
from spanledger.answers.providers.openai.usage import put_cost_and_sources
from spanledger.answers.usage import Reading, Told


def read_list(answer: object, get: Getter, asked: Asked) -> Reading:
    """Embeddings, and what rerankers in this shape give: they make no output. Images of others come in a list, too."""
    usage = fields_of(get("usage"))
    if usage is None and (images := images_in(answer)):
        found = identity(answer, get)
        put_units(found, "image", len(images))
        return Reading(found, {}, OPENAI)
    return read_counted(answer, get, usage, asked)


def read_counted(answer: object, get: Getter, usage: object, asked: Asked) -> Reading:
    """An answer whose tokens are all input, by its usage."""
    found = identity(answer, get)
    told: Told = {}
    tell(told, "input", usage, "prompt_tokens", "total_tokens", "input_tokens")
    if type(usage) is not dict or not usage.keys() <= _COUNTED:
        pixels = {unit: count_in(usage, f"{unit}s") or 0 for unit in ("image_pixel", "video_pixel")}
        if any(pixels.values()):  # which are charged for themselves, though the total has tokens for them
            told.clear()
            tell(told, "input", usage, "text_tokens")
            put_unpriced(found, pixels)
        tell_all(told, value_in(usage, "prompt_tokens_details"), INPUT_DETAILS)
        put_cost_and_sources(found, usage)
    return Reading(found, told, convention(found, asked), generates=False)


_COUNTED: Final = frozenset({"prompt_tokens", "total_tokens", "input_tokens"})
