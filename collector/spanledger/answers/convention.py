"""Which tokens a provider counts inside its input and output, and which beside them, as the vocabulary has it.

Audio, image and video tokens are inside everywhere. Who speaks OpenAI's language is known by its name, or by that of
its model; whoever is not in the table counts as OpenAI does.
"""

from functools import lru_cache
from typing import Final

from spanledger_vocabulary.convention import Convention, conventions

CONVENTIONS: Final = tuple(convention for convention in conventions() if "answer" in convention.said_by)
"""Those of answers."""
_BY_NAME: Final = {convention.name: convention for convention in CONVENTIONS}

OPENAI: Final = _BY_NAME["openai"]
ANTHROPIC: Final = _BY_NAME["anthropic"]
GEMINI: Final = _BY_NAME["gemini"]
BEDROCK: Final = _BY_NAME["bedrock"]
COHERE: Final = _BY_NAME["cohere"]
LANGCHAIN: Final = _BY_NAME["langchain"]
OLLAMA: Final = _BY_NAME["ollama"]
SPANLEDGER: Final = _BY_NAME["spanledger"]

__all__ = [
    "ANTHROPIC", "BEDROCK", "COHERE", "CONVENTIONS", "GEMINI", "LANGCHAIN", "OLLAMA", "OPENAI", "SPANLEDGER",
    "Convention", "convention_of",
]  # fmt: skip


@lru_cache(maxsize=1024)
def convention_of(provider: str, model: str) -> Convention:
    """The convention of an answer in OpenAI's language, by who gave it, else by its model."""
    known = _BY_PROVIDER.get(provider)
    if known is not None:
        return known
    if provider in _NOT_TOLD and model.startswith(_BEGINNINGS):
        for beginning, convention in _BY_MODEL:
            if model.startswith(beginning):
                return convention
    return OPENAI


_BY_PROVIDER: Final = {name: convention for convention in CONVENTIONS for name in convention.providers}
_BY_MODEL: Final = tuple((beginning, convention) for convention in CONVENTIONS for beginning in convention.models)
_BEGINNINGS: Final = tuple(beginning for beginning, _ in _BY_MODEL)
_NOT_TOLD: Final = ("", "openai")  # the shape's own name, where nobody says whose it is
