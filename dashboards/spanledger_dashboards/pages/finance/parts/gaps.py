"""What finance's figures do not know, shown beside them: never hidden, never taken as zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.drawing.plain_text import escape, isolated
from spanledger_dashboards.pages.lead_to import lead_to
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

_LEFT_OUT = "Not in the totals"
# What each is called, how far its calls are in the totals where some of their cost is known, and what follows that.
_MEANINGS = {
    "unattributed": ("Unattributed", "In the totals", ", charged to nobody. Services"),
    "unpriced": ("No price", _LEFT_OUT, ". Models"),
    "partly priced": ("A part without price", "In the totals but for that part", ". Models"),
    "missing usage": ("No usage reported", _LEFT_OUT, ". Models"),
    "estimated usage": ("Usage estimated", "In the totals", ". Models"),
}


def gaps(rows: pd.DataFrame, filters: Filters, *, calls: int) -> None:
    """Draw a card for each gap; ``rows`` are those of `finance_gaps`, ``calls`` all calls of the period."""
    if rows.empty:
        st.success("Every call has a tenant, a price and reported usage.", icon=":material/check_circle:")
        return
    cards = "".join(_card(row, calls) for row in rows.itertuples(index=False))
    st.html(f'<div class="sl-gaps">{cards}</div>')
    there = set(rows["gap"])
    if there & {"unpriced", "partly priced"}:
        lead_to("prices", "finance", "Models without a price, and the commands that give them one", filters)
    if there - {"unpriced", "partly priced"}:
        lead_to("quality", "platform", "Whose calls these are, and what to change in the apps", filters)


def _card(row: Any, calls: int) -> str:
    title, extent, rest = _MEANINGS[row.gap]
    if figures.is_unknown(row.contracted_cost):
        extent = _LEFT_OUT
    figure = "cost unknown" if extent == _LEFT_OUT else figures.usd(row.contracted_cost)
    examples = ", ".join(isolated(example) for example in row.examples if example) or "not named"
    more = f" and {figures.count(row.names - len(row.examples))} more" if row.names > len(row.examples) else ""
    return (
        f'<div class="sl-gap" data-gap="{escape(row.gap)}"><div class="what"><b>{title}</b>'
        f"<span>{figures.share(row.calls / calls)} of calls</span></div>"
        f'<div class="figure">{figure}</div>'
        f"<div>{_number(row.calls, 'call')}, {_number(row.tokens, 'token')}</div>"
        f'<div class="quiet" title="{escape(examples)}">{extent}{rest}: {escape(examples)}{more}</div></div>'
    )


def _number(number: int, thing: str) -> str:
    return f"{figures.count(number)} {thing}{'' if number == 1 else 's'}"
