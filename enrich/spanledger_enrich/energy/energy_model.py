"""Energy entries of models: two methods side by side where the size is known, and stand-ins where it is not.

Which entry a name means, the best first: EcoLogits' catalogue, sizes that makers publish, the size in the name, the
class of its price. Models that only read have a method of their own; images, video and speech have none.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from spanledger_enrich.energy import ecologits, model_name, model_size, prefill, proxy, token_aware, uncertainty
from spanledger_enrich.energy.ecologits import Range, Subject, maker, parameters, text_models
from spanledger_enrich.energy.model_kind import Kind, kind_of
from spanledger_enrich.energy.size_in_name import size_in_name
from spanledger_vocabulary.provider import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecologits.model_repository import Model

    from spanledger_enrich.energy.model_size import ModelSize
    from spanledger_sql.store import Store

SOURCE = ecologits.SOURCE
METHOD = ecologits.METHOD

# Open weights are named by their repository, which tells the model whoever serves it.
_OPEN_WEIGHTS = "huggingface_hub"

# What hosts put around a model's name: Bedrock's "us.anthropic." and "-v1:0", Vertex AI's "@20250514".
_HOSTED_BY = re.compile(
    r"^(?:(?:us|eu|apac|us-gov|global|au|jp|ca)\.)?(?:anthropic|meta|mistral|cohere|amazon|openai)\."
)
_VERSION = re.compile(r"-v\d+(?::\d+)?$")
_DATE = re.compile(r"[-@](?:\d{4}-\d{2}-\d{2}|\d{8})$")


def load(store: Store) -> int:
    """Put the entries of all known models into `energy_model`, unless these versions are there; gives the new rows."""
    uncertainty.load(store)
    # A row without terms of uncertainty is of a version that knew none.
    known = "SELECT uniq(source) FROM energy_model WHERE source IN {sources:Array(String)} AND uncertainty != ''"
    sources = sorted(_sources())
    if store.value(known, sources=sources) == len(sources):
        return 0
    catalogued = [[*catalogue()], [*token_aware_catalogue()], [*size_catalogue()]]
    # Rows of one insert have the same columns.
    rows = [row for part in catalogued for row in part]
    for method in dict.fromkeys(row["method"] for row in rows):
        store.insert("energy_model", [row for row in rows if row["method"] == method])
    return len(rows)


def catalogue() -> Iterator[dict[str, Any]]:
    """Rows of `energy_model` by EcoLogits' method."""
    for model in text_models():
        sigma = uncertainty.of_parameters(*parameters(model))
        yield {**_names(model, METHOD), **ecologits.coefficients(model), **_uncertain(METHOD, sigma)}


def token_aware_catalogue() -> Iterator[dict[str, Any]]:
    """Rows of `energy_model` by the token-aware method: parameters, water and embodied emissions are EcoLogits'."""
    for model in text_models():
        active, total = parameters(model)
        pue, wue = ecologits.data_centre(maker(model))
        theirs = ecologits.coefficients(model)
        yield {
            **_names(model, token_aware.METHOD),
            **token_aware.coefficients(active, total, pue, token_aware.precision(model.name)),
            **token_aware.overhead(pue, Range(wue.low / pue.high, wue.high / pue.low)),
            **token_aware.embodied(theirs),
            "source": _token_aware_source(SOURCE),
            **_uncertain(token_aware.METHOD, uncertainty.of_parameters(active, total)),
        }


def size_catalogue() -> Iterator[dict[str, Any]]:
    """Rows of `energy_model` of the models in `files/reference/model_size.csv`, by each method that their kind has."""
    for size in model_size.listed():
        if size.kind is not Kind.text:
            yield prefill.of_size(size).row()
            continue
        pue, wue = ecologits.data_centre(size.maker)
        theirs = ecologits.coefficients_of(Subject(size.active, size.total, pue, wue))
        ends_with = f"{size.maker}/{size.model}"
        names = {"provider": size.maker, "model": size.model}
        sigma = uncertainty.of_parameters(size.active, size.total)
        yield {
            **names,
            **theirs,
            "energy_id": f"{METHOD}/{ends_with}",
            "method": METHOD,
            "source": f"{SOURCE}; {size.said_by}",
            **_uncertain(METHOD, sigma),
        }
        yield {
            **names,
            **token_aware.coefficients(size.active, size.total, pue, token_aware.precision(size.model)),
            **token_aware.overhead(pue, Range(wue.low / pue.high, wue.high / pue.low)),
            "energy_id": f"{token_aware.METHOD}/{ends_with}",
            "method": token_aware.METHOD,
            **token_aware.embodied(theirs),
            "source": _token_aware_source(size.said_by),
            **_uncertain(token_aware.METHOD, sigma),
        }


def entry(store: Store, provider: str, names: Iterable[str], price_provider: str = "", price_model: str = "") -> str:
    """The `energy_id` of the model that is called ``names`` (best first), or '' where nothing tells what it draws.

    Of models of text it is that of EcoLogits' method; the other methods' have the same ending. A stand-in's row is
    stored where it is new.

    Args:
        store: The database.
        provider: As the span names it.
        names: What the model is called, the response's name first.
        price_provider: Whose price entry it has, '' where none.
        price_model: That entry's model, which also is a name.
    """
    called = [name for name in dict.fromkeys([*names, price_model]) if name]
    kind = next((kind for name in called if (kind := kind_of(name)) is not Kind.text), Kind.text)
    if kind not in (Kind.text, Kind.embedding, Kind.rerank):
        return ""
    if kind is Kind.text and (found := resolve(provider, called)):
        return found
    input_price, output_price = _prices(store, price_provider, price_model)
    if kind is not Kind.text or (output_price == 0 and input_price > 0):
        return _reader(store, called, input_price)
    stand_in = next((sized for name in called if (sized := proxy.by_size(name))), None) or proxy.by_price(output_price)
    if stand_in is None:
        return ""
    _store_new(store, stand_in.rows())
    return stand_in.energy_id


def resolve(provider: str, names: Iterable[str]) -> str:
    """The `energy_id` for the first of ``names`` (best first) whose size is known, or '' when none's is."""
    vendor = named(provider)
    makers = (*((vendor.makers or (vendor.name,)) if vendor else (provider,)), _OPEN_WEIGHTS)
    called = list(names)
    for name in called:
        for spelling in _spellings(name):
            for who in makers:
                if found := _known().get((who, spelling)):
                    return found
    for name in called:
        for words in model_name.meant(model_name.words(name)):
            if found := _by_words().get(words):
                return found
            size = model_size.named(words)
            if size is not None and size.kind is Kind.text:
                return _size_id(size)
        size = model_size.find(name)
        if size is not None and size.kind is Kind.text:
            return _size_id(size)
    return ""


def _reader(store: Store, names: list[str], input_price: Decimal) -> str:
    """The entry of a model that reads only."""
    for name in names:
        size = model_size.find(name)
        if size is not None and size.kind is not Kind.text:
            return prefill.of_size(size).energy_id
    found = next((prefill.by_size(sized.name, sized.total) for name in names if (sized := size_in_name(name))), None)
    found = found or prefill.by_price(input_price)
    if found is None:
        return ""
    _store_new(store, [found.row()])
    return found.energy_id


def _prices(store: Store, provider: str, model: str) -> tuple[Decimal, Decimal]:
    """What an input and an output token cost at list when the model came, in USD; 0 where nobody says.

    Prices fall, and tiers differ, while the model stays as large as it is.
    """
    if not model:
        return Decimal(0), Decimal(0)
    prices = store.rows(
        "SELECT argMin(ifNull(input_price, 0), valid_from) AS input, argMin(ifNull(output_price, 0), valid_from) "
        "AS output FROM price_list FINAL WHERE service_tier = '' AND speed = '' "
        "AND provider = {provider:String} AND model = {model:String}",
        provider=provider,
        model=model,
    )
    return Decimal(prices[0]["input"] or 0), Decimal(prices[0]["output"] or 0)


def _store_new(store: Store, rows: list[dict[str, Any]]) -> None:
    stored = (
        "SELECT count() FROM energy_model WHERE energy_id = {id:String} AND source = {source:String} "
        "AND uncertainty != ''"
    )
    for row in rows:
        if not store.value(stored, id=row["energy_id"], source=row["source"]):
            store.insert("energy_model", [row])


def _uncertain(method: str, parameters_sigma: float) -> dict[str, Any]:
    return {"uncertainty": method, "parameters_sigma": parameters_sigma}


def _size_id(size: ModelSize) -> str:
    return f"{METHOD}/{size.maker}/{size.model}"


def _token_aware_source(parameters_by: str) -> str:
    also = "" if parameters_by == SOURCE else f"; embodied: {SOURCE}"
    said = f"parameters, water and embodied: {SOURCE}" if parameters_by == SOURCE else parameters_by
    return f"{token_aware.SOURCE}; {said}{also}"


def _sources() -> set[str]:
    """The sources of all rows that `load` writes, without computing these."""
    sources = {SOURCE, _token_aware_source(SOURCE)}
    for size in model_size.listed():
        if size.kind is Kind.text:
            sources |= {f"{SOURCE}; {size.said_by}", _token_aware_source(size.said_by)}
        else:
            sources.add(prefill.of_size(size).source)
    return sources


def _spellings(name: str) -> list[str]:
    """A model's name as reported, and without what hosts put around it: path, region and maker, version, date."""
    bare = model_name.base(name)
    shorter = _VERSION.sub("", _HOSTED_BY.sub("", bare))
    return list(dict.fromkeys([name.lower(), bare, shorter, _DATE.sub("", shorter)]))


@cache
def _known() -> dict[tuple[str, str], str]:
    known = {(maker(model), model.name.lower()): str(_names(model, METHOD)["energy_id"]) for model in text_models()}
    # A server of open weights often names them without their publisher.
    bare = [(who, name.rsplit("/", 1)[-1]) for who, name in known if who == _OPEN_WEIGHTS]
    once = {key for key in bare if bare.count(key) == 1}
    return {
        (who, name.rsplit("/", 1)[-1]): found
        for (who, name), found in known.items()
        if (who, name.rsplit("/", 1)[-1]) in once
    } | known


@cache
def _by_words() -> dict[tuple[str, ...], str]:
    """EcoLogits' entries of makers' own models by the words of their names, whoever sells them.

    Without names that two makers use, and without a date's words unless they are reported, too.
    """
    exact: dict[tuple[str, ...], set[str]] = {}
    latest: dict[tuple[str, ...], set[str]] = {}
    for (who, name), energy_id in _known().items():
        if who != _OPEN_WEIGHTS:
            words = model_name.words(name)
            exact.setdefault(words, set()).add(energy_id)
            if words[-1] == "latest":
                latest.setdefault(words[:-1], set()).add(energy_id)
    return {words: ids.pop() for words, ids in (latest | exact).items() if len(ids) == 1}


def _names(model: Model, method: str) -> dict[str, str]:
    who = maker(model)
    return {"energy_id": f"{method}/{who}/{model.name}", "method": method, "provider": who, "model": model.name}
