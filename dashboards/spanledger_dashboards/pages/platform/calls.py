"""Single calls: searched, narrowed, and one explained step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.plain_text import escape
from spanledger_dashboards.drawing.style import caption, lead
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.filtering.choice import choice, written
from spanledger_dashboards.pages.heading import heading
from spanledger_dashboards.report import read, report
from spanledger_settings import figures
from spanledger_sql.explanation import SUM, inputs, steps

if TYPE_CHECKING:
    from spanledger_dashboards.filtering.filters import Filters
    from spanledger_sql.explanation import Step

_ROWS = 200
_ALL_ROWS = 1_000_000
# Each call leads to where all of it is whole.
_LINES = 2
_STATES = {
    "": "any",
    "failed": "failed",
    "rate limited": "refused (429)",
    "cut off": "cut off",
    "unpriced": "without a price",
    "partly priced": "partly priced",
    "without usage": "without usage",
    "without tenant": "without a tenant",
    "without emissions": "of unknown emissions",
}
_SORTS = {
    "start": "the latest first",
    "cost": "the dearest first",
    "emissions": "the largest emissions first",
    "duration": "the longest first",
    "first token": "the slowest first token first",
    "tokens": "the most tokens first",
}


def _ms(milliseconds: Any) -> str:
    return "–" if figures.is_unknown(milliseconds) else f"{milliseconds:,.0f} ms"


_COLUMNS = (
    Column("ts", "Began, UTC", "time"),
    Column("tenant", "Tenant", lines=_LINES),
    Column("feature", "Feature", lines=_LINES),
    Column("service", "Service", lines=_LINES),
    Column("model", "Model", lines=_LINES),
    Column("outcome", "Outcome", lines=_LINES),
    Column("input_tokens", "Input tokens", "count"),
    Column("output_tokens", "Output tokens", "count"),
    Column("contracted_cost", "Cost", "usd"),
    Column("co2e_g", "CO₂e", "emissions"),
    Column("duration_ms", "Took", "number", write=_ms),
    Column("ttft_ms", "First token", "number", write=_ms),
    Column("user", "User", lines=_LINES),
)


def page(filters: Filters) -> None:
    """Draw the page: one call where the address names it, else those that are sought."""
    heading("Calls", filters)
    if (asked := st.query_params.get("call")) is not None:
        _one(filters, asked)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = written("Search", key="text", placeholder="Trace, span or response id; user, session, model, error")
        state = choice("State", _STATES, key="state")
        sort = choice("Order", _SORTS, key="sort")
    sought = {**filters.parameters, "text": text, "state": state}
    found = report("calls/found", **sought, rows=_ROWS).iloc[0]
    given = {**sought, "sort": sort, "since": ""}
    # Of the latest, no more hours are looked through than hold enough of them.
    shown = {**given, "rows": _ROWS} | ({"since": f"{found['since']:%Y-%m-%d %H:%M:%S}"} if sort == "start" else {})
    number = int(found["all_rows"])
    rows = report("calls/search", **shown) if number else None
    if rows is None or rows.empty:
        st.info(
            "No call of this period has what is sought. Seek less, or choose another period or other filters.",
            icon=":material/search_off:",
        )
        return
    rows = rows.assign(outcome=[_outcome(row) for row in rows.to_dict("records")])
    caption(f"{figures.counted(number, 'row')}, {_SORTS[sort]}. The time of each leads to how its figures came about.")
    table(
        "Calls",
        rows,
        _COLUMNS if (rows["user"] != "").any() else _COLUMNS[:-1],
        filters,
        key="calls",
        search=False,
        bound=_ROWS,
        number=number,
        whole=lambda: report("calls/search", **given, rows=_ALL_ROWS),
        link=lambda row: filters.link("calls", call=f"{row['trace_id']}.{row['span_id']}"),
    )
    evidence("calls/search", shown, filters)


def _outcome(row: dict[Any, Any]) -> str:
    parts = [row["status"] if row["status"] != "ok" else row["finish_reason"] or "ok", row["error_type"]]
    if row["price_status"] != "priced":
        parts.append(row["price_status"])
    if row["usage_source"] != "reported":
        parts.append(f"usage {row['usage_source']}")
    return ", ".join(part for part in parts if part)


def _one(filters: Filters, asked: str) -> None:
    """One call, step by step, as it stands now."""
    lead("All calls", filters.link("calls"))
    trace_id, _, span_id = asked.partition(".")
    call = read(lambda store: inputs(store, trace_id, span_id))
    if call is None:
        st.info("The ledger has no such call; it may have been erased, or the address is cut off.")
        caption(f"Trace {trace_id[:80]}, span {span_id[:80]}")
        return
    if call["enriched_at"] > filters.moment.at:
        caption("This call was written after the moment of the page: it is shown as it stands now.")
    for number, step in enumerate(steps(call), 1):
        with st.container(border=True):
            st.html(_drawn(number, step))
    parameters = {"trace_id": call["trace_id"], "span_id": call["span_id"]}
    evidence("calls/explain", parameters, filters, ["explain", call["trace_id"], call["span_id"]])


def _drawn(number: int, step: Step) -> str:
    title = f"<h2>{number}. {escape(step.title)}</h2>"
    rests_on = f'<p class="sl-caption">{escape(step.rests_on)}</p>' if step.rests_on else ""
    if not step.rows:
        return f'<div class="sl-step">{title}</div>'
    if not step.heads:
        body = "".join(
            f'<tr><th scope="row" class="text">{escape(name)}</th><td class="text">{escape(said)}</td></tr>'
            for name, said in step.rows
        )
        return f'<div class="sl-step">{title}<div class="sl-table"><table><tbody>{body}</tbody></table></div></div>'
    sides = ["text", *["figure"] * (len(step.heads) - 1)]
    head = "".join(
        f'<th scope="col" class="{side}">{escape(name)}</th>' for name, side in zip(step.heads, sides, strict=True)
    )
    rows = [
        "".join(f'<td class="{side}">{escape(cell)}</td>' for cell, side in zip(row, sides, strict=True))
        for row in step.rows
    ]
    quiet = [' class="sl-sum"' if row[0].startswith(SUM) else "" for row in step.rows]
    body = "".join(f"<tr{shade}>{row}</tr>" for row, shade in zip(rows, quiet, strict=True))
    total = "".join(f'<td class="{side}">{escape(cell)}</td>' for cell, side in zip(step.total, sides, strict=True))
    return (
        f'<div class="sl-step">{title}{rests_on}<div class="sl-table" role="region" tabindex="0" '
        f'aria-label="{escape(step.title)}"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        f"<tfoot><tr>{total}</tr></tfoot></table></div></div>"
    )
