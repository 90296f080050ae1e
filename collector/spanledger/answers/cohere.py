"""Cohere's answers: `chat`, `embed` and `rerank`. Billed units are what it charges for. Source: its API reference."""

from spanledger import attributes
from spanledger.answers.fields import Attributes, first_in, put_count, put_text, put_texts, value_in


def read_cohere(answer: object) -> Attributes:
    """What an answer says it bills; empty where it is none of Cohere's."""
    billed = value_in(first_in(answer, "usage", "meta"), "billed_units")
    if billed is None:
        return {}
    found: Attributes = {attributes.PROVIDER_NAME: "cohere"}
    put_text(found, attributes.RESPONSE_ID, value_in(answer, "id"))
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [value_in(answer, "finish_reason")])
    for name, unit in (
        (attributes.USAGE_INPUT_TOKENS, "input_tokens"),
        (attributes.USAGE_OUTPUT_TOKENS, "output_tokens"),
    ):
        tokens = value_in(billed, unit)
        put_count(found, name, int(tokens) if isinstance(tokens, float) else tokens)
    searches = value_in(billed, "search_units")  # what rerank bills in place of tokens
    if isinstance(searches, int | float) and searches > 0:
        found[attributes.VENDOR] = "cohere"
        found[attributes.VENDOR_UNIT] = "search"
        found[attributes.VENDOR_QUANTITY] = float(searches)
    return found
