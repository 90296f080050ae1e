"""What a report rests on of commitments and charges: allocated anew by who may, as it was last by who may only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_cli.output.terminal import console
from spanledger_enrich.books import allocation
from spanledger_settings.figures import counted
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    from spanledger_settings.configuration import Configuration
    from spanledger_settings.period import Period
    from spanledger_sql.store import Store

_CHARGES = (
    "SELECT count() FROM charge FINAL "
    "WHERE begins >= {from:DateTime64(9, 'UTC')} AND begins < {to:DateTime64(9, 'UTC')}"
)


def allocate_first(store: Store, settings: Configuration, asked: Period) -> None:
    """Allocate commitments and charges anew; where the user may not, say how those of the period stand."""
    if not allocation.bring_up_to_date(store, settings):
        say_how_it_stands(store, asked)


def say_how_it_stands(store: Store, asked: Period) -> None:
    """Tell on standard error from when the allocation of a period's commitments and charges is, and until when."""
    for told in (_of_commitments, _of_charges):
        try:
            sentence = told(store, asked)
        except StoreError as error:
            # Who may not read of them is shown nothing that rests on them.
            if not error.is_forbidden:
                raise
            continue
        if sentence:
            console(stderr=True).print(sentence, style="yellow", soft_wrap=True)


def _of_commitments(store: Store, asked: Period) -> str:
    stands = store.rows(statement("lookups/progress/allocated_until"), **asked.bounds)[0]
    if not stands["commitments"]:
        return ""
    found = [f"{counted(stands['commitments'], 'commitment')} of {asked}"]
    if stands["allocated_at"] is not None:
        found.append(f"as allocated last, at {stands['allocated_at']:%Y-%m-%d %H:%M} UTC")
    if stands["until"] is not None:
        found.append(f"for the hours before {stands['until']:%Y-%m-%d %H:%M} UTC")
    if stands["never"]:
        found.append(f"without {stands['never']:,} that {'was' if stands['never'] == 1 else 'were'} never allocated")
    return f"{', '.join(found)}: this user only reads; 'spanledger commitments allocate' brings them up to date"


def _of_charges(store: Store, asked: Period) -> str:
    count = store.value(_CHARGES, **asked.bounds)
    return f"{counted(count, 'charge')} of {asked}, as shared out last: this user only reads" if count else ""
