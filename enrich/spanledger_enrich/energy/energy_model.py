"""Energy entries of models: two methods side by side for those that EcoLogits knows, and proxies for the others."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from ecologits.tracers.utils import PROVIDER_CONFIG_MAP

from spanledger_enrich.energy import ecologits, proxy, token_aware
from spanledger_enrich.energy.ecologits import Range, maker, parameters, text_models
from spanledger_vocabulary.provider import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecologits.model_repository import Model

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
    """Put both methods' entries into `energy_model`, unless these versions are there; gives the new rows."""
    rows = [*catalogue(), *token_aware_catalogue()]
    # A row without an overhead is of a version that knew none.
    known = "SELECT uniq(source) FROM energy_model WHERE source IN {sources:Array(String)} AND pue > 0"
    sources = sorted({row["source"] for row in rows})
    if store.value(known, sources=sources) == len(sources):
        return 0
    store.insert("energy_model", [row for row in rows if row["method"] == METHOD])
    store.insert("energy_model", [row for row in rows if row["method"] != METHOD])
    return len(rows)


def catalogue() -> Iterator[dict[str, Any]]:
    """Rows of `energy_model` by EcoLogits' method."""
    for model in text_models():
        yield {**_names(model, METHOD), **ecologits.coefficients(model)}


def token_aware_catalogue() -> Iterator[dict[str, Any]]:
    """Rows of `energy_model` by the token-aware method: parameters, water and embodied emissions are EcoLogits'."""
    for model in text_models():
        active, total = parameters(model)
        place = PROVIDER_CONFIG_MAP[maker(model)]
        pue, wue = Range.of(place.datacenter_pue), Range.of(place.datacenter_wue)
        theirs = ecologits.coefficients(model)
        yield {
            **_names(model, token_aware.METHOD),
            **token_aware.coefficients(active, total, token_aware.precision(model.name)),
            **token_aware.overhead(Range(wue.low / pue.high, wue.high / pue.low)),
            "embodied_g_per_output_token": theirs["embodied_g_per_output_token"],
            "embodied_g_per_request": theirs["embodied_g_per_request"],
            "source": f"{token_aware.SOURCE}; parameters, water and embodied: {SOURCE}",
        }


def resolve(provider: str, names: Iterable[str]) -> str:
    """The `energy_id` for the first of ``names`` (best first) that is known, or '' when none is.

    It is that of EcoLogits' method; the other methods' have the same ending.
    """
    known = _known()
    vendor = named(provider)
    makers = (vendor.makers or (vendor.name,)) if vendor else (provider,)
    for name in (spelling for reported in names for spelling in _spellings(reported)):
        for who in (*makers, _OPEN_WEIGHTS):
            if found := known.get((who, name.lower())):
                return found
    return ""


def stand_in(store: Store, names: Iterable[str], price_provider: str, price_model: str) -> str:
    """The `energy_id` of a proxy for an unknown model, stored where it is new; '' where nothing tells its size.

    Args:
        store: The database.
        names: What the model is called.
        price_provider: Whose price entry it has, '' where none.
        price_model: That entry's model.
    """
    found = next((sized for name in names if (sized := proxy.by_size(name))), None)
    if found is None and price_model:
        # An embedding model sells no output: its input is cheaper than an output token by about the factor of energy.
        price = store.value(
            "SELECT argMax(if(output_price > 0, output_price, input_price * 5), valid_from) FROM price_list FINAL "
            "WHERE provider = {provider:String} AND model = {model:String}",
            provider=price_provider,
            model=price_model,
        )
        found = proxy.by_price(Decimal(price or 0))
    if found is None:
        return ""
    rows = found.rows()
    stored = "SELECT count() FROM energy_model WHERE energy_id = {id:String} AND source = {source:String}"
    if not store.value(stored, id=rows[-1]["energy_id"], source=rows[-1]["source"]):
        for row in rows:
            store.insert("energy_model", [row])
    return found.energy_id


def _spellings(name: str) -> list[str]:
    """A model's name as reported, and without what hosts put around it: path, region and maker, version, date."""
    bare = name.lower().rsplit("/", 1)[-1]
    bare = _HOSTED_BY.sub("", bare)
    bare = _VERSION.sub("", bare)
    return list(dict.fromkeys([name.lower(), bare, _DATE.sub("", bare)]))


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


def _names(model: Model, method: str) -> dict[str, str]:
    who = maker(model)
    return {"energy_id": f"{method}/{who}/{model.name}", "method": method, "provider": who, "model": model.name}
