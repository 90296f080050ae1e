"""The plain CSV of grid intensities, for any source: ``zone,datetime,g_per_kwh`` and what else is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.grid.grid_hour import G_PER_KWH_OF_LB_PER_MWH, QUALITIES
from spanledger_enrich.grid.sources.intensity_column import intensities

if TYPE_CHECKING:
    from spanledger_enrich.files.csv_table import CsvTable

TIME = "datetime"
UNITS = {"g_per_kwh": 1.0, "lbs_per_mwh": G_PER_KWH_OF_LB_PER_MWH}
_WHAT = "zone,datetime,g_per_kwh and, if known, signal,basis,quality,source"
_CHOICES = {
    "signal": ("average", "marginal"),
    "basis": ("lifecycle", "direct"),
    "quality": QUALITIES,
}


def read(table: CsvTable, zone: str = "", timezone: str = "") -> pd.DataFrame:
    """Samples of a file; an optional column's blank takes its first choice.

    Args:
        table: The file.
        zone: Of a file without a column ``zone``.
        timezone: Of times without an offset.

    Raises:
        ImportFileError: A column lacks, or a line has a value that cannot be.
    """
    given = [name for name in UNITS if name in table.rows]
    if len(given) != 1:
        raise ImportFileError(f"{table.path}:1: expected one column of {' or '.join(UNITS)}, found {len(given)}")
    value = given[0]
    zones = pd.Series(zone, table.rows.index)
    if "zone" in table.rows or not zone:
        zones = table.text(table.required(_WHAT, "zone"))
    sources = pd.Series("", table.rows.index)
    if "source" in table.rows:
        sources = table.text("source")
    choices = {name: _choice(table, name, allowed) for name, allowed in _CHOICES.items()}
    _refuse_lone_months(table, [zones, choices["signal"], choices["basis"]])
    return pd.DataFrame(
        {
            "line": table.rows.index,
            "zone": zones,
            "ts": table.times(table.required(_WHAT, TIME), timezone, hint=", or give --timezone"),
            "g_per_kwh": intensities(table, value, UNITS[value]),
            # A file that does not say where it is from is its own source.
            "source": sources.where(sources != "", table.path.name),
            **choices,
        }
    )


def _choice(table: CsvTable, name: str, choices: tuple[str, ...]) -> pd.Series[str]:
    if name not in table.rows:
        return pd.Series(choices[0], table.rows.index)
    text = table.text(name).str.lower()
    table.refuse(~text.isin([*choices, ""]), name, f"expected {' or '.join(choices)}")
    return text.where(text != "", choices[0])


def _refuse_lone_months(table: CsvTable, series: list[pd.Series[str]]) -> None:
    """A mean of a month or a year must not pass for the first hour of its period."""
    alone = ~pd.concat(series, axis=1).duplicated(keep=False)
    if alone.all() and table.text(TIME).str.match(r"\d{4}-\d{2}-01(?:[T ]00:00|$)").all():
        raise ImportFileError(
            f"{table.path}: one value a zone, at a month's beginning: this looks like means of a month or a year; "
            "expected hours, or zone,year,g_per_kwh; to import that hour alone, give the next one with a blank value"
        )
