"""The script that Streamlit runs: who reads, navigation, filters, and the page.

The node serves it (`spanledger up`); on its own: `streamlit run app.py`, which opens the configured store.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards import open_store, viewer, warming
from spanledger_dashboards.drawing import style
from spanledger_dashboards.filtering.address import AddressError
from spanledger_dashboards.filtering.sidebar import filters_in_sidebar
from spanledger_dashboards.page_list import PAGES, Listed
from spanledger_dashboards.pages import empty_ledger, log_in
from spanledger_dashboards.report import asking
from spanledger_settings.configuration import ConfigurationError
from spanledger_sql.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger_dashboards.filtering.filters import Filters

_here = Path(__file__).parent


def _navigation(reader: viewer.Viewer | None) -> dict[str, list[st.Page]]:
    """The pages, by whose they are; those that somebody may not see are there for their addresses, and say so.

    Args:
        reader: Who looks; None: nobody has shown who he is yet.
    """
    pages: dict[str, list[st.Page]] = {}
    seen = [listed for listed in PAGES if reader is not None and listed.is_for(reader)]
    # The bare address is a page of its own: the default page has no other address.
    start = _drawn(seen[0]) if seen else log_in.page
    pages[""] = [st.Page(start, title="Spanledger", url_path="start", default=True, visibility="hidden")]
    for listed in PAGES:
        page = st.Page(
            log_in.page if reader is None else _drawn(listed) if listed in seen else _refused(reader),
            title=listed.title,
            icon=listed.icon,
            url_path=listed.url_path,
            visibility="visible" if listed in seen else "hidden",
        )
        pages.setdefault(listed.reader.capitalize(), []).append(page)
    return pages


def _drawn(listed: Listed) -> Callable[[], None]:
    def draw() -> None:
        st.set_page_config(page_title=f"{listed.title}, {listed.reader}: Spanledger")
        if filters is None:
            empty_ledger.page()
        else:
            listed.draw(filters)

    return draw


def _beginning(url_path: str, reader: viewer.Viewer) -> Callable[[Filters], None]:
    """What begins to ask for a page of this address, where somebody may see it."""
    seen = [listed for listed in PAGES if listed.is_for(reader)]
    # The bare address shows the first.
    shown = [listed for listed in seen if listed.url_path == url_path] or ([] if url_path else seen[:1])
    return shown[0].begin if shown else lambda _: None


def _refused(reader: viewer.Viewer) -> Callable[[], None]:
    def refuse() -> None:
        style.refusal(f"This page is not for {reader.name}, who sees {reader.told}.")

    return refuse


st.set_page_config(page_title="Spanledger", page_icon=_here / "drawing" / "mark.svg", layout="wide")
st.logo(str(_here / "drawing" / "wordmark.svg"), icon_image=str(_here / "drawing" / "mark.svg"), size="medium")
style.apply()
try:
    who = None if viewer.has_login() and not viewer.is_logged_in() else open_store.reader()
    current_page = st.navigation(_navigation(who), position="hidden" if who is None else "top")
    if who is not None and who.name:
        log_in.log_out(who)
    # Not within the page: Streamlit keeps between pages only what is drawn outside of them.
    with asking():
        filters = filters_in_sidebar(_beginning(current_page.url_path, who)) if who is not None else None
        current_page.run()
    # A server that was not warmed when it started does it behind its first page.
    warming.load()
except AddressError as error:
    style.refusal(f"This page's address cannot be followed: {error}.")
except viewer.NoAccessError as error:
    style.refusal(f"{error}.")
    log_in.log_out(None)
except (StoreError, ConfigurationError) as error:
    style.refusal(f"The ledger cannot be read: {str(error).removesuffix('.')}.")
    # Any press draws the page anew: with the ledger back, the figures are.
    st.button("Try again", icon=":material/refresh:")
