"""The user's contracts on power, for market-based emissions: certificates, PPAs, supplier factors, residual mixes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from spanledger_enrich.files.csv_table import CsvTable
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.grid.grid_hour import LOWEST_LIFECYCLE_G_PER_KWH
from spanledger_enrich.grid.grid_zone import is_zone, similar_zones
from spanledger_enrich.grid.sources.intensity_column import intensities
from spanledger_vocabulary.provider import called

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pandas.api.typing import NaTType

    from spanledger_sql.store import Store

# As people call them, and as the ledger does.
_KINDS = {
    "certificate": "certificate", "go": "certificate", "rec": "certificate", "rego": "certificate",
    "i-rec": "certificate", "eac": "certificate",
    "ppa": "ppa",
    "supplier factor": "supplier factor", "supplier": "supplier factor",
    "residual mix": "residual mix", "residual": "residual mix",
}  # fmt: skip
_COVERING = ("certificate", "ppa")
_WHAT = "columns kind,zone,from,to,g_per_kwh and, of certificates and PPAs, mwh or share; if known id,provider,source"


@dataclass(frozen=True, slots=True)
class ContractFile:
    """What a file holds: rows of `grid_contract`, and in which year the power of each was made, where the file says."""

    path: Path
    rows: list[dict[str, Any]]


def read_files(paths: Sequence[Path], timezone: str = "") -> list[ContractFile]:
    """Read and check files; nothing is stored.

    Args:
        paths: The files.
        timezone: Of dates and of times without an offset; '' is UTC.

    Raises:
        ImportFileError: A file cannot be read, or a line of it has a value that cannot be.
    """
    try:
        ZoneInfo(timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise ImportFileError(f"--timezone {timezone!r} is unknown; expected a name such as Europe/Berlin") from None
    return [ContractFile(path, _rows(CsvTable.read(path), timezone or "UTC")) for path in paths]


def record(store: Store, file: ContractFile) -> int:
    """Store a file's contracts, each in the place of the former one of the same id; gives how many."""
    store.insert("grid_contract", [{name: row[name] for name in row if name != "vintage"} for row in file.rows])
    return len(file.rows)


def _rows(table: CsvTable, timezone: str) -> list[dict[str, Any]]:
    kinds = table.text(table.required(_WHAT, "kind")).str.lower().str.replace("_", " ")
    table.refuse(~kinds.isin(_KINDS), "kind", "expected certificate, ppa, supplier factor or residual mix")
    kinds = kinds.map(_KINDS)
    zones = table.text(table.required(_WHAT, "zone"))
    for zone in zones.unique():
        near = similar_zones(zone)
        expected = "is no known zone; " + (f"meant {' or '.join(near)}?" if near else "expected one such as DE")
        table.refuse((zones == zone) & (not is_zone(zone)), "zone", expected)
    begins, ends = (_moments(table, name, timezone) for name in ("from", "to"))
    table.refuse(ends <= begins, "to", "expected a moment after 'from': the first that the contract does not cover")
    table.required(_WHAT, "g_per_kwh")
    factors = intensities(table, "g_per_kwh")
    table.refuse(factors.isna(), "g_per_kwh", "expected a number; 0 where the power emits nothing")
    small = (factors > 0) & (factors < LOWEST_LIFECYCLE_G_PER_KWH)
    table.refuse(small, "g_per_kwh", "too low for g/kWh; is it in kg/kWh or another unit?")
    mwh, shares = table.numbers("mwh"), table.numbers("share", 0.0, 1.0)
    _refuse_volumes(table, kinds, mwh, shares)
    ids = _optional(table, "id")
    providers = _optional(table, "provider").map(called)
    ids = ids.where(ids != "", kinds + " " + zones)
    table.refuse(
        pd.Series(list(zip(ids, zones, providers, begins, strict=True)), table.rows.index).duplicated(),
        "id" if "id" in table.rows else "kind", "comes twice for this zone, provider and beginning; expected once",
    )  # fmt: skip
    sources = _optional(table, "source")
    vintages = table.numbers("vintage", 1990, 2100)
    return [
        {
            "vintage": None if math.isnan(vintage) else int(vintage),
            "contract_id": id_,
            "kind": kind,
            "provider": provider,
            "zone": zone,
            "valid_from": begin.to_pydatetime(),
            "valid_until": end.to_pydatetime(),
            "mwh": None if math.isnan(volume) else volume,
            "share": None if math.isnan(share) else share,
            "g_per_kwh": factor,
            "source": source or table.path.name,
        }
        for id_, kind, provider, zone, begin, end, volume, share, factor, source, vintage in zip(
            ids, kinds, providers, zones, begins, ends, mwh, shares, factors, sources, vintages, strict=True
        )
    ]


def _moments(table: CsvTable, column: str, timezone: str) -> pd.Series[pd.Timestamp]:
    """A column of dates, or of times with or without an offset, in UTC."""
    text = table.text(table.required(_WHAT, column))
    parsed = pd.to_datetime(text.map(lambda value: _moment(value, timezone)), utc=True)
    table.refuse(parsed.isna(), column, "expected a date such as 2024-01-01, or a time such as 2024-01-01T00:00+01:00")
    table.refuse(~parsed.dt.year.between(1990, 2100), column, "expected a time of our days")
    return parsed


def _moment(text: str, timezone: str) -> pd.Timestamp | NaTType:
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        return pd.NaT
    try:
        moment = pd.Timestamp(text)
        # A time that the clock skips, or that comes twice, is refused as no time.
        return (moment if moment.tzinfo else moment.tz_localize(timezone)).tz_convert("UTC")
    except ValueError:
        return pd.NaT


def _refuse_volumes(table: CsvTable, kinds: pd.Series[str], mwh: pd.Series[float], shares: pd.Series[float]) -> None:
    covering = kinds.isin(_COVERING)
    both, neither = mwh.notna() & shares.notna(), mwh.isna() & shares.isna()
    for wrong, said in (
        (covering & both, "has both mwh and share; expected one of them"),
        (covering & neither, "has neither mwh nor share; expected the volume or the share that it covers"),
        (~covering & ~neither, "is a factor, which covers what nothing else does; expected neither mwh nor share"),
    ):
        if wrong.any():
            line = wrong.idxmax()
            raise ImportFileError(f"{table.path}:{line}: kind: a {kinds.at[line]} {said}; nothing was imported")


def _optional(table: CsvTable, column: str) -> pd.Series[str]:
    return table.text(column) if column in table.rows else pd.Series("", table.rows.index)
