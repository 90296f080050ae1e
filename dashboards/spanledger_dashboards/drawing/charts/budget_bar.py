"""A budget as HTML: what is used of it, what its period is expected to come to, and the amount as a mark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards.drawing.charts.palette import CARBON, MONEY, MORE, pale
from spanledger_dashboards.drawing.plain_text import escape

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class BudgetBar:
    """One budget: lengths are in its own unit, ``value`` and ``note`` as written.

    Attributes:
        name: Of the budget, and whose.
        value: What is used.
        note: Of how much, and what is expected.
        amount: What may be used.
        used: What is.
        low, high: The interval of what the period will come to; None where it is not foretold.
        is_carbon: Whether it is of emissions.
    """

    name: str
    value: str
    note: str
    amount: float
    used: float
    low: float | None = None
    high: float | None = None
    is_carbon: bool = False


def budget_bars(bars: Sequence[BudgetBar]) -> None:
    """Draw a row for each budget, each to its own scale: the amount is a line, the expected interval is pale."""
    st.html(f'<div class="sl-bars" role="list">{"".join(map(_row, bars))}</div>')


def _row(bar: BudgetBar) -> str:
    scale = 100 / (max(bar.amount, bar.used, bar.high or 0.0) * 1.04 or 1.0)
    fill = MORE if bar.used > bar.amount else CARBON if bar.is_carbon else MONEY
    pieces = ""
    if bar.low is not None and bar.high is not None:
        begin = scale * bar.low
        pieces += (
            f'<span class="bar range" style="left:{begin:.2f}%;width:{scale * (bar.high - bar.low):.2f}%;'
            f'{pale(fill)}"></span>'
        )
    if bar.used > 0:
        pieces += f'<span class="bar step" style="left:0;width:{scale * bar.used:.2f}%;background:{fill}"></span>'
    pieces += f'<span class="limit" style="left:{scale * bar.amount:.2f}%"></span>'
    return (
        f'<div class="row" role="listitem"><span class="name">{escape(bar.name)}</span>'
        f'<span class="value">{escape(bar.value)}</span>'
        f'<span class="track" style="overflow:visible">{pieces}</span>'
        f'<span class="note below">{escape(bar.note)}</span></div>'
    )
