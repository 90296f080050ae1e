"""The moment that all figures of a page are of, and how fresh it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import streamlit as st

from spanledger_dashboards import open_store
from spanledger_dashboards.report import answer
from spanledger_settings import figures
from spanledger_settings.period import Period

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

# How long a page may reuse the moment of another: then, where the ledger was written since, every figure is new.
_SECONDS = 20
_NEVER = 1970


@dataclass(frozen=True)
class Moment:
    """A state of the ledger.

    Attributes:
        at: When it was last written, UTC.
        first: Start of the first call.
        last: Start of the last call.
        last_past: Start of the last call that is not dated in the future.
        calls: How many it holds; 0: it is empty.
        waiting: How many were received and are not in it.
        behind_seconds: How long the oldest of these waits.
        commitments: How many commitments are shared out over it.
    """

    at: datetime
    first: datetime
    last: datetime
    last_past: datetime
    calls: int
    waiting: int
    behind_seconds: int
    commitments: int

    @property
    def parameter(self) -> str:
        """As the reports' parameter ``moment``."""
        return _parameter(self.at)

    def told(self, timezone: str) -> str:
        """For people: ``Ledger up to 26 Nov 2026, 14:32:05; 12 calls wait, the oldest for 3 s``."""
        local = self.at.astimezone(ZoneInfo(timezone))
        waits = "nothing waits"
        if self.waiting:
            verb = "waits" if self.waiting == 1 else "wait"
            waits = (
                f"{figures.counted(self.waiting, 'call')} received and not yet in it {verb}, "
                f"{duration(self.behind_seconds)} behind"
            )
        return f"Ledger up to {local.day} {local:%b %Y, %H:%M:%S}; {waits}"


def duration(seconds: int) -> str:
    """A length of time in the unit that suits it: 3 s, 4 min, 2 h, 5 days."""
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 172_800 else f"{seconds // 86_400} days"


def current(beside: Callable[[], None] = lambda: None) -> Moment:
    """The newest moment of the ledger as this reader sees it, at most some seconds old.

    Args:
        beside: Done where the ledger has to be asked: to begin what will be asked of a new moment.

    Raises:
        StoreError: The database could not be reached or refused the query.
    """
    store = open_store.current()
    return _cached(store.url, str(store.scope), beside)


def of_period(moment: Moment, begin: datetime, end: datetime) -> str:
    """A moment, as the reports' parameter, of which calls of that time are as of ``moment``.

    It is the same for as long as none of them is written to, so that what is asked of a month that is over is
    remembered while other calls arrive.

    Raises:
        StoreError: The database could not be reached or refused the query.
    """
    store = open_store.current()
    bounds = Period(begin, end, "UTC").bounds
    written = _written(store.url, str(store.scope), moment.parameter, bounds)
    return moment.parameter if written > moment.at or written.year <= _NEVER else _parameter(written)


def _parameter(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"


@st.cache_data(ttl=600, max_entries=500, show_spinner=False)
def _written(url: str, scope: str, moment: str, bounds: dict[str, str]) -> datetime:  # noqa: ARG001
    at: datetime = answer("filters/last_written", **bounds)["written"].iloc[0].to_pydatetime()
    return at


@st.cache_data(ttl=_SECONDS, show_spinner=False)
def _cached(url: str, scope: str, _beside: Callable[[], None]) -> Moment:  # noqa: ARG001
    _beside()
    row = answer("filters/as_of").iloc[0]
    times = [row[name].to_pydatetime() for name in ("moment", "first", "last", "last_past")]
    whole = [int(row[name]) for name in ("calls", "waiting", "behind_seconds", "commitments")]
    return Moment(*times, *whole)
