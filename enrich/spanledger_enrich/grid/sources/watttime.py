"""WattTime: CSV files as its client saves them, and version 3 of its API. Marginal, lbs CO2/MWh, every five minutes.

A marginal operating emissions rate counts what power plants burn (direct), at the plants that follow the load.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import AwareDatetime, BaseModel, FiniteFloat, PositiveInt

from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.grid.grid_hour import G_PER_KWH_OF_LB_PER_MWH
from spanledger_enrich.grid.sources.http import GridKeyRefusedError, GridSourceError, parsed, utc
from spanledger_enrich.grid.sources.intensity_column import intensities

if TYPE_CHECKING:
    from datetime import datetime

    from spanledger_enrich.files.csv_table import CsvTable
    from spanledger_enrich.grid.sources.http import GridHttp

NAME = "WattTime"

TIMES = ("point_time", "timestamp")
VALUES = ("value", "moer")
_WHAT = "a CSV of WattTime"
_UNITS = "lbs_co2_per_mwh"
_SIGNALS = "co2_moer or co2_aoer"
_OTHER_SIGNAL = re.compile(r"health|index|percent|(?<![a-z])so2(?![a-z])|(?<![a-z])nox")
# An hour of five-minute values, of which one at least is no percentile.
_MANY = 12
# The client names a file CAISO_NORTH_co2_moer_2024-01-01_2024-02-01.csv.
_FILE_NAME = re.compile(r"(?P<region>[A-Z0-9][A-Z0-9_]*?)_co2_(?P<signal>moer|aoer)(?:_|\.|$)")


def read(table: CsvTable, zone: str = "") -> pd.DataFrame:
    """Samples of a file with the columns ``point_time,value`` (or ``timestamp,MOER``), converted to g/kWh.

    Args:
        table: The file. Its name, or a column ``region``, says which region it is of.
        zone: The region of a file that says none.

    Raises:
        ImportFileError: The region is not known, or a line has a bad time or value.
    """
    time, value = table.required(_WHAT, *TIMES), table.required(_WHAT, *VALUES)
    named = _FILE_NAME.match(table.path.name)
    if "region" in table.rows:
        regions = table.text("region")
        table.refuse(regions == "", "region", "expected a region such as CAISO_NORTH")
    elif region := zone or (named["region"] if named else ""):
        regions = pd.Series(region, table.rows.index)
    else:
        raise ImportFileError(
            f"{table.path}: does not say its region; expected a name such as "
            "CAISO_NORTH_co2_moer_2024-01-01_2024-02-01.csv, a column 'region', or --zone CAISO_NORTH"
        )
    if _OTHER_SIGNAL.search(table.path.name.lower()):
        raise ImportFileError(f"{table.path}: is of another signal of WattTime's; expected {_SIGNALS}")
    if "signal_type" in table.rows:
        table.refuse(~table.text("signal_type").isin(["co2_moer", "co2_aoer"]), "signal_type", f"expected {_SIGNALS}")
    for name in ("units", "unit"):
        if name in table.rows:
            table.refuse(~table.text(name).isin([_UNITS, "lbs/MWh"]), name, f"expected {_UNITS}")
    quality = pd.Series("measured", table.rows.index)
    if "imputed_data_used" in table.rows:
        quality[table.text("imputed_data_used").str.lower() == "true"] = "estimated"
    rates = intensities(table, value, G_PER_KWH_OF_LB_PER_MWH)
    given = rates.dropna() / G_PER_KWH_OF_LB_PER_MWH
    if not {"units", "unit", "signal_type"} & set(table.rows) and len(given) >= _MANY and given.between(0, 100).all():
        raise ImportFileError(
            f"{table.path}: all values lie between 0 and 100, as percentiles (signal-index) do; expected {_SIGNALS} in "
            f"lbs/MWh, or a column 'units' that says {_UNITS}"
        )
    return pd.DataFrame(
        {
            "line": table.rows.index,
            "zone": regions,
            "signal": "average" if named and named["signal"] == "aoer" else "marginal",
            "basis": "direct",
            "ts": table.times(time),
            "g_per_kwh": rates,
            "quality": quality,
            "source": NAME + " " + regions,
        }
    )


class WattTimeApi:
    """``/login`` with name and password gives a token for half an hour; ``/v3/historical``, at most 32 days a call.

    The token is fetched when it is first needed, and again when it is refused.
    """

    name = NAME
    signal = "marginal"
    basis = "direct"
    step_minutes = 5
    longest = timedelta(days=31)

    def __init__(self, http: GridHttp, user: str, password: str) -> None:
        self._http = http
        self._login = (user, password)
        self._token = ""

    def samples(self, region: str, begin: datetime, end: datetime) -> pd.DataFrame:
        """Five-minute values in [begin, end), converted from lbs CO2/MWh to g/kWh.

        Raises:
            GridSourceError: There is no answer, or one that cannot be used.
        """
        reply = self._historical(region, begin, end)
        if reply.meta.units != _UNITS:
            raise GridSourceError(f"{self._http.name}: answered in {reply.meta.units!r}; expected {_UNITS}")
        if reply.meta.signal_type not in {None, "co2_moer"}:
            raise GridSourceError(f"{self._http.name}: asked for co2_moer, answered with {reply.meta.signal_type!r}")
        if reply.meta.region not in {None, region}:
            raise GridSourceError(f"{self._http.name}: asked for {region}, answered with {reply.meta.region!r}")
        if reply.meta.data_point_period_seconds != 300:
            raise GridSourceError(
                f"{self._http.name}: values every {reply.meta.data_point_period_seconds} s; expected every 300 s"
            )
        return pd.DataFrame(
            {
                "ts": [point.point_time for point in reply.data],
                "g_per_kwh": [
                    None if point.value is None else point.value * G_PER_KWH_OF_LB_PER_MWH for point in reply.data
                ],
                "quality": ["estimated" if point.imputed_data_used else "measured" for point in reply.data],
                "source": [
                    f"{NAME} {region}" + (f" (model {point.version})" if point.version else "") for point in reply.data
                ],
            }
        )

    def _historical(self, region: str, begin: datetime, end: datetime) -> _Reply:
        fresh = not self._token
        if fresh:
            self._token = self._log_in()
        params = {"region": region, "start": utc(begin), "end": utc(end), "signal_type": "co2_moer"}
        try:
            response = self._http.get("/v3/historical", params, headers={"Authorization": f"Bearer {self._token}"})
        except GridKeyRefusedError:
            self._token = ""
            if fresh:
                raise
            return self._historical(region, begin, end)
        return parsed(_Reply, response, self._http.name)

    def _log_in(self) -> str:
        return parsed(_Login, self._http.get("/login", auth=self._login), self._http.name).token


class _Login(BaseModel):
    token: str


class _Point(BaseModel):
    point_time: AwareDatetime
    value: FiniteFloat | None
    version: str | None = None
    imputed_data_used: bool | None = False


class _Meta(BaseModel):
    units: str
    region: str | None = None
    signal_type: str | None = None
    data_point_period_seconds: PositiveInt = 300


class _Reply(BaseModel):
    data: list[_Point]
    meta: _Meta
