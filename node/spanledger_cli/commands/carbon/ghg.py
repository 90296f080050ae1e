"""The command `carbon ghg`: emissions by the GHG Protocol's scopes."""

from __future__ import annotations

import typer

from spanledger_cli.commands.carbon.carbon_rows import all_unknown, carbon_rows, note, unknown
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import print_rows
from spanledger_cli.request.options import configuration, open_to_read
from spanledger_cli.request.own_dimensions import Where, own_dimensions
from spanledger_cli.request.report_request import Dimensions, ReportRequest, over_a_period
from spanledger_enrich.ledger.methods import own_machines
from spanledger_sql.store import statement

_DIMENSIONS = Dimensions(
    ("month", "tenant", "cost_center", "provider", "model", "region", "zone"),
    default="",
    none="",
    help="Dimensions below scope and category, your own among them, with commas between them.",
    own=True,
)


@over_a_period(_DIMENSIONS)
def ghg(context: typer.Context, *, where: Where = None, request: ReportRequest) -> None:
    """Emissions by the GHG Protocol's scopes: Scope 2 location- and market-based, Scope 3 categories 1 and 2.

    Calls whose energy was measured on their host, and calls of the own_providers and own_hosts of the configuration,
    ran on own or leased machines: their electricity is Scope 2, their hardware Scope 3 category 2. All others are
    purchased use of an API, Scope 3 category 1, hardware included. The two methods are never added. Dimensions: month,
    tenant, cost_center, provider, model, region, zone, or your own.

    Try:

        spanledger carbon ghg --month 2024-10

        SPANLEDGER_OWN_PROVIDERS=vllm spanledger carbon ghg --month 2024-10 --by tenant
    """
    named = own_machines(configuration(context))
    with open_to_read(context, "reports/carbon/ghg") as store:
        say_what_is_missing(store, configuration(context))
        own = own_dimensions(store, _DIMENSIONS, request.by, where)
        frame = carbon_rows(store, "ghg", request, _DIMENSIONS, own, timezone=request.period.timezone, **named)
        servers = store.rows(statement("lookups/names/unnamed_servers"), **request.period.bounds, **named)
    print_rows(
        frame,
        request.output,
        period=request.period,
        title=f"Emissions by scope, {request.period}",
        gaps=unknown(frame),
        details=all_unknown(frame),
    )
    whose = " and ".join(f"{name} ({', '.join(values) or 'none named'})" for name, values in named.items())
    note(f"Own or leased machines: calls measured on their host, and those of {whose}.")
    if servers:
        said = ", ".join(f"{row['provider']} ({row['calls']:,})" for row in servers)
        note(
            f"Are these yours? Calls of {said} ran unmetered on server software, and are purchased API use here until "
            "own_providers or own_hosts names them."
        )
    note(
        "Intensities are of the power's life cycle: fuel supply and plants, which Scope 3 category 3 would hold, are "
        "in the figures of the operation."
    )
