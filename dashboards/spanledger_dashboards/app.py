"""The script that Streamlit runs: page frame, navigation and filters.

The node serves it (`spanledger up`); on its own: `streamlit run app.py`, which opens the configured store.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from spanledger_dashboards.drawing import style
from spanledger_dashboards.filters import AddressError, filters_in_sidebar
from spanledger_dashboards.pages import agents, empty_ledger, finance, quality, sustainability
from spanledger_settings.configuration import ConfigurationError
from spanledger_sql.store import StoreError


def _finance() -> None:
    if filters is not None:
        finance.page(filters)


def _sustainability() -> None:
    if filters is not None:
        sustainability.page(filters)


def _agents() -> None:
    if filters is not None:
        agents.page(filters)


def _quality() -> None:
    if filters is not None:
        quality.page(filters)


_here = Path(__file__).parent
st.set_page_config(page_title="Spanledger", page_icon=_here / "drawing" / "mark.svg", layout="wide")
st.logo(str(_here / "drawing" / "wordmark.svg"), icon_image=str(_here / "drawing" / "mark.svg"), size="medium")
style.apply()
current_page = st.navigation(
    [
        st.Page(_finance, title="Finance", icon=":material/payments:", url_path="finance", default=True),
        st.Page(_sustainability, title="Sustainability", icon=":material/eco:", url_path="sustainability"),
        st.Page(_agents, title="Agents", icon=":material/smart_toy:", url_path="agents"),
        st.Page(_quality, title="Quality", icon=":material/fact_check:", url_path="quality"),
    ],
    position="top",
)
try:
    filters = filters_in_sidebar()
    if filters is None:
        empty_ledger.page()
    else:
        current_page.run()
except AddressError as error:
    style.refusal(f"This page's address cannot be followed: {error}.")
except (StoreError, ConfigurationError) as error:
    style.refusal(f"The ledger cannot be read: {error}")
