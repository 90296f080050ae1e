"""Electricity Maps: its hourly CSV downloads, and its API. Average intensities, life cycle or direct."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import AwareDatetime, BaseModel, FiniteFloat

from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.grid.sources.http import GridSourceError, parsed, utc
from spanledger_enrich.grid.sources.intensity_column import intensities

if TYPE_CHECKING:
    from datetime import datetime

    from spanledger_enrich.files.csv_table import CsvTable
    from spanledger_enrich.grid.sources.http import GridHttp

NAME = "Electricity Maps"

# The downloads come with two spellings of their headers; compared in lower case.
TIME = "datetime (utc)"
_WHAT = "an hourly download of Electricity Maps"
_COARSE_NAME = re.compile(r"(?<![a-z])(?:yearly|monthly|daily)(?![a-z])")
_BASES = {
    "direct": ("carbon intensity gco2eq/kwh (direct)",),
    "lifecycle": ("carbon intensity gco2eq/kwh (lca)", "carbon intensity gco2eq/kwh (life cycle)"),
}


def read(table: CsvTable) -> pd.DataFrame:
    """Samples of a download, direct and life cycle.

    Raises:
        ImportFileError: The file is no hourly download, or a line of it has a bad time or value.
    """
    zone = table.required(_WHAT, "zone id")
    names = {basis: table.required(_WHAT, *spellings) for basis, spellings in _BASES.items()}
    text = table.text(table.required(_WHAT, TIME))
    table.refuse(text.str.contains(r"[+-]\d{2}:?\d{2}$"), TIME, "expected a UTC time without an offset")
    _refuse_coarse_downloads(table)
    times = table.times(TIME, timezone="" if text.str.contains(r"(?:Z|UTC)$").any() else "UTC")
    estimated = pd.Series("measured", table.rows.index)
    if "data estimated" in table.rows:
        estimated[table.text("data estimated").str.lower() == "true"] = "estimated"
    return pd.concat(
        pd.DataFrame(
            {
                "line": table.rows.index,
                "zone": table.text(zone),
                "signal": "average",
                "basis": basis,
                "ts": times,
                "g_per_kwh": intensities(table, column),
                "quality": estimated,
                "source": NAME,
            }
        )
        for basis, column in names.items()
    )


class ElectricityMapsApi:
    """Version 3 of the API, ``/carbon-intensity/past-range``: hours of a zone, at most ten days a call."""

    name = NAME
    signal = "average"
    step_minutes = 60
    longest = timedelta(days=10)

    def __init__(self, http: GridHttp, key: str, basis: str = "lifecycle") -> None:
        self.basis = basis
        self._http = http
        self._key = key

    def samples(self, zone: str, begin: datetime, end: datetime) -> pd.DataFrame:
        """Values of the hours in [begin, end).

        Raises:
            GridSourceError: There is no answer, or one that cannot be used.
        """
        response = self._http.get(
            "/carbon-intensity/past-range",
            params={
                "zone": zone,
                "start": utc(begin),
                "end": utc(end),
                "emissionFactorType": self.basis,
                "temporalGranularity": "hourly",
            },
            headers={"auth-token": self._key},
        )
        reply = parsed(_Reply, response, self._http.name)
        if reply.zone != zone:
            raise GridSourceError(f"{self._http.name}: asked for zone {zone}, answered with {reply.zone!r}")
        for point in reply.data:
            if point.emissionFactorType not in {None, self.basis}:
                raise GridSourceError(
                    f"{self._http.name}: asked for {self.basis} factors, answered with {point.emissionFactorType!r}"
                )
        return pd.DataFrame(
            {
                "ts": [point.datetime for point in reply.data],
                "g_per_kwh": [point.carbonIntensity for point in reply.data],
                "quality": ["estimated" if point.isEstimated else "measured" for point in reply.data],
                "source": NAME,
            }
        )


class _Point(BaseModel):
    datetime: AwareDatetime
    carbonIntensity: FiniteFloat | None  # noqa: N815  (the API's name, as the next two)
    isEstimated: bool | None = False  # noqa: N815
    emissionFactorType: str | None = None  # noqa: N815


class _Reply(BaseModel):
    zone: str
    data: list[_Point]


def _refuse_coarse_downloads(table: CsvTable) -> None:
    """A yearly, monthly or daily mean must not pass for the first hour of its period."""
    if "citation" in table.rows:
        coarse = table.rows["citation"].str.contains(r"\b(?:Yearly|Monthly|Daily)\b", case=False)
        table.refuse(coarse, "citation", f"means of a longer period; expected {_WHAT}")
    if named := _COARSE_NAME.search(table.path.name.lower()):
        raise ImportFileError(f"{table.path}: is named {named[0]!r}: means of a longer period; expected {_WHAT}")
    time, zone = table.text(TIME), table.text("zone id")
    if zone.is_unique and time.str.match(r"\d{4}-\d{2}-\d{2}[T ]00:00").all():
        raise ImportFileError(
            f"{table.path}: one value a zone, at midnight: this looks like means of a day, a month or a year; expected "
            f"{_WHAT}"
        )
