"""The inventory: scopes, both methods of Scope 2, contracts, hardware, water, and the method statement."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards import open_store
from spanledger_dashboards.drawing.evidence import evidence, period_options
from spanledger_dashboards.drawing.style import caption, lead, tiles
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.file_offer import offer
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.pages.lead_to import lead_to_calls
from spanledger_dashboards.report import report
from spanledger_enrich.grid.zone_name import zone_name
from spanledger_enrich.ledger.method_statement.page import markdown
from spanledger_enrich.ledger.method_statement.statement import method_statement
from spanledger_enrich.ledger.methods import own_machines
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters
    from spanledger_settings.configuration import Configuration
    from spanledger_settings.period import Period
    from spanledger_sql.store import Store


def _kg(kilograms: Any, like: Any = None) -> str:
    if figures.is_unknown(kilograms):
        return "–"
    return figures.emissions(float(kilograms) * 1000, None if figures.is_unknown(like) else float(like) * 1000)


def _kwh(kilowatt_hours: Any) -> str:
    return "–" if figures.is_unknown(kilowatt_hours) else figures.energy(float(kilowatt_hours) * 1000)


def _litres(litres: Any) -> str:
    return "–" if figures.is_unknown(litres) else figures.water(float(litres) * 1000)


_SCOPES = (
    Column("scope", "Scope"),
    Column("category", "Category"),
    Column("location_kg", "Location-based, CO₂e", "number", write=_kg, like="location_kg_high"),
    Column("location_kg_low", "90 % from", "number", write=_kg, like="location_kg_high"),
    Column("location_kg_high", "90 % to", "number", write=_kg),
    Column("market_kg", "Market-based, CO₂e", "number", write=_kg),
    Column("embodied_kg", "Hardware, CO₂e", "number", write=_kg),
    Column("energy_kwh", "Energy", "number", write=_kwh),
    Column("water_l", "Water", "number", write=_litres),
    Column("calls", "Calls", "count"),
    Column("unknown_location_calls", "of unknown location-based", "count"),
    Column("unknown_market_calls", "market-based", "count"),
    Column("unknown_embodied_calls", "hardware", "count"),
    Column("unknown_water_calls", "water", "count"),
)
_COVERAGE = (
    Column("named", "Zone"),
    Column("provider", "Provider"),
    Column("consumed_kwh", "Consumed", "number", write=_kwh),
    Column("contracted_kwh", "Contracted", "number", write=_kwh),
    Column("annual_share", "Covered, whole period", "share"),
    Column("hourly_share", "Covered, hour by hour", "share"),
    Column("location_kg", "Location-based, CO₂e", "number", write=_kg),
    Column("market_annual_kg", "Market-based, whole period", "number", write=_kg),
    Column("market_hourly_kg", "Market-based, hour by hour", "number", write=_kg),
    Column("unknown_calls", "Calls of unknown energy", "count"),
)


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("Inventory", filters)
    settings = open_store.settings()
    asked = {**filters.parameters, **own_machines(settings)}
    scopes = report("sustainability/inventory", **asked)
    if scopes.empty:
        no_calls()
        return
    with st.container(border=True):
        st.header("By the GHG Protocol's scopes", anchor=False)
        _cards(scopes)
        contracts = scopes["contract_calls"].sum() > 0
        shown = _SCOPES if contracts else tuple(column for column in _SCOPES if "market" not in column.name)
        table("Emissions by scope", scopes, shown, filters, key="scopes")
        named = ", ".join([*settings.own_providers, *settings.own_hosts]) or "none"
        caption(
            "Location- and market-based figures are two ways to reckon the same power: never added, nor netted. "
            "Own or leased machines are those whose energy was measured, and those that own_providers and own_hosts "
            f"name ({named}); everything else is purchased use of an API. Intensities are of the power's life cycle."
        )
        if not contracts:
            caption("No contract is behind any of these calls, so that there is no market-based figure.")
        lead("The zones that these calls ran in, and what is known of each", filters.link("grid"))
        lead_to_calls(filters, "emissions", "those of the largest emissions")
        evidence("sustainability/inventory", asked, filters)
    _contracts(filters)
    _statement(filters, settings)


def _cards(scopes: pd.DataFrame) -> None:
    whole = scopes[["location_kg", "market_kg", "embodied_kg", "water_l"]].astype(float).sum(min_count=1)
    contracts = scopes["contract_calls"].sum()
    of = scopes.loc[scopes["energy_kwh"].notna(), "calls"].sum()
    cards = [
        ("Location-based", _kg(whole["location_kg"]), "Scope 2 and purchased use; ranges by scope below"),
        (
            "Market-based",
            _kg(whole["market_kg"]) if contracts else "no contracts",
            f"by contracts for {figures.count(contracts)} of {figures.count(of)} calls"
            if contracts
            else "import them to have it",
        ),
        ("Hardware", _kg(whole["embodied_kg"]), "embodied, apart from the operation"),
        ("Water", _litres(whole["water_l"]), "on site and at the power plants"),
    ]
    for place, (label, value, below) in zip(tiles(len(cards)), cards, strict=True):
        place.metric(label, value, below, delta_color="off", delta_arrow="off", border=True, height="stretch")


def _contracts(filters: Filters) -> None:
    """How far contracted volumes cover the energy; nothing where there is no volume."""
    contracts = report("grid/contracts", **filters.parameters)
    within = (contracts["from"] < filters.period.end) & (contracts["to"] > filters.period.begin)
    if not contracts.loc[within, "mwh"].notna().any():
        return
    rows = report("grid/contract_coverage", **filters.parameters)
    if rows.empty or not (rows["contracted_kwh"] > 0).any():
        return
    with st.container(border=True):
        st.header("How far contracts cover the energy", anchor=False)
        caption("A volume lies evenly over its period; hour by hour no more counts than was drawn in that hour.")
        table(
            "Coverage by contracts",
            rows.assign(named=rows["zone"].map(zone_name)),
            _COVERAGE,
            filters,
            key="contracts",
            link=lambda row: (
                filters.drill("breakdown", "zone", row["zone"]) if _has_calls(row["zone"], filters) else None
            ),
        )
        evidence(
            "grid/contract_coverage",
            filters.parameters,
            filters,
            ["grid", "contracts", "coverage", *period_options(filters)],
        )


def _has_calls(zone: str, filters: Filters) -> bool:
    """Whether a call ran there: a contract may be of a country, and calls of its zones."""
    asked = {"dimension": "zone", "value": zone, "as_of": filters.moment.parameter}
    return bool(zone) and bool(report("filters/has_value", **asked)["found"].iloc[0])


def _statement(filters: Filters, settings: Configuration) -> None:
    """The method statement, made when it is downloaded."""
    with st.container(border=True):
        st.header("Method statement", anchor=False)
        caption(
            "For an auditor: formulas, every factor and source, versions, coverage, uncertainty and gaps of all "
            "calls of the period, and a fingerprint of the rows. The same ledger gives the same text."
        )
        if filters.narrowed:
            caption("It is of all calls of the period, whatever the page is narrowed to.")
        stem = f"method-{filters.period.first_day}-{filters.period.last_day}"
        store = open_store.current()
        with st.container(horizontal=True):
            for kind, suffix, mime in (("Markdown", "md", "text/markdown"), ("JSON", "json", "application/json")):
                make = partial(_stated, store, filters.period, settings, kind)
                offer(f"Download as {kind}", make, f"{stem}.{suffix}", mime, key=f"statement-{suffix}")
        st.code(f"spanledger carbon statement {' '.join(period_options(filters))}", language="bash", wrap_lines=True)


def _stated(store: Store, period: Period, settings: Configuration, kind: str) -> bytes:
    stated = method_statement(store, period, settings)
    return (markdown(stated) if kind == "Markdown" else stated.json()).encode()
