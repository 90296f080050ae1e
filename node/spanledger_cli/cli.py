"""The command line: one typer application, composed of the commands' modules."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import Annotated

import typer

from spanledger_cli.carbon.carbon_scenario import ScenarioError
from spanledger_cli.commands.read import carbon, ledger, quality, whatif
from spanledger_cli.commands.reference import commitments, energy, grid, prices, tenants
from spanledger_cli.commands.run import data, demo, doctor, meter, node, restatements
from spanledger_cli.terminal import console
from spanledger_collector.otlp_file import OtlpFileError
from spanledger_enrich.books.commitment import CommitmentFileError
from spanledger_enrich.books.restatement import RestatementError
from spanledger_enrich.books.whatif import WhatIfError
from spanledger_enrich.files.csv_table import GridFileError
from spanledger_enrich.grid.sources.http import GridSourceError
from spanledger_enrich.ledger.tenant_rules import TenantRuleError
from spanledger_enrich.prices.model_alias import AliasError
from spanledger_enrich.prices.price_catalogue import CatalogueError
from spanledger_enrich.prices.price_file import PriceFileError
from spanledger_node.listening import ListenError
from spanledger_settings.configuration import ConfigurationError, load
from spanledger_settings.period import PeriodError
from spanledger_sql.store import StoreError
from spanledger_traffic.replay import ReplayError
from spanledger_traffic.trace_file import TraceFileError

# What a user can mend: printed as one sentence, without a trace.
_MENDABLE = (
    AliasError, CatalogueError, CommitmentFileError, ConfigurationError, GridFileError, GridSourceError, ListenError,
    OtlpFileError, PeriodError, PriceFileError, ReplayError, RestatementError, ScenarioError, StoreError,
    TenantRuleError, TraceFileError, WhatIfError, PermissionError,
)  # fmt: skip

app = typer.Typer(
    name="spanledger",
    help="Every LLM call, in money and in carbon, to the tenant that made it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(node.up)
app.command()(demo.demo)
app.command()(ledger.chargeback)
app.add_typer(carbon.carbon, name="carbon")
app.command()(quality.quality)
app.command()(ledger.explain)
app.command()(ledger.sql)
app.command()(data.ingest)
app.command()(data.replay)
app.command()(restatements.restate)
app.command()(restatements.restatements)
app.command()(whatif.whatif)
app.add_typer(commitments.commitments, name="commitments")
app.add_typer(grid.grid, name="grid")
app.add_typer(tenants.tenants, name="tenants")
app.add_typer(energy.energy, name="energy")
app.add_typer(prices.prices, name="prices")
app.command()(doctor.doctor)
app.command()(node.migrate)
app.command()(node.enrich)
app.command()(node.collect)
app.command()(meter.meter)
app.command()(node.dashboards)


@app.callback()
def root(
    context: typer.Context,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Folder of the database, spool and socket.  [env: SPANLEDGER_DATA_DIR]", show_default=False),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.", is_eager=True)] = False,
) -> None:
    """Every LLM call, in money and in carbon, to the tenant that made it."""
    if version:
        typer.echo(importlib.metadata.version("spanledger"))
        raise typer.Exit
    context.obj = load(data_dir=data_dir)


def main() -> None:
    """Run the command line; what the user can mend ends it with status 1 and a sentence on standard error."""
    try:
        app()
    except _MENDABLE as error:
        console(stderr=True).print(f"spanledger: error: {error}", style="red", markup=False)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough.
        sys.stderr.close()
        sys.exit(1)
