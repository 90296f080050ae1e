"""What the ledger holds, told where a report finds nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from spanledger_cli.output.partial import unbooked
from spanledger_cli.output.terminal import console
from spanledger_settings.figures import counted
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    from spanledger_settings.period import Period
    from spanledger_sql.store import Store

_BY_NOW = "SELECT count() FROM calls WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}"


def say_what_there_is(store: Store, asked: Period, narrowed_to: str = "") -> None:
    """Tell on standard error that the period holds no calls, and which period does.

    Args:
        store: The database.
        asked: The period.
        narrowed_to: The calls that were asked for, where not all.

    Raises:
        StoreError: No period does: a bill of an empty ledger is a bill of the wrong one.
    """
    recorded = store.rows(statement("reports/filters/recorded_period"))[0]
    if recorded["calls"]:
        days = f"from {recorded['first']:%Y-%m-%d} to {recorded['last']:%Y-%m-%d} UTC"
        has = f"it has {counted(recorded['calls'], 'call')} {days}"
    else:
        waits = unbooked(store)
        raise StoreError(
            f"no calls in the ledger for {asked}: it is empty. "
            + (
                waits
                or "Nothing was ever booked here; 'spanledger doctor' says what is listening, and --data-dir names "
                "another ledger"
            )
        )
    if not narrowed_to and (came := store.value(_BY_NOW, **asked.bounds)):
        told = (
            f"nothing of this in the ledger for {asked}; it has {counted(came, 'call')} of that time by now: if they "
            "came while it was read, ask again"
        )
    else:
        of = f" of {narrowed_to}" if narrowed_to else ""
        told = f"no calls{of} in the ledger for {asked}; {'in all ' if of else ''}{has}"
    console(stderr=True).print(told, style="yellow", soft_wrap=True)
    sys.stderr.flush()
