"""The command `sql`: a query of the user's own."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from spanledger_cli.output.export import Destination, Format, export
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.table import MOST_ROWS
from spanledger_cli.output.terminal import print_rows
from spanledger_cli.request.options import Output, OutputFile, configuration, open_store

# Tables and views whose rows are the ledger's, so that calls may wait for it.
_OF_THE_LEDGER = re.compile(r"\b(?:calls|calls_at|call_hours|ledger|ledger_hourly)\b")


def sql(
    context: typer.Context,
    query: Annotated[
        str,
        typer.Argument(
            help="ClickHouse SQL, or - to read it from standard input; the view `calls` holds the counted calls."
        ),
    ],
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """Run a query on the ledger's database. A table shows its first 1,000 rows; files have all of them.

    Try:

        spanledger sql "SELECT tenant_id, sum(contracted_cost) FROM calls GROUP BY tenant_id"

        spanledger sql "SELECT * FROM calls" --output calls.parquet

        echo "SELECT count() FROM calls" | spanledger sql -
    """
    destination = Destination(output, file)
    if query == "-":
        # A shell would take for its own what a page's SQL quotes.
        query = typer.get_text_stream("stdin", encoding="utf-8").read()
    if not query.strip():
        raise typer.BadParameter("it is empty; expected for example 'SELECT count() FROM calls'", param_hint="QUERY")
    with open_store(context) as store:
        if destination.chosen is Format.table:
            print_rows(store.head(query, MOST_ROWS + 1), destination, is_head=True)
        else:
            export(store.frames(query), destination)
        if _OF_THE_LEDGER.search(query):
            say_what_is_missing(store, configuration(context))
