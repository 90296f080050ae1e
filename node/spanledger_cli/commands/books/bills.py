"""Commands on bills of providers: bring them in, look at them, take them back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanledger_cli.output.export import Destination
from spanledger_cli.output.invoices import say_what_is_outdated
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Files, Output, OutputFile, open_store
from spanledger_cli.request.report_request import ReportRequest, over_a_period
from spanledger_enrich.books.bills import bill
from spanledger_enrich.books.bills.also_billed import of_period
from spanledger_settings.figures import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spanledger_enrich.books.bills.bill import CheckedBill
    from spanledger_enrich.books.bills.bill_line import BillLine

bills = typer.Typer(help="Providers' bills, as they came and line by line.", no_args_is_help=True)

Bill = Annotated[str, typer.Argument(help="The bill's file, or the beginning of its id.")]
_DETAILS = (
    "sku",
    "resource",
    "charge_category",
    "list_amount",
    "begins",
    "ends",
    "raw",
    "part",
    "invoice_id",
    "service",
)


@bills.command("import")
def bills_import(
    context: typer.Context,
    files: Files,
    part: Annotated[
        bool, typer.Option("--part", help="The files are parts of one bill: an invoice may be in several.")
    ] = False,
) -> None:
    """Import bills: what a file is, it tells itself; 'spanledger docs bills' has the formats.

    All files are checked before any is stored. A file that is there already is not stored again; a second bill of one
    invoice is refused. Each line is kept as it came; what is not understood is told, and kept too.

    Try:

        spanledger bills import openai_cost_export.csv anthropic_cost_report.json

        spanledger bills import --part cur-00001.snappy.parquet cur-00002.snappy.parquet
    """
    with open_store(context, makes_one=True) as store:
        checked = bill.checked(store, files, part=part)
        bill.record(store, checked)
        twice = [found for one in checked for found in of_period(store, one.about["first_day"], one.about["last_day"])]
    for one in checked:
        _tell(one)
    for found in dict.fromkeys(twice):
        console(stderr=True).print(
            f"{found.told}; it counts twice: 'spanledger charges remove {found.charge}', unless it is another",
            style="yellow",
            soft_wrap=True,
        )


@bills.command("list")
def bills_list(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """The bills: what they are of, what they come to, and how much of them is not understood.

    Try:

        spanledger bills list
    """
    with open_store(context) as store:
        print_rows(store.frame("reports/bills/list"), Destination(output, file), title="Bills")


@bills.command("show")
def bills_show(
    context: typer.Context,
    name: Bill,
    unknown: Annotated[bool, typer.Option("--unknown", help="Only lines that are not understood.")] = False,
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """The lines of a bill: what each means, and in every format but a table also as it came.

    Try:

        spanledger bills show openai_cost_export.csv

        spanledger bills show 5f2ad1c09b7e --unknown --format csv
    """
    with open_store(context) as store:
        one = bill.found(store, name)
        frame = store.frame("reports/bills/lines", bill_id=one["bill_id"], unknown=int(unknown))
    print_rows(frame, Destination(output, file), title=f"{one['source']}, {one['format']}", details=_DETAILS)


@bills.command("remove")
def bills_remove(context: typer.Context, name: Bill) -> None:
    """Take a bill back. Its lines stay in the database, out of force; importing the file again brings it back.

    Try:

        spanledger bills remove openai_cost_export.csv
    """
    with open_store(context) as store:
        one = bill.remove(store, name)
    console().print(f"{one['source']}: removed, with {counted(one['lines'], 'line')}")


@bills.command("history")
def bills_history(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """Which bills were imported, and taken back, the newest first.

    Try:

        spanledger bills history --output bills.csv
    """
    with open_store(context) as store:
        frame = store.frame("reports/operations/book_history", kind=bill.KIND)
    print_rows(frame, Destination(output, file), title="History of bills")


@bills.command("shares")
@over_a_period()
def bills_shares(context: typer.Context, request: ReportRequest) -> None:
    """What each tenant's part of the invoices is, where 'spanledger reconcile --allocate' made them.

    Try:

        spanledger bills shares --month 2024-10
    """
    asked = request.period
    with open_store(context) as store:
        frame = store.frame("reports/bills/shares", first=str(asked.first_day), last=str(asked.last_day))
        say_what_is_outdated(store, asked.first_day, asked.last_day)
    print_rows(
        frame,
        request.output,
        title=f"Invoices by tenant, {asked}",
        total=["metered", "adjusted", "amount"],
        gaps=["outdated"],
        details=["reconciliation_id"],
    )


def _tell(one: CheckedBill) -> None:
    """What a bill is and comes to on standard output; what of it is not understood on standard error."""
    about = one.about
    if one.known:
        console().print(f"{about['source']}: is there already; nothing was changed", soft_wrap=True)
        return
    sums = zip(about["amounts"], about["currencies"], strict=True)
    money = ", ".join(f"{amount:,f} {currency}" for amount, currency in sums) or "no amounts"
    console().print(
        f"{about['source']}: {about['format']}, {about['first_day']} to {about['last_day']} {about['timezone']}, "
        f"{counted(about['lines'], 'line')}, {money}",
        soft_wrap=True,
    )
    for (reason, currency), of_these in _alike(one.unknown, lambda line: line.unknown).items():
        _warn(about, f"{_what(of_these, currency)} not understood, the first is line {of_these[0].line}: {reason}")
    for (unit, currency), of_these in _alike(one.uncounted, lambda line: line.unit).items():
        quantity = sum((line.quantity or Decimal(0) for line in of_these), Decimal(0))
        _warn(
            about,
            f"{_what(of_these, currency)} for tokens counted as {quantity.normalize():,f} {unit or 'of no unit'}, the "
            f"first is line {of_these[0].line}: nobody knows how many tokens that is, so that their number is not "
            "compared with that of calls",
        )
    for (_, currency), of_these in _alike(one.raising, lambda _: "").items():
        _warn(
            about,
            f"{_what(of_these, currency)} raise the bill although they are credits, the first is line "
            f"{of_these[0].line}: where they lower it, put a minus before them and import the bill again; what takes a "
            "credit back is right as it is",
        )
    for (_, currency), of_these in _alike(one.to_come(datetime.now(UTC)), lambda _: "").items():
        _warn(
            about,
            f"{_what(of_these, currency)} of use on days that are still to come, the first is line "
            f"{of_these[0].line}, {of_these[0].day}: where the year is wrong, take the bill back with "
            f"'spanledger bills remove {about['bill_id'][:12]}', and import it mended",
        )
    for (_, currency), of_these in _alike(one.others, lambda _: "").items():
        said = (
            f"{about['source']}: of it {_what(of_these, currency)} of services that are no AI, which nothing compares"
        )
        console().print(said, soft_wrap=True)


def _alike(lines: Sequence[BillLine], by: Callable[[BillLine], str]) -> dict[tuple[str, str], list[BillLine]]:
    """Lines by something and their currency, in their order."""
    found: dict[tuple[str, str], list[BillLine]] = {}
    for line in lines:
        found.setdefault((by(line), line.currency), []).append(line)
    return found


def _what(lines: Sequence[BillLine], currency: str) -> str:
    said = counted(len(lines), "line")
    return f"{said} of {sum(line.amount or 0 for line in lines):,f} {currency}" if currency else said


def _warn(about: dict[str, Any], said: str) -> None:
    console(stderr=True).print(f"{about['source']}: {said}", style="yellow", soft_wrap=True)
