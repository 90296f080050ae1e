"""What the reader narrowed the pages to: period, zone, tenants, a dimension of one's own; kept in the address."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards import moment, open_store
from spanledger_dashboards.drawing.style import plainly
from spanledger_dashboards.period_choice import CHOICES, chosen_period, default_choice
from spanledger_dashboards.report import report
from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanledger_dashboards.moment import Moment
    from spanledger_settings.period import Period

_NAMED_AT_MOST = 5
# Of a dimension of one's own, whose values may be as many as there are calls.
_VALUES_AT_MOST = 1000


class AddressError(MendableError):
    """The address of the page names what there is not; the message says what."""


@dataclass(frozen=True)
class Filters:
    """The period, the tenants (none means all), and the moment that the figures are of.

    ``before`` is the period to compare with: as far as this one has passed, where it is not over. ``own`` is the
    dimension of one's own that the pages show, or ''; ``own_values`` those that they are narrowed to, none meaning all.
    """

    period: Period
    before: Period
    tenants: tuple[str, ...]
    moment: Moment
    own: str = ""
    own_values: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """The reports' parameters ``from``, ``to``, ``tenants``, ``own``, ``own_values`` and ``moment``."""
        return {**self.period.bounds, **self._rest}

    @property
    def previous_parameters(self) -> dict[str, Any]:
        """The same for the period to compare with."""
        return {**self.before.bounds, **self._rest}

    @property
    def _rest(self) -> dict[str, Any]:
        return {
            "tenants": list(self.tenants),
            "own": self.own,
            "own_values": list(self.own_values),
            "moment": self.moment.parameter,
        }

    def named(self, dimensions: Sequence[str]) -> dict[str, str]:
        """The dimensions that figures can be shown by, and the reader's own, with the reports' words for them."""
        own = {self.own: "own"} if self.own and self.own not in dimensions else {}
        return {name: name for name in dimensions} | own

    def __str__(self) -> str:
        if not self.tenants:
            who = "all tenants"
        elif len(self.tenants) <= 3:
            who = ", ".join(self.tenants)
        else:
            who = f"{len(self.tenants)} tenants"
        return " · ".join([self.period.days, self.period.timezone, who, *self._own_told])

    @property
    def _own_told(self) -> list[str]:
        if not self.own_values:
            return []
        shown = [value or f"(no {self.own})" for value in self.own_values[:3]]
        more = f" and {len(self.own_values) - 3} more" if len(self.own_values) > 3 else ""
        return [f"{self.own}: {', '.join(shown)}{more}"]


def filters_in_sidebar() -> Filters | None:
    """Draw the filters in the sidebar and give their values; None when the ledger has no call.

    Raises:
        AddressError: The address names a period, time zone, day, tenant or dimension that there is not. The filters are
            drawn, so that the reader can choose another.
    """
    now = datetime.now(UTC)
    as_of = moment.current(open_store.current().url)
    if as_of.calls == 0:
        return None
    all_tenants = report("filters/tenants", moment=as_of.parameter)["tenant"].tolist()
    dimensions = report("filters/own_dimensions", moment=as_of.parameter)["name"].tolist()
    wrong = _wrong_in_the_address(all_tenants, dimensions)
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
        own, own_values, unknown = _own(dimensions, as_of) if dimensions else ("", (), "")
        st.button("Refresh", icon=":material/refresh:", on_click=st.cache_data.clear, width="stretch")
        st.caption("The address of this page keeps these filters: share it, or save it as a bookmark.")
    if wrong := "; ".join(filter(None, (wrong, unknown))):
        raise AddressError(f"{wrong}. No figures are shown; choose in the filters, or mend the address")
    return Filters(period, period.previous_until(_to_five_minutes(now)), tuple(sorted(tenants)), as_of, own, own_values)


def _own(dimensions: list[str], as_of: Moment) -> tuple[str, tuple[str, ...], str]:
    """The dimension of one's own that is shown, the values it is narrowed to, what is wrong with those asked for."""
    own = st.selectbox(
        "Your dimension",
        dimensions,
        index=None,
        key="own",
        bind="query-params",
        placeholder="None",
        help="What apps say by attribution(name=...): shown beside tenants and models, and to narrow the figures to.",
    )
    if own is None:
        return "", (), ""
    told = report("filters/own_values", own=own, values=_VALUES_AT_MOST, moment=as_of.parameter)["value"].tolist()
    names = {value or f"(no {own})": value for value in told}
    asked = st.query_params.get_all(f"own_{own}")
    picked = st.multiselect(
        f"Values of {plainly(own)}",
        list(names),
        key=f"own_{own}",
        bind="query-params",
        placeholder="All values" if len(told) < _VALUES_AT_MOST else f"All; the {_VALUES_AT_MOST:,} most frequent here",
    )
    unknown = [value for value in asked if value not in names]
    wrong = f"no call has {own} {', '.join(map(_quoted, unknown[:_NAMED_AT_MOST]))}" if unknown else ""
    return own, tuple(sorted(names[value] for value in picked)), wrong


def _wrong_in_the_address(tenants: list[str], dimensions: list[str]) -> str:
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
    if (own := asked.get("own")) is not None and own not in dimensions:
        wrong.append(f"no call has the dimension {_quoted(own)}")
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
        index=CHOICES.index(default_choice(as_of.last_past, now)),
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
