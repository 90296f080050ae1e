"""What emissions rest on: which places are known, and how good the grid's data is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.drawing.charts.bar_list import Bar, split_bar
from spanledger_dashboards.drawing.charts.palette import series_colours
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.filtering.dimension import BY_NAME
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.pages.lead_to import lead_to_calls
from spanledger_dashboards.report import ahead, report
from spanledger_enrich.grid.zone_name import zone_name
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

_COLUMNS = (
    Column("named", "Zone"),
    Column("place", "Place"),
    Column("energy_wh", "Energy", "energy"),
    Column("energy_share", "of all known", "share"),
    Column("co2e_g", "Emissions, CO₂e", "emissions"),
    Column(
        "intensity_g_per_kwh",
        "Intensity",
        "intensity",
        help="Mean weighted by energy.",
        below=(Column("lowest", "lowest", "intensity"), Column("highest", "highest", "intensity")),
    ),
    Column("hours", "How its hours are known", help="Of the zone's known energy."),
    Column("calls", "Calls", "count"),
    Column("unknown_co2e_calls", "of unknown emissions", "count"),
    Column("sources", "Published by"),
)

# What a share of a zone's energy was booked with, in the order of how good that is.
_KINDS = {
    "hours, measured": "measured_share",
    "hours, estimated": "estimated_share",
    "hours, forecast": "forecast_share",
    "hours, corrected since": "replaced_share",
    "filled in from near hours": "filled_share",
    "yearly means": "yearly_share",
}


def page(filters: Filters) -> None:
    """Draw the page."""
    begin(filters)
    heading("Grid and evidence", filters)
    places = report("sustainability/places", **filters.parameters)
    if places.empty:
        no_calls()
        return
    coverage_of_all = report("sustainability/coverage", **filters.parameters)
    assumed(coverage_of_all)
    _quality(places)
    with st.container(border=True):
        st.header("Zone by zone", anchor=False)
        table(
            "Zones of the grid",
            places.assign(
                named=places["zone"].map(zone_name), hours=[_known(row) for row in places.to_dict("records")]
            ),
            _COLUMNS,
            filters,
            key="places",
            link=lambda row: (
                filters.drill("breakdown", "zone", BY_NAME["zone"].shown(row["zone"])) if row["calls"] else None
            ),
        )
        lead_to_calls(filters, "emissions", "those of the largest emissions")
        evidence("sustainability/places", filters.parameters, filters)
    coverage(coverage_of_all)
    evidence("sustainability/coverage", filters.parameters, filters)


def begin(filters: Filters) -> None:
    """Ask ahead what the page is drawn from."""
    ahead(*((f"sustainability/{name}", filters.parameters) for name in ("places", "coverage")))


def _known(row: dict[Any, Any]) -> str:
    """How good a zone's intensities are, in words."""
    shares = {kind: row[name] for kind, name in _KINDS.items() if not figures.is_unknown(row[name]) and row[name] > 0}
    told = "; ".join(f"{kind}: {figures.share(share)}" for kind, share in shares.items())
    return told or figures.UNKNOWN


def _quality(places: pd.DataFrame) -> None:
    """How good the intensities are, over all zones."""
    energy = places["energy_wh"].astype(float).fillna(0)
    whole = energy.sum()
    if not whole:
        return
    parts = {
        kind: float((places[name].astype(float).fillna(0) * energy).sum() / whole) for kind, name in _KINDS.items()
    }
    parts["unknown"] = max(0.0, 1 - sum(parts.values()))
    shown = {kind: part for kind, part in parts.items() if part > 1e-9}
    with st.container(border=True):
        st.header("Which intensities the known energy was booked with", anchor=False)
        told = figures.shares(list(shown.values()))
        split_bar(
            [Bar(kind, written, part) for (kind, part), written in zip(shown.items(), told, strict=True)],
            series_colours(list(shown)),
        )
        caption(
            "Measured and estimated hours are as the publisher says; a forecast is what an hour was expected to be, "
            "and is replaced when the hour is imported anew."
        )


def coverage(found: pd.DataFrame) -> None:
    """Draw what the figures rest on: `sustainability/coverage`'s rows."""
    with st.container(border=True):
        st.header("What the figures rest on", anchor=False)
        for column, kind, title in zip(
            st.columns(3, gap="small"),
            ("energy", "grid intensity", "place"),
            ("How energy was found", "How fine the grid data is", "How places are known"),
            strict=True,
        ):
            rows = found[found["evidence"] == kind]
            colours = series_colours(rows["method"].tolist())
            with column:
                st.subheader(title, anchor=False)
                for share, of in (("call_share", "calls"), ("energy_share", "known energy")):
                    st.caption(f"Share of {of}")
                    shown = rows[rows[share].notna()]
                    split_bar(
                        [
                            Bar(method, written, float(part))
                            for method, part, written in zip(
                                shown["method"], shown[share], figures.shares(shown[share].tolist()), strict=True
                            )
                        ],
                        {method: colours[method] for method in shown["method"]},
                    )


def assumed(found: pd.DataFrame) -> None:
    """Say how much rests on a place that no call names."""
    places = found[(found["evidence"] == "place") & found["method"].str.startswith("assumed")]
    if places.empty:
        return
    calls, energy = places["call_share"].sum(), places["energy_share"].dropna().sum()
    st.info(
        f"Where {figures.share(calls)} of the calls ran, with {figures.share(energy)} of the known energy, is assumed: "
        "the provider's home country or the configured default zone. Their spans name no cloud region, or one that "
        "nobody knows.",
        icon=":material/location_off:",
    )
