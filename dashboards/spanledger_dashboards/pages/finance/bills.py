"""Bills: what providers charged against what was metered, cause by cause, and how much of it is covered."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from spanledger_dashboards.books_moment import books_moment
from spanledger_dashboards.drawing.charts.bridge import Step, bridge
from spanledger_dashboards.drawing.evidence import evidence, period_options
from spanledger_dashboards.drawing.style import caption, plainly, refusal
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.pages.finance.parts.command_popover import command_popover
from spanledger_dashboards.pages.finance.parts.headline import headline
from spanledger_dashboards.pages.heading import heading
from spanledger_dashboards.reckoned import reckoned
from spanledger_dashboards.report import report
from spanledger_enrich.books.bills import reconciliation
from spanledger_enrich.books.bills.reconciliation import CAUSES
from spanledger_settings import figures
from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_dashboards.filtering.filters import Filters
    from spanledger_enrich.books.bills.reconciliation import Reconciliation, Unreconciled
    from spanledger_sql.store import Store

_MEANINGS: Mapping[str, str] = {
    "zone_edges": "days of the bill are another zone's",
    "duplicates": "told twice",
    "unmetered_accounts": "no call is of these accounts",
    "missing_usage": "billed, and not metered",
    "unbilled_usage": "metered, and not billed",
    "unbilled_days": "no bill covers these days",
    "token_drift": "tokens counted otherwise",
    "tiers": "billed in another tier",
    "price_differences": "billed at another price",
    "unknown_lines": "not understood",
    "commitments": "capacity, which tenants pay as parts of commitments",
    "other_charges": "storage, capacity, fees: no calls",
    "rounding": "less than the bill's last digit",
}


def page(filters: Filters) -> None:
    """Draw the page."""
    days = {"first": str(filters.period.first_day), "last": str(filters.period.last_day)}
    asked = {**filters.parameters, **days}
    rows = report("bills/by_provider", **asked, books=books_moment())
    heading("Bills", filters, books=True)
    if filters.narrowed:
        caption("Bills know no tenants and features: this page is of all calls of the period, whatever else is chosen.")
    _headline(rows)
    _by_provider(filters, rows, asked)
    _reconciled(filters, asked)
    if rows["bills"].any():
        _reconcile_now(filters)
    _bills(filters)


def _headline(rows: pd.DataFrame) -> None:
    with_bill = rows[rows["bills"] > 0]
    without = rows[(rows["bills"] == 0) & (rows["calls"] > 0)]
    names = [
        f"{row['provider']} (unknown)" if figures.is_unknown(row["metered"]) else row["provider"]
        for row in without.to_dict("records")
    ]
    cards = (
        (
            "Billed",
            figures.usd(_known_sum(with_bill["billed"])) if len(with_bill) else "–",
            f"by {figures.counted(len(with_bill), 'provider')}",
        ),
        ("Metered", figures.usd(_known_sum(rows["metered"])), "at contract prices, without what commitments pay"),
        (
            "Metered without a bill",
            figures.usd(_known_sum(without["metered"])),
            plainly(", ".join(names[:3])) or "none",
        ),
    )
    headline(cards)


def _by_provider(filters: Filters, rows: pd.DataFrame, asked: Mapping[str, Any]) -> None:
    with st.container(border=True):
        st.header("Billed and metered, by provider", anchor=False)
        if rows.empty:
            caption("There is neither a call nor a bill of this period.")
            evidence("bills/by_provider", asked, filters)
            return
        table(
            "Billed and metered",
            rows.assign(
                days_of=[f"{row['billed_days']} of {row['days']}" for row in rows.to_dict("records")],
                **{
                    f"{name}_told": [
                        figures.usd(amount) if bills else "no bill"
                        for amount, bills in zip(rows[name], rows["bills"], strict=True)
                    ]
                    for name in ("billed", "difference")
                },
            ),
            [
                Column("provider", "Provider"),
                Column("billed_told", "Billed", "told"),
                Column("metered", "Metered", "usd"),
                Column("difference_told", "Difference", "told"),
                Column("days_of", "Days billed"),
                Column("bills", "Bills", "count"),
                Column("unknown_lines", "Lines not understood", "count"),
                Column("calls", "Calls", "count"),
                Column("unknown_cost_calls", "Of unknown cost", "count"),
            ],
            filters,
            key="providers",
        )
        evidence("bills/by_provider", asked, filters)


def _known_sum(amounts: pd.Series[Any]) -> Any:
    """What is known of it; unknown where nothing is."""
    known = amounts.dropna()
    return known.sum() if len(known) or amounts.empty else None


def _reconciled(filters: Filters, asked: Mapping[str, Any]) -> None:
    rows = report("bills/reconciled", **asked, books=books_moment())
    with st.container(border=True):
        st.header("Reconciled, and charged to tenants", anchor=False)
        if rows.empty:
            caption(
                "No reconciliation of this period was allocated: 'spanledger reconcile --month MONTH --allocate "
                "metered' charges the difference, so that tenants pay the invoice together."
            )
            return
        told = rows.assign(
            days=[f"{row['first_day']:%Y-%m-%d} to {row['last_day']:%Y-%m-%d}" for row in rows.to_dict("records")],
            state=[
                "a bill was taken back since" if row["outdated"] else "holds" if row["holds"] else "does not hold"
                for row in rows.to_dict("records")
            ],
        )
        table(
            "Reconciliations",
            told,
            [
                Column("provider", "Provider"),
                Column("days", "Days"),
                Column("coverage", "Coverage", "share", help="Of the billed use, what is metered"),
                Column("billed", "Billed", "usd"),
                Column("metered", "Metered", "usd"),
                Column("difference", "Difference", "usd"),
                Column("open_amount", "Open causes", "usd"),
                Column("tolerance", "Tolerance", "usd"),
                Column("state", "State"),
                Column("policy", "Allocated"),
                Column("made_by", "By"),
            ],
            filters,
            key="reconciled",
        )
        evidence("bills/reconciled", asked, filters)
        for row in rows.head(4).to_dict("records"):
            terms = report("bills/terms", reconciliation_id=row["reconciliation_id"], books=books_moment())
            total = dict.fromkeys(CAUSES, Decimal(0)) | dict(zip(terms["cause"], terms["amount"], strict=True))
            more = {"coverage": row["coverage"], "unpriced_calls": terms["unpriced_calls"].sum()}
            _bridge(str(row["provider"]), {"metered": Decimal(0), "billed": Decimal(0)} | total | more)


def _reconcile_now(filters: Filters) -> None:
    """Compare what the bills say now with what is metered now; nothing of it stays."""
    with st.container(border=True):
        st.header("Compare now", anchor=False)
        caption(
            "What the bills of the period say now against what is metered now, as 'spanledger reconcile' has it. "
            "Nothing is charged."
        )
        if st.button("Compare", icon=":material/compare_arrows:", key="compare"):
            st.session_state["compared"] = str(filters)
        if st.session_state.get("compared") != str(filters):
            return

        def compared(store: Store) -> tuple[list[Reconciliation], list[Unreconciled]]:
            days = reconciliation.whole_days(filters.period)
            return reconciliation.reconcile(store, days), reconciliation.unreconciled(store, days)

        try:
            found, lacking = reckoned(
                "reconciliation",
                compared,
                period=str(filters.period),
                moment=filters.moment.parameter,
                books=books_moment(),
            )
        except MendableError as error:
            refusal(f"{error}.")
            return
        for one in found:
            _bridge(one.provider, one.total)
            word = "holds" if one.holds else "does not hold"
            caption(
                f"{one.provider} {word}: open causes of {figures.usd(one.open_amount)}, tolerance "
                f"{figures.usd(one.tolerance)}; its days are those of {one.zone}."
            )
        for other in lacking:
            caption(f"{other.provider}: not reconciled are {other.billed}: {other.why}.")
        command_popover(["reconcile", *period_options(filters)])


def _bridge(provider: str, total: Mapping[str, Any]) -> None:
    share = total["coverage"]
    covered = "no use was billed" if pd.isna(share) else f"{figures.share(share)} of the billed use is metered"
    st.markdown(f"**{plainly(provider)}**: {covered}")
    bridge(
        [
            Step("Metered", total["metered"], total=True),
            *(
                Step(cause.replace("_", " ").capitalize(), total[cause], _MEANINGS.get(cause, ""))
                for cause in CAUSES
                if total[cause]
            ),
            Step("Billed", total["billed"], total=True),
        ],
        f"From what was metered to what {provider} billed",
    )
    if total["unpriced_calls"]:
        caption(f"{figures.counted(int(total['unpriced_calls']), 'metered call')} without a known cost, in none of it.")


def _bills(filters: Filters) -> None:
    with st.container(border=True):
        st.header("Bills in force", anchor=False)
        rows = report("bills/list", books=books_moment())
        if rows.empty:
            caption("No bill was imported: 'spanledger bills import FILE' knows by itself whose it is.")
            return
        table(
            "Bills",
            rows,
            [
                Column("source", "File"),
                Column("format", "Read as"),
                Column("providers", "Of"),
                Column("first_day", "First day", "day"),
                Column("last_day", "Last day", "day"),
                Column("amount", "Comes to", "told", write=_rounded),
                Column("lines", "Lines", "count"),
                Column("unknown_lines", "Not understood", "count"),
                Column("invoices", "Invoices"),
                Column("imported_at", "Imported, UTC", "time"),
            ],
            filters,
            key="bills",
        )
        evidence("bills/list", {}, filters)


def _rounded(amounts: str) -> str:
    """Figures with a currency each, as money is shown: `72.950611525 USD, 3 EUR` is $72.95, 3.00 EUR."""
    return ", ".join(_money(*each.split(" ")) for each in amounts.split(", ")) if amounts else ""


def _money(amount: str, currency: str) -> str:
    shown = figures.usd(Decimal(amount))
    return shown if currency == "USD" else f"{shown.replace('$', '')} {currency}"
