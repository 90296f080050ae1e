"""The command `quality`: what each service and instrumentation leaves untold."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import configuration, open_to_read
from spanledger_cli.request.report_request import AS_IT_IS, ReportRequest, over_a_period
from spanledger_cli.what_there_is import say_what_there_is
from spanledger_settings.figures import counted

if TYPE_CHECKING:
    from spanledger_settings.period import Period
    from spanledger_sql.store import Store

_COUNTS = ("calls", "unattributed", "unpriced", "partly_priced", "missing_usage", "estimated_usage", "duplicates",
           "overridden", "unbelieved", "not_read")  # fmt: skip
# By how much of the larger a reported cost may differ from the list's.
_TOLERANCE = 0.01


class About(StrEnum):
    """What is asked about."""

    usage = "usage"
    parts = "parts"
    costs = "costs"
    signals = "signals"


@over_a_period()
def quality(
    context: typer.Context,
    *,
    about: Annotated[
        About,
        typer.Option(
            help="usage: what services leave untold; parts: what has no price, by model; "
            "costs: what was said that calls cost, beside the list; signals: logs and metrics that were let go."
        ),
    ] = About.usage,
    request: ReportRequest,
) -> None:
    """By service and instrumentation: calls without tenant, price or usage, duplicates removed, attributes not read.

    `overridden` are calls whose spans name another tenant than their sender's token is for: the token's holds.
    Spans that speak of a model or of tokens and are no calls to the ledger have a row `(not read)`, calls that cannot
    be computed one `(set aside)`. Shares are of the calls that count. The worst come first; 'spanledger doctor' says
    how to mend them.

    Try:

        spanledger quality --month 2024-10

        spanledger quality --about parts

        spanledger quality --about costs

        spanledger quality --about signals
    """
    with open_to_read(context, "reports/attribution/quality") as store:
        say_what_is_missing(store, configuration(context))
        if about is not About.usage:
            _print_more(store, request, about)
            return
        frame = store.frame(
            "reports/attribution/quality",
            **request.period.bounds,
            tenants=[],
            own="",
            own_values=[],
            where=[],
            moment=AS_IT_IS,
        )
        if frame.empty:
            say_what_there_is(store, request.period)
        print_rows(
            frame,
            request.output,
            period=request.period,
            title=f"Quality of what was told, {request.period}",
            total=_COUNTS,
        )
        _point_at_more(store, request.period)


def _print_more(store: Store, request: ReportRequest, about: About) -> None:
    frame = _asked(store, request.period, about)
    if about is About.parts:
        title, total = f"What has no price, {request.period}", ["calls", "contracted_cost"]
    elif about is About.signals:
        title, total = f"Logs and metrics that came and were let go, {request.period}", ["records"]
    else:
        title = f"Costs as told and of the list, {request.period}"
        total = ["calls", "differing_calls", "without_list_cost", "reported_cost", "list_cost", "difference"]
    print_rows(frame, request.output, period=request.period, title=title, total=total)


def _asked(store: Store, period: Period, about: About) -> Any:
    if about is About.parts:
        return store.frame("reports/attribution/unpriced_parts", **period.bounds, tenants=[])
    if about is About.signals:
        return store.frame("reports/attribution/let_go", **period.bounds)
    return store.frame("reports/attribution/reported_costs", **period.bounds, tenants=[], tolerance=_TOLERANCE)


def _point_at_more(store: Store, period: Period) -> None:
    """Say where prices are not the whole of what was charged, and which command tells more."""
    if partly := int(_asked(store, period, About.parts)["calls"].sum()):
        console(stderr=True).print(
            f"{counted(partly, 'time')}, a part of a call has no price: see 'spanledger quality --about parts'",
            soft_wrap=True,
        )
    if differing := int(_asked(store, period, About.costs)["differing_calls"].sum()):
        console(stderr=True).print(
            f"{counted(differing, 'call')} cost by more than {_TOLERANCE:.0%} other than was told: "
            "see 'spanledger quality --about costs'",
            soft_wrap=True,
        )
    let_go = _asked(store, period, About.signals)
    if uncountable := int(let_go[let_go["signal"] == "uncountable metric"]["records"].sum()):
        console(stderr=True).print(
            f"{counted(uncountable, 'point')} of metrics cannot be counted: see 'spanledger quality --about signals'",
            soft_wrap=True,
        )
