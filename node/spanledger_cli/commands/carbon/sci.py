"""The command `carbon sci`: the Software Carbon Intensity."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from spanledger_cli.commands.carbon.carbon_rows import carbon_rows
from spanledger_cli.output.export import Format
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.table import amount
from spanledger_cli.output.terminal import print_rows
from spanledger_cli.request.options import configuration, open_to_read
from spanledger_cli.request.own_dimensions import Where, own_dimensions
from spanledger_cli.request.report_request import Dimensions, ReportRequest, over_a_period

_DIMENSIONS = Dimensions(
    ("tenant", "feature", "workflow", "service", "environment", "provider", "model", "region", "zone"),
    none="total",
    help="Dimensions, your own among them, with commas between them; total for one row.",
    own=True,
)


class Unit(StrEnum):
    """The functional unit of a Software Carbon Intensity."""

    call = "call"
    tokens = "1000-tokens"
    user = "user"
    session = "session"


@over_a_period(_DIMENSIONS)
def sci(
    context: typer.Context,
    *,
    per: Annotated[Unit, typer.Option(help="The functional unit R.")] = Unit.call,
    where: Where = None,
    request: ReportRequest,
) -> None:
    """Software Carbon Intensity (ISO/IEC 21031:2024), ((E x I) + M) / R, in gCO2e per unit, with its bounds.

    Location-based. A call enters with all of its parts or not at all: those left out, since their energy, intensity,
    hardware or unit is unknown, are counted beside. Dimensions: tenant, feature, workflow, service, environment,
    provider, model, region, zone, or your own.

    Try:

        spanledger carbon sci --per 1000-tokens --month 2024-10

        spanledger carbon sci --per session --by tenant,feature --month 2024-10
    """
    of_all = replace(request, by=())
    with_title = request.output.chosen is Format.table
    with open_to_read(context, "reports/carbon/sci") as store:
        say_what_is_missing(store, configuration(context))
        own = own_dimensions(store, _DIMENSIONS, request.by, where)
        frame = carbon_rows(store, "sci", request, _DIMENSIONS, own, unit=per.value)
        # The engine pays for the plan of each query: nothing but a table's title has the score of all.
        total = (
            carbon_rows(store, "sci", of_all, _DIMENSIONS, replace(own, by=()), unit=per.value)
            if request.by and with_title
            else frame
        )
    # Users and sessions of several rows may be the same: the score of all is no sum of scores.
    score = f": {amount(total['sci_g'].iloc[0])} of all" if request.by and with_title and len(total) else ""
    print_rows(
        frame,
        request.output,
        period=request.period,
        title=f"SCI, gCO2e per {per.value}{score}, {request.period}",
        gaps=["unknown_co2e_calls", "unknown_embodied_calls", "without_unit_calls"],
    )
