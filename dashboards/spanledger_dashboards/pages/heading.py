"""The head of each page: its title, what it was narrowed to, and the moment that its figures are of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import streamlit as st

from spanledger_dashboards.drawing.style import caption

if TYPE_CHECKING:
    from spanledger_dashboards.filtering.filters import Filters


def heading(title: str, filters: Filters) -> None:
    """Draw it."""
    st.title(title)
    caption(f"{filters} · {filters.moment.told(filters.period.timezone)}")
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


_NO_CALLS_BEFORE: Final = datetime(2015, 1, 1, tzinfo=UTC)
