"""Resolves the few distinct models and places of a batch, so that the join over its many calls can be SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanledger_enrich.energy import energy_model
from spanledger_enrich.grid import grid_zone
from spanledger_enrich.prices.model_alias import FREE, PriceNames
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_sql.store import Store


def resolve_models(store: Store, batch: str) -> int:
    """Write `model_resolution` for the models of the table ``batch`` that have none; gives how many were new."""
    unresolved = store.rows(statement("lookups/names/unresolved_models"), batch=batch)
    if unresolved:
        names = PriceNames.read(store)
        store.insert("model_resolution", [_resolution(store, names, seen) for seen in unresolved])
    return len(unresolved)


def resolve_places(store: Store, batch: str) -> int:
    """Write `grid_zone` for the places of the table ``batch`` that have none; gives how many were new."""
    rows = [_place(seen) for seen in store.rows(statement("lookups/names/unresolved_places"), batch=batch)]
    store.insert("grid_zone", rows)
    return len(rows)


def resolve_named(store: Store, models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write and give the rows of `model_resolution` for given provider, request_model and response_model."""
    names = PriceNames.read(store)
    rows = [_resolution(store, names, seen) for seen in models]
    store.insert("model_resolution", rows)
    return rows


def resolve_again(store: Store) -> int:
    """Ask what is known today of every model and place seen so far; writes and counts the answers that are new.

    What the ledger has of their calls stays as it is until it is restated.
    """
    names = PriceNames.read(store)
    models = store.rows("SELECT * EXCEPT (resolved_at) FROM model_resolution FINAL")
    changed_models = [new for old in models if (new := _resolution(store, names, old)) != old]
    store.insert("model_resolution", changed_models)
    places = store.rows("SELECT * EXCEPT (resolved_at) FROM grid_zone FINAL")
    changed_places = [new for old in places if (new := _place(old)) != old]
    store.insert("grid_zone", changed_places)
    return len(changed_models) + len(changed_places)


def _resolution(store: Store, names: PriceNames, seen: Mapping[str, Any]) -> dict[str, Any]:
    reported = [seen["response_model"], seen["request_model"]]
    price = names.resolve(seen["provider"], reported)
    return {
        "provider": seen["provider"],
        "request_model": seen["request_model"],
        "response_model": seen["response_model"],
        "price_provider": price.provider,
        "price_model": price.model,
        # The price's canonical name often is the one that the energy catalogue knows.
        "energy_id": energy_model.entry(store, seen["provider"], reported, price.provider, price.model),
        "note": price.note,
        "free": int((price.provider, price.model) == (FREE.provider, FREE.model)),
        "standard_only": int(price.standard_only),
        "seller": price.seller,
    }


def _place(seen: Mapping[str, Any]) -> dict[str, Any]:
    place = grid_zone.locate(seen["provider"], seen["cloud_region"])
    return {**seen, "zone": place.zone, "country": place.country, "source": place.source}
