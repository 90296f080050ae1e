"""What is owed, from list prices to the bill, in steps that pages draw and compare."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from spanledger_dashboards import open_store
from spanledger_dashboards.books_moment import books_moment
from spanledger_dashboards.drawing.charts.bridge import Step
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.report import report
from spanledger_settings import figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

REPORT = "chargeback/owed"
# One row of everything.
WHOLE: Mapping[str, Any] = {"dimension": "", "names": 1}
_BESIDE = ("commitment_cost", "idle_cost", "charge_cost", "prepaid_cost")


def whole(parameters: Mapping[str, Any]) -> pd.Series[Any] | None:
    """The row of `chargeback/owed` over everything that is asked for; None where there is neither call nor charge."""
    rows = report(REPORT, **parameters, **WHOLE)
    return rows.iloc[0] if len(rows) else None


def has_beside(row: pd.Series[Any]) -> bool:
    """Whether anything is owed beside what calls cost."""
    return bool(row["covered_cost"]) or any(row[name] for name in _BESIDE)


def steps(row: pd.Series[Any]) -> list[Step]:
    """From list prices to what is billed; what adds nothing, or is not known, has no step."""
    if figures.is_unknown(row["effective_cost"]):
        return []
    listed, contracted = _known(row["list_cost"]), _known(row["contracted_cost"])
    found = [] if figures.is_unknown(row["list_cost"]) else [Step("Calls at list prices", listed, total=True)]
    if contracted != listed:
        found += [
            Step("Contract prices", contracted - listed),
            Step("Calls at contract prices", contracted, total=True),
        ]
    changes = (
        ("Paid by commitments", -row["covered_cost"], "calls that are not charged by use"),
        ("Commitments, used", row["commitment_cost"], ""),
        ("Commitments, unused", row["idle_cost"], "idle"),
        ("Other charges", row["charge_cost"], "storage, seats, taxes, credits, invoices"),
    )
    found += [Step(name, amount, note) for name, amount, note in changes if amount]
    found.append(Step("Effective cost", _known(row["effective_cost"]), total=True))
    if row["prepaid_cost"]:
        found += [
            Step("Prepaid credits", row["prepaid_cost"], "bought, less what was used of them"),
            Step("Billed cost", _known(row["billed_cost"]), total=True),
        ]
    return found


def begun_before_asked(filters: Filters) -> list[tuple[str, dict[str, Any]]]:
    """What `say_what_began_before` asks; nothing where a tenant's rows alone, and no charges, are seen."""
    if open_store.reader().tenant is not None:
        return []
    return [("chargeback/begun_before", {**filters.parameters, "books": books_moment()})]


def say_what_began_before(filters: Filters) -> None:
    """Tell of charges that the period is a part of, and that are booked before it."""
    for name, asked in begun_before_asked(filters):
        before = report(name, **asked).iloc[0]
        if before["charges"]:
            caption(
                f"Without {figures.counted(int(before['charges']), 'charge')} of {figures.usd(before['amount'])} that "
                "began before this period: a charge, or what a reconciliation added, is booked whole when what it is "
                "for begins."
            )


def _known(amount: Any) -> Decimal:
    return Decimal(0) if figures.is_unknown(amount) else amount
