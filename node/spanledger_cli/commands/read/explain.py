"""The command `explain`: one call's cost and emissions, as arithmetic."""

from __future__ import annotations

from typing import Annotated

import pandas as pd
import typer

from spanledger_cli.explain.explanation import explanation
from spanledger_cli.output.export import Destination, Format
from spanledger_cli.output.partial import unbooked
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import OutputFile, open_to_read
from spanledger_settings.mendable import AskedWronglyError
from spanledger_sql.explanation import inputs, with_arithmetic


class UnknownCallError(AskedWronglyError):
    """The ledger has no such call."""


def explain(
    context: typer.Context,
    trace_id: Annotated[str, typer.Argument(help="In hex, as the ledger has it.")],
    span_id: Annotated[str, typer.Argument(help="In hex, as the ledger has it.")],
    output: Annotated[Format | None, typer.Option("--format", help="json gives every input as it is stored.")] = None,
    file: OutputFile = None,
) -> None:
    """How one call's cost and emissions came about: each input with its source, and the arithmetic.

    Try:

        spanledger explain 5b8efff798038103d269b633813fc60c eee19b7ec3c1b174
    """
    with open_to_read(context, "reports/calls/explain") as store:
        call = inputs(store, trace_id, span_id)
        if call is None:
            raise UnknownCallError(
                f"the ledger has no call with trace id {trace_id} and span id {span_id}; "
                + (unbooked(store) or "the columns trace_id and span_id of the view `calls` name each one")
            )
        destination = Destination(output, file)
        if file is None and output in (None, Format.table):
            console().print(explanation(call))
        else:
            print_rows(pd.DataFrame([with_arithmetic(call)]), destination)
