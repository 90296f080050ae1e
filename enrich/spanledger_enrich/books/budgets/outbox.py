"""Alarms on their way: what is stored and not delivered is sent, and noted once the receiver has taken it.

Before an alarm is sent on a channel its turn is taken, by one process of all, on whatever machine; after the answer
the turn's end is noted. So several that send at once send each alarm once. Of a turn whose owner was killed, or of
which the answer was lost, nobody knows whether the receiver took it: it is sent again, with the same key, and says that
it may be told twice. A receiver that heeds the key (`Idempotency-Key`, or a mail's `Message-ID`) has it exactly once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.books.budgets.channel import NotDelivered, channels
from spanledger_enrich.ledger.lease import ME, is_dead
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spanledger_enrich.books.budgets.channel import Send
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

ATTEMPTS = 50
"""So often is an alarm tried on a channel, over all runs."""
_AT_ONCE = 3
_PAUSE_S = 0.5
# What is older is news to nobody.
_FRESH = timedelta(days=3)
# So long has a process its turn of which nobody knows whether it lives: far longer than all attempts of one take.
_TURN_S: Final = 120
_UNTRIED: Final = {"delivered": 0, "attempts": 0, "unsure": 0, "ended": 0, "turn": 0, "owner": "", "seconds": 0}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a run.

    Attributes:
        delivered: Alarms that a receiver took, each channel by itself.
        waiting: Those that wait for the next run.
        problems: Why, by channel.
    """

    delivered: int
    waiting: int
    problems: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Sent:
    attempts: int
    problem: str
    unsure: bool


def deliver(
    store: Store,
    configuration: Configuration,
    *,
    owner: str = ME,
    keep_on: Callable[[], bool] = lambda: True,
) -> Delivery:
    """Send each fresh alarm on each channel that did not take it yet.

    Args:
        store: The database.
        configuration: Has the channels.
        owner: Who sends; of each turn there is one.
        keep_on: Asked before each alarm; the rest waits when it says no.
    """
    ways = channels(configuration)
    if not ways:
        return Delivery(0, 0, {})
    since = datetime.now(UTC) - _FRESH
    alarms = store.rows(
        "SELECT * FROM alarm FINAL WHERE noticed_at >= {since:DateTime64(6, 'UTC')} ORDER BY noticed_at, alarm_key",
        since=since,
    )
    before = _turns(store, [alarm["alarm_key"] for alarm in alarms])
    delivered = waiting = 0
    problems: dict[str, str] = {}
    for alarm in alarms:
        for channel, send in ways.items():
            tried = before.get((alarm["alarm_key"], channel), _UNTRIED)
            if tried["delivered"] or tried["attempts"] >= ATTEMPTS:
                continue
            # A receiver that is away is not asked for every alarm.
            if channel in problems or not keep_on() or (mine := _take(store, alarm, channel, tried, owner)) is None:
                waiting += 1
                continue
            sent = _sent(send, alarm, unsure=mine.unsure)
            if sent.problem:
                problems[channel] = sent.problem
                waiting += 1
            else:
                delivered += 1
            store.insert("alarm_delivery", [_row(alarm, channel, mine, sent)])
    return Delivery(delivered, waiting, problems)


@dataclass(frozen=True, slots=True)
class _Turn:
    number: int
    attempts: int
    unsure: bool


def _take(store: Store, alarm: Mapping[str, Any], channel: str, tried: Mapping[str, Any], owner: str) -> _Turn | None:
    """Take the next turn; None where it is another's, or the alarm was delivered meanwhile."""
    is_open = tried["turn"] > tried["ended"]
    if is_open and tried["owner"] != owner and not is_dead(tried["owner"]) and tried["seconds"] < _TURN_S:
        return None
    key, number = alarm["alarm_key"], tried["turn"] + 1
    row = {"alarm_key": key, "channel": channel, "turn": number, "owner": owner}
    store.insert("alarm_turn", [row], token=f"alarm/{key}/{channel}/{number}")
    now = _turns(store, [key]).get((key, channel), _UNTRIED)
    if now["delivered"] or (now["turn"], now["owner"]) != (number, owner):
        return None
    return _Turn(number, now["attempts"], unsure=is_open or bool(now["unsure"]))


def _turns(store: Store, keys: list[str]) -> dict[tuple[str, str], Mapping[str, Any]]:
    rows = store.rows(statement("lookups/alarm_turns"), keys=keys)
    return {(row["alarm_key"], row["channel"]): row for row in rows}


def _sent(send: Send, alarm: Mapping[str, Any], *, unsure: bool) -> _Sent:
    """How often it was tried, and why in vain; '' where it was taken."""
    problem = ""
    for attempt in range(1, _AT_ONCE + 1):
        try:
            send(alarm, unsure)
        except NotDelivered as error:
            problem, unsure = str(error), unsure or error.unsure
            if not error.passing or attempt == _AT_ONCE:
                return _Sent(attempt, problem, unsure)
            time.sleep(_PAUSE_S * 2 ** (attempt - 1))
        else:
            return _Sent(attempt, "", unsure=False)
    return _Sent(_AT_ONCE, problem, unsure)


def _row(alarm: Mapping[str, Any], channel: str, mine: _Turn, sent: _Sent) -> dict[str, Any]:
    return {
        "alarm_key": alarm["alarm_key"],
        "channel": channel,
        "delivered": int(not sent.problem),
        "attempts": mine.attempts + sent.attempts,
        "turn": mine.number,
        "unsure": int(sent.unsure),
        "problem": sent.problem,
        "at": datetime.now(UTC),
    }
