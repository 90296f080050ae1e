"""Commands that close months: post, soft, hard, reopen, and what the books know."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from spanledger_cli.output.allocated import allocate_or_say
from spanledger_cli.output.export import Destination
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console, print_rows
from spanledger_cli.request.options import Output, OutputFile, configuration, open_store
from spanledger_cli.request.report_request import Dimensions
from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing import close as closing
from spanledger_enrich.books.closing import month as months
from spanledger_enrich.books.closing.standing import standing
from spanledger_settings.figures import counted, emissions
from spanledger_settings.mendable import AskedWronglyError
from spanledger_sql.store import Store, statement

if TYPE_CHECKING:
    from spanledger_enrich.books.closing.chain import Event

close = typer.Typer(help="Close a month, so that it cannot change any more.", no_args_is_help=True)

ClosedMonth = Annotated[str, typer.Argument(help="A calendar month, such as 2024-10.", metavar="MONTH")]
As = Annotated[
    str | None,
    typer.Option("--as", help="The person who does it; default: the user.", metavar="NAME", show_default=False),
]
BooksZone = Annotated[
    str | None,
    typer.Option(
        "--timezone",
        help="At whose midnights months begin; said once, with the first month. Default: the books', or UTC.",
        show_default=False,
    ),
]
TenantZone = Annotated[
    list[str] | None,
    typer.Option(
        "--tenant-zone",
        help="A tenant whose months begin at the midnights of its own zone; said once. May be repeated.",
        metavar="TENANT=ZONE",
    ),
]
_BALANCE = Dimensions(
    ("month", "tenant", "kind", "cost_center", "feature", "provider", "model"), default="month,tenant"
)
_FLUX = Dimensions(("tenant", "kind", "cost_center", "feature", "provider", "model"), default="", none="")
OnlyMonth = Annotated[list[str] | None, typer.Option("--month", help="Only figures of this month. May be repeated.")]


@close.command("post")
def close_post(
    context: typer.Context,
    month: Annotated[
        str | None,
        typer.Argument(
            help="Up to the end of this month; default: the present one.", metavar="MONTH", show_default=False
        ),
    ] = None,
    who: As = None,
    timezone: BooksZone = None,
    tenant_zone: TenantZone = None,
) -> None:
    """Post what the ledger says now, up to the end of a month, so that 'close balance' can tell it later.

    What closed months lack becomes adjustments in the month that is open. Run it each night, and any day can be read.

    Try:

        spanledger close post

        spanledger close post 2024-10 --as ann
    """
    with open_store(context) as store:
        month = month or closing.this_month(store, timezone)
        _allocate(store, context, month)
        event = closing.record(
            store, month, closing.person(store, who), timezone=timezone, tenant_zones=_zones(tenant_zone)
        )
        if event is None:
            console().print(f"the books have all that the ledger says up to {month}")
        else:
            _tell(store, event, f"posted up to {month}")
        say_what_is_missing(store, configuration(context))


@close.command("soft")
def close_soft(
    context: typer.Context,
    month: ClosedMonth,
    who: As = None,
    grace: Annotated[
        int,
        typer.Option(help="Days in which the month may still change, before it can be closed hard.", min=0, max=366),
    ] = 3,
    known_users: Annotated[
        bool,
        typer.Option(
            "--known-users",
            help="Another user must close it hard, and not only one who gives another name: see the page.",
        ),
    ] = False,
    timezone: BooksZone = None,
    tenant_zone: TenantZone = None,
) -> None:
    """Close a month softly: post its accrual, and make its statements drafts for the time of grace.

    What comes in the meantime is still the month's own. Run it again to prepare the month anew.

    Try:

        spanledger close soft 2024-10 --as ann --timezone Europe/Berlin

        spanledger close soft 2024-10 --grace 5 --tenant-zone acme=America/New_York
    """
    with open_store(context) as store:
        _allocate(store, context, month)
        event = closing.soft(
            store,
            month,
            closing.person(store, who),
            grace_days=grace,
            known_users=known_users,
            timezone=timezone,
            tenant_zones=_zones(tenant_zone),
        )
        until = datetime.fromisoformat(event.said["grace_until"])
        _tell(store, event, f"{month} is closed softly by {event.who}, and may change until {until:%Y-%m-%d %H:%M} UTC")
        say_what_is_missing(store, configuration(context))


@close.command("hard")
def close_hard(context: typer.Context, month: ClosedMonth, who: As = None) -> None:
    """Close a month for good: its lines, statements and journal are kept, and hashed onto the month before.

    By another person than the one who closed it softly. What comes later becomes an adjustment in the next month.

    Try:

        spanledger close hard 2024-10 --as bob
    """
    with open_store(context) as store:
        _allocate(store, context, month)
        event = closing.hard(store, month, closing.person(store, who))
        said = event.said
        _tell(store, event, f"{month} is closed by {event.who}, prepared by {said['prepared_by']}")
        total = said["total"]
        console().print(
            f"{counted(len(said['statements']), 'statement')}, {counted(said['lines']['count'], 'line')}, "
            f"{total['cost']} USD, {emissions(Decimal(total['co2e_g']))}CO2e; SHA-256 {event.hash}",
            soft_wrap=True,
        )
        say_what_is_missing(store, configuration(context))


@close.command("status")
def close_status(context: typer.Context, output: Output = None, file: OutputFile = None) -> None:
    """The chain: who posted, closed, reopened and disputed what, and when.

    Try:

        spanledger close status
    """
    with open_store(context) as store:
        now = standing(chains.events(store))
        print_rows(
            store.frame("reports/closing/chain"),
            Destination(output, file),
            title=f"The books: {now.sealed or 'no month'} is the last that is closed" if now.first else "The books",
            gaps=["says"],
        )


@close.command("balance")
def close_balance(
    context: typer.Context,
    known_on: Annotated[
        str | None,
        typer.Option(
            "--as-known-on",
            help="As the books knew it at the end of this day, or at this moment; default: now.",
            metavar="DATE",
            show_default=False,
        ),
    ] = None,
    month: OnlyMonth = None,
    by: Annotated[str, typer.Option(help=_BALANCE.help)] = _BALANCE.default,
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """What the books know of each month, adjustments in the month that they are of; also as known on a past day.

    Try:

        spanledger close balance --as-known-on 2024-11-15

        spanledger close balance --month 2024-10 --by tenant,model
    """
    asked = _BALANCE.read(by)
    with open_store(context) as store:
        known = moment(store, known_on, "--as-known-on")
        frame = store.frame("reports/closing/balance", known=known, months=month or [], by=list(asked))
        print_rows(
            frame[[*asked, *(name for name in frame if name not in _BALANCE.known)]],
            Destination(output, file),
            title=f"The books as known on {known:%Y-%m-%d %H:%M} UTC",
            total=["calls", "list_cost", "cost", "energy_kwh", "co2e_kg", "co2e_kg_least", "co2e_kg_most"],
            gaps=["unpriced_calls", "unknown_energy_calls"],
        )


@close.command("flux")
def close_flux(
    context: typer.Context,
    since: Annotated[str, typer.Option(help="The end of this day, or this moment.", metavar="DATE")],
    known_on: Annotated[
        str | None,
        typer.Option("--as-known-on", help="Until then; default: now.", metavar="DATE", show_default=False),
    ] = None,
    month: OnlyMonth = None,
    by: Annotated[str, typer.Option(help=_FLUX.help)] = _FLUX.default,
    output: Output = None,
    file: OutputFile = None,
) -> None:
    """What the books learned between two days, month by month and by reason: the one balance and this are the other.

    Try:

        spanledger close flux --since 2024-11-15 --as-known-on 2024-12-01 --by tenant
    """
    asked = _FLUX.read(by)
    with open_store(context) as store:
        first, last = moment(store, since, "--since"), moment(store, known_on, "--as-known-on")
        frame = store.frame("reports/closing/flux", since=first, known=last, months=month or [], by=list(asked))
        print_rows(
            frame[["month", "booked_in", "reason", *asked, *list(frame)[3 + len(_FLUX.known) :]]],
            Destination(output, file),
            title=f"What the books learned from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC",
            total=["entries", "calls", "list_cost", "cost", "co2e_kg", "co2e_kg_least", "co2e_kg_most"],
        )


def reopen(
    context: typer.Context,
    month: ClosedMonth,
    who: As = None,
    reason: Annotated[str, typer.Option(help="Why it must be reopened.", show_default=False)] = "",
    approve: Annotated[bool, typer.Option("--approve", help="Agree to what somebody else asked for.")] = False,
) -> None:
    """Reopen the last closed month: one person asks and says why, another approves. Both are in the chain.

    The statements that were issued stay as they are; closing the month again makes a new revision of each.

    Try:

        spanledger reopen 2024-10 --reason "the contract with openai was signed in September" --as ann

        spanledger reopen 2024-10 --approve --as bob
    """
    with open_store(context) as store:
        person = closing.person(store, who)
        if approve:
            if reason:
                raise typer.BadParameter("is said by who asks, not by who approves", param_hint="--reason")
            event = closing.reopen(store, month, person)
            console().print(f"{month} is open again; {event.said['asked_by']} asked, {event.who} approved")
        else:
            closing.ask_to_reopen(store, month, person, reason)
            console().print(f"{person.name} asks to reopen {month}; somebody else agrees with --approve")


def moment(store: Store, text: str | None, option: str) -> datetime:
    """The end of a day by the books' zone, or a moment; now where nothing is said.

    Raises:
        AskedWronglyError: It is no day and no time.
    """
    if text is None:
        return datetime.now(UTC)
    zone = ZoneInfo(standing(chains.events(store)).timezone)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise AskedWronglyError(
            f"{option} {text!r} is no time; expected for example 2024-11-15 or 2024-11-15T14:00"
        ) from None
    if len(text) == len("2024-11-15"):
        found = datetime.combine(found.date() + timedelta(days=1), time()) - timedelta(microseconds=1)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _allocate(store: Store, context: typer.Context, month: str) -> None:
    """Allocate what the worker has not yet: the books have the parts that stand."""
    allocate_or_say(store, configuration(context), months.of(month, "UTC"))


def _zones(given: list[str] | None) -> dict[str, str]:
    found = {}
    for one in given or []:
        tenant, equals, zone = one.rpartition("=")
        if not (tenant and equals and zone):
            raise typer.BadParameter(f"{one!r}; expected for example acme=Europe/Berlin", param_hint="--tenant-zone")
        found[tenant] = zone
    return found


def _tell(store: Store, event: Event, what: str) -> None:
    """What an event did, and what of it are adjustments to closed months."""
    console().print(
        f"{what}: {counted(event.said['entries']['count'], 'entry', 'entries')} of {event.said['entries']['cost']} USD",
        soft_wrap=True,
    )
    for row in store.rows(statement("closing/adjusted"), posting=event.posting):
        console().print(
            f"adjustments in {row['month']} to {row['service_month']}: {counted(row['entries'], 'entry', 'entries')}, "
            f"{row['reason']}, {row['cost']:f} USD, {emissions(row['co2e_g'])}CO2e",
            soft_wrap=True,
        )
    first = standing(chains.events(store)).first
    before = store.rows(statement("closing/before_the_books"), first=first)
    for row in before:
        if row["calls"]:
            console(stderr=True).print(
                f"the books begin with {first}: {counted(row['calls'], 'call')} before it, of {row['cost']:f} USD, "
                "are not in them",
                style="yellow",
                soft_wrap=True,
            )
