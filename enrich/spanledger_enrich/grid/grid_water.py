"""Water that a country's power plants use for a kilowatt-hour, from EcoLogits."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from ecologits.electricity_mix_repository import electricity_mixes

from spanledger_enrich.grid.grid_zone import alpha_2
from spanledger_enrich.grid.zone_name import EUROPE, WORLD

if TYPE_CHECKING:
    from spanledger_sql.store import Store

SOURCE = f"EcoLogits {importlib.metadata.version('ecologits')}"


def load(store: Store) -> int:
    """Put the countries' litres per kWh into `grid_water`, unless this version is there; gives the new rows."""
    if store.value("SELECT count() FROM grid_water WHERE source = {source:String}", source=SOURCE):
        return 0
    rows = [
        {
            "zone": {"WOR": WORLD, "EEE": EUROPE}.get(mix.zone) or alpha_2(mix.zone),
            "l_per_kwh": mix.wue,
            "source": SOURCE,
        }
        for mix in electricity_mixes.list_electricity_mixes()
    ]
    store.insert("grid_water", rows)
    return len(rows)
