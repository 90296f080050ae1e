"""Why a period's calls cost more or less than the period before: an exact bridge, and who moved it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.drawing.charts.bridge import Step, bridge
from spanledger_dashboards.drawing.evidence import evidence, of_report
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.filtering import dimension
from spanledger_dashboards.pages.finance.parts.spend import chosen_dimension, picked
from spanledger_dashboards.report import report
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

REPORT = "finance/movers"
DRIVERS = (
    ("volume", "Number of calls"),
    ("mix", "Other models"),
    ("tokens", "Tokens a call"),
    ("tier", "Service tiers"),
    ("cache", "Prompt cache"),
    ("price", "Prices"),
)
_BY = ("tenant", "model", "feature", "provider", "cost_center")
_ROWS = 500


def asked(filters: Filters) -> tuple[str, dict[str, Any]]:
    """What is asked at the first look, by name, to be asked together with others."""
    by = picked("moved", {name: name for name in _BY})
    return REPORT, {**_asked(filters), "by": [by, "(whole)"], "rows": _ROWS}


def _asked(filters: Filters) -> dict[str, Any]:
    return {
        **filters.parameters,
        "before_from": filters.before.bounds["from"],
        "before_to": filters.before.bounds["to"],
    }


def changes(filters: Filters) -> None:
    """Draw the bridge from the period before, by what drives cost, and the table of who moved it."""
    asked = _asked(filters)
    with st.container(border=True):
        st.header("What changed, and why", anchor=False)
        bridged, chosen = st.container(), st.empty()
        with chosen:
            title, by = chosen_dimension("Who moved it", "moved", {name: name for name in _BY})
        # Of the whole besides, for to plan this twice takes longer than all else of the page.
        found = report(REPORT, **asked, by=[by, "(whole)"], rows=_ROWS)
        if found.empty or not found["calls_before"].iloc[0]:
            chosen.empty()
            caption(f"No call of {filters.before.days} has a known cost: there is nothing to compare with.")
            return
        with bridged:
            _bridge(filters, found.iloc[0])
        _movers(filters, asked, found.iloc[1:], title, by)
        shown = {**asked, "by": [by], "rows": _ROWS}
        evidence(REPORT, shown, filters, _command(shown, filters))


def _bridge(filters: Filters, row: pd.Series[Any]) -> None:
    moved = [Step(title, row[name]) for name, title in DRIVERS if row[name]]
    bridge(
        [
            Step(filters.before.days, row["before"], f"{figures.count(row['calls_before'])} calls", total=True),
            *moved,
            Step(filters.period.days, row["after"], f"{figures.count(row['calls_after'])} calls", total=True),
        ],
        "Cost of calls of the period before and of this one, by what changed",
    )
    caption(
        "Calls with a known cost, at contract prices, without commitments and charges. One driver after the other "
        "is put from its former to its new value, in this order; the steps sum exactly."
    )


def _movers(filters: Filters, asked: dict[str, Any], found: pd.DataFrame, title: str, by: str) -> None:
    """Draw who moved it, the most first."""
    number = int(found["all_rows"].iloc[0])
    shown = [name for name, _ in DRIVERS if found[name].any()]
    absent = "(unattributed)" if by == "tenant" else dimension.BY_NAME[by].absent
    rows = found.assign(**{by: found[by].replace("", absent)})
    table(
        f"What changed, by {title.lower()}",
        rows[[by, "before", *(name for name, _ in DRIVERS), "after", "difference", "calls_before", "calls_after"]],
        [
            Column(by, title),
            Column("difference", "Difference", "usd", write=_signed),
            Column("before", "Before", "usd"),
            *(Column(name, label, "usd", write=_signed) for name, label in DRIVERS if name in shown),
            Column("after", "After", "usd"),
        ],
        filters,
        key="movers",
        number=number,
        whole=lambda: report(REPORT, **asked, by=[by], rows=2**63),
        link=lambda row: filters.drill("tenants" if by == "tenant" else "", by, row[by]),
    )


def _command(asked: dict[str, Any], filters: Filters) -> list[str]:
    """The command that prints the same; it compares with the whole period before where it is not told another."""
    words = of_report(REPORT, asked, filters)
    if filters.before == filters.period.previous:
        return words
    told = [f"{name}={asked[name]}" for name in ("before_from", "before_to")]
    return [*words, *(word for one in told for word in ("--set", one))]


def _signed(amount: Any) -> str:
    return figures.usd(amount) if figures.is_unknown(amount) or amount <= 0 else f"+{figures.usd(amount)}"
