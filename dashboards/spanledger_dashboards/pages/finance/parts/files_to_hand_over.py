"""Files that are handed over: a tenant's statement of a month, and the period as FOCUS."""

from __future__ import annotations

import importlib.util
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards import open_store
from spanledger_dashboards.books_moment import books_moment
from spanledger_dashboards.drawing.evidence import period_options
from spanledger_dashboards.drawing.plain_text import unturned
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.file_offer import offer
from spanledger_dashboards.pages.finance.parts.command_popover import command_popover
from spanledger_dashboards.reckoned import reckoned_anew
from spanledger_dashboards.report import report
from spanledger_enrich.books.closing.statements.draft import draft_of
from spanledger_enrich.books.closing.statements.issued import FORMS, issued
from spanledger_enrich.books.focus import cost_and_usage
from spanledger_enrich.books.focus.cost_and_usage import TAGS, Asked
from spanledger_enrich.books.focus.dataset import VERSIONS
from spanledger_settings import figures
from spanledger_settings.cell import plain
from spanledger_settings.mendable import MendableError
from spanledger_sql.csv_text import csv_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters
    from spanledger_enrich.books.closing.statements.issued import Form
    from spanledger_sql.store import Store

# More calls than these are exported by the command, which writes them block by block.
_CALLS_AT_MOST = 1_000_000
_AT_ONCE = 200_000
_NAMES_AT_MOST = 2000
_MEDIA_TYPES: dict[Form, str] = {
    "json": "application/json", "csv": "text/csv", "html": "text/html", "pdf": "application/pdf"
}  # fmt: skip


def statements(filters: Filters, months: Sequence[str]) -> None:
    """Draw the choice of a tenant and month, and the statement in each form."""
    with st.container(border=True):
        st.header("Statements", anchor=False)
        rows = report("closing/tenant_months", months=list(months), tenants=list(filters.tenants), books=books_moment())
        if rows.empty:
            caption("The books have nothing to state of this period.")
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            month = st.selectbox("Month", sorted(set(rows["month"]), reverse=True), key="statement_month", width=160)
            of_month = rows[rows["month"] == month]
            tenant = st.selectbox(
                "Tenant",
                of_month["tenant"].head(_NAMES_AT_MOST).tolist(),
                key="statement_tenant",
                width=320,
                format_func=unturned,
            )
            chosen = of_month[of_month["tenant"] == tenant]
            if chosen.empty:
                return
            row = chosen.iloc[0]
            _statement_files(str(month), str(tenant), is_draft=not row["statement"])
        if len(of_month) > _NAMES_AT_MOST:
            caption(f"The {_NAMES_AT_MOST:,} that owe most; narrow the page to a tenant to have another's.")
        _tell(row)


def _statement_files(month: str, tenant: str, *, is_draft: bool) -> None:
    for form in FORMS:
        if form == "pdf" and importlib.util.find_spec("weasyprint") is None:
            continue
        offer(
            form.upper(),
            partial(_statement, open_store.current(), month, tenant, form, is_draft=is_draft),
            _file_name(month, tenant, form, is_draft=is_draft),
            _MEDIA_TYPES[form],
            key=f"statement_{form}",
            told=f"The statement of {month}, as {form.upper()}: the bytes that the command prints.",
        )


def _file_name(month: str, tenant: str, form: Form, *, is_draft: bool) -> str:
    # Who is handed one tenant's statement after another's shall not confuse them.
    whose = re.sub(r"\W+", "-", tenant).strip("-")[:60].lower()
    return "-".join(["statement", month, *filter(None, [whose]), *["draft"] * is_draft]) + f".{form}"


def _tell(row: pd.Series[Any]) -> None:
    draft = [] if row["statement"] else ["--draft"]
    if draft:
        caption("The month is not closed: this is a draft, as it stands in the books, and may change.")
    else:
        adjusted = f"; {figures.usd(row['adjusted_cost'])} came after the close" if row["adjusted_cost"] else ""
        caption(
            f"{row['statement']}, revision {row['revision']}, issued {row['issued_at']:%Y-%m-%d %H:%M} UTC, "
            f"{figures.usd(row['stated_cost'])}{adjusted}. SHA-256 {row['hash']}"
        )
    words = ["statement", row["month"], "--tenant", row["tenant"], *draft, "--output", "statement.html"]
    command_popover(words)


def _statement(store: Store, month: str, tenant: str, form: Form, *, is_draft: bool) -> bytes:
    def made(of: Store) -> bytes:
        one = draft_of(of, month, tenant) if is_draft else issued(of, month, tenant)
        return one.as_bytes(form)

    with open_store.kept(store):
        return reckoned_anew(made)


def focus_file(filters: Filters, calls: int) -> None:
    """Draw the choice of a version and view, and the file; of very many calls the command alone."""
    with st.container(border=True):
        st.header("FOCUS", anchor=False)
        try:
            cost_and_usage.whole_days(filters.period)
        except MendableError:
            caption("Charge periods are days: choose a period of whole days.")
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            version = st.selectbox("Version", VERSIONS, key="focus_version", width=120)
            view = st.selectbox(
                "View",
                ("internal", "provider"),
                key="focus_view",
                width=180,
                help="internal: the organisation bills its tenants; provider: providers bill the organisation, with "
                "costs only of invoices that were reconciled.",
            )
            if calls <= _CALLS_AT_MOST:
                offer(
                    "FOCUS as CSV",
                    partial(_focus, open_store.current(), filters, str(version), str(view)),
                    f"focus-{version}-{filters.period.first_day}-{filters.period.last_day}.csv",
                    "text/csv",
                    key="focus_csv",
                )
        caption(
            "The charges of everybody in the period, a row for each day, tenant, SKU, meter and price. The command "
            "writes FOCUS's metadata and its other datasets beside it, and Parquet. Names are in it as they were sent, "
            "for programs: a spreadsheet would execute one that begins like a formula."
            + ("" if calls <= _CALLS_AT_MOST else " Of so many calls it alone writes the file.")
        )
        words = ["focus", "export", "--version", str(version), "--view", str(view)]
        words += [*period_options(filters), "--output", "focus.csv"]
        command_popover(words)


def _focus(store: Store, filters: Filters, version: str, view: str) -> bytes:
    asked = Asked(filters.period, version, view, "This organisation", TAGS)  # type: ignore[arg-type]

    def made(of: Store) -> bytes:
        blocks = cost_and_usage.frames(of, asked, _AT_ONCE)
        return b"".join(csv_text(block, plain, head=number == 0) for number, block in enumerate(blocks))

    with open_store.kept(store):
        return reckoned_anew(made)
