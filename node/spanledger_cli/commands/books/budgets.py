"""Commands on budgets: what may be used, how it stands, what it will come to, and who is told."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from spanledger_cli.output.export import Destination, Format
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.names import UnknownNameError, refuse_unknown
from spanledger_cli.request.options import Files, Output, OutputFile, configuration, open_store
from spanledger_enrich.books.budgets import alarm, budget, standing, standing_rows
from spanledger_enrich.books.budgets.watch import raise_alarms
from spanledger_settings.figures import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanledger_enrich.books.budgets.budget import Budget
    from spanledger_enrich.books.budgets.standing import Standing
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

budgets = typer.Typer(help="Budgets, how they stand and what they will come to; alarms.", no_args_is_help=True)

BREACHED = 3
"""The status of `budgets check` where more was used than may be: no error has it."""
# What a table leaves out where there is nothing of it; of a period that is over all of them.
_UNKNOWN = (
    "unknown_calls", "expected", "expected_low", "expected_high", "method", "record_held", "record_periods",
)  # fmt: skip


@budgets.command("import")
def budgets_import(
    context: typer.Context,
    files: Files,
    unseen: Annotated[
        bool, typer.Option("--unseen", help="Take budgets, too, for those of whom the ledger has no call yet.")
    ] = False,
) -> None:
    """Import budgets from CSV; one whose name is there already is replaced, and what it said is kept.

    All files are checked before any is stored. 'spanledger docs budgets' has the fields.

    Try:

        spanledger budgets import budgets.csv
    """
    checked = [(path, budget.read(path)) for path in files]
    with open_store(context, makes_one=True) as store:
        if not unseen:
            _refuse_nobody(store, [one for _, found in checked for one in found])
        for path, found in checked:
            changed = budget.record(store, found, path.name)
            console().print(f"{path.name}: {counted(len(found), 'budget')}, {changed:,} new or changed")


@budgets.command("list")
def budgets_list(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """The budgets that are in force.

    Try:

        spanledger budgets list
    """
    with open_store(context) as store:
        print_rows(store.frame("reports/budgets/list"), Destination(output, file), title="Budgets")


@budgets.command("history")
def budgets_history(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """What was said of budgets, and taken back, the newest first.

    Try:

        spanledger budgets history --output budgets.csv
    """
    with open_store(context) as store:
        frame = store.frame("reports/operations/book_history", kind=budget.KIND)
        print_rows(frame, Destination(output, file), title="History of budgets")


@budgets.command("remove")
def budgets_remove(context: typer.Context, name: Annotated[str, typer.Argument(help="The budget's name.")]) -> None:
    """Take a budget back. Its history and its alarms stay.

    Try:

        spanledger budgets remove acme-monthly
    """
    with open_store(context) as store:
        budget.remove(store, name)
    console().print(f"{name}: removed")


@budgets.command("check")
def budgets_check(
    context: typer.Context,
    name: Annotated[list[str] | None, typer.Argument(help="Only these budgets.", show_default=False)] = None,
    alarms: Annotated[
        bool, typer.Option("--alarms/--no-alarms", help="Raise alarms, and deliver what is not delivered yet.")
    ] = True,
    on: Annotated[
        datetime | None,
        typer.Option(
            help="As they stood at the end of this day, by each budget's zone; raises no alarms. Default: now.",
            formats=["%Y-%m-%d"],
            metavar="DATE",
            show_default=False,
        ),
    ] = None,
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """How the budgets stand, and what their periods will come to with an 80 % interval; raises and delivers alarms.

    A worker does the same each five minutes by itself. Ends with status 3 where a budget is breached, whatever its
    unit.

    Try:

        spanledger budgets check

        spanledger budgets check acme-monthly --no-alarms --format json

        spanledger budgets check --on 2024-10-31
    """
    now = datetime.now(UTC)
    if on is not None and on.date() > now.date():
        raise typer.BadParameter(f"{on:%Y-%m-%d} is still to come", param_hint="--on")
    with open_store(context) as store:
        settings = configuration(context)
        asked = _named(store, name)
        found = _stood(store, asked, now, on)
        title = "Budgets" if on is None else f"Budgets at the end of {on:%Y-%m-%d}"
        print_rows(
            standing_rows.rows(found),
            Destination(output, file),
            title=title,
            gaps=_UNKNOWN if on else _UNKNOWN[:1],
            details=["from", "to", "past_error", "record_error"],
        )
        if alarms and on is None and settings.tenant_scope is None:
            _raise_alarms(store, settings, found, now)
        if Destination(output, file).chosen is Format.table:
            _tell_record(found)
        say_what_is_missing(store, settings)
    if any(one.breached for one in found):
        raise typer.Exit(BREACHED)


@budgets.command("alarms")
def budgets_alarms(
    context: typer.Context,
    days: Annotated[int, typer.Option(help="Of the last so many days.", min=1, max=3660)] = 31,
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """Alarms that were raised, and how far they have come, the newest first.

    Try:

        spanledger budgets alarms --days 7
    """
    with open_store(context) as store:
        frame = store.frame("reports/budgets/alarms", since=datetime.now(UTC) - timedelta(days=days))
        print_rows(frame, Destination(output, file), title="Alarms", details=["alarm_key"])


def _refuse_nobody(store: Store, found: Sequence[Budget]) -> None:
    """Complain of a budget for somebody of whom the ledger has no call.

    Raises:
        UnknownNameError: There is one.
    """
    for one in found:
        try:
            option = f"budget {one.budget!r}: {one.scope}"
            if one.scope in {"tenant", "feature", "cost_center", "model"}:
                also = ["(unattributed)"] if one.scope == "tenant" else []
                refuse_unknown(store, one.scope, [one.name], option, also=also)  # type: ignore[arg-type]
            elif one.scope == "dimension":
                refuse_unknown(store, "dimension", [one.dimension], option)
        except UnknownNameError as error:
            raise UnknownNameError(f"{error}; nothing was imported; --unseen takes it all the same") from None


def _named(store: Store, names: list[str] | None) -> list[Budget]:
    known = {one.budget: one for one in budget.in_force(store)}
    for name in names or ():
        if name not in known:
            raise budget.UnknownBudgetError(f"there is no budget {name!r}: see 'spanledger budgets list'")
    return [known[name] for name in dict.fromkeys(names or known)]


def _stood(store: Store, asked: Sequence[Budget], now: datetime, on: datetime | None) -> list[Standing]:
    """The budgets' standings, now or at the end of a day of each one's zone."""
    if on is None:
        return standing.standings(store, now, asked, foretell=True)
    found = []
    for zone in sorted({one.timezone for one in asked}):
        ends = datetime.combine(on.date() + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)
        moment = min(now, ends - timedelta(microseconds=1))
        for over in (False, True):
            # Of a period that is over nothing is left to be foretold.
            some = [one for one in asked if one.timezone == zone and (one.period(moment).end <= min(now, ends)) == over]
            if some:
                found += standing.standings(store, moment, some, foretell=not over, with_record=True)
    return sorted(found, key=lambda one: one.budget.budget)


def _raise_alarms(store: Store, settings: Configuration, found: Sequence[Standing], now: datetime) -> None:
    """On standard error: what is new, and what could not be delivered."""
    new, done = raise_alarms(store, settings, found, now)
    for row in new:
        console(stderr=True).print(alarm.told(row), style="yellow", soft_wrap=True)
    for channel, problem in done.problems.items():
        console(stderr=True).print(f"{channel}: {problem}: tried again by the next check", style="red", soft_wrap=True)


def _tell_record(found: Sequence[Standing]) -> None:
    periods = sum(one.record.periods for one in found)
    if periods:
        held = sum(one.record.held for one in found)
        console().print(
            f"of {counted(periods, 'period')} that are over, {held:,} came to what the first forecast's 80 % interval "
            "had said",
            soft_wrap=True,
        )
