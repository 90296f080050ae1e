"""The command `sql`: a query of the user's own."""

from __future__ import annotations

from typing import Annotated

import typer

from spanledger_cli.options import Output, open_store
from spanledger_cli.terminal import print_rows


def sql(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="ClickHouse SQL; the view `calls` holds the counted calls.")],
    output: Output = None,
) -> None:
    """Run a query on the ledger's database.

    Try:

        spanledger sql "SELECT tenant_id, sum(contracted_cost) FROM calls GROUP BY tenant_id"

        spanledger sql "SELECT * FROM calls" --format parquet > calls.parquet
    """
    with open_store(context) as store:
        print_rows(store.query_frame(query), output)
