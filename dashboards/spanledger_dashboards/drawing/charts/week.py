"""A week as a grid of its hours: the stronger a field, the more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import pandas as pd

# An hour without calls stays empty: the least of the others is seen to be no such hour.
_FAINTEST = 0.18
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def week(
    rows: pd.DataFrame, column: str, title: str, written: Callable[[Any], str], colour: str, *, from_zero: bool = True
) -> alt.Chart:
    """Draw ``column`` of the rows of `sustainability/heat_map`, a field for each hour of each weekday.

    Args:
        rows: An hour without calls has no row, and stays empty.
        column: What the strength of a field stands for; what is unknown stays empty.
        title: Of it, with the unit where ``written`` writes none.
        written: How it is written in the tooltip.
        colour: Of the fields.
        from_zero: Whether the faintest field is nothing, or the least that there is.
    """
    known = rows[rows[column].notna()]
    values = known[column].astype(float)
    drawn = known.assign(
        day=[DAYS[int(number) - 1] for number in known["weekday"]],
        clock=[f"{int(hour):02d}:00" for hour in known["hour"]],
        value=values,
        text=known[column].map(written),
    )[["day", "clock", "hour", "value", "text"]]
    least = 0.0 if from_zero or values.empty else float(values.min()) * 0.98
    most = float(values.max()) if len(values) and values.max() > least else least + 1.0
    chart: alt.Chart = (
        alt.Chart(drawn, height=240)
        .mark_rect(color=colour, cornerRadius=2)
        .encode(
            x=alt.X(
                "hour:O",
                title="Hour of the day",
                scale=alt.Scale(domain=list(range(24)), paddingInner=0.08),
                axis=alt.Axis(values=[0, 3, 6, 9, 12, 15, 18, 21], labelAngle=0),
            ),
            y=alt.Y(
                "day:O",
                title=None,
                scale=alt.Scale(domain=list(DAYS), paddingInner=0.1),
                axis=alt.Axis(labelExpr="slice(datum.label, 0, 3)", labelOverlap=False),
            ),
            opacity=alt.Opacity("value:Q", scale=alt.Scale(domain=[least, most], range=[_FAINTEST, 1.0]), legend=None),
            tooltip=[
                alt.Tooltip("day:N", title="Day"),
                alt.Tooltip("clock:N", title="Hour"),
                alt.Tooltip("text:N", title=title),
            ],
        )
    )
    return chart
