"""Whether what commitments and charges cost whom is up to date, told beside the figures that rest on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_cli.output.terminal import console
from spanledger_enrich.books.upkeep import bring_up_to_date_if_allowed
from spanledger_settings.figures import counted
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_settings.configuration import Configuration
    from spanledger_settings.period import Period
    from spanledger_sql.store import Store


def allocate_or_say(store: Store, settings: Configuration, asked: Period) -> None:
    """Before something that rests on it is kept: allocate what the worker has not yet, or tell what that is."""
    if not bring_up_to_date_if_allowed(store, settings):
        say_how_it_stands(store, asked)


def say_how_it_stands(store: Store, asked: Period) -> None:
    """Tell on standard error what of the period's commitments and charges the worker has still to allocate."""
    try:
        reasons = list(_behind(store, asked))
    except StoreError as error:
        # Who may not read of them is shown nothing that rests on them.
        if not error.is_forbidden:
            raise
        return
    for reason in reasons:
        console(stderr=True).print(
            f"{reason}: a node or 'spanledger enrich' allocates it, or 'spanledger commitments allocate'",
            style="yellow",
            soft_wrap=True,
        )


def _behind(store: Store, asked: Period) -> Iterator[str]:
    stands = store.rows(statement("lookups/progress/allocated_until"), **asked.bounds)[0]
    since = {"in_hours": 0, "calls": 0}
    if stands["commitments"] or stands["charges"]:
        since = store.rows(statement("lookups/progress/allocated_since"), **asked.bounds, version=stands["looked"])[0]
    if stands["commitments"]:
        found = []
        if stands["until"] is not None:
            found.append(f"for the hours before {stands['until']:%Y-%m-%d %H:%M} UTC")
        if stands["never"]:
            found.append(
                f"without {stands['never']:,} that {'was' if stands['never'] == 1 else 'were'} never allocated"
            )
        found += _calls(since["in_hours"], restated=stands["restated"])
        if found:
            yield f"{counted(stands['commitments'], 'commitment')} of {asked}, {', '.join(found)}"
    if stands["unshared"]:
        yield f"{counted(stands['unshared'], 'charge')} of {asked}, not shared out yet as the file has it now"
    if stands["charges"] and (found := _calls(since["calls"], restated=stands["restated"])):
        yield f"{counted(stands['charges'], 'charge')} of {asked}, shared out {', '.join(found)}"


def _calls(since: int, *, restated: bool) -> list[str]:
    found = [f"without {counted(since, 'call')} that came since"] if since else []
    return [*found, "as calls were before they were restated"] if restated else found
