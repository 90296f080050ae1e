"""What the reader narrowed the pages to: period, time zone and tenants, kept in the address of the page."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.period_choice import CHOICES, chosen_period, default_choice
from spanledger_dashboards.report import report

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_settings.period import Period


@dataclass(frozen=True)
class Filters:
    """The period and the tenants; no tenants means all."""

    period: Period
    tenants: tuple[str, ...]

    @property
    def parameters(self) -> dict[str, Any]:
        """The reports' parameters ``from``, ``to`` and ``tenants``."""
        return {**self.period.bounds, "tenants": list(self.tenants)}

    @property
    def previous_parameters(self) -> dict[str, Any]:
        """The same for the period just before."""
        return {**self.period.previous.bounds, "tenants": list(self.tenants)}

    def __str__(self) -> str:
        if not self.tenants:
            who = "all tenants"
        elif len(self.tenants) <= 3:
            who = ", ".join(self.tenants)
        else:
            who = f"{len(self.tenants)} tenants"
        return f"{self.period.days} · {self.period.timezone} · {who}"


def filters_in_sidebar() -> Filters | None:
    """Draw the filters in the sidebar and give their values; None when the ledger has no call."""
    recorded = report("filters/recorded_period").iloc[0]
    if recorded["calls"] == 0:
        return None
    with st.sidebar:
        st.markdown("##### Filters")
        timezone = st.session_state.get("timezone") or st.query_params.get("timezone") or "UTC"
        timezone = timezone if timezone in _timezones() else "UTC"
        period = _period(recorded, timezone)
        st.selectbox(
            "Time zone",
            _timezones(),
            index=_timezones().index("UTC"),
            key="timezone",
            bind="query-params",
            help="Days, hours and months begin and end in this zone.",
        )
        tenants = st.multiselect(
            "Tenants",
            report("filters/tenants")["tenant"].tolist(),
            key="tenants",
            bind="query-params",
            placeholder="All tenants",
        )
        st.button("Refresh", icon=":material/refresh:", on_click=st.cache_data.clear, width="stretch")
        st.caption("The address of this page keeps these filters: share it, or save it as a bookmark.")
    return Filters(period, tuple(sorted(tenants)))


def _period(recorded: pd.Series[Any], timezone: str) -> Period:
    first_call, last_call = (moment.to_pydatetime() for moment in (recorded["first"], recorded["last"]))
    now = datetime.now(UTC)
    choice = st.selectbox(
        "Period",
        CHOICES,
        index=CHOICES.index(default_choice(last_call, now)),
        key="period",
        bind="query-params",
    )
    days = None
    if choice == "Custom":
        whole = chosen_period("Whole record", timezone, first_call=first_call, last_call=last_call, now=now)
        zone = zoneinfo.ZoneInfo(timezone)
        picked = st.date_input(
            "Days",
            value=(whole.begin.astimezone(zone).date(), last_call.astimezone(zone).date()),
            key="days",
            bind="query-params",
            help="The first and the last day, both included.",
        )
        days = _both_ends(picked)
    return chosen_period(choice, timezone, first_call=first_call, last_call=last_call, now=now, days=days)


def _both_ends(picked: object) -> tuple[date, date] | None:
    """First and last of the picked days; while only the first is picked it is both."""
    days = [day for day in picked if isinstance(day, date)] if isinstance(picked, tuple) else []
    return (days[0], days[-1]) if days else None


@st.cache_resource
def _timezones() -> list[str]:
    return sorted(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC")
