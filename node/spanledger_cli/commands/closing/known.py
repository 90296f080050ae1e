"""What the books know: their chain, their balance as known on a day, and what they learned between two."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from spanledger_cli.output.export import Destination
from spanledger_cli.output.terminal import print_rows
from spanledger_cli.request.options import Output, OutputFile, open_store
from spanledger_cli.request.report_request import Dimensions
from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing import month as months
from spanledger_enrich.books.closing.standing import standing
from spanledger_settings.mendable import AskedWronglyError
from spanledger_sql.store import Store

_BALANCE = Dimensions(
    ("month", "tenant", "kind", "cost_center", "feature", "provider", "model"), default="month,tenant"
)
_FLUX = Dimensions(("tenant", "kind", "cost_center", "feature", "provider", "model"), default="", none="")
_FIRST_YEAR, _LAST_YEAR = 1971, 2200
OnlyMonth = Annotated[list[str] | None, typer.Option("--month", help="Only figures of this month. May be repeated.")]


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
        frame = store.frame("reports/closing/balance", known=known, months=_named(month), by=list(asked))
        print_rows(
            frame[[*asked, *(name for name in frame if name not in _BALANCE.known)]],
            Destination(output, file),
            title=f"The books as known on {known:%Y-%m-%d %H:%M} UTC",
            total=["calls", "list_cost", "cost", "energy_kwh", "co2e_kg", "co2e_kg_least", "co2e_kg_most"],
            gaps=["unpriced_calls", "unknown_energy_calls"],
        )


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
        frame = store.frame("reports/closing/flux", since=first, known=last, months=_named(month), by=list(asked))
        print_rows(
            frame[["month", "booked_in", "reason", *asked, *list(frame)[3 + len(_FLUX.known) :]]],
            Destination(output, file),
            title=f"What the books learned from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC",
            total=["entries", "calls", "list_cost", "cost", "co2e_kg", "co2e_kg_least", "co2e_kg_most"],
        )


def _named(given: list[str] | None) -> list[str]:
    """Months that figures are narrowed to; none: all.

    Raises:
        PeriodError: One is no month.
    """
    for one in given or []:
        months.of(one, "UTC", said_by="--month")
    return given or []


def moment(store: Store, text: str | None, option: str) -> datetime:
    """The end of a day by the books' zone, or a moment; now where nothing is said.

    Raises:
        AskedWronglyError: It is no day and no time, or none that books can have.
    """
    if text is None:
        return datetime.now(UTC)
    zone = ZoneInfo(standing(chains.events(store)).timezone)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not _FIRST_YEAR <= found.year < _LAST_YEAR:
        raise AskedWronglyError(f"{option} {text!r} is no time; expected for example 2024-11-15 or 2024-11-15T14:00")
    if _is_day(text):
        found = datetime.combine(found.date() + timedelta(days=1), time()) - timedelta(microseconds=1)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _is_day(text: str) -> bool:
    """Whether it is a day, however ISO 8601 writes it: `20241115` is one, and not its first moment."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
