"""CSV files of grid intensities, in any of the formats that Spanledger knows, as hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

import pandas as pd

from spanledger_enrich.files.csv_table import CsvTable
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.grid.grid_hour import (
    COLUMNS,
    LOWEST_LIFECYCLE_G_PER_KWH,
    GridStepError,
    hourly,
    missing_hours,
)
from spanledger_enrich.grid.grid_zone import is_zone, similar_zones
from spanledger_enrich.grid.sources import electricity_maps, plain, watttime, yearly

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SERIES = ["zone", "signal", "basis"]
# In kg/kWh the dirtiest grid stays below; in g/kWh the cleanest has dirtier hours and years, or is nil throughout.
_LOWEST_DIRECT_SERIES, _MANY = 2.5, 3
# What is less is in t/kWh.
_LOWEST_DIRECT = 0.01


@dataclass(frozen=True, slots=True)
class GridFile:
    """What a file holds.

    Attributes:
        path: Where it is.
        format: In which of the formats.
        hours: Rows of `grid_intensity`.
        missing: The hours that lack between a series' first and last, by (zone, signal, basis).
    """

    path: Path
    format: str
    hours: pd.DataFrame
    missing: Mapping[tuple[str, str, str], pd.DatetimeIndex] = field(default_factory=dict)


def read_files(
    paths: Sequence[Path], *, zone: str = "", renamed: Mapping[str, str] | None = None, timezone: str = ""
) -> list[GridFile]:
    """Read and check files; nothing is stored.

    Args:
        paths: The files.
        zone: The zone of files that name none.
        renamed: Zones of the files that are to be stored under another name; these names are taken as given.
        timezone: Of times without an offset.

    Raises:
        ImportFileError: A file cannot be read, has a bad line, names an unknown zone, or two files differ in an hour.
    """
    names = dict(renamed or {})
    samples = [_samples(path, zone, set(names), timezone) for path in paths]
    seen = {name for _, table in samples for name in table["zone"].unique()}
    if unused := sorted(set(names) - seen):
        raise ImportFileError(
            f"--zone {unused[0]}={names[unused[0]]}: no file has a zone {unused[0]!r}; nothing was imported"
        )
    files = [_hours(path, kind, table, names) for path, (kind, table) in zip(paths, samples, strict=True)]
    _refuse_contradictions(files)
    return files


def _samples(path: Path, zone: str, renamed: set[str], timezone: str) -> tuple[str, pd.DataFrame]:
    kind, samples = _read(CsvTable.read(path), zone, timezone)
    samples = samples.reset_index(drop=True)
    _refuse_unknown_zones(path, samples, renamed)
    _refuse_other_units(path, samples)
    return kind, samples


def _hours(path: Path, kind: str, samples: pd.DataFrame, renamed: dict[str, str]) -> GridFile:
    if renamed:
        samples = samples.assign(zone=samples["zone"].replace(renamed))
    _refuse_repetitions(path, samples)
    if kind == "yearly":
        return GridFile(path, kind, samples[list(COLUMNS)])
    future = (samples["ts"] > pd.Timestamp.now(UTC)) & (samples["quality"] != "forecast")
    if future.any():
        row = samples[future].iloc[0]
        raise ImportFileError(f"{path}:{row['line']}: {row['ts']:%Y-%m-%d %H:%M} UTC is to come, but is no forecast")
    try:
        hours = hourly(samples)
    except GridStepError as error:
        row = samples.loc[error.row]
        raise ImportFileError(
            f"{path}:{row['line']}: {row['zone']} {row['ts']:%Y-%m-%d %H:%M:%S} UTC: {error}"
        ) from None
    if hours.empty:
        raise ImportFileError(f"{path}: holds no value")
    return GridFile(path, kind, hours, missing_hours(hours))


def _read(table: CsvTable, zone: str, timezone: str) -> tuple[str, pd.DataFrame]:
    if electricity_maps.TIME in table.rows:
        return electricity_maps.NAME, electricity_maps.read(table)
    if table.column(*watttime.TIMES) and table.column(*watttime.VALUES):
        return watttime.NAME, watttime.read(table, zone)
    if yearly.YEAR in table.rows and plain.TIME not in table.rows:
        return "yearly", yearly.read(table, zone)
    if plain.TIME in table.rows:
        return "plain", plain.read(table, zone, timezone)
    raise ImportFileError(
        f"{table.path}:1: the columns {', '.join(table.rows.columns[:6])} are of no known format; expected Electricity "
        "Maps' (Datetime (UTC), Zone Id, ...), WattTime's (point_time, value), zone,datetime,g_per_kwh or "
        "zone,year,g_per_kwh"
    )


def _refuse_unknown_zones(path: Path, samples: pd.DataFrame, accepted: set[str]) -> None:
    # WattTime's regions are names of their own, which no cloud region maps to.
    ours = samples[(samples["signal"] == "average") | ~samples["source"].str.startswith(watttime.NAME)]
    for zone, line in ours.groupby("zone", sort=False)["line"].first().items():
        name = str(zone)
        if is_zone(name) or name in accepted:
            continue
        if not name:
            raise ImportFileError(f"{path}:{line}: zone: blank; expected a zone such as DE; nothing was imported")
        near = similar_zones(name)
        raise ImportFileError(
            f"{path}:{line}: zone: {name!r} is no known zone"
            + (f"; meant {' or '.join(near)}?" if near else "")
            + f" To take it as it is: --zone {name}={name}; nothing was imported"
        )


def _refuse_other_units(path: Path, samples: pd.DataFrame) -> None:
    """What is too small for g/kWh: a life cycle's value below 1, direct ones that stay below 2.5 and are not nil."""
    values = samples["g_per_kwh"]
    low = (samples["basis"] == "lifecycle") & (values < LOWEST_LIFECYCLE_G_PER_KWH)
    if not low.any():
        series = samples.groupby(_SERIES)["g_per_kwh"]
        yearly = "resolution" in samples
        highest, many = series.transform("max"), yearly | (series.transform("count") >= _MANY)
        stays_below = many & (highest > 0) & (highest <= _LOWEST_DIRECT_SERIES)
        low = (samples["basis"] == "direct") & (stays_below | ((values > 0) & (values < _LOWEST_DIRECT)))
    if low.any():
        row = samples[low].iloc[0]
        raise ImportFileError(
            f"{path}:{row['line']}: {row['g_per_kwh']:g} g/kWh is too low for {row['zone']} ({row['basis']}); is it in "
            "kg/kWh or t/kWh? Nothing was imported"
        )


def _refuse_repetitions(path: Path, samples: pd.DataFrame) -> None:
    key = [*_SERIES, "ts"]
    again = samples.duplicated(key)
    if again.any():
        row = samples[again].iloc[0]
        same = (samples[key] == row[key]).all(axis=1)
        first = samples.loc[same, "line"].iloc[0]
        raise ImportFileError(
            f"{path}:{row['line']}: {row['zone']} {row['ts']:%Y-%m-%d %H:%M} UTC was given in line {first} already; "
            "nothing was imported"
        )


def _refuse_contradictions(files: list[GridFile]) -> None:
    """Two files may overlap, but not say different things of an hour."""
    if len(files) < 2:
        return
    together = pd.concat([file.hours.assign(file=number) for number, file in enumerate(files)], ignore_index=True)
    key = [*_SERIES, "ts"]
    shared = together[together.duplicated(key, keep=False)]
    if shared.empty:
        return
    distinct = shared.groupby(key, observed=True)["g_per_kwh"].transform("nunique")
    if (distinct > 1).any():
        row = shared[distinct > 1].iloc[0]
        same = shared[(shared[key] == row[key]).all(axis=1)]
        values = " and ".join(
            f"{files[number].path}: {value}" for number, value in zip(same["file"], same["g_per_kwh"], strict=True)
        )
        raise ImportFileError(
            f"{row['zone']} {row['ts']:%Y-%m-%d %H:%M} UTC ({row['signal']}, {row['basis']}) has different values: "
            f"{values} g/kWh; nothing was imported"
        )
