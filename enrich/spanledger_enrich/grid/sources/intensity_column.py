"""A column of grid intensities in a user's CSV file, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from spanledger_enrich.grid.grid_hour import HIGHEST_G_PER_KWH

if TYPE_CHECKING:
    from spanledger_enrich.files.csv_table import CsvTable


def intensities(table: CsvTable, column: str, g_per_kwh: float = 1.0) -> pd.Series[float]:
    """A column of intensities in gCO2e/kWh; NaN where it is blank.

    Args:
        table: The file.
        column: Its name.
        g_per_kwh: What one of the column's unit is.

    Raises:
        ImportFileError: A value is no number, negative, or too high for the unit.
    """
    text = table.text(column)
    values = pd.to_numeric(text.where(text != ""), errors="coerce") * g_per_kwh
    table.refuse((values.isna() & (text != "")) | values.isin([float("inf")]), column, "expected a number")
    table.refuse(values < 0, column, "a negative intensity cannot be")
    unit = "g/kWh; is it in lbs/MWh or another unit?" if g_per_kwh == 1.0 else "lbs/MWh; is it in another unit?"
    table.refuse(values > HIGHEST_G_PER_KWH, column, f"too high for {unit}")
    return values
