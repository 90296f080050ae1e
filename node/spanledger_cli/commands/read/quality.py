"""The command `quality`: what each service and instrumentation leaves untold."""

from __future__ import annotations

import typer

from spanledger_cli.commands.read.ledger import say_what_there_is
from spanledger_cli.options import Begin, End, Month, Output, Timezone, open_store
from spanledger_cli.terminal import print_rows
from spanledger_settings.period import period

_COUNTS = ("calls", "unattributed", "unpriced", "missing_usage", "estimated_usage", "duplicates", "unbelieved")


def quality(
    context: typer.Context,
    month: Month = None,
    begin: Begin = None,
    end: End = None,
    timezone: Timezone = "UTC",
    output: Output = None,
) -> None:
    """By service and instrumentation: calls without tenant, price or usage, duplicates removed, attributes not read.

    Shares are of the calls that count. The worst come first; 'spanledger doctor' says how to mend them.

    Try:

        spanledger quality --month 2024-10
    """
    asked = period(month, begin, end, timezone)
    with open_store(context) as store:
        frame = store.frame("reports/attribution/quality", **{"from": asked.begin, "to": asked.end, "tenants": []})
        if frame.empty:
            say_what_there_is(store, asked)
        print_rows(frame, output, title=f"Quality of what was told, {asked}", total=_COUNTS)
