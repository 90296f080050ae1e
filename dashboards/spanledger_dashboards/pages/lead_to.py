"""A line that leads to the page where what is missing is mended, for those who have that page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spanledger_dashboards import open_store
from spanledger_dashboards.drawing.style import caption, lead

if TYPE_CHECKING:
    from spanledger_dashboards.filtering.filters import Filters

WHAT_IS_UNKNOWN: Final = "How energy and intensities were found, and what is unknown"
NO_EMISSIONS: Final = (
    "No call of this period has an emission figure: the energy of its model, or the intensity of its grid, is unknown."
)


def lead_to(page: str, of: str, text: str, filters: Filters, **narrowed: str) -> None:
    """Draw it, with the filters; nothing for a reader whose page it is not.

    Args:
        page: Its ``url_path``; one that is not for those who see one tenant's rows alone.
        of: Whose it is, one of `viewer.READERS`.
        text: What is found there.
        filters: Of the page that it leads from.
        narrowed: What else its address says, as for `Filters.link`.
    """
    who = open_store.reader()
    if of in who.readers and who.tenant is None:
        lead(text, filters.link(page, **narrowed))


def lead_to_calls(filters: Filters, sort: str, which: str) -> None:
    """Draw the last step down, from sums to the single calls behind them.

    Args:
        filters: Of the page that it leads from.
        sort: In which order, as the page of calls has it.
        which: The first of them, in words.
    """
    lead_to("calls", "platform", f"The single calls behind these figures, {which} first", filters, sort=sort)


def no_emissions(filters: Filters) -> None:
    """Say that there is no figure of emissions, and what gives one."""
    caption(NO_EMISSIONS)
    lead(WHAT_IS_UNKNOWN, filters.link("grid"))
