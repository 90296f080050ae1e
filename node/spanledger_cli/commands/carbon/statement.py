"""The command `carbon statement`: how the figures were got, for an auditor."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import obeyed_by_none
from spanledger_cli.request.options import configuration, open_to_read
from spanledger_cli.request.report_request import ReportRequest, over_a_period
from spanledger_enrich.ledger.method_statement.page import markdown
from spanledger_enrich.ledger.method_statement.statement import QUERIES, method_statement


class StatementFormat(StrEnum):
    """How the method statement is printed."""

    markdown = "markdown"
    json = "json"


@over_a_period(output=False)
def statement(
    context: typer.Context,
    request: ReportRequest,
    output: Annotated[StatementFormat, typer.Option("--format", help="For people or for programs.")] = (
        StatementFormat.markdown
    ),
) -> None:
    """How the period's figures were got, for an auditor: formulas, factors, sources, versions, coverage, gaps.

    The same ledger gives the same text, so two of them can be compared; a fingerprint of the rows is part of it.

    Try:

        spanledger carbon statement --month 2024-10 > method-2024-10.md

        spanledger carbon statement --month 2024-10 --format json > method-2024-10.json
    """
    with open_to_read(context, *QUERIES) as store:
        say_what_is_missing(store, configuration(context))
        stated = method_statement(store, request.period, configuration(context))
    typer.echo(obeyed_by_none(markdown(stated)) if output is StatementFormat.markdown else stated.json())
