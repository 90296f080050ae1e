"""The command `quality`: what each service and instrumentation leaves untold."""

from __future__ import annotations

import typer

from spanledger_cli.options import open_store
from spanledger_cli.report_request import ReportRequest, over_a_period
from spanledger_cli.terminal import print_rows
from spanledger_cli.what_there_is import say_what_there_is

_COUNTS = ("calls", "unattributed", "unpriced", "partly_priced", "missing_usage", "estimated_usage", "duplicates",
           "unbelieved", "not_read")  # fmt: skip


@over_a_period()
def quality(context: typer.Context, request: ReportRequest) -> None:
    """By service and instrumentation: calls without tenant, price or usage, duplicates removed, attributes not read.

    Spans that speak of a model or of tokens and are no calls to the ledger have a row `(not read)`, calls that cannot
    be computed one `(set aside)`. Shares are of the calls that count. The worst come first; 'spanledger doctor' says
    how to mend them.

    Try:

        spanledger quality --month 2024-10
    """
    with open_store(context) as store:
        frame = store.frame("reports/attribution/quality", **request.period.bounds, tenants=[])
        if frame.empty:
            say_what_there_is(store, request.period)
        print_rows(
            frame,
            request.output,
            period=request.period,
            title=f"Quality of what was told, {request.period}",
            total=_COUNTS,
        )
