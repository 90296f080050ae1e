"""Resolves the few distinct models and places of a batch, so that the join over its many calls can be SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanledger_enrich import energy_model, grid_zone, price_list
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from datetime import datetime

    from spanledger_sql.store import Store


def resolve_models(store: Store, after: datetime, until: datetime) -> int:
    """Write `model_resolution` for the models of a batch that have none; gives how many were new."""
    rows = [_model(seen) for seen in store.rows(statement("enrich/unresolved_models"), after=after, until=until)]
    store.insert("model_resolution", rows)
    return len(rows)


def resolve_places(store: Store, after: datetime, until: datetime, default_zone: str) -> int:
    """Write `grid_zone` for the places of a batch that have none; gives how many were new."""
    rows = [
        _place(seen, default_zone)
        for seen in store.rows(statement("enrich/unresolved_places"), after=after, until=until)
    ]
    store.insert("grid_zone", rows)
    return len(rows)


def resolve_named(store: Store, models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write and give the rows of `model_resolution` for given provider, request_model and response_model."""
    rows = [_model(seen) for seen in models]
    store.insert("model_resolution", rows)
    return rows


def resolve_again(store: Store, default_zone: str) -> int:
    """Ask today's catalogues for every model and place seen so far; writes and counts the answers that are new."""
    models = store.rows("SELECT * EXCEPT (resolved_at) FROM model_resolution FINAL")
    changed_models = [new for old in models if (new := _model(old)) != old]
    store.insert("model_resolution", changed_models)
    places = store.rows("SELECT * EXCEPT (resolved_at) FROM grid_zone FINAL")
    changed_places = [new for old in places if (new := _place(old, default_zone)) != old]
    store.insert("grid_zone", changed_places)
    return len(changed_models) + len(changed_places)


def _model(seen: dict[str, Any]) -> dict[str, Any]:
    names = [seen["response_model"], seen["request_model"]]
    price = price_list.resolve(seen["provider"], names)
    # The price's canonical name often is the one that the energy catalogue knows.
    energy = energy_model.resolve(seen["provider"], [*names, price.model])
    return {
        **seen,
        "price_provider": price.provider,
        "price_model": price.model,
        "energy_id": energy,
        "note": price.note,
    }


def _place(seen: dict[str, Any], default_zone: str) -> dict[str, Any]:
    place = grid_zone.locate(seen["provider"], seen["cloud_region"], default_zone)
    return {**seen, "zone": place.zone, "country": place.country, "source": place.source}
