"""When energy is drawn, when the grid is clean, and what waiting for a cleaner hour would save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import streamlit as st

from spanledger_dashboards import open_store
from spanledger_dashboards.drawing.charts.palette import CARBON, INTENSITY, MONEY
from spanledger_dashboards.drawing.charts.week import DAYS, week
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.figure import Column, figure
from spanledger_dashboards.drawing.style import caption, lead
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.pages.lead_to import no_emissions
from spanledger_dashboards.report import ahead, report
from spanledger_settings import figures

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

# By how many hours calls may be put off; carbon whatif takes as many as a week.
_WAITS = (0, 1, 2, 3, 4, 6, 8, 12, 18, 24)
_COLUMNS = (
    Column("weekday", "Day", write=lambda number: DAYS[int(number) - 1]),
    Column("hour", "Hour", write=lambda hour: f"{int(hour):02d}:00"),
    Column("calls", "Calls", "count"),
    Column("tokens", "Tokens", "count"),
    Column("energy_wh", "Energy", "energy"),
    Column("co2e_g", "Emissions, CO₂e", "emissions"),
    Column("intensity_g_per_kwh", "Intensity", "intensity"),
    Column("unknown_co2e_calls", "Calls of unknown emissions", "count"),
)


def page(filters: Filters) -> None:
    """Draw the page."""
    begin(filters)
    heading("Hours", filters)
    hours = report("sustainability/heat_map", **filters.parameters)
    if hours.empty:
        no_calls()
        return
    caption(f"Hours and weekdays are those of {filters.timezone}, over all days of the period.")
    for column, title, name, written, colour, says in (
        ("energy_wh", "Use", "Energy", figures.energy, MONEY, "Energy by hour and weekday"),
        ("intensity_g_per_kwh", "Intensity of the grid", "Intensity", figures.intensity, INTENSITY,
         "Mean intensity of the grid, weighted by energy, by hour and weekday"),
        ("co2e_g", "Emissions", "Emissions, CO₂e", figures.emissions, CARBON, "Emissions by hour and weekday"),
    ):  # fmt: skip
        with st.container(border=True):
            st.header(title, anchor=False)
            if hours[column].isna().all():
                caption("Nothing of it is known.")
                continue
            chart = week(hours, column, name, written, colour, from_zero=column != "intensity_g_per_kwh")
            figure(chart, says, hours, _COLUMNS, filters, key=f"week-{column}")
            caption(_extremes(hours, column, written))
            evidence("sustainability/heat_map", filters.parameters, filters)
    _waiting(filters)


def begin(filters: Filters) -> None:
    """Ask ahead what the page is drawn from."""
    ahead(("sustainability/heat_map", filters.parameters), ("sustainability/elsewhere", _parameters(filters)))


def _extremes(hours: pd.DataFrame, column: str, written: Callable[[Any], str]) -> str:
    """The strongest and the faintest field in words: a grid of shades tells no figure."""
    rows = sorted(hours[hours[column].notna()].to_dict("records"), key=lambda row: float(row[column]))
    least, most = (
        f"{DAYS[int(row['weekday']) - 1]} {int(row['hour']):02d}:00 with {written(row[column])}"
        for row in (rows[0], rows[-1])
    )
    return f"Most on {most}; least on {least}." if len(rows) > 1 else f"All on {most}."


def _parameters(filters: Filters) -> dict[str, Any]:
    """What `sustainability/elsewhere` takes for all waits, with the ledger's own intensities."""
    settings = open_store.settings()
    return {
        **filters.parameters,
        "zones": [""],
        "waits": list(_WAITS),
        "signal": settings.grid_signal,
        "basis": settings.grid_basis,
        "booked": 1,
    }


def _waiting(filters: Filters) -> None:
    """What calls would have emitted had each waited for its cleanest hour."""
    asked = _parameters(filters)
    rows = report("sustainability/elsewhere", **asked)
    with st.container(border=True):
        st.header("What shifting would save", anchor=False)
        now = rows.iloc[0] if len(rows) else None
        if now is None or figures.is_unknown(now["co2e_g"]) or not now["co2e_g"]:
            no_emissions(filters)
            return
        saved = rows.assign(
            saved_g=rows["co2e_g"] - rows["then_co2e_g"],
            saved_share=(rows["co2e_g"] - rows["then_co2e_g"]) / rows["co2e_g"],
        )
        if not (saved["saved_g"] > 0).any():
            caption(
                "Nothing, as far as is known: no hour within a day has a lower intensity, or these zones have no "
                "intensities by the hour. 'spanledger grid import' brings them in."
            )
            lead("Other zones and longer waits", filters.link("whatif"))
            evidence("sustainability/elsewhere", asked, filters)
            return
        unit, scale = figures.emissions_unit(saved["saved_g"].max())
        drawn = saved.assign(
            saved=saved["saved_g"] / scale,
            text=saved["saved_g"].map(figures.emissions),
            share=saved["saved_share"].map(figures.share),
        )[["wait", "saved", "text", "share"]]
        chart = (
            alt.Chart(drawn, height=220)
            .mark_line(
                color=CARBON, strokeWidth=2, interpolate="monotone", point={"filled": True, "size": 34, "color": CARBON}
            )
            .encode(
                x=alt.X("wait:Q", title="put off by up to, hours", axis=alt.Axis(values=list(_WAITS), grid=False)),
                y=alt.Y("saved:Q", title=f"saved, {unit} CO₂e", axis=alt.Axis(tickCount=4, format=",~f")),
                tooltip=[
                    alt.Tooltip("wait:Q", title="Put off by up to, h"),
                    alt.Tooltip("text:N", title="Saved, CO₂e"),
                    alt.Tooltip("share:N", title="of the emissions"),
                ],
            )
        )
        columns = (
            Column("wait", "Put off by up to, h", "count"),
            Column("saved_g", "Saved, CO₂e", "emissions"),
            Column("saved_share", "of the emissions", "share"),
            Column("co2e_g", "As it is", "emissions"),
            Column("then_co2e_g", "Then", "emissions"),
            Column("shifted_hours", "Put off on average, h", "number"),
            Column("not_compared_calls", "Calls not compared", "count"),
        )
        figure(chart, "Emissions saved by how long calls may be put off", saved, columns, filters, key="waiting")
        day = saved.iloc[-1]
        left_out = int(day["not_compared_calls"])
        caption(
            f"With hindsight of the grid's hours, and room at the provider: put off by up to {int(day['wait'])} h, "
            f"{figures.emissions(day['saved_g'])} of {figures.emissions(day['co2e_g'])} would have been saved "
            f"({figures.share(day['saved_share'])}), as uncertain as these. Idle hosts stay as they are"
            + (f"; {figures.counted(left_out, 'call')} of unknown emissions left out." if left_out else ".")
        )
        lead("Other zones and longer waits", filters.link("whatif"))
        evidence("sustainability/elsewhere", asked, filters)
