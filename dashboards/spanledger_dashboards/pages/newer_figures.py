"""The quiet line on an open page that says that the ledger has newer figures than those it shows.

Only the state of the ledger is asked for, every half minute and once for all who may see the same: no figure moves by
itself, and a database that does not answer leaves the page as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards import moment
from spanledger_dashboards.books_moment import books_moment
from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from spanledger_dashboards.filtering.filters import Filters

EVERY_SECONDS = 30


def newer_figures(filters: Filters, *, books: bool, present: bool) -> None:
    """Look from now on, and draw it once there are.

    Args:
        filters: Of the page.
        books: Whether figures of the page are of the books, too.
        present: Whether figures of the page are of the present whatever its period is.
    """
    seen = _state(filters, filters.moment, books=books, present=present)
    st.fragment(_look, run_every=EVERY_SECONDS)(filters, seen, books, present)


def _look(filters: Filters, seen: tuple[str, str], books: bool, present: bool) -> None:
    try:
        newer = _state(filters, moment.current(), books=books, present=present) != seen
    except MendableError:
        newer = False  # what the page shows is as true as it was
    # It has room of its own in the style: what is below does not move under a reader's eyes.
    with st.container(key="sl-newer"):
        if newer and st.button("The ledger has newer figures: show them", key="newer", type="tertiary"):
            st.rerun()


def _state(filters: Filters, now: moment.Moment, *, books: bool, present: bool) -> tuple[str, str]:
    """What is another once a figure of the page may be."""
    of_calls = now.parameter if present else moment.of_period(now, filters.before.begin, filters.period.end)
    return of_calls, books_moment() if books else ""
