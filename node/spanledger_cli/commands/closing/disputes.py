"""Commands on disputes: complaints about statements, and their answers."""

from __future__ import annotations

from typing import Annotated

import typer

from spanledger_cli.commands.closing.close import As, ClosedMonth
from spanledger_cli.commands.closing.statement import Tenant
from spanledger_cli.output.export import Destination
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Output, OutputFile, open_store
from spanledger_enrich.books.closing import close as closing
from spanledger_enrich.books.closing import dispute

disputes = typer.Typer(help="Complaints about statements, and their answers.", no_args_is_help=True)


@disputes.command("open")
def disputes_open(
    context: typer.Context,
    month: ClosedMonth,
    tenant: Tenant,
    says: Annotated[str, typer.Option(help="What is wrong.", show_default=False)],
    line: Annotated[int | None, typer.Option(help="Which line; none: the whole statement.", min=1)] = None,
    who: As = None,
) -> None:
    """Dispute a statement, or a line of it. The statement stays as it is; what comes of it is an adjustment.

    Try:

        spanledger disputes open 2024-10 --tenant acme --line 3 --says "we left this model in September" --as carol
    """
    with open_store(context) as store:
        number = dispute.complain(store, month, tenant, line, says, closing.person(store, who))
    console().print(f"dispute {number} of {month}")


@disputes.command("answer")
def disputes_answer(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="The dispute's number.")],
    says: Annotated[str, typer.Option(help="The answer.", show_default=False)],
    accept: Annotated[
        bool, typer.Option("--accept/--reject", help="Whether the complaint is right.", show_default=False)
    ],
    who: As = None,
) -> None:
    """Answer a dispute, once. Where it is right, correct what is wrong: the next posting has the adjustment.

    Try:

        spanledger disputes answer 3 --accept --says "the tenant rule was wrong; restated" --as ann
    """
    with open_store(context) as store:
        dispute.answer(store, number, says, closing.person(store, who), accepted=accept)
    console().print(f"dispute {number} is {'accepted' if accept else 'rejected'}")


@disputes.command("list")
def disputes_list(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """Disputes with their answers.

    Try:

        spanledger disputes list
    """
    with open_store(context) as store:
        print_rows(store.frame("reports/closing/disputes"), Destination(output, file), title="Disputes")
