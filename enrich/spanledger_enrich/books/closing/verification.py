"""Proof of the books: the chain, the entries, lines, statements and journals, by nothing but what is stored.

What entries are taken from (calls, bills, allocations, plans) is not bound by the chain, since it may change: the next
posting has the difference. Of it is looked at only whether it is the sum of its rows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books.closing import bound_bills
from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing import journal as journals
from spanledger_enrich.books.closing.chain import Event, canonical, digest, text_hash
from spanledger_enrich.books.closing.forgotten_text import forgotten
from spanledger_enrich.books.closing.posting import empty, posted
from spanledger_enrich.books.closing.standing import standing
from spanledger_enrich.books.closing.statements import statement as statements
from spanledger_enrich.books.forgetting import PSEUDONYM
from spanledger_enrich.books.plans import billing
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spanledger_enrich.books.closing.posting import Posting
    from spanledger_sql.store import Store


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at, and what does not hold.

    Attributes:
        events: How many events there are.
        entries: How many entries are in force.
        closes: How many closes of months there are, those reopened since included.
        statements: How many statements.
        head: The hash of the last event: who kept it elsewhere can tell whether the end of the chain was cut off.
        faults: A sentence on each thing that does not hold.
        chain: The events that were looked at.
        unfinished: Entries of postings that were killed; they are not in force.
    """

    events: int
    entries: int
    closes: int
    statements: int
    head: str
    faults: tuple[str, ...]
    chain: tuple[Event, ...]
    unfinished: int


def verify(store: Store) -> Proof:
    """Look through the books."""
    chain = chains.events(store)
    closes = [event for event in chain if event.action == "hard"]
    faults = [*_chain(chain), *_parties(store), *_unsummed(store)]
    if all(_can_be_read(event) for event in chain):
        faults += [*bound_bills.faults(store, chain), *_texts(store, chain)]
        every = posted(store)
        for event in chain:
            if name := event.posting:
                before = chain[: event.number - 1]
                faults += _whole(event, _entries(event, before, every.get(name) or empty(name)))
        for event in closes:
            faults += _whole(event, _close(store, chain, event))
    else:
        faults.append("what an event says cannot be read: entries, lines, statements and journals were not looked at")
    counts = store.rows(statement("closing/counts"))[0]
    return Proof(
        len(chain), counts["entries"], len(closes), counts["statements"], chain[-1].hash if chain else "",
        tuple(faults), tuple(chain), counts["unfinished"],
    )  # fmt: skip


def _chain(chain: Sequence[Event]) -> Iterator[str]:
    for number, event in enumerate(chain, 1):
        if event.number != number:
            yield f"event {number} of the chain is missing, or there twice"
            return
    for event in chain:
        where = f"event {event.number} ({event.action} {event.month})"
        if digest(event.body) != event.hash:
            yield f"{where}: its hash is not that of what it says"
            continue
        if not _can_be_read(event):
            continue
        said = event.said
        told = {name: said.get(name, "") for name in ("number", "action", "month", "who", "posting", "previous")}
        if (
            told != {name: getattr(event, name) for name in told}
            or said.get("at") != f"{event.at:%Y-%m-%dT%H:%M:%S.%fZ}"
        ):
            yield f"{where}: its columns are not what it says"
    for before, event in zip(["", *(event.hash for event in chain)], chain, strict=False):
        if event.previous != before:
            yield f"event {event.number} ({event.action} {event.month}): it does not follow the one before"


def _can_be_read(event: Event) -> bool:
    try:
        return isinstance(event.said, dict)
    except ValueError:
        return False


def _whole(event: Event, faults: Iterator[str]) -> Iterator[str]:
    """The faults, and that an event does not say what others of its kind say, where they cannot be looked for."""
    try:
        yield from faults
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        yield f"event {event.number} ({event.action} {event.month}): it does not say what such an event says"


def _parties(store: Store) -> Iterator[str]:
    rows = store.rows("SELECT tenant_id, count() AS parties FROM book_party GROUP BY tenant_id HAVING parties > 1")
    yield from (f"{row['parties']} parties of the books are of the tenant {row['tenant_id']!r}" for row in rows)


def _texts(store: Store, chain: Sequence[Event]) -> Iterator[str]:
    """Texts that are others than those of their events, or that are gone and nobody had them forgotten."""
    names = {party: one["tenant_id"] for party, one in statements.parties(store).items()}
    parties = {
        event.number: str(event.said.get("statement", "")).partition("/")[2].partition("/")[0] for event in chain
    }
    told = forgotten(chain)
    for event in chain:
        if (hashed := event.said.get("says_hash")) is None:
            continue
        party = parties.get(event.said.get("dispute", event.number), "")
        may_be_gone = event.number in told or PSEUDONYM.fullmatch(names.get(party, ""))
        is_gone = not event.says and not event.says_salt and may_be_gone
        if not is_gone and text_hash(event.says, event.says_salt) != hashed:
            yield f"event {event.number} ({event.action} {event.month}): its text is not the one that it was made with"


def _unsummed(store: Store) -> Iterator[str]:
    """What bills, invoices and allocations come to has no hash: only that they are the sums of their rows."""
    for row in store.rows(statement("closing/unsummed")):
        said, summed = (f"{row[side].normalize():f} {row['currency']}" for side in ("said", "summed"))
        yield f"the {row['what']} {row['name']} comes to {said}, its rows to {summed}"


def _entries(event: Event, before: Sequence[Event], found: Posting) -> Iterator[str]:
    if json.loads(canonical(found.said))["entries"] != event.said["entries"]:
        yield f"event {event.number} ({event.action} {event.month}): its entries are not those that it posted"
    if found.entries and found.first_month <= standing(before).sealed:
        into = found.first_month
        yield f"event {event.number} ({event.action} {event.month}): it posts into {into}, which was closed"


def _close(store: Store, chain: Sequence[Event], event: Event) -> Iterator[str]:
    said, where = event.said, f"{event.month}, closed by {event.who}"
    prepared = [one for one in chain[: event.number - 1] if one.hash == said["prepared"]]
    if [(one.action, one.month, one.who) for one in prepared] != [("soft", event.month, said["prepared_by"])]:
        yield f"{where}: who prepared it is not in the chain"
    elif prepared[0].who.casefold() == event.who.casefold():
        yield f"{where}: the same person prepared it"
    lines = statements.lines_of(store.rows(statement("closing/statements/lines"), posting=event.posting))
    if digest(canonical(lines)) != said["lines"]["hash"]:
        yield f"{where}: its lines are not those that were closed"
    elsewhere = "SELECT count() FROM book_line WHERE posting = {posting:String} AND month != {month:String}"
    if store.value(elsewhere, posting=event.posting, month=event.month):
        yield f"{where}: its lines are not all of that month"
    counting = {"month": event.month, "posting": event.posting, "upto": event.number}
    if statements.lines_of(store.rows(statement("closing/statements/draft_lines"), **counting)) != lines:
        yield f"{where}: its lines are not the sums of its entries"
    yield from _statements(store, event, lines, where)
    rows = store.rows(statement("reports/closing/journal"), posting=event.posting)
    if digest(canonical(journals.plain(rows))) != said["journal"]["hash"]:
        yield f"{where}: its journal is not the one that was closed"
    if sum(row["debit"] - row["credit"] for row in rows):
        yield f"{where}: the debits of its journal are not its credits"


def _is_named(party: Mapping[str, str], name_hash: str) -> bool:
    """Whether a party has the name of its statement, or one that tells that the name was forgotten."""
    if not party["salt"]:
        return PSEUDONYM.fullmatch(party["tenant_id"]) is not None
    return statements.name_hash(party) == name_hash


def _statements(store: Store, event: Event, lines: dict[str, list[dict[str, Any]]], where: str) -> Iterator[str]:
    rows = store.rows(statement("closing/statements/statements"), posting=event.posting)
    kept = {row["party"]: row for row in rows}
    hashes: dict[str, str] = event.said["statements"]
    if len(rows) != len(kept) or set(kept) != set(hashes) or set(kept) != set(lines):
        yield f"{where}: its statements are not one for each party"
    known = statements.parties(store)
    stated: list[Decimal] = []
    for party, row in kept.items():
        name = f"statement {event.month}/{party}/{row['revision']}"
        if not digest(row["document"]) == row["hash"] == hashes.get(party):
            yield f"{name}: its hash is not that of what it says"
            continue
        said = json.loads(row["document"])
        stated.append(Decimal(said["total"]["cost"]))
        if said["statement"] != f"{event.month}/{party}/{row['revision']}":
            yield f"{name}: it is not the one that it says it is"
        if party not in known or said["timezone"] != known[party]["timezone"]:
            yield f"{name}: its party is not in the books with its time zone"
        elif not _is_named(known[party], said["name_hash"]):
            yield f"{name}: its party is in the books under another name than when it was closed"
        own = json.loads(canonical(lines.get(party, [])))
        if [{key: value for key, value in line.items() if key != "billed"} for line in said["lines"]] != own:
            yield f"{name}: its lines are not those of the books"
        if any(line["service_month"] not in said["billing"]["rates"] for line in own):
            continue
        amounts = billing.billed(own, said["billing"])
        if json.loads(canonical([*amounts, billing.total(amounts)])) != [
            *(line["billed"] for line in said["lines"]), said["billing"]["total"],
        ]:  # fmt: skip
            yield f"{name}: what it bills is not what its plan makes of its lines"
        if said["total"] != json.loads(canonical(statements.totals(said["lines"]))):
            yield f"{name}: its total is not the sum of its lines"
    total = json.loads(canonical(statements.totals([line for own in lines.values() for line in own])))
    if total != event.said["total"]:
        yield f"{where}: its total is not the sum of its statements"
    if len(stated) == len(rows) and sum(stated, Decimal(0)) != Decimal(total["cost"]):
        yield f"{where}: its statements do not sum to its total"
