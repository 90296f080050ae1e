"""Carbon intensity of the grid: yearly means of every country, and the hours of a download."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

import pandas as pd
from codecarbon.input import DataSource
from ecologits.electricity_mix_repository import electricity_mixes

from spanledger_enrich.grid.grid_zone import alpha_2
from spanledger_enrich.grid.sources.grid_file import read_files
from spanledger_enrich.grid.zone_name import EUROPE, WORLD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spanledger_sql.store import Store

__all__ = ["WORLD", "load_yearly_means", "read_electricity_maps"]

_CODECARBON = f"CodeCarbon {importlib.metadata.version('codecarbon')}"
_ECOLOGITS = f"EcoLogits {importlib.metadata.version('ecologits')}"
# EcoLogits' codes of the world and of Europe.
_MEANS = {"WOR": WORLD, "EEE": EUROPE}


def load_yearly_means(store: Store) -> int:
    """Put the countries' yearly means into `grid_intensity`, unless these versions are there; gives the new rows.

    Life-cycle gCO2e/kWh of the average mix: CodeCarbon's (Our World in Data), and EcoLogits' for the world and for
    countries that CodeCarbon lacks.
    """
    sources = [_CODECARBON, _ECOLOGITS]
    known = "SELECT uniq(source) FROM grid_intensity WHERE resolution = 'year' AND source IN {sources:Array(String)}"
    if store.value(known, sources=sources) == len(sources):
        return 0
    rows = list(_yearly_means())
    store.insert("grid_intensity", rows)
    return len(rows)


def read_electricity_maps(path: Path) -> pd.DataFrame:
    """Read a file of hourly intensities, such as a download of Electricity Maps, as rows of `grid_intensity`.

    Raises:
        ImportFileError: The file is not such a download, or a line of it has a bad time or value.
    """
    return read_files([path])[0].hours


def _yearly_means() -> Iterator[dict[str, Any]]:
    mixes = DataSource().get_global_energy_mix_data()  # type: ignore[no-untyped-call]
    covered = set()
    for alpha_3, mix in mixes.items():
        if mix.get("carbon_intensity"):
            covered.add(alpha_3)
            yield _yearly(alpha_2(alpha_3), int(mix["year"]), float(mix["carbon_intensity"]), _CODECARBON)
    for mix in electricity_mixes.list_electricity_mixes():
        if mix.zone in _MEANS:
            yield _yearly(_MEANS[mix.zone], 2020, mix.gwp * 1000, _ECOLOGITS)
        # A nil stands for what is too small to round, and would make calls free of emissions.
        elif mix.zone not in covered and mix.gwp > 0:
            yield _yearly(alpha_2(mix.zone), 2020, mix.gwp * 1000, _ECOLOGITS)


def _yearly(zone: str, year: int, g_per_kwh: float, source: str) -> dict[str, Any]:
    return {
        "zone": zone,
        "resolution": "year",
        "signal": "average",
        "basis": "lifecycle",
        "ts": pd.Timestamp(year=year, month=1, day=1, tz="UTC"),
        "g_per_kwh": g_per_kwh,
        "quality": "yearly mean",
        "source": source,
    }
