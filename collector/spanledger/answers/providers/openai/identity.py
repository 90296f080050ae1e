"""Who answered in OpenAI's language, with which model, and what it counts inside what."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

from opentelemetry.util.types import AttributeValue

from spanledger import attributes
from spanledger.answers.convention import Convention, convention_of
from spanledger.answers.fields import Attributes, put_id, put_text, put_unpriced, value_in

Asked: TypeAlias = Mapping[str, AttributeValue]
"""What was known of the call before its answer: who was asked, and for which model."""
Getter: TypeAlias = Callable[[str], Any]
"""Gives the value of an answer's field by its name."""


def identity(answer: object, get: Getter) -> Attributes:
    """Who answered, under which id, with which model, and in which tier."""
    provider = "openai" if type(answer) is dict else _provider_of(answer)
    found: Attributes = {attributes.PROVIDER_NAME: provider}
    put_id(found, get("id"))
    model = get("model")
    if isinstance(model, str) and model:
        found[attributes.RESPONSE_MODEL] = model
        if _SEARCHES_ALWAYS in model and get("usage"):
            put_unpriced(found, {"search of the model's own": 1})  # each request is charged for one, beside its tokens
    put_text(found, attributes.SERVICE_TIER, get("service_tier"))
    return found


def convention(found: Attributes, asked: Asked) -> Convention:
    """What whoever answered counts inside what: by who was asked and for which model, where that is known."""
    provider = asked.get(attributes.PROVIDER_NAME) or found[attributes.PROVIDER_NAME]
    model = found.get(attributes.RESPONSE_MODEL) or asked.get(attributes.REQUEST_MODEL) or ""
    return convention_of(cast("str", provider), cast("str", model))


def _provider_of(answer: object) -> str:
    """Who answered in OpenAI's shape, as far as the answer's class tells."""
    said = speaker(type(answer).__module__)
    if said == "litellm":
        called = value_in(value_in(answer, "_hidden_params"), "custom_llm_provider")
        return called if isinstance(called, str) and called else "openai"
    return said


@lru_cache(maxsize=256)
def speaker(module: str) -> str:
    """Whose SDK a class is of, by its module; "openai" of those that tell nothing."""
    return _SPEAKERS.get(module.partition(".")[0], "openai")


_SPEAKERS: Final = {"mistralai": "mistral_ai", "groq": "groq", "litellm": "litellm"}
_SEARCHES_ALWAYS: Final = "-search-preview"
