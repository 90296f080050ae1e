"""The page for sustainability: what was drawn and emitted, how sure that is, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from spanledger_dashboards import charts
from spanledger_dashboards.bar_list import Bar, bar_list, split_bar
from spanledger_dashboards.palette import CARBON, series_colours
from spanledger_dashboards.period_choice import grain as grain_of
from spanledger_dashboards.report import report
from spanledger_dashboards.style import metric_columns
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filters import Filters

Dimension = Literal["tenant", "model", "zone"]

_METHOD = """
**Included.** The electricity that answering a call draws in the data centre, its overhead (PUE) included, times the
carbon intensity of the grid zone it ran in, in the hour of the call where hourly data exists and else the yearly mean.
That is the location-based figure. Measured energy is used before modelled.

**Apart.** Embodied emissions, of making the hardware, market-based emissions, by imported contracts, and water are
shown on their own where they are known, and never added or netted.

**Not included.** Training, the network and the user's own device; offsets and certificates are in no figure but the
market-based one. Idle energy of metered hosts is included where their policy shares it out over the calls.

**Ranges.** Each call has a low, a central and a high estimate; those of a modelled call span both methods, and so what
nobody publishes: batches, the share of the prompt, overhead. The range of a total adds up the calls' own bounds, as if
all erred the same way: it is wide on purpose. Calls without an estimate are counted as unknown, never as zero.

**Hours without data.** Where an hour's intensity lacks, that of the day before stands in, else the mean of the month's
hours, else the yearly mean. `spanledger carbon statement` names every factor and source.
"""

_DIMENSIONS: tuple[Dimension, ...] = ("tenant", "model", "zone")


def page(filters: Filters) -> None:
    """Draw the page."""
    headline = report("sustainability/headline", **filters.parameters).iloc[0]
    st.title("Sustainability")
    st.caption(str(filters))
    if headline["calls"] == 0:
        st.info("No calls in this period. Choose another period or other tenants.", icon=":material/search_off:")
        return
    _headline(headline)
    _trend(filters)
    _hours(filters)
    for column, dimension in zip(st.columns(3, gap="small"), _DIMENSIONS, strict=True):
        with column.container(border=True, height="stretch"):
            _shares(filters, dimension)
    _coverage(filters)
    with st.expander("How these figures come about", icon=":material/info:", expanded=False):
        st.markdown(_METHOD)


def _headline(now: pd.Series[Any]) -> None:
    unknown = now["unknown_co2e_calls"]
    cards = [
        (
            "Emissions, CO₂e",
            figures.emissions(now["co2e_g"]),
            f"range {figures.emissions_range(now['co2e_g_low'], now['co2e_g_high'])}",
            "Location-based and operational: energy at the facility times the grid's intensity.",
        ),
        (
            "Energy",
            figures.energy(now["energy_wh"]),
            f"range {figures.energy_range(now['energy_wh_low'], now['energy_wh_high'])}",
            "At the facility, its overhead (PUE) included.",
        ),
        (
            "Mean intensity",
            figures.intensity(now["intensity_g_per_kwh"]),
            "weighted by energy",
            "Emissions over energy, of the calls that have both.",
        ),
        (
            "CO₂e per 1,000 calls",
            figures.emissions(now["co2e_g_per_1k_calls"]),
            "of calls with a figure",
            "Emissions over the calls whose emissions are known.",
        ),
        (
            "Embodied, CO₂e",
            figures.emissions(now["embodied_g"]),
            f"apart; unknown for {figures.count(now['unknown_embodied_calls'])} calls"
            if now["unknown_embodied_calls"]
            else "apart, not in the emissions",
            "The share of making the hardware. Shown on its own, never netted.",
        ),
        (
            "Calls of unknown emissions",
            figures.count(unknown),
            f"{figures.share(unknown / now['calls'])} of {figures.count(now['calls'])} calls",
            "Their energy or their grid's intensity is not known. They are in no figure here.",
        ),
    ]
    for label, figure, show, gap, note in (
        (
            "Market-based, CO₂e",
            "co2e_market_g",
            figures.emissions,
            "unknown_market_calls",
            "By the contracts that were imported: an alternative to the location-based figure, never netted with it.",
        ),
        (
            "Water",
            "water_ml",
            figures.water,
            "unknown_water_calls",
            "On site and for the electricity.",
        ),
    ):
        if not figures.is_unknown(now[figure]):
            of = f"of {figures.count(now['calls'])} calls"
            left_out = f"unknown for {figures.count(now[gap])} {of}" if now[gap] else "of all calls"
            cards.append((label, show(now[figure]), left_out, note))
    for column, (label, value, below, note) in zip(metric_columns(len(cards)), cards, strict=True):
        column.metric(
            label,
            value,
            below,
            delta_color="off",
            delta_arrow="off",
            help=note,
            border=True,
            height="stretch",
        )


def _trend(filters: Filters) -> None:
    grain = grain_of(filters.period)
    trend = report("sustainability/trend", **filters.parameters, timezone=filters.period.timezone, grain=grain)
    with st.container(border=True):
        st.subheader(f"Emissions per {grain}", anchor=False)
        st.caption("The line is the central estimate, the band its low-high range.")
        if trend["co2e_g"].notna().any():
            st.altair_chart(charts.emissions_over_time(trend, grain), alt=f"Emissions per {grain} with their range")
        else:
            st.info("No call of this period has an emission figure.", icon=":material/help:")


def _hours(filters: Filters) -> None:
    hours = report("sustainability/hours", **filters.parameters, timezone=filters.period.timezone)
    if hours["energy_wh"].isna().all():
        return
    energy, intensity = st.columns(2, gap="small")
    with energy.container(border=True, height="stretch"):
        st.subheader("Energy by hour of the day", anchor=False)
        st.altair_chart(charts.energy_by_hour(hours), alt="Energy by hour of the day")
    with intensity.container(border=True, height="stretch"):
        st.subheader("Grid intensity by hour of the day", anchor=False)
        st.altair_chart(charts.intensity_by_hour(hours), alt="Grid intensity by hour of the day")


def _shares(filters: Filters, dimension: Dimension) -> None:
    rows = report("sustainability/breakdown", **filters.parameters, dimension=dimension, names=8)
    st.subheader(f"By {'grid zone' if dimension == 'zone' else dimension}", anchor=False)
    bar_list(
        [
            Bar(
                row["name"],
                figures.emissions(row["co2e_g"]),
                0.0 if figures.is_unknown(row["co2e_g"]) else row["co2e_g"],
                figures.intensity(row["intensity_g_per_kwh"])
                if dimension == "zone"
                else figures.energy(row["energy_wh"]),
            )
            for row in rows.to_dict("records")
        ],
        CARBON,
    )


def _coverage(filters: Filters) -> None:
    coverage = report("sustainability/coverage", **filters.parameters)
    with st.container(border=True):
        st.subheader("What the figures rest on", anchor=False)
        for column, evidence, title in zip(
            st.columns(2, gap="small"),
            ("energy", "grid intensity"),
            ("How energy was found", "How fine the grid data is"),
            strict=True,
        ):
            rows = coverage[coverage["evidence"] == evidence]
            colours = series_colours(rows["method"].tolist())
            with column:
                st.markdown(f"**{title}**")
                for share, of in (("call_share", "calls"), ("energy_share", "known energy")):
                    st.caption(f"Share of {of}")
                    shown = rows[rows[share].notna()]
                    split_bar(
                        [
                            Bar(method, figures.share(part), float(part))
                            for method, part in zip(shown["method"], shown[share], strict=True)
                        ],
                        {method: colours[method] for method in shown["method"]},
                    )
