"""Lines over time, one for each name, with a limit where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from spanledger_dashboards.drawing.charts.palette import GAP, dashes
from spanledger_dashboards.drawing.charts.time_axis import as_utc, span, time_axis, when
from spanledger_dashboards.drawing.charts.trends import HEIGHT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_dashboards.filtering.filters import Filters


def long(rows: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The rows' columns below one another: ``bucket``, ``name`` as ``columns`` says it, ``value``."""
    parts = [
        pd.DataFrame({"bucket": rows["bucket"], "name": name, "value": rows[column].astype("Float64").astype(float)})
        for column, name in columns.items()
    ]
    return pd.concat(parts, ignore_index=True)


def lines_over_time(
    rows: pd.DataFrame,
    filters: Filters,
    colours: Mapping[str, str],
    title: str,
    *,
    format: str = ",~f",  # noqa: A002
    limit: float | None = None,
) -> alt.LayerChart:
    """Draw ``value`` over ``bucket``, a line for each ``name``; ``text`` is how a value is written, exactly.

    Args:
        rows: What is unknown has no point.
        filters: Of the page, whose period the axis spans.
        colours: Of the names.
        title: Of the vertical axis, with the unit.
        format: Of its ticks, as d3 writes it.
        limit: Where a line across stands.
    """
    drawn = rows[rows["value"].notna()].assign(bucket=lambda known: as_utc(known["bucket"]))
    # Ticks share their prefix, and of nothing there are no thousands: "0k".
    axis = alt.Axis(tickCount=5, format=format, labelExpr="datum.value === 0 ? '0' : datum.label")
    line = (
        alt.Chart(drawn[["bucket", "name", "value", "text"]], height=HEIGHT)
        .mark_line(strokeWidth=2, point={"filled": True, "size": 26})
        .encode(
            x=time_axis(filters.grain, span(rows, filters.grain, filters.period)),
            y=alt.Y("value:Q", title=title, axis=axis, scale=alt.Scale(zero=True)),
            color=alt.Color("name:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=None),
            # Told apart without colours, too.
            strokeDash=alt.StrokeDash(
                "name:N",
                scale=alt.Scale(domain=list(colours), range=[list(dash) for dash in dashes(list(colours))]),
                legend=None,
            ),
            tooltip=[
                when(filters.grain),
                alt.Tooltip("name:N", title="Name"),
                alt.Tooltip("text:N", title=title),
            ],
        )
    )
    if limit is None:
        return alt.LayerChart(layer=[line])
    rule = (
        alt.Chart(pd.DataFrame({"limit": [limit]}))
        .mark_rule(color=GAP, strokeDash=[6, 4], strokeWidth=2)
        .encode(y="limit:Q", tooltip=[alt.Tooltip("limit:Q", title="Limit", format=",")])
    )
    return alt.LayerChart(layer=[line, rule])
