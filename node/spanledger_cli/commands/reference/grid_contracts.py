"""Commands on the contracts behind the power, for market-based emissions."""

from __future__ import annotations

from typing import Annotated

import typer

from spanledger_cli.output.export import Destination
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Files, Output, OutputFile, open_store, open_to_read
from spanledger_cli.request.report_request import ReportRequest, over_a_period
from spanledger_enrich.grid.contract_doubt import doubts
from spanledger_enrich.grid.grid_contract import read_files, record
from spanledger_settings.figures import counted

contracts = typer.Typer(help="Contracts on power, for market-based emissions.", no_args_is_help=True)


@contracts.command("import")
def contracts_import(
    context: typer.Context,
    files: Files,
    timezone: Annotated[str, typer.Option(help="Of dates and of times without an offset.")] = "UTC",
) -> None:
    """Import certificates, PPAs, supplier factors and residual mixes from CSV.

    Columns: kind (certificate, ppa, supplier factor, residual mix), zone (DE; a country stands for its zones), from, to
    (the first moment not covered), g_per_kwh, and, of certificates and PPAs, mwh or share (0 to 1); if known id,
    provider, vintage (the year in which the power was made), source. Without a provider they are for machines of your
    own, a residual mix is for all. All files are checked before any is stored; what an auditor would ask of them is
    told. They hold for the calls that follow.

    Try:

        spanledger grid contracts import contracts_2024.csv --timezone Europe/Berlin
    """
    checked = read_files(files, timezone)
    with open_store(context, makes_one=True) as store:
        for file in checked:
            for doubt in doubts(store, file.rows):
                console(stderr=True).print(f"{file.path.name}: {doubt}", markup=False, soft_wrap=True)
            console().print(f"{file.path.name}: {counted(record(store, file), 'contract')}")


@contracts.command("list")
def contracts_list(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """The contracts that were imported.

    Try:

        spanledger grid contracts list
    """
    with open_to_read(context, "reports/grid/contracts") as store:
        print_rows(store.frame("reports/grid/contracts"), Destination(output, file), title="Contracts on power")


@contracts.command("coverage")
@over_a_period()
def contracts_coverage(context: typer.Context, request: ReportRequest) -> None:
    """How far contracted volumes cover the calls' energy, annually and hour by hour matched, with market-based kgCO2e.

    Try:

        spanledger grid contracts coverage --from 2024-01-01 --to 2025-01-01
    """
    with open_to_read(context, "reports/grid/contract_coverage") as store:
        frame = store.frame("reports/grid/contract_coverage", **request.period.bounds)
        print_rows(frame, request.output, period=request.period, title=f"Coverage by contracts, {request.period}")
