"""Answers in OpenAI's language: of OpenAI, and of whoever speaks it, with what each adds to it.

Chat Completions, Responses, Realtime, Embeddings, Images, Videos and Transcriptions, whole and in chunks. Source:
OpenAI's API reference; those of Groq (`x_groq`), Moonshot (`choices[].usage`), DeepSeek (`prompt_cache_hit_tokens`),
Perplexity (`citation_tokens`, `num_search_queries`), OpenRouter (`cost`), LiteLLM and Qwen
(`cache_creation_input_tokens`), Mistral (`prompt_audio_seconds`), xAI (`num_server_side_tools_used`), Voyage and Jina
(`total_tokens` alone, `image_pixels`).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from spanledger import attributes
from spanledger.answers.convention import OPENAI
from spanledger.answers.fields import (
    Attributes,
    count_in,
    count_of,
    fields_of,
    first_in,
    getter,
    put_units,
    value_in,
)
from spanledger.answers.providers.openai.completions import read_chat_chunk, read_chat_completion
from spanledger.answers.providers.openai.counts import PROMPT_DETAILS_NAMES
from spanledger.answers.providers.openai.embeddings import read_counted, read_list
from spanledger.answers.providers.openai.identity import Asked, Getter
from spanledger.answers.providers.openai.pieces import (
    images_in,
    read_images,
    read_pages,
    read_seconds,
    read_transcription,
    read_video,
)
from spanledger.answers.providers.openai.responses import read_realtime, read_response
from spanledger.answers.usage import Reading


def read_openai(answer: object, asked: Asked, fields: object = None) -> Reading | None:
    """What a whole answer in one of these shapes says, its fields maybe known; `None` where it is of none."""
    get = fields.get if type(fields) is dict else getter(answer)
    shape = get("object")
    if isinstance(shape, str) and shape in _READERS:
        return _READERS[shape](answer, get, asked)
    if shape is None and get("type") == "response.done":
        return read_realtime(get("response"))
    usage = fields_of(get("usage"))
    if usage is None:
        return _read_without_tokens(answer, get, asked)
    if shape == "interaction":  # Gemini's
        return None
    if get("created") is None and type(usage) is dict and _OF_THIS_LANGUAGE.isdisjoint(usage):
        return None
    is_text = isinstance(get("text"), str)
    if is_text and value_in(usage, "prompt_audio_seconds") is not None:
        return read_seconds(answer, asked, "prompt_audio_seconds")
    if value_in(usage, "prompt_tokens") is not None:
        read = read_list if any(get(name) is not None for name in _RANKED) else read_chat_completion
        return read(answer, get, asked)
    if get("created") is not None and isinstance(get("data"), list):
        return read_images(answer)
    if is_text and value_in(usage, "type") in _TRANSCRIBED:
        return read_transcription(answer)
    if count_in(usage, "total_tokens") is not None and count_in(usage, "input_tokens", "output_tokens") is None:
        return read_list(answer, get, asked)
    details = first_in(usage, *PROMPT_DETAILS_NAMES, "output_tokens_details")
    if details is not None and count_in(usage, "total_tokens") is not None:  # as frameworks hand it on
        return read_response(answer, get, asked)
    return None


def read_openai_chunk(chunk: object, asked: Asked) -> Reading | None:
    """What a chunk or an event of a stream says; `None` where it is none of these."""
    get = getter(chunk)
    inside = get("data")  # as Mistral's SDK wraps them
    if inside is not None and value_in(inside, "object") == _CHUNK:
        return read_chat_chunk(inside, asked)
    if get("object") in _CHUNKS:
        return read_chat_chunk(chunk, asked)
    kind = get("type")
    if not isinstance(kind, str):
        return None
    if kind == "chunk":  # as the stream helpers of OpenAI's SDK wrap them
        return read_chat_chunk(value_in(chunk, "chunk"), asked)
    if kind in _LAST_RESPONSE_EVENTS:
        response = value_in(chunk, "response")
        return replace(read_response(response, getter(response), asked), last=True)
    if kind == "response.done":  # of a realtime session, which has many
        return read_realtime(value_in(chunk, "response"))
    if kind in {"image_generation.completed", "image_edit.completed"}:
        return replace(read_images(chunk), last=True)
    if kind in {"transcript.text.done", "conversation.item.input_audio_transcription.completed"}:
        return replace(read_transcription(chunk), last=True, adds=kind != "transcript.text.done")
    if kind == "transcription.done":  # Mistral's
        return replace(read_seconds(chunk, asked, "prompt_audio_seconds"), last=True)
    return None


def _read_without_tokens(answer: object, get: Getter, asked: Asked) -> Reading | None:
    """Images, transcriptions and pages of models that charge by the piece or the second: their answers tell no usage.

    Voyage's SDK tells the tokens beside the embeddings.
    """
    pages = count_in(get("usage_info"), "pages_processed")
    if pages is not None:
        return read_pages(answer, pages)
    if count_of(get("total_tokens")) is not None:
        embeddings = get("embeddings")
        if isinstance(get("results") if embeddings is None else embeddings, list):
            return read_counted(answer, get, fields_of(answer), asked)
    found: Attributes = {attributes.PROVIDER_NAME: "openai"}
    if get("created") is not None and (images := images_in(answer)):
        put_units(found, "image", len(images))
    elif get("task") in _SPOKEN and isinstance(get("text"), str):
        put_units(found, "audio_second", get("duration"))
    return Reading(found, {}, OPENAI) if attributes.VENDOR_UNIT in found else None


_OF_THIS_LANGUAGE: Final = frozenset({"prompt_tokens", "total_tokens", "type", "prompt_audio_seconds"})
_RANKED: Final = ("rankings", "results")
_SPOKEN: Final = frozenset({"transcribe", "translate"})
_CHUNK: Final = "chat.completion.chunk"
_CHUNKS: Final = frozenset({_CHUNK, "text_completion.chunk", "text_completion"})
_READERS: Final[dict[str, Callable[[object, Getter, Asked], Reading]]] = {
    "chat.completion": read_chat_completion,
    "text_completion": read_chat_completion,
    "response": read_response,
    "list": read_list,
    "video": read_video,
}
_LAST_RESPONSE_EVENTS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
_TRANSCRIBED: Final = frozenset({"tokens", "duration"})
