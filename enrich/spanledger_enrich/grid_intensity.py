"""Carbon intensity of the grid: yearly means of every country, and hourly values imported from files."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

import pandas as pd
from codecarbon.input import DataSource
from ecologits.electricity_mix_repository import electricity_mixes

from spanledger_enrich.grid_zone import alpha_2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spanledger_sql.store import Store

WORLD = "WORLD"

_CODECARBON = f"CodeCarbon {importlib.metadata.version('codecarbon')}"
_ECOLOGITS = f"EcoLogits {importlib.metadata.version('ecologits')}"

# Electricity Maps' downloads come with two spellings of their headers; compared in lower case.
_TIME = "datetime (utc)"
_ZONE = "zone id"
_ESTIMATED = "data estimated"
_BASES = {
    "direct": ("carbon intensity gco₂eq/kwh (direct)",),
    "lifecycle": ("carbon intensity gco₂eq/kwh (lca)", "carbon intensity gco₂eq/kwh (life cycle)"),
}
# Above the dirtiest plant there is (lignite, about 1.7 kg/kWh life cycle): a higher value is in another unit.
_HIGHEST_G_PER_KWH = 2500.0


class GridFileError(ValueError):
    """An import file that cannot be read; the message names the file, the line and the field."""


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
    """Read an hourly CSV download of Electricity Maps as rows of `grid_intensity`, direct and life cycle.

    Raises:
        GridFileError: The file is not such a download, or a line of it has a bad time or value.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise GridFileError(f"{path}: cannot be read as CSV: {error}") from None
    table.columns = table.columns.str.strip().str.lower()
    for column in (_TIME, _ZONE):
        if column not in table:
            raise GridFileError(f"{path}:1: no column {column!r}; expected an hourly download of Electricity Maps")
    if table.empty:
        raise GridFileError(f"{path}: holds no rows")
    times = pd.to_datetime(table[_TIME], errors="coerce", utc=True)
    _refuse(path, table, times.isna(), _TIME, "expected a UTC time such as 2024-01-01 00:00:00")
    _refuse(path, table, times != times.dt.floor("h"), _TIME, "expected a full hour; this looks like finer data")
    _refuse(path, table, table[_ZONE].str.strip() == "", _ZONE, "expected a zone such as DE")
    duplicated = table.assign(**{_TIME: times}).duplicated([_ZONE, _TIME])
    _refuse(path, table, duplicated, _TIME, "this hour of this zone was given before")
    estimated = (
        table[_ESTIMATED].str.strip().str.lower() == "true" if _ESTIMATED in table else pd.Series(False, table.index)
    )
    parts = []
    for basis, names in _BASES.items():
        present = [name for name in names if name in table]
        if not present:
            raise GridFileError(f"{path}:1: no column {names[0]!r}; expected an hourly download of Electricity Maps")
        column = present[0]
        values = pd.to_numeric(table[column], errors="coerce")
        blank = table[column].str.strip() == ""
        _refuse(path, table, values.isna() & ~blank, column, "expected a number in gCO2eq/kWh")
        _refuse(path, table, values < 0, column, "a negative intensity cannot be")
        _refuse(path, table, values > _HIGHEST_G_PER_KWH, column, "too high for gCO2eq/kWh; is it in another unit?")
        part = pd.DataFrame(
            {
                "zone": table[_ZONE].str.strip(),
                "resolution": "hour",
                "signal": "average",
                "basis": basis,
                "ts": times,
                "g_per_kwh": values,
                "quality": "measured",
                "source": "Electricity Maps",
            }
        )
        part.loc[estimated, "quality"] = "estimated"
        parts.append(part[~blank])
    return pd.concat(parts, ignore_index=True)


def _refuse(path: Path, table: pd.DataFrame, bad: pd.Series[bool], column: str, expected: str) -> None:
    if bad.any():
        row = int(bad.to_numpy().argmax())
        value = table[column].iloc[row]
        # Line 1 holds the headers.
        raise GridFileError(f"{path}:{row + 2}: {column}: {value!r}: {expected}; nothing was imported")


def _yearly_means() -> Iterator[dict[str, Any]]:
    mixes = DataSource().get_global_energy_mix_data()  # type: ignore[no-untyped-call]
    covered = set()
    for alpha_3, mix in mixes.items():
        if mix.get("carbon_intensity"):
            covered.add(alpha_3)
            yield _yearly(alpha_2(alpha_3), int(mix["year"]), float(mix["carbon_intensity"]), _CODECARBON)
    for mix in electricity_mixes.list_electricity_mixes():
        if mix.zone == "WOR":
            yield _yearly(WORLD, 2020, mix.gwp * 1000, _ECOLOGITS)
        elif mix.zone not in covered:
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
