"""What the same calls would have emitted elsewhere or later."""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards import open_store
from spanledger_dashboards.drawing.evidence import evidence, period_options
from spanledger_dashboards.drawing.style import caption, lead
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.filtering.choice import choice
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.pages.lead_to import WHAT_IS_UNKNOWN
from spanledger_dashboards.report import report, unheeded
from spanledger_enrich.grid.zone_name import zone_name
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

_WAITS = {"0": "when they were made", **{str(n): f"up to {n} h later" for n in (1, 2, 3, 4, 6, 8, 12, 24, 48, 168)}}
_ZONES = ("", "FR", "SE", "DE", "GB", "PL", "US", "IN")
_HERE = "where they ran"
_SIGNALS = {"average": "average, as in the ledger", "marginal": "marginal, for decisions"}
_COLUMNS = (
    Column("named", "Zone"),
    Column("then_co2e_g", "Then, CO₂e", "emissions", like="largest_co2e_g"),
    Column(
        "then_co2e_g_least",
        "at the low ends of energy",
        "emissions",
        help="With the low end of each call's energy: no interval, which has other causes, too.",
        like="largest_co2e_g",
    ),
    Column("then_co2e_g_most", "at the high ends", "emissions", like="largest_co2e_g"),
    Column("co2e_g", "As it is", "emissions", like="largest_co2e_g"),
    Column("change", "Change", "told"),
    Column("shifted_hours", "Put off on average, h", "number"),
    Column("not_compared_calls", "Calls not compared", "count"),
)


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("What if", filters)
    known = report("grid/list", **filters.parameters, match="")
    signals = _signals(known)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        signal = "average"
        if len(signals) > 1:
            signal = choice(
                "Intensities",
                signals,
                key="signal",
                help="What is counted of the grid: its mean, or what more or less power at that hour does to it.",
            )
        there = known[known["signal"] == signal]
        zone = choice(
            "Zone",
            {"": _HERE, **{each: zone_name(each) for each in sorted(there["zone"].astype(str).unique())}},
            # `zone` narrows the page to the calls that ran there.
            key="elsewhere",
            help="Where all calls would have run.",
        )
        wait = choice("Time", _WAITS, key="wait", help="Each call at its cleanest hour within this time.")
    has_hours = set(there["zone"].astype(str))
    # All zones at once: the calls' hours are summed for the first, and nearly nothing is left to do for the others.
    zones = [each for each in dict.fromkeys([zone, *_ZONES]) if each in ("", zone) or each in has_hours]
    asked = _asked(filters, zones, int(wait), signal)
    rows = report("sustainability/elsewhere", **asked)
    if rows.empty:
        no_calls()
        return
    _answer(filters, rows.iloc[0], zone, int(wait))
    evidence("sustainability/elsewhere", asked, filters)
    if len(zones) > 1:
        _zones(filters, rows, int(wait), signal)
    _assumed(zone, int(wait), signal)
    _models(filters, zone, int(wait), signal)


def _signals(known: pd.DataFrame) -> dict[str, str]:
    there = set(known["signal"].astype(str))
    return {name: told for name, told in _SIGNALS.items() if name in there or name == "average"}


def _asked(filters: Filters, zones: list[str], wait: int, signal: str) -> dict[str, Any]:
    settings = open_store.settings()
    basis = "direct" if signal == "marginal" else settings.grid_basis
    return {
        **filters.parameters,
        "zones": zones,
        "waits": [wait],
        "signal": signal,
        "basis": basis,
        "booked": int((signal, basis) == (settings.grid_signal, settings.grid_basis)),
    }


def _answer(filters: Filters, row: pd.Series[Any], zone: str, wait: int) -> None:
    now, then = row["co2e_g"], row["then_co2e_g"]
    if figures.is_unknown(now):
        st.info(
            "No call can be compared: its emissions are unknown, as it is or then. Either nothing is known of the "
            "energy of its model, or no intensity of the grid; 'spanledger grid import' brings these in.",
            icon=":material/help:",
        )
        lead(WHAT_IS_UNKNOWN, filters.link("grid"))
        return
    places = st.columns(3, gap="small")
    scenario = f"{zone_name(zone) if zone else _HERE}, {_WAITS[str(wait)]}"
    cards = (
        ("As it is, CO₂e", figures.emissions(now, like=max(now, then)), "of the calls that are compared"),
        (f"Then, CO₂e: {scenario}", figures.emissions(then, like=max(now, then)), _change(then, now)),
        (
            "Put off on average",
            f"{figures.in_a_column(row['shifted_hours'])} h" if wait else "not at all",
            f"{figures.count(row['not_compared_calls'])} calls not compared",
        ),
    )
    for place, (label, value, below) in zip(places, cards, strict=True):
        place.metric(label, value, below, delta_color="off", delta_arrow="off", border=True, height="stretch")


def _change(then: Any, now: Any) -> str:
    if figures.is_unknown(then) or figures.is_unknown(now):
        return figures.UNKNOWN
    return "as it is" if math.isclose(then, now, rel_tol=1e-12) else figures.change(then, now) or figures.UNKNOWN


def _zones(filters: Filters, found: pd.DataFrame, wait: int, signal: str) -> None:
    """The same in some other zones."""
    rows = found.assign(named=[zone_name(each) if each else _HERE for each in found["zone"]])
    rows["change"] = [_change(then, now) for then, now in zip(rows["then_co2e_g"], rows["co2e_g"], strict=True)]
    rows["largest_co2e_g"] = rows[["then_co2e_g_most", "co2e_g"]].astype(float).max(axis=1)
    with st.container(border=True):
        st.header(f"Some zones beside each other, {_WAITS[str(wait)]}", anchor=False)
        table(
            "What if, by zone",
            rows,
            _COLUMNS,
            filters,
            key="zones",
            link=lambda row: filters.link(
                "whatif",
                **({"elsewhere": row["zone"]} if row["zone"] else {}),
                **({"signal": signal} if signal != "average" else {}),
                wait=str(wait),
            ),
        )


def _assumed(zone: str, wait: int, signal: str) -> None:
    said = [
        "Compared are calls whose emissions are known both ways; the others are counted, and are in neither sum.",
        "What idle hosts drew stays where it was, and is in neither sum.",
    ]
    if signal == "marginal":
        said.append("Marginal intensities say what one kWh more or less does: no part of an inventory.")
    if zone:
        said.append(
            f"Energy stays what it was: the same machines and overhead (PUE) in {zone_name(zone)}; hours "
            "without a value of that zone take its yearly mean."
        )
    if wait:
        said.append(
            f"Every call could have waited up to {wait} h, with hindsight of the grid's hours and room at the "
            "provider; one keeps its hour where a later one is not cleaner or not known."
        )
    with st.container(border=True):
        st.header("What is assumed", anchor=False)
        for sentence in said:
            caption(sentence)


def _models(filters: Filters, zone: str, wait: int, signal: str) -> None:
    """Other models and caching: the calls are booked anew for it, which the command line does."""
    words = ["carbon", "whatif", *period_options(filters), "--model", "RECORDED=OTHER", "--cache-hit-rate", "0.5"]
    words += ["--zone", zone] if zone else []
    words += ["--window", str(wait)] if wait else []
    words += ["--signal", signal] if signal != "average" else []
    # The command knows one value of a dimension of one's own, and nothing of the others.
    asked = filters.parameters
    if len(filters.own_values) == 1 and filters.own_values[0].strip():
        words += ["--where", f"{filters.own}={filters.own_values[0]}"]
        asked["own_values"] = []
    with st.container(border=True):
        st.header("On another model, or with more caching", anchor=False)
        caption(
            "The ledger's own statements book the same calls anew, in tables beside it; pages change nothing, so the "
            "command line does that, with what it costs beside what it emits:"
        )
        st.code(shlex.join(["spanledger", *words]), language="bash", wrap_lines=True)
        if left := unheeded("carbon/whatif", asked):
            caption(f"The command cannot be narrowed by {' or '.join(left)}: its figures are of all.")
