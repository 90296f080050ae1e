"""Alarms on their way: what is stored and not delivered is sent, and noted once the receiver has taken it.

An alarm is stored before it is sent, and that it is delivered after the receiver said so. A process that is killed in
between sends it again, with the same key: each is delivered at least once, and a receiver that heeds the key
(`Idempotency-Key`, or a mail's `Message-ID`) has it exactly once.
"""

from __future__ import annotations

import fcntl
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books.budgets.channel import NotDelivered, channels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

ATTEMPTS = 50
"""So often is an alarm tried on a channel, over all runs."""
_AT_ONCE = 3
_PAUSE_S = 0.5
# What is older is news to nobody.
_FRESH = timedelta(days=3)


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


def deliver(store: Store, configuration: Configuration) -> Delivery:
    """Send each fresh alarm on each channel that did not take it yet; one process of a data folder at a time sends."""
    ways = channels(configuration)
    if not ways:
        return Delivery(0, 0, {})
    with _alone(configuration.data_dir):
        since = datetime.now(UTC) - _FRESH
        alarms = store.rows(
            "SELECT * FROM alarm FINAL WHERE noticed_at >= {since:DateTime64(6, 'UTC')} ORDER BY noticed_at, alarm_key",
            since=since,
        )
        before = {(row["alarm_key"], row["channel"]): row for row in store.rows("SELECT * FROM alarm_delivery FINAL")}
        delivered = waiting = 0
        problems: dict[str, str] = {}
        for alarm in alarms:
            for channel, send in ways.items():
                tried = before.get((alarm["alarm_key"], channel))
                if tried is not None and (tried["delivered"] or tried["attempts"] >= ATTEMPTS):
                    continue
                # A receiver that is away is not asked for every alarm.
                attempts, problem = (0, problems[channel]) if channel in problems else _sent(send, alarm)
                if problem:
                    problems[channel] = problem
                    waiting += 1
                else:
                    delivered += 1
                if attempts:
                    store.insert("alarm_delivery", [_row(alarm, channel, tried, attempts, problem)])
    return Delivery(delivered, waiting, problems)


def _sent(send: Callable[[Mapping[str, Any]], None], alarm: Mapping[str, Any]) -> tuple[int, str]:
    """How often it was tried, and why in vain; '' where it was taken."""
    problem = ""
    for attempt in range(1, _AT_ONCE + 1):
        try:
            send(alarm)
        except NotDelivered as error:
            problem = str(error)
            if not error.passing or attempt == _AT_ONCE:
                return attempt, problem
            time.sleep(_PAUSE_S * 2 ** (attempt - 1))
        else:
            return attempt, ""
    return _AT_ONCE, problem


def _row(
    alarm: Mapping[str, Any], channel: str, tried: Mapping[str, Any] | None, attempts: int, problem: str
) -> dict[str, Any]:
    return {
        "alarm_key": alarm["alarm_key"],
        "channel": channel,
        "delivered": int(not problem),
        "attempts": attempts + (tried["attempts"] if tried is not None else 0),
        "problem": problem,
        "at": datetime.now(UTC),
    }


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process of this data folder sends; the system lets go of the lock of one that is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "alarms.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
