"""Chargeback: a row a tenant, how far its months are closed, and the files to hand over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from spanledger_dashboards.books_moment import books_moment
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.drawing.table import Column, table
from spanledger_dashboards.pages.finance.parts import owed
from spanledger_dashboards.pages.finance.parts.calendar_months import address_of, months_of
from spanledger_dashboards.pages.finance.parts.files_to_hand_over import focus_file, statements
from spanledger_dashboards.pages.finance.parts.headline import headline
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.report import ahead, report
from spanledger_settings import figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanledger_dashboards.filtering.filters import Filters

_ROWS, _SHOWN, _ALL = 500, 25, 2**63
# In their order, with what is between contracted and effective cost; those that are nothing everywhere are not shown.
_BETWEEN = (
    Column("covered_cost", "Paid by commitments", "usd"),
    Column("commitment_cost", "Commitments, used", "usd"),
    Column("idle_cost", "Commitments, unused", "usd"),
    Column("charge_cost", "Other charges", "usd"),
    Column("prepaid_cost", "Prepaid, bought less used", "usd"),
)
_STATES = {"open": "open", "soft-closed": "closed softly: a draft that may change", "closed": "closed"}


def page(filters: Filters) -> None:
    """Draw the page."""
    months = months_of(filters.period)
    ahead(
        (owed.REPORT, {**filters.parameters, **owed.WHOLE}),
        (owed.REPORT, _by_tenant_asked(filters)),
        ("chargeback/chargeback_table", _by_model_asked(filters)),
        *owed.begun_before_asked(filters),
        ("closing/months", {"books": books_moment()}),
    )
    whole = owed.whole(filters.parameters)
    heading("Chargeback", filters, books=True)
    if whole is None:
        no_calls()
    else:
        _headline(whole)
        owed.say_what_began_before(filters)
    _months(filters, months)
    if whole is not None:
        _by_tenant(filters, months)
        _by_plan(filters)
    statements(filters, months)
    focus_file(filters, 0 if whole is None else int(whole["calls"]))
    if whole is not None:
        _by_model(filters)


def _headline(whole: pd.Series[Any]) -> None:
    cards = (
        ("Effective cost", figures.usd(whole["effective_cost"]), "idle and unshared parts included"),
        (
            "Calls at contract prices",
            figures.usd(whole["contracted_cost"]),
            f"{figures.usd(whole['list_cost'])} at list prices",
        ),
        ("Calls of unknown cost", figures.count(whole["unknown_cost_calls"]), "in no row's cost"),
    )
    headline(cards)


def _months(filters: Filters, months: Sequence[str]) -> None:
    """Where the months stand: those of the period, or all where it is not of whole months."""
    with st.container(border=True):
        st.header("The months in the books", anchor=False)
        rows = report("closing/months", books=books_moment())
        if months:
            rows = rows[rows["month"].isin(months)]
        if rows.empty:
            which = "No month of this period" if months else "No month"
            caption(
                f"{which} was posted to the books: it is open, and its figures may change. 'spanledger close soft "
                "MONTH' prepares it, and 'spanledger close hard MONTH', by another person, closes it."
            )
            return
        rows = rows.assign(stands=[state(row) for row in rows.to_dict("records")])
        table(
            "The months in the books",
            rows,
            [
                Column("month", "Month"),
                Column("stands", "State"),
                Column("cost", "Known now", "usd"),
                Column("adjusted_cost", "Of it, after the close", "usd"),
                Column("statements", "Statements", "count"),
                Column("prepared_by", "Prepared by"),
                Column("closed_by", "Closed by"),
                Column(
                    "closed_at", "Closed, UTC", "time", write=lambda at: "" if pd.isna(at) else f"{at:%Y-%m-%d %H:%M}"
                ),
            ],
            filters,
            key="months",
            link=lambda row: filters.link("", **address_of(row["month"])),
        )
        if not months:
            caption("The period is not of whole months: choose one to see each tenant's part of it in the books.")
        evidence("closing/months", {}, filters)


def state(month: dict[Any, Any]) -> str:
    """Where a month stands, in words."""
    said = _STATES[month["state"]]
    if month["state"] == "soft-closed" and not pd.isna(month["grace_until"]):
        said = f"closed softly: may change until {month['grace_until']:%Y-%m-%d %H:%M} UTC"
    if month["is_restated"]:
        said += ", restated"
    if month["asked_by"]:
        said += f"; {month['asked_by']} asks to reopen it"
    return said


def _by_tenant_asked(filters: Filters) -> dict[str, Any]:
    return {**filters.parameters, "dimension": "tenant", "names": _ROWS}


def _by_tenant(filters: Filters, months: Sequence[str]) -> None:
    asked = _by_tenant_asked(filters)
    rows = report(owed.REPORT, **asked)
    between = [column for column in _BETWEEN if rows[column.name].any()]
    with st.container(border=True):
        st.header("What each tenant owes", anchor=False)
        booked = _booked(filters, months)
        rows = rows.merge(booked, how="left", on="name") if booked is not None else rows
        table(
            "Chargeback by tenant",
            rows,
            [
                Column("name", "Tenant"),
                Column("effective_cost", "Effective cost", "usd"),
                *(
                    [
                        Column("stands", "State"),
                        Column("booked_cost", "In the books", "usd", write=_booked_amount),
                        Column("adjusted_cost", "After the close", "usd", write=_booked_amount),
                    ]
                    if booked is not None
                    else []
                ),
                Column("contracted_cost", "Calls at contract prices", "usd"),
                *between,
                *([Column("billed_cost", "Billed cost", "usd")] if rows["prepaid_cost"].any() else []),
                Column("list_cost", "Calls at list prices", "usd"),
                Column("calls", "Calls", "count"),
                Column("unknown_cost_calls", "Of unknown cost", "count"),
                Column("cost_centers", "Cost centre"),
            ],
            filters,
            key="chargeback",
            link=lambda row: filters.drill("tenants", "tenant", row["name"]) if row["calls"] else None,
            number=int(rows["names"].sum()),
            whole=lambda: report(owed.REPORT, **{**asked, "names": _ALL}),
        )
        evidence(owed.REPORT, asked, filters)


def _by_plan(filters: Filters) -> None:
    """What tenants pay by their price plans; nothing where there is none, or what is asked for is no plan's."""
    if filters.where or filters.own_values or report("plans/list", books=books_moment()).empty:
        return
    rows = report("finance/plans", **filters.parameters, books=books_moment())
    with st.container(border=True):
        st.header("What tenants pay, by their price plans", anchor=False)
        rows = rows.assign(
            markup=rows["price"] - rows["effective_cost"],
            is_paid=["pays" if pays else "shown only" for pays in rows["pays"]],
        )
        rows = rows.sort_values("charged_cost", ascending=False, kind="stable")
        table(
            "What tenants pay",
            rows,
            [
                Column("tenant", "Tenant"),
                Column("month", "Month"),
                Column("plan", "Plan", write=lambda plan: plan or "pays what it costs"),
                Column("effective_cost", "Effective cost", "usd"),
                Column("markup", "Markup", "usd", help="By percentage and rate card"),
                Column("allowance", "Free", "usd"),
                Column("minimum", "To the minimum", "usd"),
                Column("charged_cost", "To pay", "usd"),
                Column("is_paid", "Pays"),
                Column("currency", "Statement in"),
            ],
            filters,
            key="plans",
            bound=_SHOWN,
        )
        if not rows["is_whole"].all():
            caption("Minimums and free allowances are of whole months: of a part of one they are left out.")
        caption("Before rounding, which is the statement's.")
        evidence("finance/plans", filters.parameters, filters)


def _booked(filters: Filters, months: Sequence[str]) -> pd.DataFrame | None:
    """What the books have of each tenant over the months; None where they have nothing."""
    if not months or filters.where or filters.own_values:
        return None
    rows = report("closing/tenant_months", months=list(months), tenants=list(filters.tenants), books=books_moment())
    if rows.empty:
        return None
    rows = rows.assign(
        stands=[f"{row['state']}{', restated' if row['is_restated'] else ''}" for row in rows.to_dict("records")]
    )
    found = rows.groupby("tenant", as_index=False).agg(
        booked_cost=("cost", "sum"), adjusted_cost=("adjusted_cost", "sum"), stands=("stands", _once)
    )
    return found.rename(columns={"tenant": "name"})


def _once(states: pd.Series[Any]) -> str:
    return "; ".join(dict.fromkeys(states))


def _booked_amount(amount: Any) -> str:
    return "not posted" if figures.is_unknown(amount) else figures.usd(amount)


def _by_model_asked(filters: Filters) -> dict[str, Any]:
    return {**filters.parameters, "rows": _ROWS}


def _by_model(filters: Filters) -> None:
    with st.container(border=True):
        st.header("Cost of calls, by tenant, model and feature", anchor=False)
        asked = _by_model_asked(filters)
        found = report("chargeback/chargeback_table", **asked)
        if found.empty:
            caption("There are charges, and no calls.")
            return
        number, total = int(found["all_rows"].iloc[0]), found["all_contracted_cost_usd"].iloc[0]
        rows = of_calls(found, filters)
        adds = "adds" if number == 1 else "add"
        caption(
            f"{figures.counted(number, 'row')}, which {adds} up to {figures.usd(total)}, the cost of the calls alone. "
            "The CSV holds every row, and every amount exactly, to twelve decimals."
        )
        partly = bool(rows["partly_priced_calls"].any())
        table(
            "Cost of calls",
            rows,
            [
                Column("tenant", "Tenant"),
                Column("model", "Model"),
                Column("feature", "Feature"),
                *([Column(filters.own, filters.own)] if filters.own else []),
                Column("contracted_cost_usd", "At contract prices", "usd"),
                Column("calls", "Calls", "count"),
                Column("input_tokens", "Input tokens", "count"),
                Column("cache_read_tokens", "From cache", "count"),
                Column("output_tokens", "Output tokens", "count"),
                Column("list_cost_usd", "At list prices", "usd"),
                Column("unknown_cost_calls", "Of unknown cost", "count"),
                *(
                    [
                        Column("partly_priced_calls", "Partly priced", "count"),
                        Column("unpriced_parts", "Parts without a price"),
                    ]
                    if partly
                    else []
                ),
                Column("cost_center", "Cost centre"),
            ],
            filters,
            key="calls",
            bound=_SHOWN,
            link=lambda row: filters.drill("tenants", "tenant", row["tenant"]),
            number=number,
            whole=lambda: every_row(filters),
        )
        evidence("chargeback/chargeback_table", asked, filters)


def every_row(filters: Filters) -> pd.DataFrame:
    """All rows of the cost of calls: what its file holds."""
    return of_calls(report("chargeback/chargeback_table", **{**filters.parameters, "rows": _ALL}), filters)


def of_calls(found: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """The rows, with the dimension of one's own under its name, where there is one."""
    rows = found.drop(columns=["all_rows", "all_contracted_cost_usd", *([] if filters.own else ["own"])])
    return rows.rename(columns={"own": filters.own})
