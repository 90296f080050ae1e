"""The head of each page: its title, what it was narrowed to, and the moment that its figures are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards.drawing.style import caption

if TYPE_CHECKING:
    from spanledger_dashboards.filters import Filters


def heading(title: str, filters: Filters) -> None:
    """Draw it."""
    st.title(title)
    caption(f"{filters} · {filters.moment.told(filters.period.timezone)}")


def no_calls() -> None:
    """Say that there is nothing to show."""
    st.info("No calls in this period. Choose another period or other tenants.", icon=":material/search_off:")
