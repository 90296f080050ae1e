"""The command `forget`: a name goes, the books stay whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from spanledger_cli.confirmation import Yes, confirm
from spanledger_cli.output.terminal import console
from spanledger_cli.request.options import configuration, open_store
from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing import close as closing
from spanledger_enrich.books.closing.forgotten_text import forget_text, with_text
from spanledger_enrich.books.forgetting import forget as put_pseudonym
from spanledger_enrich.books.forgetting import new_pseudonym, refuse_impossible
from spanledger_settings import spool_files
from spanledger_settings.figures import counted

if TYPE_CHECKING:
    from spanledger_enrich.books.forgetting import Whose


def forget(
    context: typer.Context,
    tenant: Annotated[str | None, typer.Option(help="The tenant's name, as the ledger has it.")] = None,
    user: Annotated[str | None, typer.Option(help="The user's id, as the ledger has it.")] = None,
    text: Annotated[
        int | None,
        typer.Option(
            help="The number of an event of the books, as 'close status' has it: what a reopening, a dispute or an "
            "answer says is erased, and the chain tells by whom.",
            min=1,
        ),
    ] = None,
    pseudonym: Annotated[
        str | None, typer.Option("--as", help="Go on with the pseudonym that an interrupted run told.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Erase the name of a tenant or of a user: a pseudonym takes its place in every table; all sums stay.

    Or a text that somebody wrote into the books, whose chain holds without it.

    There is no way back, and nothing says whose the pseudonym is. Stop what still sends the name first.

    Try:

        spanledger forget --user alice@example.com

        spanledger forget --tenant northwind --yes

        spanledger forget --text 7
    """
    if text is not None and (tenant, user, pseudonym) == (None, None, None):
        _forget_text(context, text, yes=yes)
        return
    if text is not None or (tenant is None) == (user is None) or not (tenant or user):
        raise typer.BadParameter("expected one of --tenant NAME, --user ID and --text NUMBER")
    name = tenant or user or ""
    chosen = pseudonym or new_pseudonym()
    whose: Whose = "tenant" if tenant else "user"
    with open_store(context) as store:
        refuse_impossible(store, whose, name, chosen)
        confirm([f"the {whose} {name!r} becomes {chosen} for good, in closed periods as well"], yes=yes)
        console(stderr=True).print(f"if this is interrupted, go on with --as {chosen}", soft_wrap=True)
        changed = put_pseudonym(store, whose, name, chosen)
    for table, rows in sorted(changed.items()):
        console().print(f"{table}: {counted(rows, 'row')}")
    console().print(f"the {whose} is {chosen} now")
    settings = configuration(context)
    rejected = len(list((settings.spool / "rejected").glob("*.pb"))) if settings.spool.exists() else 0
    if waiting := len(spool_files.waiting(settings.spool)) + rejected:
        console(stderr=True).print(
            f"{counted(waiting, 'file')} in {settings.spool} may hold the name yet; so may backups and exports",
            style="yellow", soft_wrap=True,
        )  # fmt: skip


def _forget_text(context: typer.Context, number: int, *, yes: bool) -> None:
    with open_store(context) as store:
        event = with_text(chains.events(store), number)
        confirm([f"what event {number} says ({event.action} of {event.month}) is erased for good"], yes=yes)
        forget_text(store, number, closing.person(store, None))
    console().print(f"the text of event {number} is forgotten; the event stays, and the chain holds")
    console(stderr=True).print("backups and exports may hold it yet", style="yellow")
