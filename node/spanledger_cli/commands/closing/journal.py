"""The command `journal`: a closed month for the general ledger."""

from __future__ import annotations

from typing import Annotated

import pandas as pd
import typer

from spanledger_cli.commands.closing.close import ClosedMonth
from spanledger_cli.output.export import Destination
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Output, OutputFile, configuration, open_store
from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing import journal as journals
from spanledger_enrich.books.closing import month as months
from spanledger_enrich.books.closing.chain import ClosingError
from spanledger_enrich.books.closing.standing import standing
from spanledger_settings.figures import counted
from spanledger_settings.mendable import AskedWronglyError


def journal(
    context: typer.Context,
    month: ClosedMonth,
    revision: Annotated[
        int | None, typer.Option(help="Of a month that was closed several times, which; default: the last.", min=1)
    ] = None,
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """The journal of a month for the general ledger (USD): debits and credits by cost centre and account, balanced.

    What is used is accrued; once the provider's invoice is reconciled and allocated, the accrual is reversed and the
    invoice payable. Of a month that is closed softly only, as it would be if it were closed now. What a month that was
    reopened posts when it is closed again stands beside what it posted before.

    Try:

        spanledger journal 2024-10 --output journal.csv
    """
    months.of(month, "UTC")
    with open_store(context) as store:
        chain = chains.events(store)
        now = standing(chain)
        closes = now.hard.get(month, [])
        if revision is not None and revision > len(closes):
            raise AskedWronglyError(
                f"there is no revision {revision} of {month}: it was closed {counted(len(closes), 'time')}"
            )
        if revision is not None or (closes and month <= now.sealed):
            frame = store.frame("reports/closing/journal", posting=closes[(revision or len(closes)) - 1].posting)
            if revision is None and len(closes) > 1:
                console(stderr=True).print(
                    f"{month} was closed {len(closes)} times: this is what the last posts beside those before it, "
                    "which --revision prints",
                    style="yellow",
                    soft_wrap=True,
                )
        elif month in now.soft:
            frame = pd.DataFrame(journals.journal(store, month, "", len(chain)), columns=list(journals.COLUMNS))
            console(stderr=True).print(f"{month} is closed softly: this is its accrual as it stands", style="yellow")
            say_what_is_missing(store, configuration(context))
        else:
            raise ClosingError(f"{month} is not closed, and not softly; 'spanledger close soft {month}' comes first")
    print_rows(frame, Destination(output, file), title=f"Journal of {month}, USD", total=["debit", "credit"])
