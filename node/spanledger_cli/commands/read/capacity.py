"""The command `capacity`: how much is asked of providers at once, and how fast they answer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import print_rows
from spanledger_cli.request.names import refuse_unknown
from spanledger_cli.request.options import configuration, open_to_read
from spanledger_cli.request.report_request import AS_IT_IS, Dimensions, ReportRequest, over_a_period
from spanledger_cli.what_there_is import say_what_there_is

_DIMENSIONS = Dimensions(
    ("tenant", "cost_center", "environment", "service", "feature", "provider", "account", "model"),
    default="provider,model",
    none="total",
    help="Dimensions, with commas between them; total for one row.",
)
_ROWS = 1_000_000
_TOTALS = ("calls", "bucket_calls", "tokens", "rate_limited_calls", "failed_calls", "cut_off_calls", "ttft_calls")


class About(StrEnum):
    """What is asked about."""

    load = "load"
    shares = "shares"


@over_a_period(_DIMENSIONS)
def capacity(
    context: typer.Context,
    *,
    about: Annotated[
        About,
        typer.Option(help="load: tokens a minute, latency, refusals; shares: who used whose share when it was short."),
    ] = About.load,
    limit: Annotated[int, typer.Option(help="Tokens a minute that each row may use; 0: none is known.", min=0)] = 0,
    tenant: Annotated[list[str] | None, typer.Option(help="Only this tenant's calls. May be repeated.")] = None,
    request: ReportRequest,
) -> None:
    """Tokens a minute, their peaks against a limit, latency (ms), refusals (429) and answers that were cut off.

    A call's tokens are those of the minute in which it began. shares has, of each model, the minutes in which a call
    was refused or more was asked for than --limit, and each tenant's part of the tokens in them and at other times.
    Dimensions: tenant, cost_center, environment, service, feature, provider, account, model.

    Try:

        spanledger capacity --month 2024-10 --by model,tenant --limit 200000

        spanledger capacity --month 2024-10 --about shares
    """
    asked = request.period
    given: dict[str, Any] = {
        **asked.bounds, "moment": AS_IT_IS, "own": "", "own_values": [], "where": [], "token_limit": limit,
        "rows": _ROWS,
    }  # fmt: skip
    with open_to_read(context, "reports/capacity/load") as store:
        say_what_is_missing(store, configuration(context))
        refuse_unknown(store, "tenant", tenant or (), "--tenant")
        given["tenants"] = tenant or []
        if about is About.shares:
            frame = store.frame("reports/capacity/sharers", **given).drop(columns="all_rows")
        else:
            frame = store.frame("reports/capacity/load", **given, by=list(request.by))
            folded = [name for name in _DIMENSIONS.known if name not in request.by]
            kept = [name for name in frame if name not in (*_DIMENSIONS.known, "all_rows")]
            frame = frame.drop(columns=[*folded, "all_rows"])[[*request.by, *kept]]
        if frame.empty and about is About.load:
            say_what_there_is(store, asked)
        print_rows(
            frame,
            request.output,
            period=asked,
            title=f"Who used whose share, {asked}" if about is About.shares else f"Capacity, {asked}",
            total=_TOTALS if about is About.load else (),
            details=["bucket_calls", "mean_tokens_per_minute", "ttft_ms_p99", "duration_ms_p99"],
        )
