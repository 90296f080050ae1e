"""What good results cost and emit, and what is left of their revenue, where apps or evaluations tell of outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards import open_store
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.filtering.address import AddressError, quoted
from spanledger_dashboards.filtering.choice import choice
from spanledger_dashboards.filtering.dimension import title
from spanledger_dashboards.report import answer, report
from spanledger_settings import figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

# Outcomes come after the calls that they are about, when the ledger need not be written to any more.
_SECONDS = 20
_COLUMNS = (
    Column("outcomes", "Outcomes", "count"),
    Column("good", "Good", "count"),
    Column("cost_per_good", "Cost of a good one", "usd", help="Of all tries, the failed ones included."),
    Column("co2e_g_per_good", "CO₂e of a good one", "emissions"),
    Column("cost", "Cost", "usd", help="Of the calls that they are about, at contract prices."),
    Column("revenue", "Revenue", "usd", help="Of the good ones."),
    Column(
        "margin", "Left of it", "usd", help="Revenue less the cost of all tries, of results that calls are found for."
    ),
    Column("bad", "Bad", "count"),
    Column("undecided", "Undecided", "count"),
    Column("calls", "Calls", "count"),
    Column("without_calls", "Without calls", "count"),
    Column("unknown_cost_calls", "Calls of unknown cost", "count"),
    Column("unknown_energy_calls", "of unknown emissions", "count"),
)
_OF_REVENUE = ("revenue", "margin")


def refuse_unknown(dimensions: Sequence[str]) -> None:
    """Complain before a figure is drawn.

    Raises:
        AddressError: The address asks for them by what there is not.
    """
    if (asked := st.query_params.get("results", "")) not in ("", *dimensions):
        raise AddressError(f"results by {quoted(asked)} is unknown; expected one of {', '.join(dimensions)}")


def outcomes(filters: Filters, dimensions: Sequence[str]) -> None:
    """Draw them by name, and by one of ``dimensions`` where that is chosen; nothing where nobody told of any."""
    store = open_store.current()
    asked = {**filters.period.bounds, "tenants": list(filters.tenants)}
    told = _told(store.url, str(store.scope), asked)
    if not told[0]:
        return
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.header("What a good result costs", anchor=False)
            options = {"": "name alone", **{name: f"name and {title(name).lower()}" for name in dimensions}}
            by = choice("Results by", options, key="results")
        asked = {**filters.parameters, "by": [by] if by else [], "good_score": ""}
        rows = report("finance/outcomes", **asked, told=told)
        _say_what_is_in_none(rows)
        leading = (Column("name", "Outcome"), *((Column(by, title(by)),) if by else ()))
        shown = [column for column in _COLUMNS if column.name not in _OF_REVENUE or rows["revenue"].notna().any()]
        table(
            "What a good result costs",
            rows.drop(columns=[name for name in ("tenant", "feature") if name != by]),
            (*leading, *shown),
            filters,
            key="outcomes",
            link=(lambda row: filters.drill("tenants" if by == "tenant" else "", by, _named(by, row[by])))
            if by
            else None,
        )
        evidence("finance/outcomes", asked, filters)


def _say_what_is_in_none(rows: pd.DataFrame) -> None:
    """How the figures are meant, and what they leave out."""
    caption(
        "Outcomes of this period, with the calls that each is about, up to 30 days before it: failed tries are paid "
        "for by the good ones."
    )
    if undecided := int(rows["undecided"].sum()):
        verb = "is" if undecided == 1 else "are"
        caption(
            f"{figures.counted(undecided, 'outcome')} {verb} undecided: neither a word nor a label says whether good. "
            "The command's '--set good_score=0.8' decides by the score."
        )


def _named(by: str, value: str) -> str:
    return value or f"(no {by})"


@st.cache_data(ttl=_SECONDS, show_spinner=False)
def _told(url: str, scope: str, asked: dict[str, Any]) -> tuple[int, str]:  # noqa: ARG001
    """How many outcomes there are, and when the last was stored; at most some seconds old."""
    row = answer("finance/outcomes_told", **asked).iloc[0]
    return int(row["outcomes"]), str(row["told_at"])
