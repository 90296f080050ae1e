"""The chain: every event of the books in its order, each with the hash of the one before."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spanledger_sql.store import Store

EVENTS: Final = (
    "SELECT number, action, month, at, who, posting, previous, hash, body, says, says_salt "
    "FROM book_event ORDER BY number"
)


class ClosingError(MendableError):
    """Something that the books do not allow; the message says why, and that nothing was changed."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        number: Its place in the chain, from 1.
        action: What was done.
        month: To which month.
        at: When, UTC.
        who: The person.
        posting: The entries that it puts in force; empty: none.
        previous: The hash of the event before; empty: the first.
        hash: SHA-256 of ``body``, in hex.
        body: All that it says, as canonical JSON.
        says: Why a month is to be reopened, or the text of a dispute or an answer, which the body has the hash of;
            empty: none, or it was forgotten.
        says_salt: What that is hashed with; empty: as `says`.
    """

    number: int
    action: str
    month: str
    at: datetime
    who: str
    posting: str
    previous: str
    hash: str
    body: str
    says: str = ""
    says_salt: str = ""

    @property
    def said(self) -> dict[str, Any]:
        """What the body says."""
        found: dict[str, Any] = json.loads(self.body)
        return found


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces; amounts are texts with twelve decimals, times ISO 8601 in UTC."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_text, allow_nan=False)


def digest(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def text_hash(says: str, salt: str) -> str:
    """What an event has in the place of a text that can be forgotten, and that no guess can be tried by then."""
    return digest(f"{salt}\x1f{says}")


def events(store: Store) -> list[Event]:
    """The chain, the first event first."""
    return [Event(**row) for row in store.rows(EVENTS)]


def append(store: Store, chain: Sequence[Event], *, text: str = "", **said: Any) -> Event:
    """Put an event at the end of the chain, and with it its posting in force.

    Args:
        store: The database.
        chain: As `events` gave it.
        text: What stands beside the event, and can be forgotten: the event has its hash.
        said: What the event says: `action`, `month`, `who` and more.

    Raises:
        ClosingError: Another one came first; what was to be put in force is not.
    """
    previous = chain[-1].hash if chain else ""
    at = datetime.now(UTC)
    number = len(chain) + 1
    salt = secrets.token_hex(16) if text else ""
    hashed = {"says_hash": text_hash(text, salt)} if text else {}
    body = canonical({**said, **hashed, "number": number, "previous": previous, "at": at})
    event = Event(
        number, said["action"], said["month"], at, said["who"], said.get("posting", ""), previous, digest(body), body,
        text, salt,
    )  # fmt: skip
    # Of two with this number the database takes the first.
    store.insert("book_event", [_row(event)], token=f"book_event/{number}")
    if [one.hash for one in events(store)[number - 1 :]] != [event.hash]:
        raise ClosingError("another close was at work at the same time; nothing was changed: run this again")
    return event


def _row(event: Event) -> Mapping[str, object]:
    return {name: getattr(event, name) for name in Event.__slots__}


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:.12f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    raise TypeError(f"{value!r} has no canonical text")
