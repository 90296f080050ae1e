"""Resolves the few distinct models and places of a batch, so that the join over its many calls can be SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanledger_enrich import energy_model, grid_zone
from spanledger_enrich.model_alias import FREE, PriceNames
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from spanledger_sql.store import Store


def resolve_models(store: Store, after: datetime, until: datetime) -> int:
    """Write `model_resolution` for the models of a batch that have none; gives how many were new."""
    unresolved = store.rows(statement("enrich/unresolved_models"), after=after, until=until)
    if unresolved:
        names = PriceNames.read(store)
        store.insert("model_resolution", [_resolution(store, names, seen) for seen in unresolved])
    return len(unresolved)


def resolve_again(store: Store) -> int:
    """Bring `model_resolution` up to what prices and aliases say now; gives how many models mean another price.

    What the ledger has of these models stays as it is until it is restated.
    """
    names = PriceNames.read(store)
    known = store.rows("SELECT * EXCEPT (resolved_at) FROM model_resolution FINAL")
    changed = [now for before in known if (now := _resolution(store, names, before)) != before]
    store.insert("model_resolution", changed)
    return len(changed)


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
        "energy_id": energy_model.resolve(seen["provider"], [*reported, price.model])
        or energy_model.stand_in(store, reported, price.provider, price.model),
        "note": price.note,
        "free": int((price.provider, price.model) == (FREE.provider, FREE.model)),
        "standard_only": int(price.standard_only),
        "seller": price.seller,
    }


def resolve_places(store: Store, after: datetime, until: datetime) -> int:
    """Write `grid_zone` for the places of a batch that have none; gives how many were new."""
    rows = []
    for seen in store.rows(statement("enrich/unresolved_places"), after=after, until=until):
        place = grid_zone.locate(seen["provider"], seen["cloud_region"])
        rows.append({**seen, "zone": place.zone, "country": place.country, "source": place.source})
    store.insert("grid_zone", rows)
    return len(rows)
