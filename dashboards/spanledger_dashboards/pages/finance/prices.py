"""Prices: what calls cost by the list and by contract, what has no price, and what other choices would cost."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import streamlit as st

from spanledger_dashboards.books_moment import books_moment
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.pages.finance.parts.headline import headline
from spanledger_dashboards.pages.finance.parts.what_if import what_if
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.reckoned import reckoned
from spanledger_dashboards.report import ahead, report
from spanledger_enrich.prices import catalogue_names, price_catalogue
from spanledger_settings import figures

if TYPE_CHECKING:
    from decimal import Decimal

    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters
    from spanledger_sql.store import Store

_ROWS, _ALL = 500, 2**63
_SUGGESTED = 20
_ANOTHER = " (another version)"


def page(filters: Filters) -> None:
    """Draw the page."""
    asked = {**filters.parameters, "rows": _ROWS}
    ahead(("prices/compared", asked), ("prices/unpriced", asked))
    rows = report("prices/compared", **asked)
    heading("Prices", filters, books=True)
    if rows.empty:
        no_calls()
        return
    missing = report("prices/unpriced", **asked)
    _headline(rows, missing)
    _compared(filters, rows, asked)
    _missing(filters, missing, asked)
    what_if(filters, rows)
    _books(filters)


def _headline(rows: pd.DataFrame, missing: pd.DataFrame) -> None:
    both = rows.dropna(subset=["list_cost", "contracted_cost"])
    # Nothing known adds up to nothing: that is no $0.
    listed: Any = both["list_cost"].sum() if len(both) else None
    contracted: Any = both["contracted_cost"].sum() if len(both) else None
    calls, unknown = int(rows["calls"].sum()), int(rows["unknown_cost_calls"].sum())
    saved: Any = None if listed is None else listed - contracted
    cards = (
        ("At list prices", figures.usd(listed), "of calls that have both costs"),
        (
            "At contract prices",
            figures.usd(contracted),
            "of the same calls",
        ),
        (
            "Saved by contracts",
            figures.usd(saved),
            _of_the_list(saved, listed),
        ),
        (
            "Models without a price",
            figures.count(len(missing)),
            f"{figures.counted(int(missing['calls'].sum()), 'call')}" if len(missing) else "every model has one",
        ),
        (
            "Calls of unknown cost",
            figures.count(unknown),
            f"{figures.share(unknown / calls)} of calls, in no total" if calls else "no calls",
        ),
    )
    headline(cards)


def _of_the_list(saved: Decimal | None, listed: Decimal | None) -> str:
    """What contracts saved, as a part of the list, in words; None: no call's cost is known."""
    if saved is None or listed is None:
        return "no call's cost is known"
    if saved < 0:
        return "dearer than the list"
    return f"{figures.share(float(saved / listed))} of the list" if listed else "nothing was charged for"


def _compared(filters: Filters, rows: pd.DataFrame, asked: dict[str, Any]) -> None:
    with st.container(border=True):
        st.header("List against contract", anchor=False)
        table(
            "List against contract",
            rows.drop(columns=["all_rows"]).assign(model=rows["model"].replace("", "(unknown model)")),
            [
                Column("model", "Model"),
                Column("provider", "Provider"),
                Column("list_cost", "At list prices", "usd"),
                Column("contracted_cost", "At contract prices", "usd"),
                Column("saved", "Saved", "usd"),
                Column("discount", "Discount", "share", write=_discount),
                Column("list_per_1m_tokens", "List, per 1M tokens", "usd"),
                Column("contracted_per_1m_tokens", "Contract, per 1M tokens", "usd"),
                Column("calls", "Calls", "count"),
                Column("unknown_cost_calls", "Of unknown cost", "count"),
            ],
            filters,
            key="compared",
            link=lambda row: filters.drill("", "model", row["model"]),
            number=int(rows["all_rows"].iloc[0]),
            whole=lambda: report("prices/compared", **{**asked, "rows": _ALL}),
        )
        caption(
            "The same calls at both prices; a million tokens as these calls used them, input, cached and output alike."
        )
        evidence("prices/compared", asked, filters)


def _discount(share: Any) -> str:
    if figures.is_unknown(share):
        return figures.UNKNOWN
    return figures.share(share) if share >= 0 else f"{figures.share(-share)} dearer"


def _missing(filters: Filters, rows: pd.DataFrame, asked: dict[str, Any]) -> None:
    with st.container(border=True):
        st.header("Missing prices", anchor=False)
        if rows.empty:
            st.success("Every call of the period has a price for all that it used.", icon=":material/check_circle:")
            return
        rows = rows.assign(
            lacks=["all" if parts == "" else parts for parts in rows["unpriced_parts"]],
            nearest=_nearest(filters, rows),
        )
        table(
            "Missing prices",
            rows.drop(columns=["all_rows"]),
            [
                Column("model", "Model"),
                Column("provider", "Provider"),
                Column("lacks", "Lacks a price for"),
                Column("calls", "Calls", "count"),
                Column("input_tokens", "Input tokens", "count"),
                Column("output_tokens", "Output tokens", "count"),
                Column("tenants", "Tenants", "count"),
                Column("last_day", "Last day, UTC", "day"),
                Column("nearest", "Nearest names with a price"),
            ],
            filters,
            key="missing",
            link=lambda row: filters.drill("", "model", row["model"]),
            number=int(rows["all_rows"].iloc[0]),
            whole=lambda: report("prices/unpriced", **{**asked, "rows": _ALL}),
        )
        first = rows.iloc[0]
        # Another version is never priced as this one unread.
        target = first["nearest"].split(", ")[0]
        target = target if target and not target.endswith(_ANOTHER) else "PROVIDER/MODEL"
        caption(
            "Their cost is unknown, and in no total. Say what a model is priced as, or import a contract; then restate:"
        )
        alias = shlex.join(["spanledger", "prices", "alias", str(first["model"]), target])
        st.code(
            f"{alias}\nspanledger restate --reason 'new prices'",
            language="shell",
            wrap_lines=True,
        )
        evidence("prices/unpriced", asked, filters)


def _nearest(filters: Filters, rows: pd.DataFrame) -> list[str]:
    """The nearest names that have a price, of the models that are used most."""
    names = list(zip(rows["model"], rows["provider"], strict=True))

    def nearest(store: Store) -> list[str]:
        price_catalogue.activate(store)
        found = [
            ", ".join(
                each if catalogue_names.is_same_version(model, each) else f"{each}{_ANOTHER}"
                for each in catalogue_names.nearest(model, provider)
            )
            for model, provider in names[:_SUGGESTED]
        ]
        return found + [""] * (len(names) - len(found))

    return reckoned("nearest names", nearest, names=names, books=books_moment(), moment=filters.moment.parameter)


def _books(filters: Filters) -> None:
    rows = report("prices/books", books=books_moment())
    if rows.empty:
        return
    with st.container(border=True):
        st.header("Contract books in force", anchor=False)
        rows = rows.assign(
            of=[
                ", ".join(filter(None, (row["tenant_id"], row["provider_account"], row["environment"]))) or "everybody"
                for row in rows.to_dict("records")
            ]
        )
        table(
            "Contract books",
            rows,
            [
                Column("book", "Book"),
                Column("of", "Calls of"),
                Column("models", "Models", "count"),
                Column("first_day", "From", "day"),
                Column("last_change", "Last change", "day"),
                Column("origin", "File"),
                Column("imported_at", "Imported, UTC", "time"),
            ],
            filters,
            key="books",
        )
        evidence("prices/books", {}, filters)
