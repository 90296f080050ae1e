"""The plain CSV of yearly factors of one's own, such as eGRID's, DEFRA's or Ember's: ``zone,year,g_per_kwh``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from spanledger_enrich.files.csv_table import FIRST_YEAR
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.grid.sources.intensity_column import intensities
from spanledger_enrich.grid.sources.plain import UNITS

if TYPE_CHECKING:
    from spanledger_enrich.files.csv_table import CsvTable

YEAR = "year"
QUALITY = "own yearly mean"
_WHAT = "zone,year,g_per_kwh (or lbs_per_mwh) and, if known, basis,source"
_BASES = ("lifecycle", "direct")


def read(table: CsvTable, zone: str = "") -> pd.DataFrame:
    """Samples of a file: a value for each zone, year and basis, at the year's beginning.

    Args:
        table: The file.
        zone: Of a file without a column ``zone``.

    Raises:
        ImportFileError: A column lacks, or a line has a value that cannot be.
    """
    given = [name for name in UNITS if name in table.rows]
    if len(given) != 1:
        raise ImportFileError(f"{table.path}:1: expected one column of {' or '.join(UNITS)}, found {len(given)}")
    zones = table.text(table.required(_WHAT, "zone")) if "zone" in table.rows or not zone else zone
    years = table.numbers(YEAR, FIRST_YEAR, datetime.now(UTC).year)
    table.refuse(years.isna() | (years % 1 != 0), YEAR, "expected a year such as 2024")
    values = intensities(table, given[0], UNITS[given[0]])
    table.refuse(values.isna(), given[0], "expected a number")
    bases = pd.Series(_BASES[0], table.rows.index)
    if "basis" in table.rows:
        bases = table.text("basis").str.lower().replace("", _BASES[0])
        table.refuse(~bases.isin(_BASES), "basis", f"expected {' or '.join(_BASES)}")
    sources = table.text("source") if "source" in table.rows else pd.Series("", table.rows.index)
    return pd.DataFrame(
        {
            "line": table.rows.index,
            "zone": zones,
            "resolution": "year",
            "signal": "average",
            "basis": bases,
            "ts": pd.to_datetime(years.astype("int64").astype(str) + "-01-01", utc=True).dt.as_unit("us"),
            "g_per_kwh": values,
            "quality": QUALITY,
            "source": sources.where(sources != "", table.path.name),
        }
    )
