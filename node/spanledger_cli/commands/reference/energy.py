"""Commands on energy: the user's own figures, what models draw, what hosts drew, and the methods side by side."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from spanledger_cli.output.export import Destination
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Files, Output, OutputFile, configuration, open_store, open_to_read
from spanledger_cli.request.report_request import ReportRequest, over_a_period
from spanledger_enrich.energy.energy_file import read_files, record
from spanledger_settings.figures import counted

energy = typer.Typer(help="What models and hosts draw.", no_args_is_help=True)


class Method(StrEnum):
    """How an entry was got."""

    ecologits = "ecologits"
    token_aware = "token-aware"  # noqa: S105 (no password)
    own = "own"
    prefill = "prefill"
    proxy = "proxy"


@energy.command("import")
def energy_import(context: typer.Context, files: Files) -> None:
    """Import your own figures from CSV: what models draw, overhead and water of data centres, or hosts.

    The columns say which: model,wh_per_output_token and, if known, provider, *_per_input_token, *_per_cache_read_token,
    *_per_request, each with _low and _high, pue, source: Wh (or joules: j_per_...) at the host, which go before every
    other method. provider,pue and, if known, region, wue, bounds, source. host and, if known, idle_policy (own, shared,
    owner), owner, pue. All files are checked before any is stored. They hold for the calls that follow.

    Try:

        spanledger energy import vllm_benchmark.csv our_data_centres.csv
    """
    checked = read_files(files, configuration(context).default_pue)
    with open_store(context, makes_one=True) as store:
        for file in checked:
            console().print(f"{file.path.name}: {counted(record(store, file), file.kind)}", soft_wrap=True)


@energy.command("list")
def energy_list(
    context: typer.Context,
    match: Annotated[str, typer.Argument(help="Part of a model's name.")] = "",
    method: Annotated[Method | None, typer.Option(help="Of one method only.", show_default=False)] = None,
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """What models draw for 1,000 tokens, by method, with bounds and source.

    Try:

        spanledger energy list gpt-4o
    """
    with open_to_read(context, "reports/energy/list") as store:
        frame = store.frame("reports/energy/list", match=match, method=method.value if method else "")
        print_rows(frame, Destination(output, file), title="Energy of models, Wh per 1,000 tokens")


@energy.command("compare")
@over_a_period()
def energy_compare(context: typer.Context, request: ReportRequest) -> None:
    """The two modelled methods side by side: what EcoLogits and the token-aware method reckon for the same calls.

    Try:

        spanledger energy compare --month 2024-10
    """
    with open_to_read(context, "reports/energy/compare") as store:
        frame = store.frame("reports/energy/compare", **request.period.bounds)
        print_rows(frame, request.output, period=request.period, title=f"Energy by method, Wh, {request.period}")


@energy.command("hosts")
@over_a_period()
def energy_hosts(context: typer.Context, request: ReportRequest) -> None:
    """What metered hosts drew, how much of it calls got, and how much was idle.

    Try:

        spanledger energy hosts --month 2024-10
    """
    with open_to_read(context, "reports/energy/hosts") as store:
        frame = store.frame("reports/energy/hosts", **request.period.bounds)
        print_rows(
            frame, request.output, period=request.period, title=f"Measured energy, Wh at the host, {request.period}"
        )
