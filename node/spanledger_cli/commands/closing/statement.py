"""The command `statement`: a tenant's closed month, as a table, CSV, JSON, HTML or PDF, and the calls of its lines."""

from __future__ import annotations

import sys
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from spanledger_cli.commands.closing.close import ClosedMonth
from spanledger_cli.commands.closing.known import moment
from spanledger_cli.output.export import Destination, Format, opened
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import OutputFile, configuration, open_store
from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing.chain import ClosingError
from spanledger_enrich.books.closing.dispute import disputed
from spanledger_enrich.books.closing.statements import issued
from spanledger_enrich.books.closing.statements import statement as statements
from spanledger_enrich.books.closing.statements.draft import draft_of
from spanledger_enrich.books.closing.statements.issued import Issued
from spanledger_settings.figures import counted, in_full
from spanledger_sql.store import Store
from spanledger_sql.store import statement as query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanledger_enrich.books.closing.chain import Event

Tenant = Annotated[str, typer.Option("--tenant", help="Whose.", show_default=False)]


class Form(StrEnum):
    """How a statement is written."""

    table = "table"
    csv = "csv"
    json = "json"
    html = "html"
    pdf = "pdf"


def statement(
    context: typer.Context,
    month: ClosedMonth,
    tenant: Tenant,
    revision: Annotated[
        int | None, typer.Option(help="Of a month that was closed several times, which; default: the last.", min=1)
    ] = None,
    known_on: Annotated[
        str | None,
        typer.Option(
            "--as-known-on",
            help="The one that was in force at the end of this day.",
            metavar="DATE",
            show_default=False,
        ),
    ] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="As the open month stands in the books; it may change.")
    ] = False,
    line: Annotated[
        int | None,
        typer.Option(help="The calls that this line sums, instead of the statement.", min=1, show_default=False),
    ] = None,
    form: Annotated[
        Form | None,
        typer.Option(
            "--format",
            help="Default: as the file's name says, a table on a terminal, JSON in a pipe.",
            show_default=False,
        ),
    ] = None,
    file: OutputFile = None,
) -> None:
    """A tenant's statement of a closed month: cost (USD) and emissions with their bounds; the same bytes each time.

    HTML is one file that needs no other; PDF (PDF/A-3, with the JSON inside) needs the extra 'spanledger[pdf]'.

    Try:

        spanledger statement 2024-10 --tenant acme --output acme.html

        spanledger statement 2024-10 --tenant acme --line 3 --format csv
    """
    chosen = form or _form_of(file)
    with open_store(context) as store:
        known = moment(store, known_on, "--as-known-on") if known_on else None
        if draft:
            say_what_is_missing(store, configuration(context))
        one = draft_of(store, month, tenant) if draft else issued.issued(store, month, tenant, revision, known)
        if line is not None:
            if draft or chosen in {Form.html, Form.pdf}:
                raise typer.BadParameter("of a closed statement, as table, csv or json", param_hint="--line")
            _print_calls(store, one, line, Destination(None if form is None else Format(form.value), file))
            return
        say_of_disputes(chains.events(store), one.said["statement"])
    if chosen is Form.table:
        _print_table(one, file)
        return
    written = one.as_bytes(chosen.value)  # type: ignore[arg-type]
    with opened(file) as stream:
        stream.write(written)


def say_of_disputes(chain: Sequence[Event], name: str, file: Path | None = None) -> None:
    """Tell on standard error how the disputes of a statement stand: the statement itself stays as it was issued."""
    if told := disputed(chain, name):
        console(stderr=True).print(f"{file or name}: {told}", style="yellow", soft_wrap=True)


def _print_calls(store: Store, one: Issued, line: int, output: Destination) -> None:
    said = one.said
    if line > len(said["lines"]):
        raise ClosingError(f"the statement has {counted(len(said['lines']), 'line')}; there is no line {line}")
    [posting] = {
        row["posting"]
        for row in store.rows(query("closing/statements/issued"), month=said["month"], tenant=one.tenant)
        if row["revision"] == said["revision"] and row["party"] == said["party"]
    }
    frame = store.frame("reports/closing/entries", posting=posting, party=said["party"], line=line)
    totals = [str(name) for name in frame if name not in {"key", "ts", "reason", "evidence"}]
    print_rows(frame, output, title=f"Line {line} of {said['statement']}", total=totals)


def _print_table(one: Issued, file: Path | None) -> None:
    said = one.said
    frame = pd.DataFrame(said["lines"])
    for name in (*statements.AMOUNTS, "billed"):
        frame[name] = frame[name].map(Decimal)
    billing = said["billing"]
    own = [] if one.is_priced else ["price", "billed"]
    console().print(f"statement {said['statement']}, {said['status']}, SHA-256 {one.hash}", soft_wrap=True)
    print_rows(
        frame,
        Destination(Format.table, file),
        title=f"{one.tenant}, {said['month']} ({said['timezone']}), USD and gCO2e",
        total=["calls", "list_cost", "cost", "price", "billed", "co2e_g", "co2e_g_least", "co2e_g_most"],
        gaps=["unpriced_calls", "unknown_energy_calls", "reason"],
        details=["entries", "cache_read_tokens", "energy_wh", "co2e_market_g", "embodied_g", *own],
    )
    if one.is_priced:
        does = "to pay" if billing["pays"] else "shown, not to pay"
        rates = "; ".join(
            f"1 {billing['currency']} = {rate} USD in {month}"
            for month, rate in billing["rates"].items()
            if billing["currency"] != "USD"
        )
        by = f", by the plan {billing['plan']}" if billing["plan"] else ""
        told = f"{does}: {in_full(Decimal(billing['total']))} {billing['currency']}{by}"
        console().print(f"{told}{f'; {rates}' if rates else ''}", soft_wrap=True)


def _form_of(file: Path | None) -> Form:
    if file is None:
        return Form.table if sys.stdout.isatty() else Form.json
    suffix = file.suffix.removeprefix(".").lower()
    if suffix not in set(issued.FORMS):
        raise typer.BadParameter(
            f"{str(file)!r} does not say its format; expected a name that ends in {', '.join(issued.FORMS)}, or "
            "--format beside it",
            param_hint="--output",
        )
    return Form(suffix)
