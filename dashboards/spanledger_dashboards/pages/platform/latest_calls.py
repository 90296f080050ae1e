"""Figures that are told call by call: of the latest calls of a period, where it has more than are told at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.report import ahead, report
from spanledger_settings import figures

if TYPE_CHECKING:
    from spanledger_dashboards.filtering.filters import Filters

# Minutes and latencies are told call by call, for no sums know them: of no more than about so many calls at a time.
_CALLS_AT_ONCE = 200_000
# Calls of one tenant lie among those of all: no more rows than that are looked through for them.
_ROWS_AT_ONCE = 2_000_000


def latest_calls(filters: Filters) -> Filters:
    """The same, of the last hours of the period where it has more calls than are told at once; says so."""
    asked = {**filters.parameters, "text": "", "state": "", "rows": _CALLS_AT_ONCE}
    if filters.narrowed:
        ahead(("calls/found", asked), ("calls/looked_through", {**asked, "rows": _ROWS_AT_ONCE}))
    found = report("calls/found", **asked).iloc[0]
    number = int(found["all_rows"])
    since = [found["since"].to_pydatetime()] if number > _CALLS_AT_ONCE else []
    if filters.narrowed and number:
        read = report("calls/looked_through", **{**asked, "rows": _ROWS_AT_ONCE}).iloc[0]
        # Of who has been silent since, the latest calls are further back.
        if read["all_rows"] > _ROWS_AT_ONCE and read["since"] <= found["last"]:
            since.append(read["since"].to_pydatetime())
    if not since:
        return filters
    begin = max(filters.period.begin, *since)
    latest = replace(filters, period=replace(filters.period, begin=begin))
    told = begin.astimezone(ZoneInfo(filters.timezone))
    caption(
        f"Of {figures.counted(number, 'call')} of this period the latest are told here, since "
        f"{told:%-d %b %Y, %H:%M}. Choose a shorter period or narrow the page to see others; 'spanledger capacity' "
        "tells of all."
    )
    return latest
