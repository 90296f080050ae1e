"""Commands on energy and emissions: the report itself, and those that look at them another way."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import typer

from spanledger_cli.commands.carbon.carbon_rows import TOTALS, all_unknown, carbon_rows, uncertain, unknown
from spanledger_cli.commands.carbon.ghg import ghg
from spanledger_cli.commands.carbon.sci import sci
from spanledger_cli.commands.carbon.statement import statement
from spanledger_cli.commands.carbon.whatif import whatif
from spanledger_cli.commands.carbon.yearly_error import yearly_error
from spanledger_cli.output.export import Format
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import print_rows
from spanledger_cli.request.options import configuration, open_to_read
from spanledger_cli.request.own_dimensions import Where, own_dimensions
from spanledger_cli.request.report_request import Dimensions, ReportRequest, over_a_period

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

carbon = typer.Typer()

_DIMENSIONS = Dimensions(
    (
        "month", "day", "hour", "hour_of_day", "tenant", "cost_center", "environment", "service", "feature",
        "workflow", "user", "provider", "model", "operation", "region", "zone", "energy_method",
        "intensity_resolution",
    ),
    own=True,
)  # fmt: skip
_SHARES = ("measured_share", "modelled_share", "proxy_share", "hourly_share", "filled_share", "yearly_share")


_DETAILS = (
    "output_tokens", "energy_kwh_low", "energy_kwh_high", "energy_kwh_least", "energy_kwh_most", "co2e_kg_least",
    "co2e_kg_most",
)  # fmt: skip


def _interval(total: pd.DataFrame) -> str:
    """The whole's interval in words: it is narrower than the sum of its parts' intervals."""
    if total.empty or not total["co2e_factor"].notna().all():
        return ""
    return f": {uncertain(total.iloc[0])}"


def _without_a_subcommand(command: Callable[..., None]) -> Callable[..., None]:
    """Run a group's own command only where none of its subcommands follows."""

    @functools.wraps(command)
    def run(context: typer.Context, **given: Any) -> None:
        if context.invoked_subcommand is None:
            command(context=context, **given)
            return
        sources = [context.get_parameter_source(name) for name in context.params]
        if any(source is not None and source.name == "COMMANDLINE" for source in sources):
            raise typer.BadParameter(
                f"options belong after {context.invoked_subcommand!r}, for example "
                f"'spanledger carbon {context.invoked_subcommand} --month 2024-10'"
            )

    return run


@carbon.callback(invoke_without_command=True)
@_without_a_subcommand
@over_a_period(_DIMENSIONS)
def report(context: typer.Context, *, where: Where = None, request: ReportRequest) -> None:
    """Energy, emissions with 90 % intervals, hardware, water, how much of them is unknown, and what they rest on.

    co2e_kg_low and co2e_kg_high are meant to hold the true value nine times in ten (of published figures, 88 %);
    co2e_factor says how far they lie from their middle, and co2e_because through what: the method, serving (batch and
    load), the model's size, input, the grid. Emissions are of the operation and location-based; market-based ones
    (co2e_market_kg) and those of the hardware (embodied_kg) stand beside them and are in no other column. Dimensions:
    month, day, hour, hour_of_day, tenant, cost_center, environment, service, feature, workflow, user, provider, model,
    operation, region, zone, energy_method, intensity_resolution, or your own.

    Try:

        spanledger carbon --month 2024-10 --by zone,model

        spanledger carbon --month 2024-10 --by tenant,hour_of_day --timezone Europe/Berlin --format csv

        spanledger carbon --month 2024-10 --by desk,model --where desk=emea
    """
    with_title = request.output.chosen is Format.table
    # Nothing but a table's title tells of the whole.
    with_whole = with_title and bool(request.by)
    with open_to_read(context, "reports/carbon/report") as store:
        say_what_is_missing(store, configuration(context))
        own = own_dimensions(store, _DIMENSIONS, request.by, where)
        by = [*request.by, *(["(whole)"] if with_whole else [])]
        frame = carbon_rows(store, "report", request, _DIMENSIONS, own, timezone=request.period.timezone, by=by)
    total = frame.head(1)
    if with_whole:
        frame = frame.iloc[1:].reset_index(drop=True)
    print_rows(
        frame,
        request.output,
        period=request.period,
        title=f"Emissions, {request.period}{_interval(total)}" if with_title else "",
        total=TOTALS,
        gaps=[*unknown(frame), *_SHARES],
        details=[*_DETAILS, *(str(name) for name in frame if str(name).endswith("_variance")), *all_unknown(frame)],
    )


carbon.command()(sci)
carbon.command()(ghg)
carbon.command()(statement)
carbon.command("yearly-error")(yearly_error)
carbon.command()(whatif)
