"""What the address of a page asks for: what there is not is told, and never taken as everybody's."""

from __future__ import annotations

import difflib
import zoneinfo
from datetime import date
from typing import TYPE_CHECKING, Final

import streamlit as st

from spanledger_dashboards.filtering.dimension import DIMENSIONS
from spanledger_dashboards.filtering.period_choice import CHOICES, GRAINS
from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_NAMED_AT_MOST = 5
_FILTERS: Final = ("period", "days", "timezone", "grain", "tenants", *(one.name for one in DIMENSIONS), "own")
# How alike a parameter is to a filter whose name was misspelled; pages have parameters of their own.
_NEAR: Final = 0.8


class AddressError(MendableError):
    """The address of the page names what there is not; the message says what."""


def of_filters(own: str) -> dict[str, list[str]]:
    """The parameters of this page's address that are filters, for links to other pages."""
    return {name: found for name in (*_FILTERS, f"own_{own}") if (found := st.query_params.get_all(name))}


def what_is_wrong() -> list[str]:
    """What the address asks for and there can not be, whatever the ledger has, a sentence each.

    Streamlit leaves such a parameter out, and the figures would be others: to be asked before the fields are drawn.
    """
    asked = st.query_params
    wrong = [
        f"there is no filter {quoted(name)}, but {near[0]}"
        for name in asked
        if name not in _FILTERS and (near := difflib.get_close_matches(name.lower(), _FILTERS, 1, _NEAR))
    ]
    if (period := asked.get("period")) is not None and period not in CHOICES:
        wrong.append(f"the period {quoted(period)} is unknown; expected one of {', '.join(CHOICES)}")
    if (timezone := asked.get("timezone")) is not None and timezone not in timezones():
        wrong.append(f"the time zone {quoted(timezone)} is unknown; expected a name such as Europe/Berlin or UTC")
    if (grain := asked.get("grain")) is not None and grain not in GRAINS:
        wrong.append(f"the grain {quoted(grain)} is unknown; expected one of {', '.join(GRAINS)}")
    days = asked.get_all("days")
    if unknown := [day for day in days if not _is_day(day)]:
        wrong += [f"the day {quoted(day)} is unknown; expected for example 2024-10-31" for day in unknown]
    elif days != sorted(days)[:2]:
        wrong.append(f"the days {listed(days)} are no first and last day")
    return wrong


def what_there_is_not(
    tenants: Collection[str], values: Mapping[str, Collection[str]], own_dimensions: Sequence[str]
) -> list[str]:
    """What the address narrows pages to and the ledger has no call of, likewise.

    Args:
        tenants: Those that the ledger has calls of.
        values: The values that calls have of each dimension, as readers see them.
        own_dimensions: Of one's own, that calls have.
    """
    asked, wrong = st.query_params, []
    if unknown := [name for name in asked.get_all("tenants") if name not in tenants]:
        plural = "tenants" if len(unknown) > 1 else "tenant"
        wrong.append(f"the ledger has no call of the {plural} {listed(unknown)}")
    wrong += [
        f"no call has the {one.title.lower()} {listed(unknown)}"
        for one in DIMENSIONS
        if (unknown := [value for value in asked.get_all(one.name) if value not in values.get(one.name, ())])
    ]
    if (own := asked.get("own")) is not None and own not in own_dimensions:
        wrong.append(f"no call has the dimension {quoted(own)}")
    return wrong


def narrows_nothing() -> bool:
    """Whether neither the address nor, of a session that comes from another page, its fields narrow the page."""
    names = ("tenants", "own", *(one.name for one in DIMENSIONS))
    return not any(st.query_params.get_all(name) or st.session_state.get(name) for name in names)


def unheeded() -> list[str]:
    """What the address asks for and no field takes, a sentence each: the figures would be others than it says."""
    needed = {name: "period=Custom" if name == "days" else f"own={name.removeprefix('own_')}" for name in _left_over()}
    return [f"{name}={listed(st.query_params.get_all(name))} needs {other}" for name, other in needed.items()]


def leave_unheeded_out() -> None:
    """Take that out of the address: the reader has chosen otherwise."""
    for name in _left_over():
        del st.query_params[name]


def _left_over() -> list[str]:
    """Days without the period that they are of, values of a dimension of one's own that is not shown.

    Of fields that were there a moment ago the address speaks until the page is drawn: those are in the session.
    """
    of_fields = {"days": st.session_state.get("period") == "Custom", f"own_{st.session_state.get('own') or ''}": True}
    return [
        name
        for name in st.query_params
        if (name == "days" or name.startswith("own_")) and not of_fields.get(name) and name not in st.session_state
    ]


def listed(names: Sequence[str]) -> str:
    """Names that an address asks for, as a message names them: the first few, and how many more."""
    more = f" and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else ""
    return f"{', '.join(map(quoted, names[:_NAMED_AT_MOST]))}{more}"


def quoted(text: str) -> str:
    """A text from an address, as a message names it."""
    return repr(text[:80] + ("…" if len(text) > 80 else ""))


@st.cache_resource
def timezones() -> list[str]:
    """The names of time zones, by name."""
    return sorted(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
