"""Fetches the hours that the database lacks from a live source, window by window, so that a later run goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from spanledger_enrich.grid.grid_hour import (
    HIGHEST_G_PER_KWH,
    LOWEST_LIFECYCLE_G_PER_KWH,
    GridStepError,
    hourly,
)
from spanledger_enrich.grid.grid_record import Recorded, record
from spanledger_enrich.grid.sources.http import GridSourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_sql.store import Store

_HOUR = timedelta(hours=1)
_NOTHING = Recorded()
# Sources replace their estimates by measurements within days: until then an estimated hour is asked for again.
SETTLING = timedelta(days=7)


class GridSource(Protocol):
    """A live source of intensities. ``samples`` has columns ts, g_per_kwh (or nothing), quality, source."""

    name: str
    signal: str
    basis: str
    step_minutes: int
    longest: timedelta

    def samples(self, zone: str, begin: datetime, end: datetime, /) -> pd.DataFrame:
        """Values of a zone, by the source's own name of it, in [begin, end)."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of some hours of a zone: asked for, stored, and values that cannot be."""

    asked: int = 0
    recorded: Recorded = _NOTHING
    impossible: int = 0

    def __add__(self, other: Synced) -> Synced:
        return Synced(self.asked + other.asked, self.recorded + other.recorded, self.impossible + other.impossible)

    @property
    def still_missing(self) -> int:
        """Hours that were asked for and that the source has no usable value of."""
        return self.asked - self.recorded.new - self.recorded.corrected - self.recorded.unchanged


def missing(
    store: Store, source: GridSource, zone: str, begin: datetime, end: datetime, *, refresh: bool = False
) -> pd.DatetimeIndex:
    """The hours in [begin, end), ended ones, that are to be fetched.

    These are the hours without a value, those with a forecast, and the estimated ones of the last days; with
    ``refresh`` all of them.
    """
    now = datetime.now(UTC)
    last = min(end, now.replace(minute=0, second=0, microsecond=0))
    first = begin.replace(minute=0, second=0, microsecond=0)
    hours = pd.date_range(first, last, freq="h", inclusive="left", unit="us")
    if refresh or hours.empty:
        return hours
    settled = store.frame(
        "lookups/grid/settled",
        zone=zone,
        signal=source.signal,
        basis=source.basis,
        begin=first,
        until=last,
        estimated_until=now - SETTLING,
    )
    return hours.difference(pd.DatetimeIndex(settled["ts"]).as_unit("us")) if len(settled) else hours


def windows(hours: pd.DatetimeIndex, longest: timedelta) -> list[pd.DatetimeIndex]:
    """The hours in as few groups as can be, each within ``longest`` from its first to its last hour's end."""
    groups = []
    rest = hours
    while len(rest):
        size = int(rest.searchsorted(rest[0] + longest - _HOUR, side="right"))
        groups.append(rest[:size])
        rest = rest[size:]
    return groups


def sync(store: Store, source: GridSource, region: str, zone: str, hours: pd.DatetimeIndex) -> Iterator[Synced]:
    """Fetch hours and store them window by window, so that what was fetched stays when the next window fails.

    Args:
        store: The database.
        source: Where to ask.
        region: The zone's name there.
        zone: Its name here.
        hours: What `missing` gave.

    Yields:
        What became of each window.

    Raises:
        GridSourceError: The source gave no usable answer; the windows before are stored.
    """
    for window in windows(hours, source.longest):
        begin, end = window[0].to_pydatetime(), (window[-1] + _HOUR).to_pydatetime()
        samples, impossible = _usable(source.samples(region, begin, end), source.basis)
        try:
            found = hourly(samples.assign(zone=zone, signal=source.signal, basis=source.basis), source.step_minutes)
        except GridStepError as error:
            raise GridSourceError(f"{source.name}: {samples['ts'][error.row]}: {error}") from None
        wanted = found[found["ts"].isin(window)].reset_index(drop=True)
        yield Synced(len(window), record(store, wanted, f"{source.name} API, {region}"), impossible)


def _usable(samples: pd.DataFrame, basis: str) -> tuple[pd.DataFrame, int]:
    """Samples without those that cannot be, and how many these were; of a time given twice the later stays."""
    values = pd.to_numeric(samples["g_per_kwh"])
    lowest = LOWEST_LIFECYCLE_G_PER_KWH if basis == "lifecycle" else 0.0
    impossible = (values < lowest) | (values > HIGHEST_G_PER_KWH)
    kept = samples.assign(g_per_kwh=values, ts=pd.to_datetime(samples["ts"], utc=True).dt.as_unit("us"))[~impossible]
    return kept.drop_duplicates("ts", keep="last"), int(impossible.sum())
