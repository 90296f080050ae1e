"""How much is asked at once and how fast it is answered: tokens a minute, latency, refusals, who used whose share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.drawing.charts.bar_list import legend_of_lines
from spanledger_dashboards.drawing.charts.lines import lines_over_time, long
from spanledger_dashboards.drawing.charts.palette import ALL_OTHERS
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.figure import Column, figure
from spanledger_dashboards.drawing.style import caption, metric_columns
from spanledger_dashboards.drawing.table import table
from spanledger_dashboards.filtering.choice import choice, number
from spanledger_dashboards.filtering.dimension import title
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.pages.lead_to import lead_to_calls
from spanledger_dashboards.pages.platform.latest_calls import latest_calls
from spanledger_dashboards.report import ahead, report
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

_ROWS = 500
_LINES = 5
_DIMENSIONS = ("model", "tenant", "provider", "service", "feature")


def _ms(milliseconds: Any, like: Any = None) -> str:
    """A time, in the unit that suits it, or that of the one beside it."""
    if figures.is_unknown(milliseconds):
        return figures.UNKNOWN
    in_ms = (milliseconds if figures.is_unknown(like) else like) < 10_000
    return f"{milliseconds:,.0f} ms" if in_ms else f"{milliseconds / 1000:,.1f} s"


def _latencies(name: str, of: str) -> Column:
    rest = (Column(f"{name}_p{each}", f"{each} of 100", "number", write=_ms) for each in (95, 99))
    return Column(f"{name}_p50", f"{of}, median", "number", write=_ms, below=tuple(rest))


_LOAD = (
    Column("calls", "Calls", "count"),
    Column("tokens", "Tokens", "count"),
    Column(
        "mean_tokens_per_minute",
        "Tokens a minute, mean",
        "count",
        write=figures.count,
        below=(
            Column(
                "p99_tokens_per_minute", "99 of 100 minutes", "count", help="Minutes in which a call began had no more."
            ),
            Column("peak_tokens_per_minute", "the most", "count"),
            Column("peak_at", "at, UTC", "time"),
        ),
    ),
    Column("minutes_over_limit", "Minutes over the limit", "count"),
    Column("peak_calls_per_minute", "Calls a minute, the most", "count"),
    Column(
        "rate_limited_calls",
        "Refused (429)",
        "count",
        below=(
            Column("failed_calls", "Failed", "count"),
            Column("cut_off_calls", "Cut off", "count", help="Answers that ended at a limit of their length."),
        ),
    ),
    _latencies("ttft_ms", "First token"),
    _latencies("duration_ms", "Whole answer"),
    Column("bucket_calls", "Calls without a minute", "count"),
)
_SHARERS = (
    Column("tenant", "Tenant"),
    Column("model", "Model"),
    Column("provider", "Provider"),
    Column("short_minutes", "Short minutes", "count", help="Of the model, in which there was not enough for all."),
    Column(
        "tokens",
        "Tokens in them",
        "count",
        below=(
            Column("short_share", "share of them", "share"),
            Column("other_share", "share at other times", "share"),
        ),
    ),
    Column(
        "rate_limited_calls",
        "Refused (429)",
        "count",
        below=(Column("rate_limited_share", "share of them", "share"),),
    ),
)


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("Capacity", filters)
    filters = latest_calls(filters)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        own = choice("By", {name: title(name) for name in _DIMENSIONS}, key="grouped")
        limit = number(
            "Limit, tokens a minute",
            key="limit",
            step=10_000,
            help="What the provider lets through, of what the page is narrowed to. 0: none is known.",
        )
    ahead(
        # What takes longest first; the page begins with it.
        ("capacity/load", _with_whole(_load_asked(filters, own, limit))),
        ("capacity/minutes", _minutes_asked(filters, own)),
        ("capacity/latency", filters.parameters),
        ("capacity/sharers", _sharers_asked(filters, limit)),
    )
    # Of the whole besides, for the calls of each are all that there is to read.
    load = report("capacity/load", **_with_whole(_load_asked(filters, own, limit)))
    if load.empty:
        no_calls()
        return
    _headline(filters, load.iloc[0], limit)
    _minutes(filters, own, limit)
    _latency(filters)
    _load(filters, load.iloc[1:], own, limit)
    _sharers(filters, limit)


def _headline(filters: Filters, now: pd.Series[Any], limit: int) -> None:
    calls = now["calls"]
    peak = figures.count(now["peak_tokens_per_minute"])
    within = (
        f"{figures.share(now['peak_tokens_per_minute'] / limit)} of the limit; over it in "
        f"{figures.counted(int(now['minutes_over_limit']), 'minute')}"
        if limit and not figures.is_unknown(now["peak_tokens_per_minute"])
        else f"{figures.count(now['mean_tokens_per_minute'])} in the mean of busy minutes"
    )
    of = f"of {figures.counted(int(calls), 'call')}"

    def part(counted: Any) -> str:
        return f"{figures.share(counted / calls)} {of}" if calls else of

    cards = [
        ("Tokens a minute, the most", peak, within),
        ("First token, 95 of 100", _ms(now["ttft_ms_p95"]),
         f"median {_ms(now['ttft_ms_p50'], now['ttft_ms_p95'])}; told by "
         f"{figures.counted(int(now['ttft_calls']), 'call')}"),
        ("Whole answer, 95 of 100", _ms(now["duration_ms_p95"]),
         f"median {_ms(now['duration_ms_p50'], now['duration_ms_p95'])}"),
        ("Refused (429)", figures.count(now["rate_limited_calls"]), part(now["rate_limited_calls"])),
        ("Failed", figures.count(now["failed_calls"]), part(now["failed_calls"])),
        ("Cut off", figures.count(now["cut_off_calls"]), part(now["cut_off_calls"])),
    ]  # fmt: skip
    for place, (label, value, below) in zip(metric_columns(len(cards)), cards, strict=True):
        place.metric(label, value, below, delta_color="off", delta_arrow="off", border=True, height="stretch")
    evidence("capacity/load", {**filters.parameters, "by": [], "token_limit": limit, "rows": 1}, filters)


def _minutes_asked(filters: Filters, own: str) -> dict[str, Any]:
    return {**filters.parameters, "dimension": own, "names": _LINES}


def _load_asked(filters: Filters, own: str, limit: int) -> dict[str, Any]:
    return {**filters.parameters, "by": _rows_by(own), "token_limit": limit, "rows": _ROWS}


def _with_whole(asked: dict[str, Any]) -> dict[str, Any]:
    return {**asked, "by": [*asked["by"], "(whole)"]}


def _sharers_asked(filters: Filters, limit: int) -> dict[str, Any]:
    return {**filters.parameters, "token_limit": limit, "rows": _ROWS}


def _rows_by(own: str) -> list[str]:
    return list(dict.fromkeys([own, "tenant", "model"]))


def _minutes(filters: Filters, own: str, limit: int) -> None:
    asked = _minutes_asked(filters, own)
    rows = report("capacity/minutes", **asked)
    with st.container(border=True):
        st.header(f"Tokens a minute, the most of each {filters.grain}", anchor=False)
        if rows.empty:
            caption("No call of this period has a minute: all are in buckets of which metrics or reports tell.")
            return
        names = sorted(rows["name"].unique(), key=lambda name: (name == ALL_OTHERS, name))
        colours = legend_of_lines(names)
        drawn = rows.assign(
            value=rows["peak_tokens_per_minute"].astype(float), text=rows["peak_tokens_per_minute"].map(figures.count)
        )
        chart = lines_over_time(drawn, filters, colours, "tokens a minute", format="~s", limit=limit or None)
        columns = (
            Column("bucket", filters.grain.capitalize(), "time" if filters.grain == "hour" else "day"),
            Column("name", title(own)),
            Column("peak_tokens_per_minute", "Tokens a minute, the most", "count"),
            Column("peak_at", "at, UTC", "time"),
            Column("tokens", "Tokens", "count"),
            Column("calls", "Calls", "count"),
            Column("rate_limited_calls", "Refused (429)", "count"),
        )
        says = f"The most tokens of a minute in each {filters.grain}, by {title(own).lower()}"
        figure(chart, says, rows, columns, filters, key="minutes")
        caption("A call's tokens are counted in the minute in which it began.")
        evidence("capacity/minutes", asked, filters)


def _latency(filters: Filters) -> None:
    rows = report("capacity/latency", **filters.parameters)
    with st.container(border=True):
        st.header("How fast answers come", anchor=False)
        series = {
            "ttft_ms_p50": "first token, median",
            "ttft_ms_p95": "first token, 95 of 100",
            "duration_ms_p50": "whole answer, median",
            "duration_ms_p95": "whole answer, 95 of 100",
        }
        told = {column: name for column, name in series.items() if rows[column].notna().any()}
        if not told:
            caption("No call of this period tells how long it took.")
            return
        colours = legend_of_lines(list(told.values()))
        drawn = long(rows, told)
        drawn = drawn.assign(value=drawn["value"] / 1000, text=drawn["value"].map(_ms))
        columns = (
            Column("bucket", filters.grain.capitalize(), "time" if filters.grain == "hour" else "day"),
            *(Column(column, name.capitalize(), "number", write=_ms) for column, name in series.items()),
            Column("calls", "Calls", "count"),
            Column("rate_limited_calls", "Refused (429)", "count"),
            Column("failed_calls", "Failed", "count"),
            Column("cut_off_calls", "Cut off", "count"),
        )
        says = f"Latency per {filters.grain}: medians and 95 of 100"
        figure(lines_over_time(drawn, filters, colours, "seconds"), says, rows, columns, filters, key="latency")
        evidence("capacity/latency", filters.parameters, filters)


def _load(filters: Filters, rows: pd.DataFrame, own: str, limit: int) -> None:
    by = _rows_by(own)
    asked = _load_asked(filters, own, limit)
    shown = _LOAD if limit else tuple(column for column in _LOAD if column.name != "minutes_over_limit")
    if not rows["bucket_calls"].any():
        shown = tuple(column for column in shown if column.name != "bucket_calls")
    with st.container(border=True):
        st.header("By tenant and model", anchor=False)
        columns = (*(Column(name, title(name), write=_named(name)) for name in by), *shown)
        table(
            "Load by tenant and model",
            rows,
            columns,
            filters,
            key="load",
            number=int(rows["all_rows"].iloc[0]),
            link=lambda row: filters.drill("capacity", own, _named(own)(row[own])),
        )
        if limit:
            caption("The limit is compared with each row alone; narrow the page to compare it with all of a model.")
        lead_to_calls(filters, "tokens", "those of the most tokens")
        evidence("capacity/load", asked, filters)


def _named(by: str) -> Any:
    absent = {"model": "(unknown model)", "provider": "(unknown provider)"}.get(by, f"(no {by})")
    return lambda value: str(value) or absent


def _sharers(filters: Filters, limit: int) -> None:
    asked = _sharers_asked(filters, limit)
    rows = report("capacity/sharers", **asked)
    with st.container(border=True):
        st.header("Who used whose share", anchor=False)
        caption(
            "Of each model, the minutes in which there was not enough for all: a call was refused (429)"
            + (f", or more than {limit:,} tokens were asked for." if limit else ". With a limit also those above it.")
        )
        if rows.empty:
            caption("There was no such minute.")
            return
        table(
            "Shares of short minutes",
            rows,
            _SHARERS,
            filters,
            key="sharers",
            number=int(rows["all_rows"].iloc[0]),
            link=lambda row: filters.drill("capacity", "tenant", row["tenant"]),
        )
        evidence("capacity/sharers", asked, filters)
