"""The command line: one typer application, composed of the commands' modules."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import Annotated

import typer

from spanledger_enrich.commitment import CommitmentFileError
from spanledger_enrich.grid_csv import GridFileError
from spanledger_enrich.grid_http import GridSourceError
from spanledger_enrich.model_alias import AliasError
from spanledger_enrich.price_catalogue import CatalogueError
from spanledger_enrich.price_file import PriceFileError
from spanledger_enrich.restatement import RestatementError
from spanledger_enrich.tenant_rules import TenantRuleError
from spanledger_enrich.whatif import WhatIfError
from spanledger_node import (
    carbon_commands,
    commitment_commands,
    data_commands,
    demo,
    doctor,
    energy_commands,
    grid_commands,
    meter_commands,
    node_commands,
    price_commands,
    quality_commands,
    report_commands,
    restatement_commands,
    tenant_commands,
    whatif_commands,
)
from spanledger_node.carbon_scenario import ScenarioError
from spanledger_node.listening import ListenError
from spanledger_node.otlp_file import OtlpFileError
from spanledger_node.period import PeriodError
from spanledger_node.replay import ReplayError
from spanledger_node.table import console
from spanledger_node.trace_file import TraceFileError
from spanledger_sql.configuration import ConfigurationError, load
from spanledger_sql.store import StoreError

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
app.command()(node_commands.up)
app.command()(demo.demo)
app.command()(report_commands.chargeback)
app.add_typer(carbon_commands.carbon, name="carbon")
app.command()(quality_commands.quality)
app.command()(report_commands.explain)
app.command()(report_commands.sql)
app.command()(data_commands.ingest)
app.command()(data_commands.replay)
app.command()(restatement_commands.restate)
app.command()(restatement_commands.restatements)
app.command()(whatif_commands.whatif)
app.add_typer(commitment_commands.commitments, name="commitments")
app.add_typer(grid_commands.grid, name="grid")
app.add_typer(tenant_commands.tenants, name="tenants")
app.add_typer(energy_commands.energy, name="energy")
app.add_typer(price_commands.prices, name="prices")
app.command()(doctor.doctor)
app.command()(node_commands.migrate)
app.command()(node_commands.enrich)
app.command()(node_commands.collect)
app.command()(meter_commands.meter)
app.command()(node_commands.dashboards)


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
