"""Cohere's answers: `chat`, `embed` and `rerank`. Billed units are what it charges for. Source: its API reference."""

from dataclasses import replace

from spanledger import attributes
from spanledger.answers.convention import COHERE
from spanledger.answers.fields import (
    Attributes,
    count_in,
    first_in,
    put_id,
    put_texts,
    put_units,
    put_unpriced,
    tell,
    value_in,
)
from spanledger.answers.usage import Reading, Told


def read_cohere(answer: object) -> Reading | None:
    """What an answer says it bills; `None` where it is none of Cohere's."""
    billed = value_in(first_in(answer, "usage", "meta"), "billed_units")
    if billed is None:
        return None
    found: Attributes = {attributes.PROVIDER_NAME: "cohere"}
    put_id(found, value_in(answer, "id"))
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [value_in(answer, "finish_reason")])
    told: Told = {}
    tell(told, "input", billed, "input_tokens")
    tell(told, "output", billed, "output_tokens")
    if not told and value_in(billed, "search_units") is None:  # who speaks its language, such as vLLM
        tell(told, "input", value_in(value_in(answer, "meta"), "tokens"), "input_tokens")
        tell(told, "input", billed, "total_tokens")
    searches = value_in(billed, "search_units")  # what rerank bills in place of tokens
    if isinstance(searches, int | float) and 0 < searches < float("inf"):
        if told:
            put_unpriced(found, {"search": int(searches)})
        else:
            found[attributes.VENDOR] = "cohere"
            put_units(found, "search", searches)
    put_unpriced(
        found,
        {
            "image": count_in(billed, "images") or 0,
            "image token": count_in(billed, "image_tokens") or 0,
            "classification": count_in(billed, "classifications") or 0,
        },
    )
    embeds = value_in(answer, "embeddings") is not None or value_in(answer, "results") is not None
    return Reading(found, told, COHERE, generates=not embeds)


def read_cohere_chunk(chunk: object) -> Reading | None:
    """What the last event of a stream says; `None` for another one."""
    kind = value_in(chunk, "type")
    if kind == "message-end":
        reading = read_cohere(value_in(chunk, "delta"))
    elif value_in(chunk, "event_type") == "stream-end":
        reading = read_cohere(value_in(chunk, "response"))
    else:
        return None
    return Reading({}, {}, COHERE, last=True) if reading is None else replace(reading, last=True)
