"""Closing a month: softly by who prepares it, then hard by somebody else; reopening it with a reason and an approval.

What a close writes is in force once its event is in the chain: one that is killed before leaves nothing that counts.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books.closing import bound_bills
from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing import journal as journals
from spanledger_enrich.books.closing import month as months
from spanledger_enrich.books.closing.chain import ClosingError, Event, canonical, digest
from spanledger_enrich.books.closing.posting import Posting, in_force, post
from spanledger_enrich.books.closing.standing import Standing, standing
from spanledger_enrich.books.closing.statements import statement as statements
from spanledger_enrich.books.closing.statements.statement import Closing
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spanledger_sql.store import Store


@dataclass(frozen=True, slots=True)
class Person:
    """Who does something, by two names.

    Attributes:
        name: As he says.
        login: As the database, or the machine where it is embedded, knows him.
    """

    name: str
    login: str


def person(store: Store, name: str | None) -> Person:
    """Who is at work; without a name the one of the login.

    Raises:
        ClosingError: The name is empty.
    """
    login = str(store.value("SELECT currentUser()")) if store.kind == "server" else getpass.getuser()
    if name is not None and not name.strip():
        raise ClosingError("--as is empty; expected the name of a person; nothing was changed")
    return Person((name or login).strip(), login)


def this_month(store: Store, timezone: str | None) -> str:
    """The present month by the books' clock, or by that of the zone with which they begin.

    Raises:
        PeriodError: The zone is unknown.
    """
    chain = chains.events(store)
    return f"{months.now(standing(chain).timezone if chain else timezone or 'UTC'):%Y-%m}"


def record(
    store: Store,
    month: str,
    who: Person,
    *,
    timezone: str | None = None,
    tenant_zones: Mapping[str, str] | None = None,
) -> Event | None:
    """Post what the ledger says now of all months up to one; None where the books say so already.

    Raises:
        ClosingError: The month is before the books, or a zone is not theirs.
    """
    chain = chains.events(store)
    now = _begun(chain, month, timezone)
    months.of(month, now.timezone)
    found = post(store, now, month, tenant_zones or {})
    if not found.entries:
        in_force(store, found)
        return None
    return _append(store, chain, "post", month, who, found, timezone=now.timezone)


def soft(
    store: Store,
    month: str,
    who: Person,
    *,
    grace_days: int,
    known_users: bool = False,
    timezone: str | None = None,
    tenant_zones: Mapping[str, str] | None = None,
) -> Event:
    """Close a month softly: post it, and give it a time of grace in which it may still change.

    Args:
        store: The database.
        month: The month; it must be over for every tenant.
        who: Who prepares it.
        grace_days: How long nobody may close it hard.
        known_users: Whether who closes it hard must be another user of the database, and not only of another name.
        timezone: At whose midnights months begin; None: the books'.
        tenant_zones: The zones of tenants whose months begin at others.

    Raises:
        ClosingError: The month is not over, is closed, or is not the next one.
    """
    chain = chains.events(store)
    now = _begun(chain, month, timezone)
    _refuse_closed(now, month)
    for zone in {now.timezone, *(tenant_zones or {}).values(), *_zones(store)}:
        end = months.of(month, zone).end
        if end > datetime.now(UTC):
            raise ClosingError(f"{month} is over on {end:%Y-%m-%d %H:%M} UTC only ({zone}); nothing was changed")
    found = post(store, now, month, tenant_zones or {})
    until = datetime.now(UTC) + timedelta(days=grace_days)
    return _append(
        store, chain, "soft", month, who, found, timezone=now.timezone, grace_until=until, known_users=known_users
    )


def hard(store: Store, month: str, who: Person) -> Event:
    """Close a month for good: post what came in its time of grace, and seal its lines, statements and journal.

    Raises:
        ClosingError: It is not closed softly, its time of grace is not over, or the same person prepared it.
    """
    chain = chains.events(store)
    now = standing(chain)
    _refuse_closed(now, month)
    prepared = now.soft.get(month)
    if prepared is None:
        raise ClosingError(
            f"{month} is not closed softly; 'spanledger close soft {month}' comes first; nothing was changed"
        )
    _refuse_same(prepared, who, "prepared")
    until = datetime.fromisoformat(prepared.said["grace_until"])
    if until > datetime.now(UTC):
        raise ClosingError(
            f"{month} may change until {until:%Y-%m-%d %H:%M} UTC, its time of grace; nothing was changed"
        )
    found = post(store, now, month, {})
    closing = Closing(
        month, len(now.hard.get(month, ())) + 1, prepared.who, who.name,
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )  # fmt: skip
    sealed = _seal(store, chain, now, closing, found)
    return _append(
        store, chain, "hard", month, who, found,
        timezone=now.timezone, revision=closing.revision, prepared_by=prepared.who, prepared=prepared.hash, **sealed,
    )  # fmt: skip


def ask_to_reopen(store: Store, month: str, who: Person, reason: str) -> Event:
    """Ask to reopen the last closed month; somebody else approves.

    Raises:
        ClosingError: It is not the last closed month, or there is no reason.
    """
    chain = chains.events(store)
    _refuse_not_last(standing(chain), month)
    if not reason.strip():
        raise ClosingError("a month is reopened for a reason; expected it as --reason; nothing was changed")
    return _append(store, chain, "ask", month, who, None, text=reason.strip())


def reopen(store: Store, month: str, who: Person) -> Event:
    """Approve what `ask_to_reopen` asked for: the month is open, and its statements stay as they were made.

    Raises:
        ClosingError: Nobody asked, or the same person did.
    """
    chain = chains.events(store)
    now = standing(chain)
    _refuse_not_last(now, month)
    asked = now.asked.get(month)
    if asked is None:
        raise ClosingError(
            f"nobody asked to reopen {month}; 'spanledger reopen {month} --reason TEXT' comes first; nothing "
            "was changed"
        )
    _refuse_same(asked, who, "asked to reopen")
    return _append(store, chain, "reopen", month, who, None, asked=asked.number, asked_by=asked.who)


def _seal(store: Store, chain: Sequence[Event], now: Standing, closing: Closing, found: Posting) -> dict[str, Any]:
    """Write lines, statements and journal of a close; gives what its event says of them."""
    upto = len(chain)
    counting = {"posting": found.posting, "month": closing.month, "upto": upto}
    store.execute(statement("closing/3_lines"), counting)
    rows = store.rows(statement("closing/statements/lines"), posting=found.posting)
    lines = statements.lines_of(rows)
    known = statements.parties(store)
    ends = statements.intervals(store, closing.month, known)
    before, terms = _statements_before(now), statements.Terms(store, closing.month)
    documents = {
        party: statements.document(
            closing,
            known[party],
            own,
            terms.of(known[party], own),
            ends.get(party, {}),
            before.get(party),
        )
        for party, own in lines.items()
    }
    hashes = {party: digest(text) for party, text in documents.items()}
    store.insert("book_statement", [
        {
            "posting": found.posting, "month": closing.month, "revision": closing.revision, "party": party,
            "hash": hashes[party], "document": text,
        }
        for party, text in documents.items()
    ])  # fmt: skip
    posted = journals.journal(store, closing.month, found.posting, upto)
    store.insert("book_journal", [{"posting": found.posting, **row} for row in posted])
    return {
        "lines": {"count": len(rows), "hash": digest(canonical(lines))},
        "statements": hashes,
        "journal": {"count": len(posted), "hash": digest(canonical(journals.plain(posted)))},
        "total": statements.totals([line for own in lines.values() for line in own]),
    }


def _statements_before(now: Standing) -> dict[str, dict[str, object]]:
    """By party: its latest statement so far."""
    closes = sorted((event for of in now.hard.values() for event in of), key=lambda event: event.number)
    found: dict[str, dict[str, object]] = {}
    for event in closes:
        for party, hashed in event.said["statements"].items():
            found[party] = {"month": event.month, "revision": event.said["revision"], "hash": hashed}
    return found


def _append(
    store: Store,
    chain: Sequence[Event],
    action: str,
    month: str,
    who: Person,
    found: Posting | None,
    **said: Any,
) -> Event:
    entries = {**found.said, "bills": bound_bills.unbound(store, chain)} if found is not None else {}
    event = chains.append(store, chain, action=action, month=month, who=who.name, login=who.login, **entries, **said)
    if found is not None:
        in_force(store, found)
    return event


def _begun(chain: Sequence[Event], month: str, timezone: str | None) -> Standing:
    """Where the books stand; those that are empty begin with this month, in this zone."""
    now = standing(chain)
    if not now.first:
        months.of(month, timezone or "UTC")
        return replace(now, first=month, timezone=timezone or "UTC")
    months.of(month, timezone or now.timezone)
    if timezone not in (None, now.timezone):
        raise ClosingError(
            f"the books' months are those of {now.timezone}; --timezone {timezone} would leave hours out or have them "
            "twice; nothing was changed"
        )
    if month < now.first:
        raise ClosingError(f"the books begin with {now.first}; {month} is before them; nothing was changed")
    return now


def _zones(store: Store) -> set[str]:
    return {str(row["timezone"]) for row in store.rows("SELECT DISTINCT timezone FROM book_party")}


def _refuse_closed(now: Standing, month: str) -> None:
    months.of(month, now.timezone)
    if now.sealed and month <= now.sealed:
        raise ClosingError(f"{month} is closed; what came later is an adjustment in {now.open}; nothing was changed")
    if now.first and month != now.open:
        raise ClosingError(f"{now.open} is the next month to close, not {month}; nothing was changed")


def _refuse_not_last(now: Standing, month: str) -> None:
    months.of(month, now.timezone)
    if month != now.sealed:
        what = f"{now.sealed} is the last closed month" if now.sealed else "no month is closed"
        raise ClosingError(f"{what}: only that can be reopened, not {month}; nothing was changed")


def _refuse_same(before: Event, who: Person, did: str) -> None:
    if before.who.casefold() == who.name.casefold():
        raise ClosingError(
            f"{who.name} {did} it; another person must do this: say who with --as NAME; nothing was changed"
        )
    if before.said.get("known_users") and before.said["login"] == who.login:
        raise ClosingError(
            f"the user {who.login} {did} it, under the name {before.who}; another user must do this; nothing "
            "was changed"
        )
