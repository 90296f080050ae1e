"""The head of each page: its title, what it was narrowed to, and the moment that its figures are of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import streamlit as st

from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.moment import duration
from spanledger_dashboards.pages.newer_figures import newer_figures
from spanledger_dashboards.spooled import spooled
from spanledger_settings import figures

if TYPE_CHECKING:
    from spanledger_dashboards.filtering.filters import Filters


def heading(title: str, filters: Filters, *, books: bool = False, present: bool = False) -> None:
    """Draw it.

    Args:
        title: Of the page.
        filters: What it was narrowed to.
        books: Whether figures of the page are of the books, too: months, bills, budgets, commitments, prices.
        present: Whether figures of the page are of the present whatever its period is.
    """
    st.title(title, anchor=False)
    with st.container(key="sl-heading"):
        caption(f"{filters} · {filters.moment.told(filters.period.timezone)}")
        newer_figures(filters, books=books, present=present)
    if (waits := spooled()) is not None and waits.oldest_seconds > _LONG_SPOOLED_SECONDS:
        caption(
            f"These figures are partial: {figures.counted(waits.size, 'byte')} that senders were told are safe wait in "
            f"the spool, the oldest for {duration(int(waits.oldest_seconds))}. 'spanledger doctor' and the node's log "
            "say why."
        )
    if _has_odd_dates(filters):
        caption(
            "Some calls of this period are dated before 2015 or in the future: their senders' clocks are wrong, and "
            "over so long a time charts show little. 'spanledger doctor' names the senders; a custom period leaves "
            "them out."
        )


def _has_odd_dates(filters: Filters) -> bool:
    record, period = filters.moment, filters.period
    old = record.first < _NO_CALLS_BEFORE and period.begin < _NO_CALLS_BEFORE
    return old or (record.last > record.last_past and period.end > record.last_past + timedelta(days=40))


def no_calls() -> None:
    """Say that there is nothing to show."""
    st.info("No calls in this period. Choose another period or other tenants.", icon=":material/search_off:")


# What comes in slowly waits for a minute at most.
_LONG_SPOOLED_SECONDS: Final = 120
_NO_CALLS_BEFORE: Final = datetime(2015, 1, 1, tzinfo=UTC)
