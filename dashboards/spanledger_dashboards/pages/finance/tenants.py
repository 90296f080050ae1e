"""One tenant in depth: what he owes, on what, what changed, what his months are in the books, down to single calls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards import open_store
from spanledger_dashboards.books_moment import books_moment
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.plain_text import escape
from spanledger_dashboards.drawing.style import caption, tiles
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.pages.finance.overview import saving, what_is_owed
from spanledger_dashboards.pages.finance.parts import owed
from spanledger_dashboards.pages.finance.parts.calendar_months import address_of
from spanledger_dashboards.pages.finance.parts.changes import asked as changes_asked
from spanledger_dashboards.pages.finance.parts.changes import changes
from spanledger_dashboards.pages.finance.parts.gaps import gaps
from spanledger_dashboards.pages.finance.parts.headline import headline
from spanledger_dashboards.pages.finance.parts.outcomes import outcomes, refuse_unknown
from spanledger_dashboards.pages.finance.parts.slow_part import slow_part
from spanledger_dashboards.pages.finance.parts.spend import Spend
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.pages.lead_to import lead_to_calls
from spanledger_dashboards.report import ahead, report
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

_ROWS = 500
_RESULTS_BY = ("feature",)
# Each row shown is read from a place of its own.
_SHOWN = 20
_IN_FILE = 1_000_000
_ALL = 2**63


def page(filters: Filters) -> None:
    """Draw the page: the tenants, or, of one that is narrowed to, everything."""
    if len(filters.tenants) != 1:
        _all(filters)
        return
    refuse_unknown(_RESULTS_BY)
    [tenant] = filters.tenants
    spend = Spend(filters, ("model", "feature", "provider"), with_units=False)
    # What takes longest is asked first, and drawn last.
    ahead(
        ("calls/dearest", _dearest(filters)),
        changes_asked(filters),
        *spend.asked(),
        (owed.REPORT, _each_asked(filters)),
        *owed.begun_before_asked(filters),
        ("closing/tenant_months", {**_months_asked(tenant), "books": books_moment()}),
        ("finance/gaps", filters.parameters),
    )
    headline = spend.headline()
    each = report(owed.REPORT, **_each_asked(filters))
    whole = next((row for _, row in each[each["name"] == tenant].iterrows()), None)
    heading("Tenant", filters, books=True)
    # As HTML: in Markdown an address in a name would be a link, escaped or not.
    st.html(f'<h2 class="sl-whose">{escape(tenant)}</h2>')
    if whole is None:
        no_calls()
        return
    _headline(headline, whole, each["effective_cost"].dropna().sum())
    left, right = tiles(2)
    with left.container(border=True, height="stretch"):
        what_is_owed(filters, whole)
    with right.container(border=True, height="stretch"):
        _months(filters, tenant)
    if headline["calls"] == 0:
        no_calls()
        return
    changed = st.container()
    gaps(report("finance/gaps", **filters.parameters), filters, calls=headline["calls"])
    spend.over_time()
    for column, (title, dimension) in zip(tiles(len(spend.dimensions)), spend.dimensions.items(), strict=True):
        with column.container(border=True, height="stretch"):
            spend.shares(title, dimension)
    good = st.container()
    _dearest_calls(filters, int(headline["ledger_rows"]))
    with good, slow_part("report finance/outcomes"):
        outcomes(filters, _RESULTS_BY)
    with changed, slow_part("report finance/movers"):
        changes(filters)


def _all(filters: Filters) -> None:
    """The tenants to choose from, the one that owes most first."""
    heading("Tenants", filters, books=True)
    asked = {**filters.parameters, "dimension": "tenant", "names": _ROWS}
    rows = report(owed.REPORT, **asked)
    if rows.empty:
        no_calls()
        return
    caption("Choose a tenant to see all of it: by its row here, or in the filters.")
    table(
        "What each tenant owes",
        rows,
        [
            Column("name", "Tenant"),
            Column("effective_cost", "Effective cost", "usd"),
            Column("contracted_cost", "Calls at contract prices", "usd"),
            Column("calls", "Calls", "count"),
            Column("tokens", "Tokens", "count"),
            Column("unknown_cost_calls", "Of unknown cost", "count"),
            Column("cost_centers", "Cost centre"),
        ],
        filters,
        key="tenants",
        link=lambda row: filters.drill("", "tenant", row["name"]) if row["calls"] else None,
        number=int(rows["names"].sum()),
        whole=lambda: report(owed.REPORT, **{**asked, "names": _ALL}),
    )
    evidence(owed.REPORT, asked, filters)


def _headline(now: pd.Series[Any], whole: pd.Series[Any], everybodys: Any) -> None:
    known = everybodys and not figures.is_unknown(whole["effective_cost"])
    share = figures.share(whole["effective_cost"] / everybodys) if known else "unknown"
    cards = (
        ("Effective spend", figures.usd(whole["effective_cost"]), f"{share} of everybody's"),
        ("Calls", figures.count(now["calls"]), f"{figures.count(now['failed_calls'])} failed"),
        (
            "Tokens",
            figures.count(now["tokens"]),
            f"{figures.count(now['input_tokens'])} in, {figures.count(now['output_tokens'])} out",
        ),
        ("Cost per 1,000 calls", figures.usd(now["cost_per_1k_calls"]), "of calls with a known cost"),
        ("Cost per 1M tokens", figures.usd(now["cost_per_1m_tokens"]), "input and output alike"),
        ("Input read from cache", figures.share(now["cache_read_share"]), saving(now["cache_saving"])),
    )
    headline(cards)


def _months(filters: Filters, tenant: str) -> None:
    st.header("In the books", anchor=False)
    asked = _months_asked(tenant)
    rows = report("closing/tenant_months", **asked, books=books_moment())
    if rows.empty:
        caption("No month of this tenant was posted yet: 'spanledger close post' does that.")
        return
    table(
        f"Months of {tenant} in the books",
        rows,
        [
            Column("month", "Month"),
            Column("cost", "Known now", "usd"),
            Column(
                "stated_cost",
                "Stated",
                "usd",
                write=lambda amount: "no statement" if figures.is_unknown(amount) else figures.usd(amount),
            ),
            Column("adjusted_cost", "Adjusted since", "usd"),
            Column("revision", "Revision", "count"),
        ],
        filters,
        key="months",
        link=lambda row: filters.link("chargeback", **address_of(row["month"])),
    )
    evidence("closing/tenant_months", asked, filters)


def _months_asked(tenant: str) -> dict[str, Any]:
    return {"months": [], "tenants": [tenant]}


def _each_asked(filters: Filters) -> dict[str, Any]:
    """What every tenant owes: the engine plans for longer than it sums, and this one's share is told of it."""
    return {**replace(filters, tenants=()).parameters, "dimension": "tenant", "names": _ALL}


def _dearest(filters: Filters) -> dict[str, Any]:
    return {**filters.parameters, "rows": _SHOWN}


def _dearest_calls(filters: Filters, number: int) -> None:
    with st.container(border=True):
        st.header("The calls that cost most", anchor=False)
        asked = _dearest(filters)
        rows = report("calls/dearest", **asked)
        explains = "platform" in open_store.reader().readers
        table(
            "The calls that cost most",
            rows,
            [
                Column("ts", "Start, UTC", "time"),
                Column("contracted_cost", "Cost", "usd"),
                Column("model", "Model"),
                Column("feature", "Feature"),
                Column("service", "Service"),
                Column("input_tokens", "Input tokens", "count"),
                Column("cache_read_tokens", "From cache", "count"),
                Column("output_tokens", "Output tokens", "count"),
                Column("status", "Status"),
                *([] if explains else [Column("trace_id", "Trace"), Column("span_id", "Span")]),
            ],
            filters,
            key="calls",
            number=number,
            whole=lambda: report("calls/dearest", **{**asked, "rows": _IN_FILE}),
            link=lambda row: filters.link("calls", call=f"{row['trace_id']}.{row['span_id']}") if explains else None,
        )
        leads = (
            "The time of each leads to how its figures came about" if explains else "How a call's figures came about"
        )
        caption(f"{leads}: as 'spanledger explain TRACE SPAN' has it.")
        lead_to_calls(filters, "cost", "the dearest")
        evidence("calls/dearest", asked, filters)
