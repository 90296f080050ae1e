"""Resolves the few distinct models and places of a batch, so that the join over its many calls can be SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_enrich import energy_model, grid_zone, price_list
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from datetime import datetime

    from spanledger_sql.store import Store


def resolve_models(store: Store, after: datetime, until: datetime) -> int:
    """Write `model_resolution` for the models of a batch that have none; gives how many were new."""
    rows = []
    for seen in store.rows(statement("enrich/unresolved_models"), after=after, until=until):
        names = [seen["response_model"], seen["request_model"]]
        price = price_list.resolve(seen["provider"], names)
        # The price's canonical name often is the one that the energy catalogue knows.
        energy = energy_model.resolve(seen["provider"], [*names, price.model])
        energy = energy or energy_model.stand_in(store, names, price.provider, price.model)
        rows.append(
            {
                **seen,
                "price_provider": price.provider,
                "price_model": price.model,
                "energy_id": energy,
                "note": price.note,
            }
        )
    store.insert("model_resolution", rows)
    return len(rows)


def resolve_places(store: Store, after: datetime, until: datetime) -> int:
    """Write `grid_zone` for the places of a batch that have none; gives how many were new."""
    rows = []
    for seen in store.rows(statement("enrich/unresolved_places"), after=after, until=until):
        place = grid_zone.locate(seen["provider"], seen["cloud_region"])
        rows.append({**seen, "zone": place.zone, "country": place.country, "source": place.source})
    store.insert("grid_zone", rows)
    return len(rows)
