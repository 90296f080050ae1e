"""What the reader narrowed the pages to: period, time zone and tenants, kept in the address of the page."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards import moment, open_store
from spanledger_dashboards.period_choice import CHOICES, chosen_period, default_choice
from spanledger_dashboards.report import report
from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from spanledger_dashboards.moment import Moment
    from spanledger_settings.period import Period

_NAMED_AT_MOST = 5


class AddressError(MendableError):
    """The address of the page names what there is not; the message says what."""


@dataclass(frozen=True)
class Filters:
    """The period, the tenants (none means all), and the moment that the figures are of.

    ``before`` is the period to compare with: as far as this one has passed, where it is not over.
    """

    period: Period
    before: Period
    tenants: tuple[str, ...]
    moment: Moment

    @property
    def parameters(self) -> dict[str, Any]:
        """The reports' parameters ``from``, ``to``, ``tenants`` and ``moment``."""
        return {**self.period.bounds, **self._rest}

    @property
    def previous_parameters(self) -> dict[str, Any]:
        """The same for the period to compare with."""
        return {**self.before.bounds, **self._rest}

    @property
    def _rest(self) -> dict[str, Any]:
        return {"tenants": list(self.tenants), "moment": self.moment.parameter}

    def __str__(self) -> str:
        if not self.tenants:
            who = "all tenants"
        elif len(self.tenants) <= 3:
            who = ", ".join(self.tenants)
        else:
            who = f"{len(self.tenants)} tenants"
        return f"{self.period.days} · {self.period.timezone} · {who}"


def filters_in_sidebar() -> Filters | None:
    """Draw the filters in the sidebar and give their values; None when the ledger has no call.

    Raises:
        AddressError: The address names a period, time zone, day or tenant that there is not. The filters are drawn, so
            that the reader can choose another.
    """
    now = datetime.now(UTC)
    as_of = moment.current(open_store.current().url)
    if as_of.calls == 0:
        return None
    all_tenants = report("filters/tenants", moment=as_of.parameter)["tenant"].tolist()
    wrong = _wrong_in_the_address(all_tenants)
    with st.sidebar:
        st.markdown("##### Filters")
        timezone = st.session_state.get("timezone") or st.query_params.get("timezone") or "UTC"
        timezone = timezone if timezone in _timezones() else "UTC"
        period = _period(as_of, timezone, now)
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
            all_tenants,
            key="tenants",
            bind="query-params",
            placeholder="All tenants",
        )
        st.button("Refresh", icon=":material/refresh:", on_click=st.cache_data.clear, width="stretch")
        st.caption("The address of this page keeps these filters: share it, or save it as a bookmark.")
    if wrong:
        raise AddressError(f"{wrong}. No figures are shown; choose in the filters, or mend the address")
    return Filters(period, period.previous_until(_to_five_minutes(now)), tuple(sorted(tenants)), as_of)


def _wrong_in_the_address(tenants: list[str]) -> str:
    """What the address asks for and there is not, in a sentence; '' where all is well.

    Streamlit leaves such a parameter out, and the figures would be everybody's.
    """
    asked = st.query_params
    wrong = []
    if (period := asked.get("period")) is not None and period not in CHOICES:
        wrong.append(f"the period {_quoted(period)} is unknown; expected one of {', '.join(CHOICES)}")
    if (timezone := asked.get("timezone")) is not None and timezone not in _timezones():
        wrong.append(f"the time zone {_quoted(timezone)} is unknown; expected a name such as Europe/Berlin or UTC")
    wrong += [
        f"the day {_quoted(day)} is unknown; expected for example 2024-10-31"
        for day in asked.get_all("days")
        if not _is_day(day)
    ]
    known = set(tenants)
    if unknown := [name for name in asked.get_all("tenants") if name not in known]:
        named = ", ".join(map(_quoted, unknown[:_NAMED_AT_MOST]))
        more = f" and {len(unknown) - _NAMED_AT_MOST} more" if len(unknown) > _NAMED_AT_MOST else ""
        plural = "tenants" if len(unknown) > 1 else "tenant"
        wrong.append(f"the ledger has no call of the {plural} {named}{more}")
    return "; ".join(wrong)


def _quoted(text: str) -> str:
    return repr(text[:80] + ("…" if len(text) > 80 else ""))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _to_five_minutes(now: datetime) -> datetime:
    """So that what is compared is not asked anew at each glance."""
    return now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)


def _period(as_of: Moment, timezone: str, now: datetime) -> Period:
    choice = st.selectbox(
        "Period",
        CHOICES,
        index=CHOICES.index(default_choice(as_of.last, now)),
        key="period",
        bind="query-params",
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


@st.cache_resource
def _timezones() -> list[str]:
    return sorted(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC")
