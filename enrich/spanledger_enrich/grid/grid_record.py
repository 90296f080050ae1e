"""Puts hours into the database: what is new, what corrects an earlier value (which is kept), and where it is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from spanledger_sql.store import Store

_SERIES = ["zone", "signal", "basis"]
_KEY = [*_SERIES, "ts"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many hours were new, replaced another value, or were there already."""

    new: int = 0
    corrected: int = 0
    unchanged: int = 0

    def __add__(self, other: Recorded) -> Recorded:
        return Recorded(self.new + other.new, self.corrected + other.corrected, self.unchanged + other.unchanged)


def record(store: Store, hours: pd.DataFrame, origin: str, sha256: str = "") -> Recorded:
    """Store hours that are new or differ from the stored ones; the same hours again change nothing.

    A row that does not change keeps its time of import, so that only the calls of changed hours need restating.

    Args:
        store: The database.
        hours: Rows of `grid_intensity` of one resolution, 'hour' or 'year', no time of a zone, signal and basis twice.
        origin: The file or address that they come from, for the auditor.
        sha256: Of the file, in hex.
    """
    if hours.empty:
        return Recorded()
    known = store.frame(
        "lookups/grid/stored",
        resolution=str(hours["resolution"].iloc[0]),
        zones=sorted(set(hours["zone"])),
        begin=hours["ts"].min(),
        until=hours["ts"].max(),
    )
    kind = pd.Series("new", hours.index)
    if len(known):
        known = known.assign(ts=known["ts"].astype(hours["ts"].dtype))
        before = hours[_KEY].merge(known, how="left", on=_KEY).set_index(hours.index)
        same = pd.Series(True, hours.index)
        for name in ("g_per_kwh", "quality", "source"):
            same &= before[name] == hours[name]
        kind[before["g_per_kwh"].notna()] = "corrected"
        kind[same] = "unchanged"
        corrected = kind == "corrected"
        # A year's mean has no corrections: they are of hours.
        if corrected.any() and hours["resolution"].iloc[0] == "hour":
            # Before the new value, so that one that is lost in between is told of again, not forgotten.
            store.insert_frame("grid_correction", before.loc[corrected].rename(columns={"imported_at": "valid_since"}))
    changed = hours[kind != "unchanged"]
    if len(changed):
        store.insert_frame("grid_intensity", changed)
        store.insert_frame("grid_import", _provenance(hours, kind).assign(origin=origin, sha256=sha256))
    counts = kind.value_counts()
    return Recorded(*(int(counts.get(name, 0)) for name in ("new", "corrected", "unchanged")))


def _provenance(hours: pd.DataFrame, kind: pd.Series[str]) -> pd.DataFrame:
    """One row for each zone, signal and basis that was imported."""
    flags = pd.get_dummies(kind).reindex(columns=["new", "corrected", "unchanged"], fill_value=False)
    return (
        hours.assign(**{f"hours_{name}": flags[name].astype("uint32") for name in flags})
        .groupby(_SERIES, observed=True, sort=False)
        .agg(
            first_hour=("ts", "min"),
            last_hour=("ts", "max"),
            hours_new=("hours_new", "sum"),
            hours_corrected=("hours_corrected", "sum"),
            hours_unchanged=("hours_unchanged", "sum"),
        )
        .reset_index()
    )
