"""The command `agents`: what coding agents used and cost."""

from __future__ import annotations

from typing import Any

import typer

from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import print_rows
from spanledger_cli.request.options import configuration, open_to_read
from spanledger_cli.request.report_request import AS_IT_IS, Dimensions, ReportRequest, over_a_period
from spanledger_cli.what_there_is import say_what_there_is

_DIMENSIONS = Dimensions(
    ("day", "agent", "tenant", "team", "user", "repository", "subagent", "skill", "session", "model", "signal"),
    default="agent,team,model",
)
_TOTALS = ("calls", "input_tokens", "cache_read_tokens", "output_tokens", "list_cost", "effective_cost",
           "reported_cost", "reported_list_cost", "co2e_kg")  # fmt: skip
_GAPS = ("unknown_buckets", "unpriced_calls")


@over_a_period(_DIMENSIONS)
def agents(context: typer.Context, request: ReportRequest) -> None:
    """Coding agents: calls, tokens, cache share, list and effective cost (USD), kgCO2e by user, team, model ...

    reported_cost is what agents say that their calls cost, beside reported_list_cost, the list cost of these calls.
    unknown_buckets counts what only metrics tell of: tokens of calls of which nobody says how many they were.

    Try:

        spanledger agents --month 2026-11 --by team,user,agent
    """
    asked = request.period
    with open_to_read(context, "reports/agents/usage") as store:
        say_what_is_missing(store, configuration(context))
        everybody: dict[str, Any] = {"tenants": [], "own": "", "own_values": [], "where": [], "moment": AS_IT_IS}
        frame = store.frame(
            "reports/agents/usage", **asked.bounds, **everybody, by=list(request.by), timezone=asked.timezone
        ).drop(columns=[name for name in _DIMENSIONS.known if name not in request.by])
        if frame.empty:
            say_what_there_is(store, asked, "coding agents")
        print_rows(
            frame,
            request.output,
            title=f"Coding agents, {asked}",
            total=_TOTALS,
            gaps=[name for name in _GAPS if name in frame],
        )
