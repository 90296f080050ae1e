"""The page for sustainability: what was drawn and emitted, how sure that is, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.drawing.charts import trends
from spanledger_dashboards.drawing.charts.bar_list import Bar, split_bar
from spanledger_dashboards.drawing.charts.palette import OTHERS, series_colours
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.figure import Column, figure
from spanledger_dashboards.drawing.style import caption, metric_columns
from spanledger_dashboards.filtering.choice import choice
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.pages.lead_to import lead_to_calls, no_emissions
from spanledger_dashboards.pages.sustainability.grid import assumed
from spanledger_dashboards.report import ahead, report
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

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
# What makes emissions uncertain, and what it means.
_CAUSES = {
    "method_variance": ("method", "how energy is modelled at all"),
    "serving_variance": ("serving", "how full batches are, and the load of the machines"),
    "model_variance": ("model", "how large the model is, where its maker does not say"),
    "input_variance": ("input", "what reading a prompt draws"),
    "overhead_variance": ("overhead", "what the data centre adds"),
    "meters_variance": ("meters", "what meters and own coefficients leave open"),
    "grid_variance": ("grid", "intensities that are not of the hour"),
    "calls_variance": ("single calls", "what is each call's own"),
}
# So many causes have a colour of their own.
_NAMED_CAUSES = 5
_UNITS = {
    "call": "a call",
    "1000-tokens": "1,000 tokens",
    "user": "a user",
    "session": "a session",
}


def page(filters: Filters) -> None:
    """Draw the page."""
    begin(filters)
    headline = report("sustainability/headline", **filters.parameters).iloc[0]
    heading("Sustainability", filters)
    if headline["calls"] == 0:
        no_calls()
        return
    _headline(headline)
    evidence("sustainability/headline", filters.parameters, filters)
    lead_to_calls(filters, "emissions", "those of the largest emissions")
    assumed(report("sustainability/coverage", **filters.parameters))
    _trend(filters)
    _causes(headline)
    _intensity_of_software(filters)
    with st.expander("How these figures come about", icon=":material/info:", expanded=False):
        st.markdown(_METHOD)


def begin(filters: Filters) -> None:
    """Ask ahead what the page is drawn from."""
    ahead(
        *((f"sustainability/{name}", filters.parameters) for name in ("headline", "coverage", "trend")),
        ("sustainability/sci", {**filters.parameters, "unit": next(iter(_UNITS))}),
    )


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
    for label, column_of, show, gap, note in (
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
        if not figures.is_unknown(now[column_of]) and (column_of != "co2e_market_g" or now["contract_calls"]):
            of = f"of {figures.counted(now['calls'], 'call')}"
            left_out = f"unknown for {figures.count(now[gap])} {of}" if now[gap] else "of all calls"
            cards.append((label, show(now[column_of]), left_out, note))
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
        st.header(f"Emissions per {grain}", anchor=False)
        if not trend["co2e_g"].notna().any():
            no_emissions(filters)
            return
        line, band = trends.emissions_over_time(trend, grain, filters.period)
        st.caption("The central estimate")
        columns = (
            Column("bucket", grain.capitalize(), "time" if grain == "hour" else "day"),
            Column("co2e_g", "Emissions, CO₂e", "emissions", like="co2e_g_high"),
            Column("co2e_g_low", "90 % from", "emissions", like="co2e_g_high"),
            Column("co2e_g_high", "90 % to", "emissions"),
            Column("energy_wh", "Energy", "energy"),
            Column("intensity_g_per_kwh", "Intensity", "intensity"),
            Column("calls", "Calls", "count"),
            Column("unknown_co2e_calls", "of unknown emissions", "count"),
        )
        figure(line, f"Emissions per {grain}, central estimate", trend, columns, filters, key="trend")
        st.caption("Its 90 % interval, on an axis of its own")
        st.altair_chart(band, alt=f"90 % interval of the emissions per {grain}")
        evidence("sustainability/trend", filters.parameters, filters)


def _causes(now: pd.Series[Any]) -> None:
    """What makes the range as wide as it is."""
    known = [(name, said, now[column]) for column, (name, said) in _CAUSES.items() if now[column] > 1e-6]
    if figures.is_unknown(now["co2e_factor"]) or not known:
        return
    known.sort(key=lambda cause: -cause[2])
    named, rest = known[:_NAMED_CAUSES], sum(part for _, _, part in known[_NAMED_CAUSES:])
    shown = [(name, part) for name, _, part in named] + ([("others", rest)] if rest else [])
    with st.container(border=True):
        st.header("Why the range is as wide as it is", anchor=False)
        caption(
            f"{figures.emissions_range(now['co2e_g_low'], now['co2e_g_high'])} is meant to hold the true value "
            f"nine times in ten: a factor of {now['co2e_factor']:.2g} either way about its middle. "
            "Parts of the variance, by cause:"
        )
        colours = series_colours([name for name, _ in shown])
        split_bar(
            [
                Bar(name, written, float(part))
                for (name, part), written in zip(shown, figures.shares([part for _, part in shown]), strict=True)
            ],
            {name: OTHERS if name == "others" else colour for name, colour in colours.items()},
        )
        caption("; ".join(f"{name}: {said}" for name, said, _ in named) + ".")


def _intensity_of_software(filters: Filters) -> None:
    """The SCI, by the functional unit that the reader chooses."""
    with st.container(border=True):
        st.header("Software Carbon Intensity", anchor=False)
        unit = choice("Unit", _UNITS, key="unit", help="The functional unit R of ISO/IEC 21031:2024.")
        asked = {**filters.parameters, "unit": unit}
        sci = report("sustainability/sci", **asked).iloc[0]
        left_out = {
            "unknown emissions": sci["unknown_co2e_calls"],
            "unknown hardware": sci["unknown_embodied_calls"],
            f"no {'tokens' if unit == '1000-tokens' else unit}": sci["without_unit_calls"],
        }
        score, parts, units = st.columns(3, gap="small")
        score.metric(
            f"CO₂e of {_UNITS[unit]}",
            figures.emissions(sci["sci_g"], like=sci["sci_g_high"]),
            f"{_RANGE} {figures.emissions_range(sci['sci_g_low'], sci['sci_g_high'])}",
            delta_color="off",
            delta_arrow="off",
            help="((E x I) + M) / R, location-based: energy, the grid's intensity, the hardware's share, and units.",
            border=True,
            height="stretch",
        )
        parts.metric(
            "Operation and hardware",
            f"{figures.emissions(sci['operational_g'], like=sci['operational_g'])} + "
            f"{figures.emissions(sci['embodied_g'], like=sci['operational_g'])}",
            "E x I and M, of the calls that are scored",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )
        units.metric(
            "Units",
            figures.count(sci["units"]),
            f"of {_UNITS[unit]} each, in {figures.counted(int(sci['calls']), 'call')}",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )
        if told := [f"{figures.counted(int(calls), 'call')} of {why}" for why, calls in left_out.items() if calls]:
            caption(f"Left out, for one of the terms is unknown: {', '.join(told)}.")
        evidence("sustainability/sci", asked, filters)
