"""What is charged by the piece or the second: images, videos, transcriptions, pages."""

from typing import Any

from spanledger import attributes
from spanledger.answers.convention import OPENAI
from spanledger.answers.fields import Attributes, getter, items_in, put_text, put_units, value_in
from spanledger.answers.providers.openai.identity import Asked, Getter, convention, identity
from spanledger.answers.providers.openai.usage import tell_response_usage
from spanledger.answers.usage import Reading, Told


def read_images(answer: object) -> Reading:
    """Images whose tokens are told."""
    found: Attributes = {attributes.PROVIDER_NAME: "openai"}
    put_text(found, attributes.RESPONSE_MODEL, value_in(answer, "model"))
    told: Told = {}
    tell_response_usage(told, value_in(answer, "usage"), found)
    return Reading(found, told, OPENAI)


def read_pages(answer: object, pages: int) -> Reading:
    """What Mistral's OCR has read: pages with annotations cost more."""
    found: Attributes = {attributes.PROVIDER_NAME: "mistral_ai"}
    put_text(found, attributes.RESPONSE_MODEL, value_in(answer, "model"))
    put_units(found, "annotated_page" if value_in(answer, "document_annotation") else "page", pages)
    return Reading(found, {}, OPENAI)


def read_seconds(answer: object, asked: Asked, name: str) -> Reading:
    """A transcription that is charged by its length: the tokens it tells as well are not charged for."""
    found = identity(answer, getter(answer))
    put_units(found, "audio_second", value_in(value_in(answer, "usage"), name))
    return Reading(found, {}, convention(found, asked))


def images_in(answer: object) -> list[Any]:
    """The images of an answer that has nothing else."""
    items = items_in(answer, "data")
    return items if all(map(_is_image, items)) else []


def _is_image(item: object) -> bool:
    return value_in(item, "url") is not None or value_in(item, "b64_json") is not None


def read_video(answer: object, get: Getter, asked: Asked) -> Reading:
    """A video, which is charged by its seconds, unless it failed."""
    del asked
    found = identity(answer, get)
    seconds = get("seconds")
    if get("status") != "failed" and str(seconds).isdecimal():
        put_units(found, "video_second", int(seconds))
    return Reading(found, {}, OPENAI)


def read_transcription(answer: object) -> Reading:
    """A transcription, which is charged by its seconds or by its tokens."""
    found: Attributes = {attributes.PROVIDER_NAME: "openai"}
    told: Told = {}
    usage = value_in(answer, "usage")
    put_units(found, "audio_second", value_in(usage, "seconds"))
    if attributes.VENDOR_UNIT not in found:
        tell_response_usage(told, usage, found)
    return Reading(found, told, OPENAI)
