"""Whether invoices that were allocated are still what tenants pay together, told beside the figures that rest on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_cli.output.terminal import console
from spanledger_enrich.books.bills.outdated_invoice import outdated_invoices
from spanledger_sql.store import StoreError

if TYPE_CHECKING:
    from datetime import date

    from spanledger_sql.store import Store


def say_what_is_outdated(store: Store, first: date, last: date) -> None:
    """Tell on standard error which allocated invoices of these days something moved in since."""
    try:
        found = outdated_invoices(store, first, last)
    except StoreError as error:
        # Who may not read of reconciliations is shown nothing of invoices.
        if not error.is_forbidden:
            raise
        return
    for one in found:
        console(stderr=True).print(str(one), style="yellow", soft_wrap=True)
