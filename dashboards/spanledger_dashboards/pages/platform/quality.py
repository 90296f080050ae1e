"""The page for whoever instruments: which services and instrumentations leave what untold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.drawing.style import metric_columns
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.report import report
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filters import Filters

_CARDS = (
    ("Without tenant", "unattributed", "Add attribution() to the service, or a tenant rule."),
    ("Without price", "unpriced", "`spanledger prices missing` lists the models; import a price or name an alias."),
    ("Without usage", "missing_usage", "Answers that told no tokens: their cost is unknown, not zero."),
    ("Estimated usage", "estimated_usage", "Counted by an instrumentation, not by the provider."),
)


def page(filters: Filters) -> None:
    """Draw the page."""
    rows = report("attribution/quality", **filters.parameters)
    heading("Quality", filters)
    if rows.empty:
        no_calls()
        return
    _headline(rows)
    _table(rows)


def _headline(rows: pd.DataFrame) -> None:
    calls = int(rows["calls"].sum())
    places = metric_columns()
    for place, (label, column, help_text) in zip(places, _CARDS, strict=False):
        number = int(rows[column].sum())
        place.metric(
            label,
            figures.share(number / calls) if calls else "–",
            f"{figures.count(number)} of {figures.count(calls)} calls",
            delta_color="off",
            delta_arrow="off",
            help=help_text,
            border=True,
            height="stretch",
        )
    removed = int(rows["duplicates"].sum())
    places[4].metric(
        "Duplicates removed",
        figures.count(removed),
        "reports of calls counted once",
        delta_color="off",
        delta_arrow="off",
        help="Two instrumentations, a gateway, or a span around a call reported the same call.",
        border=True,
        height="stretch",
    )
    places[5].metric(
        "Counts not believed",
        figures.count(int(rows["unbelieved"].sum())),
        "zero, invented, or no number",
        delta_color="off",
        delta_arrow="off",
        help="'spanledger docs dialects' says which instrumentations tell such counts.",
        border=True,
        height="stretch",
    )


def _table(rows: pd.DataFrame) -> None:
    share: Any = st.column_config.ProgressColumn
    with st.container(border=True):
        st.subheader("By service and instrumentation", anchor=False)
        st.dataframe(
            rows.drop(columns=["unattributed", "unpriced", "missing_usage", "estimated_usage", "unbelieved"]),
            hide_index=True,
            column_config={
                "service": "Service",
                "dialect": "Dialect",
                "scope": "Instrumentation",
                "calls": st.column_config.NumberColumn("Calls", format="localized"),
                "partly_priced": st.column_config.NumberColumn("Partly priced", format="localized"),
                "not_read": st.column_config.NumberColumn("Spans not read", format="localized"),
                "overridden": st.column_config.NumberColumn("Tenant by token instead", format="localized"),
                "not_read_names": "Names of spans not read",
                "unattributed_share": share("Without tenant", format="percent", min_value=0, max_value=1),
                "unpriced_share": share("Without price", format="percent", min_value=0, max_value=1),
                "missing_usage_share": share("Without usage", format="percent", min_value=0, max_value=1),
                "duplicates": st.column_config.NumberColumn("Duplicates removed", format="localized"),
                "unknown_attributes": "Attributes that nothing reads",
            },
        )
