"""Who and what emits: by tenant, model, feature or another dimension, with intervals and how the energy was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.drawing.charts.bar_list import Bar, bar_list
from spanledger_dashboards.drawing.charts.overlap import told, unranked
from spanledger_dashboards.drawing.charts.palette import ALL_OTHERS, CARBON
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.style import caption, plainly
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.filtering.choice import choice
from spanledger_dashboards.filtering.dimension import BY_NAME, title
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.pages.lead_to import lead_to_calls, no_emissions
from spanledger_dashboards.report import report
from spanledger_enrich.grid.zone_name import zone_name
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

# So many names have a bar, and so many a row; of the others there is one row.
_BARS = 12
_NAMES = 500


def _times(factor: Any) -> str:
    return figures.UNKNOWN if figures.is_unknown(factor) else f"×{factor:.2g}"


_LEVELS = ("tenant", "model", "feature")
_COLUMNS = (
    Column(
        "co2e_g",
        "Emissions, CO₂e",
        "emissions",
        help="Central estimate, location-based, of the operation.",
        like="co2e_g_high",
    ),
    Column("co2e_g_low", "90 % from", "emissions", like="co2e_g_high"),
    Column("co2e_g_high", "90 % to", "emissions"),
    Column("co2e_factor", "factor either way", "number", write=_times),
    Column(
        "co2e_because",
        "through",
        write=lambda causes: str(causes).replace(" ", "\u00a0").replace(",\u00a0", ", "),
        in_words=True,
    ),
    Column("energy_wh", "Energy", "energy"),
    Column(
        "measured_share",
        "measured",
        "share",
        help="Of the known energy.",
        below=(Column("modelled_share", "modelled", "share"), Column("proxy_share", "by a proxy", "share")),
    ),
    Column("intensity_g_per_kwh", "Intensity", "intensity"),
    Column("co2e_g_per_1k_calls", "per 1,000 calls", "emissions"),
    Column("embodied_g", "Embodied, apart", "emissions"),
    Column("calls", "Calls", "count"),
    Column("unknown_co2e_calls", "of unknown emissions", "count"),
)


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("Emissions by tenant, model, feature", filters)
    own = {"own": filters.own} if filters.own else {}
    # What emissions differ by most comes first.
    known = {name: BY_NAME[name].title for name in ("model", "feature", "zone", *BY_NAME)}
    options = {**own, "tenant": "Tenant", **known}
    dimension = choice("Broken down by", options, key="by")
    asked = {**filters.parameters, "dimension": dimension, "names": _NAMES}
    rows = report("sustainability/breakdown", **asked)
    if rows.empty:
        no_calls()
        return
    groups = unranked(rows.to_dict("records"))
    ordered = [row for group in groups for row in group]
    heard = filters.own if dimension == "own" else title(dimension)
    with st.container(border=True):
        st.header(f"By {plainly(heard if dimension == 'own' else heard.lower())}", anchor=False)
        drawn = _drawn(groups)
        largest = max((row["co2e_g"] for row in drawn if not figures.is_unknown(row["co2e_g"])), default=0.0)
        bar_list([_bar(row, dimension, largest, filters) for row in drawn], CARBON)
        if rows["co2e_g"].isna().all():
            no_emissions(filters)
        else:
            caption("A bar is the 90 % interval, the mark in it the central estimate.")
        if said := told(groups):
            caption(said)
        if len(drawn) < len(ordered):
            caption(f"{len(drawn)} of {len(ordered):,} names are drawn; the table has the others.")
        evidence("sustainability/breakdown", asked, filters)
    with st.container(border=True):
        st.header("Intervals, and how the energy was found", anchor=False)
        table(
            f"Emissions by {heard}",
            _as_ordered(rows, ordered),
            (Column("name", heard, write=_named(dimension)), *_COLUMNS),
            filters,
            key="breakdown",
            link=lambda row: _to_the_next_level(filters, dimension, str(row["name"])),
        )
        lead_to_calls(filters, "emissions", "those of the largest emissions")


def _to_the_next_level(filters: Filters, dimension: str, name: str) -> str | None:
    """The address of this page narrowed to a name, by the first of the levels that it is not narrowed to yet."""
    address = filters.drill("breakdown", dimension, name)
    one = {level for level, values in filters.where.items() if len(values) == 1} | {dimension}
    if filters.alone or len(filters.tenants) == 1:
        one.add("tenant")
    level = next((level for level in _LEVELS if level not in one), None)
    return f"{address}&by={level}" if address and level else address


def _named(dimension: str) -> Any:
    return (
        (lambda name: zone_name(name) if not str(name).startswith("(") else str(name)) if dimension == "zone" else str
    )


def _drawn(groups: list[list[dict[Any, Any]]]) -> list[dict[Any, Any]]:
    """The rows that have a bar: whole groups, as far as they fit, else the names with the most."""
    rows = [row for group in groups for row in group]
    if len(rows) <= _BARS:
        return rows
    rest = [row for row in rows if row["name"] == ALL_OTHERS]
    largest = sorted(
        (row for row in rows if row["name"] != ALL_OTHERS),
        key=lambda row: -row["co2e_g"] if not figures.is_unknown(row["co2e_g"]) else 1.0,
    )[:_BARS]
    names = {row["name"] for row in [*largest, *rest]}
    return [row for row in rows if row["name"] in names]


def _as_ordered(rows: pd.DataFrame, ordered: list[dict[Any, Any]]) -> pd.DataFrame:
    place = {row["name"]: number for number, row in enumerate(ordered)}
    return rows.iloc[sorted(range(len(rows)), key=lambda number: place[rows["name"].iloc[number]])]


def _bar(row: dict[Any, Any], dimension: str, largest: float, filters: Filters) -> Bar:
    note = figures.intensity(row["intensity_g_per_kwh"]) if dimension == "zone" else figures.energy(row["energy_wh"])
    if row["name"] == ALL_OTHERS:
        note = f"{figures.counted(int(row['names']), 'name')}, not drawn"
    name = _named(dimension)(row["name"])
    link = _to_the_next_level(filters, dimension, str(row["name"]))
    if figures.is_unknown(row["co2e_g"]):
        return Bar(name, figures.UNKNOWN, 0.0, "" if note == figures.UNKNOWN else note, link=link)
    value = figures.emissions(row["co2e_g"], like=largest)
    return Bar(name, value, row["co2e_g"], note, row["co2e_g_low"], row["co2e_g_high"], link)
