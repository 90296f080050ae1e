"""Finance at a glance: what is owed, against the budget, what changed and why, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from spanledger_dashboards.drawing.charts.bridge import bridge
from spanledger_dashboards.drawing.evidence import evidence
from spanledger_dashboards.drawing.style import caption, metric_columns, tiles
from spanledger_dashboards.pages.finance.parts import owed
from spanledger_dashboards.pages.finance.parts.budget_standings import nearest_budgets
from spanledger_dashboards.pages.finance.parts.changes import asked as changes_asked
from spanledger_dashboards.pages.finance.parts.changes import changes
from spanledger_dashboards.pages.finance.parts.gaps import gaps
from spanledger_dashboards.pages.finance.parts.outcomes import outcomes, refuse_unknown
from spanledger_dashboards.pages.finance.parts.slow_part import slow_part
from spanledger_dashboards.pages.finance.parts.spend import Spend
from spanledger_dashboards.pages.heading import heading, no_calls
from spanledger_dashboards.report import ahead, report
from spanledger_settings import figures

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_dashboards.filtering.filters import Filters

_RESULTS_BY = ("tenant", "feature")
_Liking = Literal["normal", "inverse", "off"]


def page(filters: Filters) -> None:
    """Draw the page."""
    refuse_unknown(_RESULTS_BY)
    begin(filters)
    spend = Spend(filters)
    headline = spend.headline()
    whole = owed.whole(filters.parameters)
    heading("Finance", filters, books=True, present=True)
    if whole is None:
        no_calls()
        return
    _headline(filters, headline, whole, owed.whole(filters.previous_parameters))
    made_of, budgeted = tiles(2)
    with made_of.container(border=True, height="stretch"):
        what_is_owed(filters, whole)
    # What is reckoned, and what takes longest, come last, each in the place that is kept for it.
    budgeted = budgeted.container(border=True, height="stretch")
    changed = st.container()
    if headline["calls"] == 0:
        no_calls()
        with budgeted, slow_part("budgets check"):
            nearest_budgets(filters)
        return
    gaps(report("finance/gaps", **filters.parameters), filters, calls=headline["calls"])
    spend.over_time()
    for column, (title, dimension) in zip(tiles(len(spend.dimensions)), spend.dimensions.items(), strict=True):
        with column.container(border=True, height="stretch"):
            spend.shares(title, dimension)
    spend.unit_costs()
    good = st.container()
    with budgeted, slow_part("budgets check"):
        nearest_budgets(filters)
    with changed, slow_part("report finance/movers"):
        changes(filters)
    with good, slow_part("report finance/outcomes"):
        outcomes(filters, _RESULTS_BY)


def begin(filters: Filters) -> None:
    """Ask what takes longest first, which is drawn last; the rest in the order in which it is drawn."""
    shares, trend = Spend(filters).asked()
    ahead(
        changes_asked(filters),
        shares,
        *((owed.REPORT, {**asked, **owed.WHOLE}) for asked in (filters.parameters, filters.previous_parameters)),
        *owed.begun_before_asked(filters),
        ("finance/gaps", filters.parameters),
        trend,
    )


def what_is_owed(filters: Filters, whole: pd.Series[Any]) -> None:
    """Draw the steps from list prices to what is billed, and where they come from."""
    st.header("From list prices to what is owed", anchor=False)
    if steps := owed.steps(whole):
        bridge(steps, "From list prices to what is owed")
    else:
        caption("No call of this period has a known cost.")
    if whole["unknown_cost_calls"]:
        unknown = figures.counted(int(whole["unknown_cost_calls"]), "call")
        caption(f"{unknown} of unknown cost {'is' if whole['unknown_cost_calls'] == 1 else 'are'} in none of it.")
    owed.say_what_began_before(filters)
    if filters.where or filters.own_values:
        caption(
            "Charges and parts of commitments that name no call have a tenant, provider and model alone; the other "
            "filters leave them out."
        )
    evidence(owed.REPORT, {**filters.parameters, "dimension": "", "names": 1}, filters)


def _headline(
    filters: Filters,
    now: pd.Series[Any],
    whole: pd.Series[Any],
    before: pd.Series[Any] | None,
) -> None:
    of_calls = f"{figures.usd(now['list_cost'])} at list prices"
    if owed.has_beside(whole):
        of_calls = f"with commitments and charges; calls alone {figures.usd(now['contracted_cost'])}, {of_calls}"
    shared_out = whole["commitment_cost"] + whole["idle_cost"]
    unknown = int(whole["unknown_cost_calls"])

    def was(name: str) -> Any:
        return None if before is None else before[name]

    def was_each(name: str, *, times: int) -> float | None:
        return None if before is None or not before[name] else float(before["contracted_cost"]) / before[name] * times

    cards: list[tuple[str, Any, Any, str, str, _Liking]] = [
        (
            "Effective spend",
            whole["effective_cost"],
            was("effective_cost"),
            figures.usd(whole["effective_cost"]),
            of_calls,
            "inverse",
        ),
        (
            "Billed cost",
            whole["billed_cost"],
            was("billed_cost"),
            figures.usd(whole["billed_cost"]),
            _prepaid(whole["prepaid_cost"]),
            "inverse",
        ),
        (
            "Commitments",
            shared_out,
            None if before is None else before["commitment_cost"] + before["idle_cost"],
            figures.usd(shared_out),
            f"{figures.usd(whole['idle_cost'])} of them idle" if shared_out else "none in this period",
            "off",
        ),
        (
            "Calls",
            now["calls"],
            was("calls"),
            figures.count(now["calls"]),
            f"{figures.count(now['failed_calls'])} failed",
            "off",
        ),
        (
            "Tokens",
            now["tokens"],
            was("tokens"),
            figures.count(now["tokens"]),
            f"{figures.count(now['input_tokens'])} in, {figures.count(now['output_tokens'])} out",
            "off",
        ),
        (
            "Cost per 1,000 calls",
            now["cost_per_1k_calls"],
            was_each("priced_calls", times=1_000),
            figures.usd(now["cost_per_1k_calls"]),
            "of calls with a known cost",
            "inverse",
        ),
        (
            "Cost per 1M tokens",
            now["cost_per_1m_tokens"],
            was_each("priced_tokens", times=1_000_000),
            figures.usd(now["cost_per_1m_tokens"]),
            "input and output alike",
            "inverse",
        ),
    ]
    places = metric_columns(9)
    for place, (label, value, former, written, context, liking) in zip(places, cards, strict=False):
        change = figures.change(value, former) if before is not None and before["calls"] > 0 else None
        place.metric(
            label,
            written,
            change or context,
            delta_color=liking if change else "off",
            delta_arrow="auto" if change else "off",
            delta_description=f"vs {filters.before.days}; {context}" if change else None,
            border=True,
            height="stretch",
        )
    places[7].metric(
        "Input read from cache",
        figures.share(now["cache_read_share"]),
        saving(now["cache_saving"]),
        delta_color="off",
        delta_arrow="off",
        help="Share of input tokens that the provider's prompt cache answered. The saving is against each call's own "
        "price of uncached input, less what writing the cache cost above it.",
        border=True,
        height="stretch",
    )
    places[8].metric(
        "Calls of unknown cost",
        figures.count(unknown),
        f"{figures.share(unknown / now['calls'])} of calls, in no total" if now["calls"] else "no calls",
        delta_color="off",
        delta_arrow="off",
        help="Calls without a price, or whose answer named no tokens. They are never taken as zero.",
        border=True,
        height="stretch",
    )


def _prepaid(amount: Any) -> str:
    if not amount:
        return "nothing was prepaid"
    bought = f"{figures.usd(amount)} more bought of prepaid credits than used"
    return bought if amount > 0 else f"{figures.usd(-amount)} more used of prepaid credits than bought"


def saving(amount: float | None) -> str:
    """What the cache saved, in words."""
    if figures.is_unknown(amount) or amount is None:
        return "saving unknown"
    return f"{figures.usd(amount)} saved" if amount >= 0 else f"{figures.usd(-amount)} dearer than uncached"
