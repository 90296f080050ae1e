"""The page for sustainability: what was drawn and emitted, how sure that is, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.drawing import charts
from spanledger_dashboards.drawing.bar_list import Bar, bar_list, split_bar
from spanledger_dashboards.drawing.palette import ALL_OTHERS, CARBON, IDLE, UNATTRIBUTED, series_colours
from spanledger_dashboards.drawing.style import caption, metric_columns, plainly, tiles
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.report import report
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filters import Filters

_METHOD = """
**Included.** The electricity that answering a call draws in the data centre, its overhead (PUE) included, times the
carbon intensity of the grid zone it ran in, in the hour of the call, or of what stands in for that hour (see below).
That is the location-based figure. Measured energy is used before modelled.

**Apart.** Embodied emissions, of making the hardware, market-based emissions, by imported contracts, and water are
shown on their own where they are known, and never added or netted.

**Not included.** Training, the network and the user's own device; machines that no meter sees while they wait. Offsets
are in no figure, certificates in the market-based one alone. What metered hosts drew while no call ran is included, on
the owner's line or as `(idle)`.

**Ranges** are 90 % intervals: meant to hold the true value nine times in ten; of published figures they hold somewhat
fewer. What calls share (the method, batches, a model's size) does not average out over many calls; what is a call's
own does. So the interval of a total is narrower than its parts' together, and hardly narrower than that of its largest
part. Calls without an estimate are counted as unknown, never as zero.

**Hours without data.** Where an hour's intensity lacks, that of the day before stands in, else the mean of the month's
hours where half of them are known, else the country's hours by the same rule, else the yearly mean. `spanledger carbon
statement` names every factor and source.
"""

_RANGE = "90 %:"
_DIMENSIONS = ("tenant", "model", "zone")


def page(filters: Filters) -> None:
    """Draw the page."""
    headline = report("sustainability/headline", **filters.parameters).iloc[0]
    heading("Sustainability", filters)
    if headline["calls"] == 0:
        no_calls()
        return
    coverage = report("sustainability/coverage", **filters.parameters)
    _headline(headline)
    _assumed(coverage)
    _trend(filters)
    _hours(filters)
    dimensions = filters.named(_DIMENSIONS)
    for column, (title, dimension) in zip(tiles(len(dimensions)), dimensions.items(), strict=True):
        with column.container(border=True, height="stretch"):
            _shares(filters, title, dimension)
    _coverage(coverage)
    with st.expander("How these figures come about", icon=":material/info:", expanded=False):
        st.markdown(_METHOD)


def _headline(now: pd.Series[Any]) -> None:
    unknown = now["unknown_co2e_calls"]
    cards = [
        (
            "Emissions, CO₂e",
            figures.emissions(now["co2e_g"], like=now["co2e_g_high"]),
            f"{_RANGE} {figures.emissions_range(now['co2e_g_low'], now['co2e_g_high'])}",
            "Location-based and operational: energy at the facility times the grid's intensity. " + _because(now),
        ),
        (
            "Energy",
            figures.energy(now["energy_wh"], like=now["energy_wh_high"]),
            f"{_RANGE} {figures.energy_range(now['energy_wh_low'], now['energy_wh_high'])}",
            "At the facility, its overhead (PUE) included."
            + (f" Of it {figures.energy(now['idle_wh'])} while no call ran." if now["idle_wh"] > 0 else ""),
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
            f"apart; unknown for {figures.counted(int(now['unknown_embodied_calls']), 'call')}"
            if now["unknown_embodied_calls"]
            else "apart, not in the emissions",
            "The share of making the hardware. Shown on its own, never netted.",
        ),
        (
            "Calls of unknown emissions",
            figures.count(unknown),
            f"{figures.share(unknown / now['calls'])} of {figures.counted(int(now['calls']), 'call')}",
            "Their energy or their grid's intensity is not known. They are in no figure here.",
        ),
    ]
    for label, figure, show, gap, note in (
        (
            "Market-based, CO₂e",
            "co2e_market_g",
            figures.emissions,
            "unknown_market_calls",
            f"By imported contracts for {figures.count(now['contract_calls'])} of {figures.count(now['calls'])} calls, "
            "of the others location-based: an alternative to the location-based figure, never netted with it.",
        ),
        (
            "Water",
            "water_ml",
            figures.water,
            "unknown_water_calls",
            "On site and for the electricity.",
        ),
    ):
        # Without a contract the market-based figure is the location-based one by another name.
        if not figures.is_unknown(now[figure]) and (figure != "co2e_market_g" or now["contract_calls"]):
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


def _because(now: pd.Series[Any]) -> str:
    """What makes the emissions uncertain, in words."""
    if figures.is_unknown(now["co2e_factor"]):
        return ""
    return f"Uncertain by a factor of {now['co2e_factor']:.2g} either way, through {now['co2e_because']}."


def _trend(filters: Filters) -> None:
    grain = filters.grain
    trend = report("sustainability/trend", **filters.parameters)
    with st.container(border=True):
        st.subheader(f"Emissions per {grain}", anchor=False)
        if trend["co2e_g"].notna().any():
            line, band = charts.emissions_over_time(trend, grain, filters.period)
            st.caption("The central estimate")
            st.altair_chart(line, alt=f"Emissions per {grain}, central estimate")
            st.caption("Its 90 % interval, on an axis of its own")
            st.altair_chart(band, alt=f"90 % interval of the emissions per {grain}")
        else:
            st.info("No call of this period has an emission figure.", icon=":material/help:")


def _hours(filters: Filters) -> None:
    hours = report("sustainability/hours", **filters.parameters)
    if hours["energy_wh"].isna().all():
        return
    energy, intensity = st.columns(2, gap="small")
    with energy.container(border=True, height="stretch"):
        st.subheader("Energy by hour of the day", anchor=False)
        st.altair_chart(charts.energy_by_hour(hours), alt="Energy by hour of the day")
    with intensity.container(border=True, height="stretch"):
        st.subheader("Grid intensity by hour of the day", anchor=False)
        st.altair_chart(charts.intensity_by_hour(hours), alt="Grid intensity by hour of the day")


def _shares(filters: Filters, title: str, dimension: str) -> None:
    rows = report("sustainability/breakdown", **filters.parameters, dimension=dimension, names=8)
    st.subheader(f"By {'grid zone' if dimension == 'zone' else plainly(title)}", anchor=False)
    groups = unranked(rows.to_dict("records"))
    largest = rows.loc[rows["name"] != ALL_OTHERS, "co2e_g"].max()
    bar_list([_bar(row, title, largest) for group in groups for row in group], CARBON)
    if told := [group for group in groups if len(group) > 1]:
        alike = "; ".join(", ".join(row["name"] for row in group) for group in told)
        caption(
            "Their ranges overlap, so that none is told to be the larger: they stand by name."
            if len(groups) == 1
            else f"The ranges of these overlap, so that none is told to be the larger; they stand by name: {alike}."
        )


def unranked(rows: list[dict[Any, Any]]) -> list[list[dict[Any, Any]]]:
    """The rows, the largest first, in groups within which each one's range overlaps another's: these are by name.

    Rows of the rest (all others, unattributed, idle, unknown) stay last, each by itself.
    """
    named = [row for row in rows if row["name"] not in (ALL_OTHERS, UNATTRIBUTED, IDLE)]
    known = [row for row in named if not figures.is_unknown(row["co2e_g"])]
    groups: list[list[dict[Any, Any]]] = []
    lowest = float("inf")
    for row in sorted(known, key=lambda row: -row["co2e_g_high"]):
        if row["co2e_g_high"] < lowest:
            groups.append([])
            lowest = row["co2e_g_low"]
        groups[-1].append(row)
        lowest = min(lowest, row["co2e_g_low"])
    ranked = [sorted(group, key=lambda row: str(row["name"])) for group in groups]
    return ranked + [[row] for row in rows if row not in known]


def _bar(row: dict[Any, Any], dimension: str, largest: float) -> Bar:
    note = figures.intensity(row["intensity_g_per_kwh"]) if dimension == "zone" else figures.energy(row["energy_wh"])
    if row["name"] == ALL_OTHERS:
        note = f"{figures.counted(int(row['names']), dimension)}, not drawn"
    if figures.is_unknown(row["co2e_g"]):
        return Bar(row["name"], figures.UNKNOWN, 0.0, note)
    value = figures.emissions(row["co2e_g"], like=largest)
    return Bar(row["name"], value, row["co2e_g"], note, row["co2e_g_low"], row["co2e_g_high"])


def _assumed(coverage: pd.DataFrame) -> None:
    """Say how much rests on a place that no call names."""
    places = coverage[(coverage["evidence"] == "place") & coverage["method"].str.startswith("assumed")]
    if places.empty:
        return
    calls, energy = places["call_share"].sum(), places["energy_share"].dropna().sum()
    st.info(
        f"Where {figures.share(calls)} of the calls ran, with {figures.share(energy)} of the known energy, is assumed: "
        "the provider's home country or the configured default zone. Their spans name no cloud region.",
        icon=":material/location_off:",
    )


def _coverage(coverage: pd.DataFrame) -> None:
    with st.container(border=True):
        st.subheader("What the figures rest on", anchor=False)
        for column, evidence, title in zip(
            st.columns(3, gap="small"),
            ("energy", "grid intensity", "place"),
            ("How energy was found", "How fine the grid data is", "How places are known"),
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
