"""What a model does, by its name: only text is generated token by token, and only that the two methods reckon."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """What comes out of a model."""

    text = "text"
    embedding = "embedding"
    rerank = "rerank"
    image = "image"
    video = "video"
    speech = "speech"
    moderation = "moderation"


# The first that matches; tried on the name in lower case.
_KINDS = (
    (Kind.rerank, r"rerank"),
    (
        Kind.embedding,
        r"embed|(?<![a-z])(?:bge|gte|e5|minilm|mpnet|voyage|gecko)(?![a-z])|sentence-t5|all-minilm|text-similarity|colbert|splade",
    ),
    (
        Kind.image,
        r"(?<![a-z])image|dall-?e|imagen|flux|stable-?diffusion|sdxl|(?<![a-z])sd3|midjourney|recraft|ideogram|canvas"
        r"|seedream|photon|hidream|nano-?banana",
    ),
    (Kind.video, r"(?<![a-z])(?:veo|sora|kling|reel|video|runway|gen[34]|luma|ray-?[23]|hailuo|seedance|wan)(?![a-z])"),
    (
        Kind.speech,
        r"whisper|transcri|(?<![a-z])(?:tts|asr|stt|speech|sonic|aura|scribe|lyria|polly|parakeet|canary)(?![a-z])"
        # EcoLogits tells the size of GPT-4o's audio and realtime models; of others nobody does.
        r"|(?<![a-z])gpt-audio|(?<![a-z])(?:voice|live)(?![a-z])|(?<!4o-)(?<!4o-mini-)realtime"
        r"|eleven_|deepgram|(?<![a-z])nova-[23](?![a-z\d])|playai|orpheus|kokoro",
    ),
    (Kind.moderation, r"moderation"),
)
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _KINDS)


def kind_of(name: str) -> Kind:
    """The kind of a model; text where nothing tells."""
    lower = name.lower()
    return next((kind for kind, pattern in _PATTERNS if pattern.search(lower)), Kind.text)
