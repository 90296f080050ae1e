"""Ollama's own answers, whole and streamed: the last chunk tells. Source: its API reference."""

from spanledger import attributes
from spanledger.answers.convention import OLLAMA
from spanledger.answers.fields import Attributes, count_in, put_text, put_texts, tell, tell_part, value_in
from spanledger.answers.usage import Reading, Told


def read_ollama(answer: object) -> Reading | None:
    """What an answer or the last chunk of a stream says; `None` where it is none of Ollama's."""
    if count_in(answer, "prompt_eval_count", "eval_count") is None:
        return None
    found: Attributes = {attributes.PROVIDER_NAME: "ollama"}
    put_text(found, attributes.RESPONSE_MODEL, value_in(answer, "model"))
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [value_in(answer, "done_reason")])
    told: Told = {}
    tell(told, "input", answer, "prompt_eval_count")
    tell(told, "output", answer, "eval_count")
    tell_part(told, "cache_read", answer, "prompt_eval_cached_count")
    return Reading(found, told, OLLAMA, last=value_in(answer, "done") is True)
