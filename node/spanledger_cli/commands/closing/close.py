"""Commands that close months: post, soft, hard, reopen; and the group that what the books know is asked in."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from spanledger_cli.commands.closing.known import close_balance, close_flux, close_status
from spanledger_cli.output.allocated import allocate_or_say
from spanledger_cli.output.invoices import say_what_is_outdated
from spanledger_cli.output.partial import say_what_is_missing
from spanledger_cli.output.terminal import console
from spanledger_cli.request.options import configuration, open_store
from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing import close as closing
from spanledger_enrich.books.closing import month as months
from spanledger_enrich.books.closing.standing import standing
from spanledger_settings.figures import counted, emissions, in_full
from spanledger_settings.mendable import AskedWronglyError
from spanledger_settings.period import time_zone
from spanledger_sql.store import Store, statement

if TYPE_CHECKING:
    from datetime import date

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
        month = month or _present_month(store, timezone)
        zones = _zones(tenant_zone)
        _allocate(store, context, month, timezone)
        event = closing.record(store, month, closing.person(store, who), timezone=timezone, tenant_zones=zones)
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
        zones = _zones(tenant_zone)
        _allocate(store, context, month, timezone)
        event = closing.soft(
            store,
            month,
            closing.person(store, who),
            grace_days=grace,
            known_users=known_users,
            timezone=timezone,
            tenant_zones=zones,
        )
        until = datetime.fromisoformat(event.said["grace_until"])
        _tell(store, event, f"{month} is closed softly by {event.who}, and may change until {until:%Y-%m-%d %H:%M} UTC")
        _tell_of_bills(store, event)
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
            f"{in_full(Decimal(total['cost']))} USD, {emissions(Decimal(total['co2e_g']))}CO2e; SHA-256 {event.hash}",
            soft_wrap=True,
        )
        _tell_of_bills(store, event)
        say_what_is_missing(store, configuration(context))


close.command("status")(close_status)
close.command("balance")(close_balance)
close.command("flux")(close_flux)


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


def _present_month(store: Store, timezone: str | None) -> str:
    """The present month; books that do not begin with it for good because nobody said which is their first.

    Raises:
        AskedWronglyError: Nothing is in the books yet, and there are calls before it.
    """
    month = closing.this_month(store, timezone)
    if not chains.events(store):
        for row in store.rows(statement("closing/before_the_books"), first=month):
            if row["calls"]:
                raise AskedWronglyError(
                    "the first month that is posted is the books' first, for good, and there are "
                    f"{counted(row['calls'], 'call')} before {month}: name the month, such as 'spanledger close post "
                    f"{row['since']:%Y-%m}'; nothing was changed"
                )
    return month


def _allocate(store: Store, context: typer.Context, month: str, timezone: str | None = None) -> None:
    """Allocate what the worker has not yet: the books have the parts that stand.

    Raises:
        PeriodError: It is no month, or the zone is unknown.
    """
    months.of(month, timezone or "UTC")
    allocate_or_say(store, configuration(context), months.of(month, "UTC"))


def _tell_of_bills(store: Store, event: Event) -> None:
    """Say whose bills of a month that is closed are not in the books, and which invoices something moved in since.

    The latter of the months that it posts adjustments to as well.
    """
    month = event.month
    days = _days_of(month)
    providers = [row["provider"] for row in store.rows(statement("lookups/bills/not_allocated"), **days)]
    if providers:
        console(stderr=True).print(
            f"bills of {', '.join(providers)} in {month} are not allocated: the month is closed by what was metered. "
            "What they differ by becomes an adjustment of the open month after "
            f"'spanledger reconcile --month {month} --allocate metered'",
            style="yellow",
            soft_wrap=True,
        )
    adjusted = {row["service_month"] for row in store.rows(statement("closing/adjusted"), posting=event.posting)}
    for one in sorted({month, *adjusted}):
        say_what_is_outdated(store, **_days_of(one))


def _days_of(month: str) -> dict[str, date]:
    asked = months.of(month, "UTC")
    return {"first": asked.first_day, "last": asked.last_day}


def _zones(given: list[str] | None) -> dict[str, str]:
    found = {}
    for one in given or []:
        tenant, equals, zone = one.rpartition("=")
        if not (tenant and equals and zone):
            raise typer.BadParameter(f"{one!r}; expected for example acme=Europe/Berlin", param_hint="--tenant-zone")
        time_zone(zone, f"--tenant-zone of {tenant!r}:")
        found[tenant] = zone
    return found


def _tell(store: Store, event: Event, what: str) -> None:
    """What an event did, and what of it are adjustments to closed months."""
    console().print(
        f"{what}: {counted(event.said['entries']['count'], 'entry', 'entries')} of "
        f"{_money(Decimal(event.said['entries']['cost']), _priced(store, event))}",
        soft_wrap=True,
    )
    for row in store.rows(statement("closing/adjusted"), posting=event.posting):
        console().print(
            f"adjustments in {row['month']} to {row['service_month']}: {counted(row['entries'], 'entry', 'entries')}, "
            f"{row['reason']}, {_money(row['cost'], row['price'])}, {emissions(row['co2e_g'])}CO2e",
            soft_wrap=True,
        )
    first = standing(chains.events(store)).first
    before = store.rows(statement("closing/before_the_books"), first=first)
    for row in before:
        if row["calls"]:
            console(stderr=True).print(
                f"the books begin with {first}: {counted(row['calls'], 'call')} before it, of "
                f"{in_full(row['cost'])} USD, are not in them",
                style="yellow",
                soft_wrap=True,
            )


def _priced(store: Store, event: Event) -> Decimal:
    """What tenants pay of what an event posted, by their plans, USD."""
    query = "SELECT sum(price) FROM book_entry WHERE posting = {posting:String}"
    return Decimal(store.value(query, posting=event.posting) or 0)


def _money(cost: Decimal, price: Decimal) -> str:
    """What something costs, and what tenants pay for it where that is another amount."""
    return f"{in_full(cost)} USD" + (f" ({in_full(price)} USD to tenants)" if price != cost else "")
