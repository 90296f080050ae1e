"""What a report does not have yet: calls that wait for the worker, and requests that wait in the spool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_cli.output.terminal import console
from spanledger_settings import spool_files
from spanledger_settings.figures import counted
from spanledger_sql.node_socket import node_answers
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store


def say_what_is_missing(store: Store, settings: Configuration) -> None:
    """Tell on standard error why the figures are not all of what was sent."""
    for reason in missing(store, settings):
        console(stderr=True).print(f"these figures are partial: {reason}", style="yellow", soft_wrap=True)


def missing(store: Store, settings: Configuration) -> list[str]:
    """A sentence on each part of what was sent that the ledger does not have."""
    reasons = list(filter(None, [unbooked(store)]))
    waiting = sum(file.stat.st_size for file in spool_files.waiting(settings.spool))
    if waiting:
        node = "is still to be" if not settings.embedded or node_answers(settings.data_dir) else "no node runs to be"
        reasons.append(
            f"{waiting:,} bytes that senders were told are safe wait in {settings.spool}: what is in them {node} "
            "taken in; 'spanledger up' does it"
        )
    return reasons


def unbooked(store: Store) -> str:
    """What came into the database and is not in the ledger, in words; '' where nothing waits."""
    try:
        behind = store.rows(statement("reports/operations/unbooked"))[0]
    except StoreError as error:
        if not error.is_forbidden:
            raise
        return "without calls that are still to be booked, if there are any: this user may not see that"
    if not behind["llm_spans"]:
        return ""
    return (
        f"{counted(behind['llm_spans'], 'call')} came in and not into the ledger yet, the oldest "
        f"{behind['oldest_seconds']:,} s ago; a node does that, or 'spanledger enrich --once'"
    )
