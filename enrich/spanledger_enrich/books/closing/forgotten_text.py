"""Texts of the books that are forgotten: events have their hashes alone, so that the chain holds without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing.chain import ClosingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanledger_enrich.books.closing.chain import Event
    from spanledger_enrich.books.closing.close import Person
    from spanledger_sql.store import Store

_NOW: Final = {"mutations_sync": 2}


def with_text(chain: Sequence[Event], number: int) -> Event:
    """The event of this number, which has a text still.

    Raises:
        ClosingError: There is none, or its text is forgotten already.
    """
    found = next((event for event in chain if event.number == number and "says_hash" in event.said), None)
    if found is None:
        there = ", ".join(str(event.number) for event in chain if event.says_salt)
        raise ClosingError(
            f"event {number} of the books has no text; {f'those that have one: {there}' if there else 'none has one'}"
        )
    if not found.says_salt:
        raise ClosingError(f"the text of event {number} of the books is forgotten already")
    return found


def forget_text(store: Store, number: int, who: Person) -> None:
    """Erase what somebody wrote into the books: why a month is reopened, a complaint or an answer.

    Its event stays, and another one tells who had the text erased: without it a text that is gone is a fault.

    Raises:
        ClosingError: There is no such text.
    """
    chain = chains.events(store)
    event = with_text(chain, number)
    # A run that was killed told it already.
    if number not in forgotten(chain):
        chains.append(store, chain, action="forget", month=event.month, who=who.name, login=who.login, text_of=number)
    erase(store, [number])


def forgotten(chain: Sequence[Event]) -> set[int]:
    """The events whose texts the chain says were erased."""
    return {int(event.said["text_of"]) for event in chain if event.action == "forget"}


def erase(store: Store, numbers: Sequence[int]) -> None:
    """Take the texts of events away, and what they are hashed with, by which guesses could be tried."""
    gone = "ALTER TABLE book_event UPDATE says = '', says_salt = '' WHERE number IN {numbers:Array(UInt64)}"
    store.execute(gone, {"numbers": list(numbers)}, _NOW)
