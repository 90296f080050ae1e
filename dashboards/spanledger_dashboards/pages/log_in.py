"""What somebody sees who has not shown who he is, and the way out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards.drawing.style import caption

if TYPE_CHECKING:
    from spanledger_dashboards.viewer import Viewer


def page() -> None:
    """Ask who one is."""
    st.title("Spanledger")
    st.markdown(
        "Every LLM call, in money and in carbon, to the tenant that made it. Log in to see what is yours to see."
    )
    if st.button("Log in", type="primary", icon=":material/login:"):
        st.login()


def log_out(viewer: Viewer | None) -> None:
    """Draw who is logged in, and the way out."""
    with st.sidebar:
        if viewer is not None:
            caption(f"{viewer.name} sees {viewer.told}")
        if st.button("Log out", icon=":material/logout:", type="tertiary"):
            st.logout()
