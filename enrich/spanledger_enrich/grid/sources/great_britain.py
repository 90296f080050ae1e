"""Great Britain's Carbon Intensity API (NESO): half-hours, average, direct (combustion only, no life cycle)."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import AwareDatetime, BaseModel, Field, FiniteFloat

from spanledger_enrich.grid.sources.http import GridSourceError, parsed

if TYPE_CHECKING:
    from datetime import datetime

    from spanledger_enrich.grid.sources.http import GridHttp

NAME = "GB Carbon Intensity"
ZONE = "GB"


class GbApi:
    """``/intensity/{from}/{to}``: at most 14 days a call, no key.

    Until a half-hour is settled its ``actual`` is null: then the forecast stands in, and the hour is a forecast.
    """

    name = NAME
    signal = "average"
    basis = "direct"
    step_minutes = 30
    longest = timedelta(days=14)

    def __init__(self, http: GridHttp) -> None:
        self._http = http

    def samples(self, zone: str, begin: datetime, end: datetime) -> pd.DataFrame:
        """Half-hours in [begin, end), in gCO2/kWh; the API adds the one before.

        Raises:
            GridSourceError: There is no answer, one that cannot be used, or the zone is not GB.
        """
        if zone != ZONE:
            raise GridSourceError(f"{self._http.name}: knows no zone {zone!r}; expected {ZONE}")
        response = self._http.get(f"/intensity/{_minute(begin)}/{_minute(end)}")
        halves = parsed(_Reply, response, self._http.name).data
        return pd.DataFrame(
            {
                "ts": [half.begin for half in halves],
                "g_per_kwh": [
                    half.intensity.forecast if half.intensity.actual is None else half.intensity.actual
                    for half in halves
                ],
                "quality": ["forecast" if half.intensity.actual is None else "measured" for half in halves],
                "source": NAME,
            }
        )


class _Intensity(BaseModel):
    forecast: FiniteFloat | None
    actual: FiniteFloat | None


class _Half(BaseModel):
    begin: AwareDatetime = Field(alias="from")
    intensity: _Intensity


class _Reply(BaseModel):
    data: list[_Half]


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
