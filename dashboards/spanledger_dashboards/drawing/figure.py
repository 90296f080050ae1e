"""A chart with its heading, what it shows in words, and the table behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards.drawing.charts.time_axis import partial_told
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.drawing.table import Column, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

__all__ = ["Column", "figure"]


def figure(
    chart: alt.Chart | alt.LayerChart | alt.VConcatChart,
    says: str,
    rows: pd.DataFrame,
    columns: Sequence[Column],
    filters: Filters,
    *,
    key: str,
) -> None:
    """Draw a chart, and below it, folded, its rows as a table.

    Args:
        chart: It spans the width of its place.
        says: What it shows, in a sentence: what a screen reader says of it, and the title of the table.
        rows: What it was drawn from.
        columns: Of the table.
        filters: Of the page.
        key: Tells the page's charts apart.
    """
    st.altair_chart(chart, alt=says)
    if "bucket" in rows and (told := partial_told(rows["bucket"], filters.grain, filters.period)):
        caption(told)
    with st.expander("The table behind it", icon=":material/table:"):
        table(says, rows, columns, filters, key=key)
