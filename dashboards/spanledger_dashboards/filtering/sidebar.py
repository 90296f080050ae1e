"""The filters as the reader sets them, beside each page; the page's address keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from spanledger_dashboards import moment, open_store
from spanledger_dashboards.books_moment import books_moment
from spanledger_dashboards.drawing.plain_text import unturned
from spanledger_dashboards.drawing.style import plainly
from spanledger_dashboards.filtering import address
from spanledger_dashboards.filtering.address import AddressError
from spanledger_dashboards.filtering.dimension import DIMENSIONS, by_look
from spanledger_dashboards.filtering.filters import Filters
from spanledger_dashboards.filtering.period_choice import CHOICES, GRAINS, chosen_period, default_choice
from spanledger_dashboards.report import ahead, answer, asking, come_to, report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from spanledger_dashboards.moment import Moment
    from spanledger_settings.period import Period

# Of a dimension, whose values may be as many as there are calls.
_VALUES_AT_MOST = 1000
# What was written so long ago, everybody sees: `filters/as_of` relies on that, too.
_WHOLE_AFTER = timedelta(seconds=1)


def filters_in_sidebar(begin: Callable[[Filters], None] = lambda _: None) -> Filters | None:
    """Draw the filters in the sidebar and give their values; None when the ledger has no call.

    Args:
        begin: Begins to ask what the page is drawn from. Where nothing is narrowed, what there is to narrow to need not
            be known before.

    Raises:
        AddressError: The address names a period, time zone, day, tenant or dimension that there is not. The filters are
            drawn, so that the reader can choose another.
    """
    now = datetime.now(UTC)
    zones, alone = address.timezones(), open_store.tenant_alone()
    with asking():
        # What there is to choose is asked beside the moment that it is of.
        as_of = moment.current(beside=lambda: ahead(_choices_now, books_moment))
        if as_of.calls == 0:
            return None
        wrong = address.what_is_wrong()
        with st.sidebar:
            st.markdown("## Filters")
            timezone = st.session_state.get("timezone") or st.query_params.get("timezone") or "UTC"
            period = _period(as_of, timezone if timezone in zones else "UTC", now)
        before = period.previous_until(_to_five_minutes(now))
        written = moment.of_period(as_of, before.begin, period.end)
        asked_grain = st.session_state.get("grain") or st.query_params.get("grain")
        grain_choice = next((grain for grain in GRAINS if grain == asked_grain), None)
        whole = Filters(period, before, (), as_of, grain_choice=grain_choice, version=written, alone=alone)
        if not wrong and address.narrows_nothing():
            begin(whole)
        store = open_store.current()
        choices = _choices(store.url, str(store.scope), as_of.parameter, as_of)
    all_tenants = by_look(_told(choices, "tenant"))
    own_dimensions = _told(choices, "own")
    values = _values(choices)
    wrong += address.what_there_is_not(set(all_tenants), values, own_dimensions)
    with st.sidebar:
        tenants = st.multiselect(
            "Tenants",
            list(all_tenants),
            key="tenants",
            bind="query-params",
            placeholder=f"{alone} alone" if alone else "All tenants",
        )
        where = _where(values)
        own, own_values, unknown = _own(own_dimensions, as_of) if own_dimensions else ("", (), "")
        grain = st.selectbox(
            "Trends by",
            GRAINS,
            index=None,
            key="grain",
            bind="query-params",
            placeholder="As suits the period",
            help="One that is too fine for the period gives way to the next.",
        )
        st.selectbox(
            "Time zone",
            zones,
            index=zones.index("UTC"),
            key="timezone",
            bind="query-params",
            help="Days, hours and months begin and end in this zone.",
        )
        st.button("Refresh", icon=":material/refresh:", on_click=st.cache_data.clear, width="stretch")
        st.caption("The address of this page keeps these filters: share it, or save it as a bookmark.")
    if wrong := [*wrong, *filter(None, [unknown]), *address.unheeded()]:
        raise AddressError(f"{'; '.join(wrong)}. No figures are shown; choose in the filters, or mend the address")
    return replace(
        whole,
        tenants=tuple(sorted(name for tenant in tenants for name in all_tenants[tenant])),
        own=own,
        own_values=own_values,
        where=where,
        grain_choice=grain,
        address=address.of_filters(own),
    )


@st.cache_data(ttl=600, max_entries=100, show_spinner=False)
def _choices(url: str, scope: str, at: str, _of: Moment) -> pd.DataFrame:  # noqa: ARG001
    """What may be chosen of a moment's calls."""
    asked_at, rows = come_to(_choices_now)
    # What was written in the second before may not have been there yet.
    return rows if _of.at < asked_at - _WHOLE_AFTER else _choices_now()[1]


def _choices_now() -> tuple[datetime, pd.DataFrame]:
    """What may be chosen, and when that was asked."""
    at = datetime.now(UTC)
    return at, answer("filters/choices", values=_VALUES_AT_MOST)


def _where(values: Mapping[str, dict[str, list[str]]]) -> dict[str, tuple[str, ...]]:
    """The values that other dimensions are narrowed to, those that have more than one to choose from."""
    shown = [one for one in DIMENSIONS if len(values.get(one.name, ())) > 1 or one.name in st.query_params]
    found = {}
    if not shown:
        return {}
    narrowed = any(one.name in st.query_params for one in shown)
    with st.expander("More filters", expanded=narrowed):
        for one in shown:
            there = values.get(one.name, {})
            picked = st.multiselect(
                one.title,
                list(there),
                key=one.name,
                bind="query-params",
                placeholder="All"
                if len(there) < _VALUES_AT_MOST
                else f"All; the {_VALUES_AT_MOST:,} most frequent here",
            )
            if picked:
                found[one.name] = tuple(sorted(value for shown in picked for value in there[shown]))
    return found


def _told(choices: pd.DataFrame, name: str) -> list[str]:
    """What may be chosen of one dimension."""
    found: list[str] = choices.loc[choices["dimension"] == name, "value"].tolist()
    return found


def _values(choices: pd.DataFrame) -> dict[str, dict[str, list[str]]]:
    """The values that calls have of each dimension, by how readers see them; of the address those that a call has."""
    found = {one.name: by_look(_told(choices, one.name), one.shown) for one in DIMENSIONS}
    for one in DIMENSIONS:
        rare = [value for value in st.query_params.get_all(one.name) if value not in found[one.name]]
        found[one.name] |= {value: [one.asked(value)] for value in rare if _has(one.name, one.asked(value))}
    return found


def _has(dimension: str, value: str) -> bool:
    """Whether a call has a value that is not among the most frequent."""
    return bool(answer("filters/has_value", dimension=dimension, value=value)["found"].iloc[0])


def _own(dimensions: list[str], as_of: Moment) -> tuple[str, tuple[str, ...], str]:
    """The dimension of one's own that is shown, the values it is narrowed to, what is wrong with those asked for."""
    own = st.selectbox(
        "Your dimension",
        dimensions,
        index=None,
        key="own",
        bind="query-params",
        on_change=address.leave_unheeded_out,
        placeholder="None",
        help="What apps say by attribution(name=...): shown beside tenants and models, and to narrow the figures to.",
    )
    if own is None:
        return "", (), ""
    told = report("filters/own_values", own=own, values=_VALUES_AT_MOST, moment=as_of.parameter)["value"].tolist()
    names = by_look(told, lambda value: unturned(value) or f"(no {own})")
    asked = st.query_params.get_all(f"own_{own}")
    picked = st.multiselect(
        f"Values of {plainly(own)}",
        list(names),
        key=f"own_{own}",
        bind="query-params",
        placeholder="All values" if len(told) < _VALUES_AT_MOST else f"All; the {_VALUES_AT_MOST:,} most frequent here",
    )
    unknown = [value for value in asked if value not in names]
    wrong = f"no call has {own} {address.listed(unknown)}" if unknown else ""
    return own, tuple(sorted(value for shown in picked for value in names[shown])), wrong


def _to_five_minutes(now: datetime) -> datetime:
    """So that what is compared is not asked anew at each glance."""
    return now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)


def _period(as_of: Moment, timezone: str, now: datetime) -> Period:
    choice = st.selectbox(
        "Period",
        CHOICES,
        index=CHOICES.index(default_choice(as_of.last_past, now)),
        key="period",
        bind="query-params",
        on_change=address.leave_unheeded_out,
    )
    meant = partial(chosen_period, timezone=timezone, first_call=as_of.first, last_call=as_of.last, now=now)
    days = None
    if choice == "Custom":
        whole = meant("Whole record")
        picked = st.date_input(
            "Days",
            value=(whole.first_day, whole.last_day),
            key="days",
            bind="query-params",
            help="The first and the last day, both included.",
        )
        days = _both_ends(picked)
    return meant(choice, days=days)


def _both_ends(picked: object) -> tuple[date, date] | None:
    """First and last of the picked days; while only the first is picked it is both."""
    days = [day for day in picked if isinstance(day, date)] if isinstance(picked, tuple) else []
    return (days[0], days[-1]) if days else None
