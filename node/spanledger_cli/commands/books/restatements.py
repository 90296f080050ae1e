"""Commands on restatements: restate, and what was restated."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from spanledger_cli.output.export import Destination
from spanledger_cli.output.progress import progress
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.names import refuse_unknown
from spanledger_cli.request.options import Begin, End, Month, Output, OutputFile, Timezone, configuration, open_store
from spanledger_enrich.books import restatement
from spanledger_enrich.books.scope import Scope
from spanledger_settings.figures import counted
from spanledger_settings.period import period

_TOTALS = ("old_calls", "new_calls", "old_cost", "new_cost", "difference", "old_co2e_kg", "new_co2e_kg")
_GAPS = ("old_unknown_cost_calls", "new_unknown_cost_calls")
_OF_THE_RUN = ["restatement_id", "started_at", "finished_at", "state", "requested_by", "reason", "scope",
               "examined_calls", "changed_calls", "changed_outcomes"]  # fmt: skip

_LISTED = ["restatement_id", "started_at", "state", "requested_by", "reason", "changed_calls", "changed_outcomes"]
_CHANGES = ["old_cost", "new_cost", "difference", "old_unknown_cost_calls", "new_unknown_cost_calls",
            "old_co2e_kg", "new_co2e_kg"]  # fmt: skip


def restate(
    context: typer.Context,
    month: Month = None,
    begin: Begin = None,
    end: End = None,
    timezone: Timezone = "UTC",
    tenant: Annotated[list[str] | None, typer.Option(help="Only this tenant's. May be repeated.")] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Only of this model, as requested or answered. May be repeated.")
    ] = None,
    provider: Annotated[list[str] | None, typer.Option(help="Only of this provider. May be repeated.")] = None,
    changed: Annotated[
        bool | None,
        typer.Option(
            "--changed/--all",
            help="Only calls that prices, resolution or grid hours changed under, or all; the default is --changed "
            "without a period, tenant, model or provider, else --all.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference; change nothing.")] = False,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """Compute calls anew with today's prices, resolution and grid hours; those that differ get a new version.

    Prints what changes by month and tenant, and how many outcomes are another tenant's. A run that was killed is
    finished first, unless this is a dry run, which leaves everything as it was. The same again changes nothing.

    Try:

        spanledger restate --dry-run

        spanledger restate --reason "contract of October"

        spanledger restate --month 2024-10 --model gpt-4o
    """
    narrowed = any((month, begin, end, tenant, model, provider))
    asked = period(month, begin, end, timezone) if month or begin or end else None
    scope = Scope(
        begin=asked.begin if asked else None,
        end=asked.end if asked else None,
        tenants=tuple(tenant or ()),
        models=tuple(model or ()),
        providers=tuple(provider or ()),
        changed=(not narrowed) if changed is None else changed,
    )
    with open_store(context) as store, progress() as bar:
        refuse_unknown(store, "tenant", scope.tenants, "--tenant")
        refuse_unknown(store, "model", scope.models, "--model")
        refuse_unknown(store, "provider", scope.providers, "--provider")
        computing = bar.add_task("computing calls anew", total=None)
        # Of the others nothing is in the books.
        waiting = [run["restatement_id"] for run in restatement.unfinished(store) if run["state"] == "running"]
        identity = ""
        try:
            done = restatement.restate(
                store,
                configuration(context),
                scope,
                requested_by=getpass.getuser(),
                reason=reason,
                dry_run=dry_run,
                on_progress=lambda calls, total: bar.update(computing, completed=calls, total=total),
            )
            identity = done.restatement_id
            frame = store.frame(
                "reports/operations/restatements", restatement_id=identity, previews=1, by_month=1, by_tenant=1
            )
        finally:
            if dry_run:
                restatement.forget_previews(store, identity)
    for stopped in waiting if dry_run else ():
        console(stderr=True).print(
            f"restatement {stopped} was stopped and is not finished, so that the books are between two states: "
            f"'spanledger restate' goes on with it, 'spanledger restatements {stopped} --cancel' leaves it there",
            style="yellow",
            soft_wrap=True,
        )
    for earlier in done.resumed:
        console(stderr=True).print(
            f"restatement {earlier.restatement_id}, which had been stopped, is finished: "
            f"{earlier.changed_calls:,} of {counted(earlier.examined_calls, 'call')} changed"
        )
    told = "would change" if dry_run else "changed"
    run = "dry run" if dry_run else f"restatement {done.restatement_id}"
    console(stderr=True).print(f"{run}: {counted(done.examined_calls, 'call')} computed, {done.changed_calls:,} {told}")
    if done.changed_outcomes:
        console(stderr=True).print(f"{counted(done.changed_outcomes, 'outcome')} {told} to another tenant")
    destination = Destination(output, file)
    if done.changed_calls or destination.file is not None:
        title = f"What {told}: cost (USD) and emissions (kgCO2e) of these calls before and after"
        print_rows(frame.drop(columns=_OF_THE_RUN), destination, title=title, total=_TOTALS, gaps=_GAPS)


def restatements(
    context: typer.Context,
    restatement_id: Annotated[str, typer.Argument(help="One of them, by month and tenant.")] = "",
    stop: Annotated[
        bool, typer.Option("--cancel", help="End this one, which was killed, where it is: what it wrote stays.")
    ] = False,
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """What was restated: when, by whom, why, and what it came to before and after.

    Try:

        spanledger restatements

        spanledger restatements 3f2b8c9d0a1e

        spanledger restatements 3f2b8c9d0a1e --cancel
    """
    one = int(bool(restatement_id))
    if stop and not restatement_id:
        raise typer.BadParameter("which one? 'spanledger restatements' lists them", param_hint="RESTATEMENT_ID")
    with open_store(context) as store:
        if stop:
            ended = restatement.cancel(store, restatement_id)
            console(stderr=True).print(
                f"restatement {restatement_id} is cancelled: {counted(ended.changed_calls, 'call')} that it had "
                "changed stay as they are; the next 'spanledger restate' finds the others"
            )
        frame = store.frame(
            "reports/operations/restatements", restatement_id=restatement_id, previews=one, by_month=1, by_tenant=one
        )
    if one and frame.empty:
        raise restatement.UnknownRestatementError(
            f"there is no restatement {restatement_id!r}: see 'spanledger restatements'"
        )
    frame = frame[[*_LISTED, "month", *(["tenant"] if one else []), *_CHANGES]]
    print_rows(
        frame,
        Destination(output, file),
        title="Restatements: cost in USD, emissions in kgCO2e, of the calls that changed",
        gaps=_GAPS,
    )
