"""Answers of watsonx.ai's text generation, whole and in chunks. Source: its API reference."""

from typing import Final

from spanledger import attributes
from spanledger.answers.convention import OPENAI
from spanledger.answers.fields import Attributes, count_in, items_in, put_text, put_texts, tell, value_in
from spanledger.answers.usage import Reading, Told


def read_watsonx(answer: object) -> Reading | None:
    """What an answer or a chunk says, its counts being those so far; `None` where it is none of watsonx'."""
    results = items_in(answer, "results")
    if not results or count_in(results[0], "generated_token_count") is None:
        return None
    found: Attributes = {attributes.PROVIDER_NAME: "ibm.watsonx.ai"}
    put_text(found, attributes.RESPONSE_MODEL, value_in(answer, "model_id"))
    reasons = [value_in(result, "stop_reason") for result in results]
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, reasons)
    told: Told = {}
    tell(told, "input", results[0], "input_token_count")
    tell(told, "output", results[0], "generated_token_count")
    return Reading(found, told, OPENAI, last=any(reason not in _GOING_ON for reason in reasons))


_GOING_ON: Final = (None, "not_finished")
