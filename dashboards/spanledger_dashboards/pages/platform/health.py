"""Whether it all works: how far behind the ledger is, what is old, what was refused, who has fallen silent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from spanledger_dashboards import open_store
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.style import caption, metric_columns
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.moment import duration
from spanledger_dashboards.pages.heading import heading
from spanledger_dashboards.report import ahead, report
from spanledger_dashboards.spooled import sees_the_machine, spooled
from spanledger_enrich.grid.zone_name import zone_name
from spanledger_settings import figures

if TYPE_CHECKING:
    from pathlib import Path

    from spanledger_dashboards.filtering.filters import Filters

_SERVICES = 200
# The newest of the requests that are kept as rejected.
_REJECTED = 100
_DAY = 86_400
# From when on what the figures rest on is worth a look, seconds: a source publishes hours with a delay of days.
_OLD = {"list prices": 45 * _DAY, "exchange rate": 45 * _DAY, "grid hours": 3 * _DAY}
_MENDS = {
    "list prices": "spanledger prices sync",
    "exchange rate": "spanledger prices rates rates.csv",
    "grid hours": "spanledger grid sync",
    "grid year": "spanledger grid import hours.csv",
}


def _length(seconds: Any) -> str:
    return figures.UNKNOWN if figures.is_unknown(seconds) else duration(max(0, int(seconds)))


_AGES = (
    Column("kind", "What"),
    Column("named", "Which"),
    Column("known_until", "Known until, UTC", "time"),
    Column("behind_seconds", "Age", "number", write=_length),
    Column("state", "State"),
    Column("mend", "Mend"),
    Column(
        "calls", "Calls of 30 days", "count", write=lambda calls: "" if figures.is_unknown(calls) else f"{int(calls):,}"
    ),
    Column("source", "Published by"),
)
_ARRIVALS = (
    Column("service", "Service", write=lambda name: name or "(no service)"),
    Column("reports", "Reports, 7 days", "count"),
    Column("of_last_hour", "last hour", "count"),
    Column("last_came", "Last came, UTC", "time"),
    Column("silent_seconds", "Silent for", "number", write=_length),
    Column("usual_gap_seconds", "usual gap", "number", write=_length),
    Column("late_seconds_p50", "Late by, median", "number", write=_length, help="From a call's end to its arrival."),
    Column("late_seconds_p95", "95 of 100 within", "number", write=_length),
)
_LET_GO = (
    Column("signal", "Signal"),
    Column("service", "Service", write=lambda name: name or "(no service)"),
    Column("records", "Records or points", "count"),
    Column("last_came", "Last came, UTC", "time"),
)
_SET_ASIDE = (
    Column("reason", "What the database says"),
    Column("service", "Service", write=lambda name: name or "(no service)"),
    Column("spans", "Calls", "count"),
    Column("first", "First, UTC", "time"),
    Column("last", "Last, UTC", "time"),
    Column("trace_id", "For example trace"),
    Column("span_id", "span"),
)


def page(filters: Filters) -> None:
    """Draw the page."""
    ahead(
        ("operations/arrivals", {**filters.parameters, "rows": _SERVICES}),
        ("operations/ages", filters.parameters),
        ("operations/set_aside", filters.parameters),
    )
    heading("Health", filters, present=True)
    caption("How it stands now, for all calls: the period and the other filters narrow what was let go alone.")
    arrivals = report("operations/arrivals", **filters.parameters, rows=_SERVICES)
    arrivals = arrivals.assign(silent_seconds=_ago(arrivals["last_came"]))
    aside = report("operations/set_aside", **filters.parameters)
    rejected = _rejected()
    _headline(filters, arrivals, aside, rejected)
    _services(filters, arrivals)
    _ages(filters)
    _refused(filters, aside, rejected)


def _headline(filters: Filters, arrivals: pd.DataFrame, aside: pd.DataFrame, rejected: list[Path] | None) -> None:
    moment = filters.moment
    behind = int((datetime.now(UTC) - moment.at).total_seconds())
    last = arrivals["silent_seconds"].min() if len(arrivals) else None
    cards = [
        (
            "Waiting for the ledger",
            figures.count(moment.waiting),
            f"the oldest for {duration(moment.behind_seconds)}" if moment.waiting else "nothing waits",
        ),
        ("Last written", duration(max(0, behind)) + " ago", "the newest row of the ledger"),
        (
            "Last received",
            f"{_length(last)} ago" if last is not None else "–",
            f"{figures.count(arrivals['of_last_hour'].sum())} reports in the last hour"
            if len(arrivals)
            else "nothing in 7 days",
        ),
        (
            "Set aside",
            figures.count(aside["spans"].sum() if len(aside) else 0),
            "calls that cannot be computed, and are in no figure",
        ),
        (
            "Refused by the receiver",
            "not known here" if rejected is None else figures.count(len(rejected)),
            "requests that the database cannot read, kept",
        ),
        ("Spool", _spooled(), "acknowledged, not in the database yet"),
    ]
    for place, (label, value, below) in zip(metric_columns(len(cards)), cards, strict=True):
        place.metric(label, value, below, delta_color="off", delta_arrow="off", border=True, height="stretch")
    evidence("filters/as_of", filters.parameters, filters)


def _services(filters: Filters, arrivals: pd.DataFrame) -> None:
    with st.container(border=True):
        st.header("Who sends, and how late", anchor=False)
        if arrivals.empty:
            caption("Nothing came in within the last 7 days.")
            return
        table(
            "Services of the last 7 days",
            arrivals,
            _ARRIVALS,
            filters,
            key="arrivals",
            number=int(arrivals["all_rows"].iloc[0]),
            link=lambda row: filters.drill("calls", "service", row["service"] or "(no service)"),
        )
        evidence("operations/arrivals", {**filters.parameters, "rows": _SERVICES}, filters)


def _ages(filters: Filters) -> None:
    rows = report("operations/ages", **filters.parameters)
    rows = rows.assign(behind_seconds=_ago(rows["known_until"]))
    states = [_state(row) for row in rows.to_dict("records")]
    with st.container(border=True):
        st.header("How old what figures rest on is", anchor=False)
        table(
            "Ages of prices and grid data",
            rows.assign(
                named=[
                    zone_name(name) if kind.startswith("grid") else name
                    for kind, name in zip(rows["kind"], rows["name"], strict=True)
                ],
                state=[state for state, _ in states],
                mend=[mend for _, mend in states],
            ),
            _AGES,
            filters,
            key="ages",
        )
        evidence("operations/ages", filters.parameters, filters)


def _ago(times: pd.Series[Any]) -> pd.Series[Any]:
    """How long ago each is, in seconds."""
    return (pd.Timestamp.now(tz="UTC") - pd.to_datetime(times, utc=True)).dt.total_seconds()


def _state(row: dict[Any, Any]) -> tuple[str, str]:
    """Whether a line is worth a look, in words, and what mends it."""
    kind, age = row["kind"], row["behind_seconds"]
    if figures.is_unknown(age):
        return "missing", _MENDS.get(kind, "")
    if kind == "grid year":
        return "no hours of its own", _MENDS[kind]
    return ("old", _MENDS[kind]) if age > _OLD.get(kind, float("inf")) else ("in order", "")


def _refused(filters: Filters, aside: pd.DataFrame, rejected: list[Path] | None) -> None:
    with st.container(border=True):
        st.header("What was refused or let go", anchor=False)
        if len(aside):
            table("Calls that were set aside", aside, _SET_ASIDE, filters, key="aside")
            st.code("spanledger enrich --once --set-aside", language="bash")
            evidence("operations/set_aside", filters.parameters, filters)
        if rejected:
            newest = sorted(rejected, key=lambda path: path.stat().st_mtime, reverse=True)[:_REJECTED]
            rows = pd.DataFrame([_request(path) for path in newest])
            columns = (
                Column("reason", "Why"),
                Column("at", "When, UTC", "time"),
                Column("bytes", "Bytes", "count"),
                Column("file", "File in the spool"),
            )
            table("Requests that were refused", rows, columns, filters, key="rejected", number=len(rejected))
            st.code("spanledger ingest --rejected", language="bash")
        let_go = report("attribution/let_go", **filters.parameters)
        if len(let_go):
            caption("Logs and metrics of the period that tell of no usage, or of what is no count:")
            table("Signals that were let go", let_go, _LET_GO, filters, key="let-go")
            evidence("attribution/let_go", filters.parameters, filters)
        if not (len(aside) or rejected or len(let_go)):
            caption("Nothing.")


def _request(path: Path) -> dict[str, Any]:
    reason = path.with_suffix(".txt")
    told = reason.read_text(encoding="utf-8", errors="replace")[:500] if reason.exists() else ""
    stat = path.stat()
    return {
        "reason": told.strip().partition("\n")[0] or "unknown",
        "at": datetime.fromtimestamp(stat.st_mtime, UTC),
        "bytes": stat.st_size,
        "file": path.name,
    }


def _rejected() -> list[Path] | None:
    """The requests that this machine's receiver keeps as refused; None where it has no spool."""
    if not sees_the_machine():
        return None
    spool = open_store.settings().spool
    return list((spool / "rejected").glob("*.pb")) if spool.is_dir() else None


def _spooled() -> str:
    found = spooled()
    return "not known here" if found is None else f"{figures.count(found.size)} bytes"
