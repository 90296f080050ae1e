"""Commands on charges: what costs money and is no call."""

from __future__ import annotations

from typing import Annotated

import typer

from spanledger_cli.output.allocated import say_how_it_stands
from spanledger_cli.output.export import Destination
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Files, Output, OutputFile, configuration, open_store
from spanledger_cli.request.report_request import Dimensions, ReportRequest, over_a_period
from spanledger_enrich.books import charge
from spanledger_enrich.books.bills.also_billed import of_period
from spanledger_settings.figures import counted

charges = typer.Typer(
    help="What costs money and is no call: storage, seats, fees, taxes, credits, prepaid credits.", no_args_is_help=True
)

_DIMENSIONS = Dimensions(
    ("tenant", "provider", "model", "meter", "charge"),
    none="kind",
    default="tenant",
    help="Dimensions, with commas between them: tenant, provider, model, meter, charge; or kind alone.",
)


@charges.command("import")
def charges_import(
    context: typer.Context,
    files: Files,
    also_billed: Annotated[
        bool,
        typer.Option("--also-billed", help="Take charges that an imported bill seems to have, too: they are others."),
    ] = False,
) -> None:
    """Import charges from CSV or YAML; one whose name is there already is replaced.

    All files are checked before any is stored. A charge that is on an imported bill, too, is refused: it would count
    twice. 'spanledger docs charges' has the fields.

    Try:

        spanledger charges import charges.yaml
    """
    checked = [(path, charge.read(path)) for path in files]
    with open_store(context, makes_one=True) as store:
        for path, found in checked:
            rows = charge.in_usd(store, found, path.name)
            if not also_billed:
                charge.refuse_billed(store, rows, path.name)
        for path, found in checked:
            changed = charge.record(store, found, path.name)
            console().print(f"{path.name}: {counted(len(found), 'charge')}, {changed:,} new or changed")


@charges.command("list")
def charges_list(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """The charges, and who pays them.

    Try:

        spanledger charges list
    """
    with open_store(context) as store:
        print_rows(store.frame("reports/charges/list"), Destination(output, file), title="Charges, USD")


@charges.command("remove")
def charges_remove(context: typer.Context, name: Annotated[str, typer.Argument(help="The charge's name.")]) -> None:
    """Take a charge back.

    Try:

        spanledger charges remove storage-october
    """
    with open_store(context) as store:
        charge.remove(store, name)
    console().print(f"{name}: removed")


@charges.command("history")
def charges_history(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """What was said of charges, and taken back, the newest first.

    Try:

        spanledger charges history --output charges.csv
    """
    with open_store(context) as store:
        frame = store.frame("reports/operations/book_history", kind=charge.KIND)
        print_rows(frame, Destination(output, file), title="History of charges")


@charges.command("report")
@over_a_period(_DIMENSIONS)
def charges_report(context: typer.Context, request: ReportRequest) -> None:
    """Every charge of a period, calls included, by what it is: list, contracted, billed and effective cost (USD).

    As the worker shared commitments and charges out; where it is behind, this says so.

    Try:

        spanledger charges report --month 2024-10

        spanledger charges report --month 2024-10 --by tenant,meter --output october.csv
    """
    with open_store(context) as store:
        say_how_it_stands(store, request.period)
        for twice in of_period(store, request.period.first_day, request.period.last_day):
            console(stderr=True).print(f"counted twice: {twice.told}", style="yellow", soft_wrap=True)
        frame = store.frame("reports/charges/kinds", **request.period.bounds, by=list(request.by))
        shown = [name for name in frame if name in ("kind", *request.by) or name not in _DIMENSIONS.known]
        print_rows(
            frame[shown],
            request.output,
            period=request.period,
            title=f"Charges, USD, {request.period}",
            total=["list_cost", "contracted_cost", "billed_cost", "effective_cost"],
            gaps=["unknown_cost"],
        )
        say_what_is_missing(store, configuration(context))
