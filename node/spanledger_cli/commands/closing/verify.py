"""The command `verify`: proof of the books, and of statements against them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spanledger_cli.commands.closing.statement import say_of_disputes
from spanledger_cli.output.terminal import console
from spanledger_cli.request.options import open_store
from spanledger_enrich.books.closing.statements import issued
from spanledger_enrich.books.closing.verification import verify as look_through
from spanledger_settings.figures import counted


def verify(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Statements to compare with the books; none: the books themselves.")
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            help="A hash of an event that was kept elsewhere: the chain must still have it.", show_default=False
        ),
    ] = None,
) -> None:
    """Prove the books, or statements against them, with nothing but what is stored. Ends with status 1 where one fails.

    The chain, the entries, each line as the sum of its entries, statements and journals. Of bills, parts of invoices
    and allocations: that they are the sums of their rows. Calls and prices may change: 'spanledger close post' says by
    what. With files: each must be, byte for byte, a statement that was issued.

    Try:

        spanledger verify

        spanledger verify acme.html acme.csv
    """
    with open_store(context) as store:
        proof = look_through(store)
        faults = list(proof.faults)
        if head is not None and head.strip().lower() not in {event.hash for event in proof.chain}:
            faults.append(f"no event of the chain has the hash {head}: its end was cut off, or the books are others")
        for file in files or []:
            found = issued.prove(store, file)
            faults += found.faults
            if not found.faults:
                console().print(f"{file}: is the statement that was issued, {found.title}", soft_wrap=True)
                say_of_disputes(proof.chain, found.statement, file)
    for fault in faults:
        console(stderr=True).print(fault, style="red", soft_wrap=True)
    if proof.unfinished:
        console(stderr=True).print(
            f"{counted(proof.unfinished, 'entry', 'entries')} of postings that did not come to their end; "
            "they count nowhere",
            style="yellow",
            soft_wrap=True,
        )
    if faults:
        raise typer.Exit(1)
    console().print(
        f"the books hold: {counted(proof.events, 'event')}, {counted(proof.entries, 'entry', 'entries')}, "
        f"{counted(proof.closes, 'close')}, {counted(proof.statements, 'statement')}; the last hash is "
        f"{proof.head or 'none'}",
        soft_wrap=True,
    )
    if proof.events and head is None:
        console().print(
            "that the chain's end was not cut off is shown by a hash that was kept elsewhere alone, given to --head",
            soft_wrap=True,
        )
