"""Where the books stand, as their chain says: which months are closed, by whom prepared, and what may be done next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spanledger_enrich.books.closing import month as months

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spanledger_enrich.books.closing.chain import Event


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the books stand.

    Attributes:
        first: The books' first month; empty: nothing was posted yet.
        timezone: At whose midnights months begin where a tenant has no zone of its own.
        sealed: The last closed month; empty: none is closed.
        told: The last month that was ever closed softly.
        soft: By month that is closed softly and not hard: the event that did it last.
        hard: By month: the events that closed it, reopened since or not.
        asked: By closed month: the event that asks to reopen it, and is not answered.
    """

    first: str = ""
    timezone: str = "UTC"
    sealed: str = ""
    told: str = ""
    soft: dict[str, Event] = field(default_factory=dict)
    hard: dict[str, list[Event]] = field(default_factory=dict)
    asked: dict[str, Event] = field(default_factory=dict)

    @property
    def open(self) -> str:
        """The month that adjustments are booked in: the first that is not closed."""
        return months.shifted(self.sealed, 1) if self.sealed else self.first


def standing(chain: Iterable[Event]) -> Standing:
    """Read the chain."""
    first = timezone = sealed = told = ""
    soft: dict[str, Event] = {}
    hard: dict[str, list[Event]] = {}
    asked: dict[str, Event] = {}
    for event in chain:
        if not first and event.posting:
            first, timezone = event.month, event.said["timezone"]
        match event.action:
            case "soft":
                soft[event.month], told = event, max(told, event.month)
            case "hard":
                hard.setdefault(event.month, []).append(event)
                soft.pop(event.month, None)
                asked.clear()
                sealed = event.month
            case "ask":
                asked[event.month] = event
            case "reopen":
                asked.pop(event.month, None)
                before = months.shifted(event.month, -1)
                sealed = before if before >= first else ""
    return Standing(first, timezone or "UTC", sealed, told, soft, hard, asked)
