"""What tenants owe with commitments: usage that no commitment pays, and their parts of the commitments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards.drawing.style import caption
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 500
_COLUMNS = {
    "effective_cost": "Effective, USD",
    "usage_cost": "Usage no commitment pays, USD",
    "commitment_cost": "Of commitments, used, USD",
    "idle_cost": "Of commitments, idle, USD",
    "covered_cost": "Covered usage at its own price, USD",
}


def commitments_by_tenant(rows: pd.DataFrame) -> None:
    """Draw the table; ``rows`` are those of `finance/commitments`, the most first."""
    with st.container(border=True):
        st.subheader("Effective spend by tenant, commitments included", anchor=False)
        usage, commitments = rows["usage_cost"].sum(), rows["commitment_cost"].sum() + rows["idle_cost"].sum()
        first = f" The {_ROWS} largest of {figures.counted(len(rows), 'tenant')}." if len(rows) > _ROWS else ""
        caption(
            f"{figures.usd(usage)} of calls that no commitment pays, {figures.usd(commitments)} of commitments, "
            f"idle parts included. The charts and tables below are of the calls alone, at contract prices.{first}"
        )
        shown = rows.head(_ROWS)
        st.dataframe(
            shown.assign(**{name: shown[name].astype(float) for name in _COLUMNS})[["tenant", *_COLUMNS]],
            hide_index=True,
            column_config={
                "tenant": st.column_config.TextColumn("Tenant", pinned=True),
                **{name: st.column_config.NumberColumn(label, format="%.4f") for name, label in _COLUMNS.items()},
            },
        )
