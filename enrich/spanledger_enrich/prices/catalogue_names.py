"""Names in the catalogue: which entry a reported model means, who sells it, and what comes near a name."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genai_prices import data_snapshot

from spanledger_enrich.prices import price_catalogue
from spanledger_vocabulary.framework import labels_of_nobody
from spanledger_vocabulary.provider import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from genai_prices.types import ModelInfo


@dataclass(frozen=True, slots=True)
class PriceEntry:
    """Which rows of `price_list` price a model; empty names and a note where none do.

    seller: who charges for the call, whose contracts apply to it: the provider, or a cloud that sells its models.
    standard_only: the price is another provider's, of which only the standard service tier may be taken.
    """

    provider: str
    model: str
    note: str = ""
    seller: str = ""
    standard_only: bool = False


def resolve(provider: str, models: Iterable[str]) -> PriceEntry:
    """Find the entry that prices a call: the first of ``models`` (best first) that the provider's catalogue knows.

    Args:
        provider: The provider as the span names it, lower case; may be empty.
        models: Model names as reported: the response's before the request's.
    """
    snapshot = data_snapshot.get_snapshot()
    names = [name for name in dict.fromkeys(models) if name]
    provider_id = _catalogued(provider) or None
    for name in names:
        if _OWN.search(name):
            continue
        for asked, written in spellings(provider_id, name):
            try:
                found, model = snapshot.find_provider_model(written, None, asked, None)
            except LookupError:
                continue
            owner = _owner(model)
            return PriceEntry(owner, model.id, "", found.id, standard_only=owner != found.id)
    if not names:
        return PriceEntry("", "", "the span names no model")
    return PriceEntry(
        "",
        "",
        f"{price_catalogue.active()} has no {' or '.join(map(repr, names))} of provider {provider or '(none)'!r}",
    )


def spellings(provider: str | None, name: str) -> Iterator[tuple[str | None, str]]:
    """Provider and model as they were said, then without what clouds and gateways put before and behind a name."""
    yield provider, name
    plain = _SUFFIX.sub("", name)
    if plain != name:
        yield provider, plain
    first, _, rest = plain.partition("/")
    if rest and provider is not None and _catalogued(first.lower()) == provider:
        yield provider, rest
    bare = _PREFIX.sub("", plain)
    if bare == plain:
        if provider in _GATEWAYS:  # which passes on the price of whoever made the model
            yield None, plain
            if "." in plain:
                yield None, plain.replace(".", "-")
        return
    if provider is not None and _is_catalogued(provider):
        yield provider, bare
        if (barer := _PREFIX.sub("", bare)) != bare:
            yield provider, barer
        return
    if first.lower() in labels_of_nobody():  # litellm_proxy/azure/gpt-4o is what azure/gpt-4o is
        yield from spellings(None, rest)
        return
    # A gateway's name says the provider first, such as azure/gpt-4o: nobody else is known to sell it.
    publisher = _catalogued(first.lower())
    yield publisher, bare
    if "." in bare:
        yield publisher, bare.replace(".", "-")  # as gateways write claude-sonnet-4.5


def seller(provider: str) -> str:
    """The name by which price books know a provider, as the catalogue writes it where it has it."""
    name = _catalogued(provider.lower())
    found = data_snapshot.find_provider_by_id(data_snapshot.get_snapshot().providers, name) if name else None
    return found.id if found is not None else name


def _catalogued(provider: str) -> str:
    """What genai-prices calls a provider."""
    known = named(provider)
    return known.catalogue or known.name if known else provider


def providers() -> list[str]:
    """The catalogue's names of providers."""
    return [provider.id for provider in data_snapshot.get_snapshot().providers]


def sold_by(provider: str) -> dict[str, str]:
    """The models that a provider sells, each with the provider whose list prices it."""
    providers = {known.id: known for known in data_snapshot.get_snapshot().providers}
    if provider not in providers:
        return {}
    owners = [provider, *(providers[provider].fallback_model_providers or [])]
    return {model.id: owner for owner in reversed(owners) for model in providers[owner].models}


def nearest(name: str, provider: str = "", count: int = 3) -> list[str]:
    """The catalogue's models whose names come nearest to ``name``, as provider/model.

    Those of its version first, and of these, and of the others, the provider's own.
    """
    own = {model.lower(): f"{owner}/{model}" for model, owner in sold_by(seller(provider)).items()}
    everybodys = {
        model.id.lower(): f"{known.id}/{model.id}"
        for known in reversed(data_snapshot.get_snapshot().providers)
        for model in known.models
    }
    found = [
        known[match]
        for known in (own, everybodys)
        for match in difflib.get_close_matches(name.lower(), known, _LOOKED_AT * count)
    ]
    return sorted(dict.fromkeys(found), key=lambda each: not is_same_version(name, each))[:count]


def is_same_version(name: str, other: str) -> bool:
    """Whether two names have the same numbers: Llama-3 is priced otherwise than Llama-3.1, and 8B than 70B.

    What one of them leaves unsaid, such as the size, may be anything.
    """
    one, two = _numbers(name), _numbers(other)
    told = min(len(one), len(two))
    return bool(told or one == two) and one[:told] == two[:told]


def _numbers(name: str) -> list[str]:
    """The version and the sizes of a model in the order of its name, without dates: 3.1 and 8 of llama-v3p1-8b."""
    bare = _DATE.sub("", name.lower().rpartition("/")[2])
    return re.findall(r"\d+(?:\.\d+)*", _POINT.sub(r"\1.\2", bare))


def _is_catalogued(provider: str) -> bool:
    """Whether the catalogue has prices of this provider."""
    return data_snapshot.find_provider_by_id(data_snapshot.get_snapshot().providers, provider) is not None


def _owner(model: ModelInfo) -> str:
    """The provider whose catalogue holds this entry: it may be another's (Azure's OpenAI models are OpenAI's)."""
    return next(
        provider.id
        for provider in data_snapshot.get_snapshot().providers
        if any(candidate is model for candidate in provider.models)
    )


# What clouds and gateways put before a model's name.
_PREFIX = re.compile(
    r"^arn:aws[a-z-]*:bedrock:[^/]*:(?:foundation-model|inference-profile|default-prompt-router)/"
    r"|^(?:.*/)?(?:publishers/[^/]+/models|models|deployments|endpoints)/|^[a-z0-9_.-]+/"
)
# Models of one's own and models behind a name of one's own: the name may hold another's, and has not its price.
_OWN = re.compile(
    r"arn:aws[a-z-]*:bedrock:[^/]*:(?:custom-model|custom-model-deployment|imported-model|provisioned-model)/"
)
# Gateways that charge what the maker of a model charges, and are asked for models by their makers' names, too.
_GATEWAYS = frozenset({"vercel", "gateway"})
# What a gateway puts behind a name to say how to choose among those who serve the model: the price stays the model's.
_SUFFIX = re.compile(r":(?:nitro|floor|exacto|beta|online)$")
# Of so many times as many names as are told, those of the same version are told first.
_LOOKED_AT = 8
# A day, and the revision that Bedrock puts behind a name.
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{6,8}|-v\d+(?::\d+)?$")
# How names write 3.1: 3-1, 3p1. In 3-8b it is no point.
_POINT = re.compile(r"(\d)[-p](\d)(?![\db])")
