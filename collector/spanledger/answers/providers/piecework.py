"""Answers in a shape of one vendor alone: predictions of Replicate, transcriptions of Deepgram. By their references."""

from typing import Final

from spanledger import attributes
from spanledger.answers.convention import OPENAI
from spanledger.answers.fields import Attributes, count_in, items_in, put_id, put_text, put_units, tell, value_in
from spanledger.answers.usage import Reading, Told


def read_prediction(answer: object) -> Reading | None:
    """What a prediction of Replicate's says; `None` where it is none, or tells no tokens."""
    metrics = value_in(answer, "metrics")
    if count_in(metrics, "input_token_count", "output_token_count") is None:
        return None
    found: Attributes = {attributes.PROVIDER_NAME: "replicate"}
    put_id(found, value_in(answer, "id"))
    put_text(found, attributes.RESPONSE_MODEL, value_in(answer, "model"))
    told: Told = {}
    tell(told, "input", metrics, "input_token_count")
    tell(told, "output", metrics, "output_token_count")
    return Reading(found, told, OPENAI, last=value_in(answer, "status") in _ENDED)


def read_heard(answer: object) -> Reading | None:
    """What a transcription of Deepgram's says, which charges by the second of each file; `None` where it is none."""
    metadata = value_in(answer, "metadata")
    duration = value_in(metadata, "duration")
    heard = items_in(value_in(answer, "results"), "channels")
    if not heard or not isinstance(duration, int | float) or value_in(metadata, "request_id") is None:
        return None
    found: Attributes = {attributes.PROVIDER_NAME: "deepgram"}
    put_id(found, value_in(metadata, "request_id"))
    put_units(found, "audio_second", duration)
    return Reading(found, {}, OPENAI)


_ENDED: Final = frozenset({"succeeded", "failed", "canceled"})
