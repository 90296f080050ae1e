"""Commands on price plans: what tenants pay."""

from __future__ import annotations

from typing import Annotated

import typer

from spanledger_cli.output.allocated import say_how_it_stands
from spanledger_cli.output.export import Destination
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Files, Output, OutputFile, configuration, open_store
from spanledger_cli.request.report_request import ReportRequest, over_a_period
from spanledger_enrich.books.plans import plan, rate_card
from spanledger_settings.figures import counted

plans = typer.Typer(
    help="What tenants pay: markup, rate cards, minimum, free allowance, rounding, currency.", no_args_is_help=True
)


@plans.command("import")
def plans_import(context: typer.Context, files: Files) -> None:
    """Import price plans from CSV or YAML; one whose name is there already is replaced.

    All files are checked before any is stored. 'spanledger docs plans' has the fields.

    Try:

        spanledger plans import plans.csv
    """
    checked = [(path, plan.read(path)) for path in files]
    with open_store(context, makes_one=True) as store:
        plan.refuse(store, [(path.name, one) for path, found in checked for one in found])
        for path, found in checked:
            changed = plan.record(store, found, path.name)
            console().print(f"{path.name}: {counted(len(found), 'plan')}, {changed:,} new or changed")


@plans.command("list")
def plans_list(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """The price plans in force.

    Try:

        spanledger plans list
    """
    with open_store(context) as store:
        print_rows(store.frame("reports/plans/list"), Destination(output, file), title="Price plans")


@plans.command("rates")
def plans_rates(context: typer.Context, files: Files) -> None:
    """Import rate cards, which plans go by, from CSV or YAML; one whose name is there already is replaced as a whole.

    All files are checked before any is stored. 'spanledger docs plans' has the fields.

    Try:

        spanledger plans rates cards.csv
    """
    checked = [(path, rate_card.read(path)) for path in files]
    with open_store(context, makes_one=True) as store:
        for path, found in checked:
            changed = rate_card.record(store, found, path.name)
            told = f"{counted(len(found), 'price')}, {counted(len(changed), 'card')} new or changed"
            console().print(f"{path.name}: {told}")


@plans.command("cards")
def plans_cards(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """The rate cards, line by line.

    Try:

        spanledger plans cards
    """
    with open_store(context) as store:
        print_rows(store.frame("reports/plans/cards"), Destination(output, file), title="Rate cards")


@plans.command("remove")
def plans_remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The plan's name; with --card the card's.")],
    card: Annotated[bool, typer.Option("--card", help="A rate card, not a plan.")] = False,
) -> None:
    """Take a plan back, or a rate card that no plan goes by.

    Try:

        spanledger plans remove acme-2024
    """
    with open_store(context) as store:
        (rate_card if card else plan).remove(store, name)
    console().print(f"{name}: removed")


@plans.command("history")
def plans_history(
    context: typer.Context,
    card: Annotated[bool, typer.Option("--card", help="Of rate cards, not of plans.")] = False,
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """What was said of plans, and taken back, the newest first.

    Try:

        spanledger plans history --output plans.csv
    """
    kind = rate_card.KIND if card else plan.KIND
    with open_store(context) as store:
        frame = store.frame("reports/operations/book_history", kind=kind)
        print_rows(frame, Destination(output, file), title=f"History of {kind}s")


@plans.command("report")
@over_a_period()
def plans_report(
    context: typer.Context,
    *,
    tenant: Annotated[list[str] | None, typer.Option(help="Only this tenant. May be repeated.")] = None,
    request: ReportRequest,
) -> None:
    """What each tenant pays of each month (USD): price, free allowance, what lacks to the minimum; before rounding.

    Try:

        spanledger plans report --month 2024-10
    """
    with open_store(context) as store:
        say_how_it_stands(store, request.period)
        frame = store.frame(
            "reports/finance/plans", **request.period.bounds, timezone=request.period.timezone, tenants=tenant or []
        )
        print_rows(
            frame,
            request.output,
            period=request.period,
            title=f"What tenants pay, USD, {request.period}",
            total=["tokens", "effective_cost", "price", "allowance", "minimum", "charged_cost"],
        )
        say_what_is_missing(store, configuration(context))
