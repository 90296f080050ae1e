"""Commands on commitments: costs that are shared by many calls."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from spanledger_cli.confirmation import Yes, confirm
from spanledger_cli.output.allocated import say_how_it_stands
from spanledger_cli.output.export import Destination
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.progress import progress
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Files, Output, OutputFile, configuration, open_store
from spanledger_cli.request.report_request import ReportRequest, over_a_period
from spanledger_enrich.books import commitment, upkeep
from spanledger_settings.figures import counted
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from spanledger_sql.store import Store

commitments = typer.Typer(help="Reserved throughput, hardware and flat fees, and who bears them.", no_args_is_help=True)


@commitments.command("import")
def commitments_import(context: typer.Context, files: Files, yes: Yes = False) -> None:
    """Import commitments from CSV or YAML; one whose name is there already is replaced.

    All files are checked before any is stored. Says what each covers so far, and asks where it covers no call at all.
    'spanledger docs commitments' has the fields.

    Try:

        spanledger commitments import commitments.yaml
    """
    checked = [(path, commitment.read(path)) for path in files]
    with open_store(context, makes_one=True) as store:
        for path, found in checked:
            commitment.in_usd(store, found, path.name)
        say_what_is_missing(store, configuration(context))
        confirm(_coverage(store, [one for _, found in checked for one in found]), yes=yes)
        for path, found in checked:
            changed = commitment.record(store, found, path.name)
            console().print(f"{path.name}: {counted(len(found), 'commitment')}, {changed:,} new or changed")
        upkeep.bring_up_to_date(store, configuration(context))


@commitments.command("history")
def commitments_history(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """What was said of commitments, and taken back, the newest first.

    Try:

        spanledger commitments history --output commitments.csv
    """
    with open_store(context) as store:
        frame = store.frame("reports/operations/book_history", kind=commitment.KIND)
        print_rows(frame, Destination(output, file), title="History of commitments")


@commitments.command("remove")
def commitments_remove(
    context: typer.Context, name: Annotated[str, typer.Argument(help="The commitment's name.")]
) -> None:
    """Take a commitment back, and its allocation with it: the calls that it covered cost their usage price again.

    Try:

        spanledger commitments remove ptu-sweden
    """
    with open_store(context) as store:
        commitment.remove(store, name)
    console().print(f"{name}: removed")


@commitments.command("list")
def commitments_list(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """The commitments, what they cover, and how far they are allocated.

    Try:

        spanledger commitments list
    """
    with open_store(context) as store:
        print_rows(store.frame("reports/commitments/charged"), Destination(output, file), title="Commitments, USD")


@commitments.command("allocate")
def commitments_allocate(context: typer.Context) -> None:
    """Allocate commitments and charges, up to the last full hour, where anything that they rest on has changed.

    The worker does it by itself; this is for a time in which none runs.

    Try:

        spanledger commitments allocate
    """
    with open_store(context) as store, progress() as bar:
        allocating = bar.add_task("allocating", total=None)
        done = upkeep.bring_up_to_date(store, configuration(context))
        bar.update(allocating, total=len(done), completed=len(done))
    for one in done:
        console().print(
            f"{one.commitment_id}: {one.amount:,} USD allocated for the hours before {one.until:%Y-%m-%d %H:%M} UTC, "
            f"{counted(one.days, 'day')} anew",
            soft_wrap=True,
        )


@commitments.command("report")
@over_a_period()
def commitments_report(context: typer.Context, request: ReportRequest) -> None:
    """What each tenant owes: usage that no commitment pays, and its part of the commitments (USD).

    As the worker allocated them; where it is behind, this says so. Calls that a commitment pays cost nothing besides.

    Try:

        spanledger commitments report --month 2024-10
    """
    with open_store(context) as store:
        say_what_is_missing(store, configuration(context))
        say_how_it_stands(store, request.period)
        frame = store.frame("reports/commitments/by_tenant", **request.period.bounds)
    totals = [str(name) for name in frame if name != "tenant"]
    print_rows(
        frame,
        request.output,
        period=request.period,
        title=f"Effective cost, {request.period}",
        total=totals,
        gaps=["unknown_cost_calls"],
    )


def _coverage(store: Store, found: list[commitment.Commitment]) -> list[str]:
    """Tell what each commitment covers so far; gives a doubt for each that covers no call of any time."""
    doubts = []
    for one in found:
        if one.policy == "fixed" and not one.covers:
            continue
        told = commitment.covered(store, one)
        if told["calls"] and not told["in_term"] and one.ends <= datetime.now(UTC):
            doubts.append(
                f"{one.commitment}: covers no call of its period, which is over; of other times "
                f"{counted(told['calls'], 'call')}"
            )
        elif told["calls"]:
            console().print(
                f"{one.commitment}: covers {counted(told['in_term'], 'call')} of its period so far, of "
                f"{told['list_cost']:,.2f} USD at list prices",
                soft_wrap=True,
            )
        else:
            seen = store.rows(statement("reports/prices/seen"))
            known = sorted(
                {row[name] for row in seen for name in ("provider", "request_model", "response_model")} - {""}
            )
            has = f"calls name {', '.join(known[:12])}" if known else "the ledger has no calls"
            doubts.append(f"{one.commitment}: covers no call at all: {has}")
    return doubts
