"""From one amount to another in steps, as HTML: each step a row with its figure, and a bar where it begins and ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards.drawing.charts.palette import LESS, MONEY, MORE
from spanledger_dashboards.drawing.plain_text import escape
from spanledger_settings import figures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal


@dataclass(frozen=True)
class Step:
    """One row: ``amount`` is what it adds, USD, or, of a ``total``, what all before come to; ``note`` says more."""

    name: str
    amount: Decimal
    note: str = ""
    total: bool = False


def bridge(steps: Sequence[Step], label: str) -> None:
    """Draw the steps, all to one scale; ``label`` says of what. A step's sign says what its colour does."""
    st.html(_html(steps, label))


def _html(steps: Sequence[Step], label: str) -> str:
    ends, reached = [], 0.0
    for step in steps:
        amount = float(step.amount)
        begin, reached = (0.0, amount) if step.total else (reached, reached + amount)
        ends.append((begin, reached))
    lowest = min(0.0, *(end for pair in ends for end in pair))
    span = (max(0.0, *(end for pair in ends for end in pair)) - lowest) or 1.0
    rows = "".join(_row(step, *pair, lowest, span) for step, pair in zip(steps, ends, strict=True))
    return f'<div class="sl-bars" role="list" aria-label="{escape(label)}">{rows}</div>'


def _row(step: Step, begin: float, end: float, lowest: float, span: float) -> str:
    left, width = 100 * (min(begin, end) - lowest) / span, 100 * abs(end - begin) / span
    fill = MONEY if step.total else MORE if step.amount > 0 else LESS
    note = f'<span class="note">{escape(step.note)}</span>' if step.note else ""
    bar = f'<span class="bar step" style="left:{left:.2f}%;width:{width:.2f}%;background:{fill}"></span>'
    weight = ' style="font-weight:600"' if step.total else ""
    return (
        f'<div class="row" role="listitem"><span class="name"{weight}>{escape(step.name)}{note}</span>'
        f'<span class="value">{escape(_signed(step))}</span><span class="track">{bar if width else ""}</span></div>'
    )


def _signed(step: Step) -> str:
    return figures.usd(step.amount) if step.total or step.amount <= 0 else f"+{figures.usd(step.amount)}"
