"""Disputes: complaints about statements and their answers, as events of the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing.chain import ClosingError
from spanledger_enrich.books.closing.statements import issued
from spanledger_settings.figures import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanledger_enrich.books.closing.chain import Event
    from spanledger_enrich.books.closing.close import Person
    from spanledger_sql.store import Store


def disputed(chain: Sequence[Event], statement: str) -> str:
    """How the disputes of a statement and its other revisions stand, in words; empty where there are none."""
    month_of, _, revision = statement.rpartition("/")
    answers = {event.said["dispute"]: event.said["accepted"] for event in chain if event.action == "answer"}
    words = {None: "open", True: "accepted", False: "rejected"}
    found = [
        f"dispute {event.number}{_of_line(event, revision)} is {words[answers.get(event.number)]}"
        for event in chain
        if event.action == "dispute" and event.said["statement"].rpartition("/")[0] == month_of
    ]
    return f"it is disputed: {', '.join(found)}; see 'spanledger disputes list'" if found else ""


def complain(store: Store, month: str, tenant: str, line: int | None, says: str, who: Person) -> int:
    """Dispute a statement, or a line of it; gives the dispute's number, which is its event's.

    Raises:
        ClosingError: There is no such statement or line, or nothing is said.
    """
    one = issued.issued(store, month, tenant)
    said = one.said
    if line is not None and line > len(said["lines"]):
        raise ClosingError(f"the statement has {counted(len(said['lines']), 'line')}; there is no line {line}")
    _refuse_silence(says)
    event = chains.append(
        store, chains.events(store), action="dispute", month=month, who=who.name, login=who.login,
        statement=said["statement"], hash=one.hash, line=line, text=says.strip(),
    )  # fmt: skip
    return event.number


def answer(store: Store, number: int, says: str, who: Person, *, accepted: bool) -> None:
    """Answer a dispute.

    Raises:
        ClosingError: There is no such dispute, it is answered, nothing is said, or who complained accepts it himself.
    """
    chain = chains.events(store)
    found = [event for event in chain if event.number == number and event.action == "dispute"]
    if not found:
        # A dispute's number is that of its event, so that one of number 4 is no fourth one.
        numbers = ", ".join(str(event.number) for event in chain if event.action == "dispute")
        raise ClosingError(
            f"there is no dispute {number}; {f'those there are: {numbers}' if numbers else 'there are none'}"
        )
    if any(event.action == "answer" and event.said["dispute"] == number for event in chain):
        raise ClosingError(f"dispute {number} is answered; open another one")
    _refuse_silence(says)
    if accepted and found[0].who.casefold() == who.name.casefold():
        raise ClosingError(
            f"{who.name} complained; another person must accept it: say who with --as NAME; nothing was changed"
        )
    chains.append(
        store, chain, action="answer", month=found[0].month, who=who.name, login=who.login,
        dispute=number, accepted=accepted, text=says.strip(),
    )  # fmt: skip


def _of_line(event: Event, revision: str) -> str:
    line, of = event.said["line"], event.said["statement"].rpartition("/")[2]
    return ("" if line is None else f" of line {line}") + ("" if of == revision else f" of revision {of}")


def _refuse_silence(says: str) -> None:
    if not says.strip():
        raise ClosingError("--says is empty; expected what is wrong, or why it is not; nothing was changed")
