"""Where figures come from: the SQL behind them, to copy, and the command that prints the same."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import streamlit as st

from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.report import takes, unheeded
from spanledger_sql.bound_text import bound_text
from spanledger_sql.connection import SESSION_SETTINGS
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from spanledger_dashboards.filtering.filters import Filters

# Settings of the session without which a query gives other figures, or none.
_RELIED_ON = ("join_use_nulls", "enable_materialized_cte")
# What the command line says by options of its own.
_OF_THE_PERIOD = ("from", "to", "timezone", "first", "last")


def evidence(name: str, parameters: Mapping[str, Any], filters: Filters, command: Sequence[str] | None = None) -> None:
    """Draw it beside a figure or a block of them.

    Where the report cannot be narrowed by all that the filters say, that is told here.

    Args:
        name: The report, as `report` took it.
        parameters: As `report` took them.
        filters: Of the page.
        command: The words after `spanledger` that print the same; None: `report NAME` with the parameters.
    """
    if left := unheeded(name, parameters):
        caption(f"These figures cannot be narrowed by {' or '.join(left)}: they are of all.")
    words = command if command is not None else of_report(name, parameters, filters)
    with st.popover("SQL and command", icon=":material/terminal:", type="tertiary"):
        st.markdown("**The command that prints the same**")
        st.code(shlex.join(["spanledger", *words]), language="bash", wrap_lines=True)
        st.markdown("**The SQL behind it**, for `spanledger sql -` or any client of the database")
        st.code(_to_copy(bound_text(statement(f"reports/{name}"), parameters)), language="sql", height=320)


def _to_copy(text: str) -> str:
    """A statement without its head: it tells of parameters, bound here, and a command would read `--` as an option.

    It says what it relies on: in a client with the database's own settings, ranges would have no width.
    """
    body = re.sub(r"\A(?:--[^\n]*\n|\s*\n)+", "", text).rstrip()
    own = re.search(r"\nSETTINGS\b[^\n]*\Z", body)
    said = [f"{name} = {SESSION_SETTINGS[name]}" for name in _RELIED_ON if own is None or name not in own[0]]
    return body + (", " if own else "\nSETTINGS ") + ", ".join(said)


def of_report(name: str, parameters: Mapping[str, Any], filters: Filters) -> list[str]:
    """The words after `spanledger` that print a report with the same parameters."""
    taken = takes(name)
    words = ["report", name, *_period(parameters, filters)]
    # The command line compares with this by itself.
    said = {f"before_{end}": at for end, at in filters.period.previous.bounds.items()}
    for each, value in parameters.items():
        if each not in taken or each in _OF_THE_PERIOD or value in ("", []) or said.get(each) == value:
            continue
        if each == "by":
            words += ["--by", ",".join(value)]
        else:
            words += ["--set", f"{each}={json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value}"]
    if "by" in taken and not parameters.get("by"):
        words += ["--by", "nothing"]
    return words


def _period(parameters: Mapping[str, Any], filters: Filters) -> list[str]:
    """The options of the period that the report is asked for: the page's, or the one that it is compared with."""
    given = {end: parameters.get(end) for end in ("from", "to")}
    if given == filters.before.bounds:
        return period_options(replace(filters, period=filters.before))
    return period_options(filters)


def period_options(filters: Filters) -> list[str]:
    """The options of the command line that say the period and its time zone."""
    begin, end = (_moment(at, filters.timezone) for at in (filters.period.begin, filters.period.end))
    zone = [] if filters.timezone == "UTC" else ["--timezone", filters.timezone]
    return ["--from", begin, "--to", end, *zone]


def _moment(at: datetime, timezone: str) -> str:
    local = at.astimezone(ZoneInfo(timezone))
    if local.time().isoformat() == "00:00:00" and local.astimezone(UTC) == at:
        return local.date().isoformat()
    return at.astimezone(UTC).isoformat()
