"""The command `carbon yearly-error`: how far yearly means of the grid are off."""

from __future__ import annotations

import typer

from spanledger_cli.commands.carbon.carbon_rows import TOTALS, carbon_rows
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import print_rows
from spanledger_cli.request.options import configuration, open_to_read
from spanledger_cli.request.own_dimensions import Where, own_dimensions
from spanledger_cli.request.report_request import Dimensions, ReportRequest, over_a_period

_DIMENSIONS = Dimensions(("day", "tenant", "feature", "model", "zone", "hour_of_day"), own=True)


@over_a_period(_DIMENSIONS)
def yearly_error(context: typer.Context, *, where: Where = None, request: ReportRequest) -> None:
    """How far emissions reckoned with a yearly mean of the grid are off from those by the hour, in percent.

    Against two means: that of all hours of the same zone and year (at least 8,000 of them must be there), and the
    country's yearly mean that would stand in without hours. Dimensions: day, tenant, feature, model, zone,
    hour_of_day, or your own.

    Try:

        spanledger carbon yearly-error --month 2024-10

        spanledger carbon yearly-error --month 2024-10 --by zone,hour_of_day --timezone Europe/Berlin
    """
    settings = configuration(context)
    with open_to_read(context, "reports/carbon/yearly_error") as store:
        say_what_is_missing(store, configuration(context))
        own = own_dimensions(store, _DIMENSIONS, request.by, where)
        frame = carbon_rows(
            store,
            "yearly_error",
            request,
            _DIMENSIONS,
            own,
            timezone=request.period.timezone,
            signal=settings.grid_signal,
            basis=settings.grid_basis,
        )
    print_rows(
        frame,
        request.output,
        period=request.period,
        title=f"Yearly means against hours, {request.period}",
        total=TOTALS,
        gaps=["without_year_calls", "without_national_calls", "not_hourly_calls"],
    )
