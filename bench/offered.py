"""Calls offered to a node: at a steady rate, or by senders who each wait for an answer before they send the next."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quiet import cpu_seconds
from traffic import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger_sql.store import Store

PER_REQUEST = 512
"""Calls in a request: the SDK's default batch."""

# At a steady rate none waits for another's connection, unless so many are not answered yet.
_CONNECTIONS = 64
_PATIENCE_S = 30
# More than a node on two cores takes; calls are made up before they are sent, so that making them costs nothing then.
_MOST_A_SECOND = 60
_LOOK_S = 1.0


@dataclass
class Node:
    """A node, and what it has been given.

    Attributes:
        pid: Its process.
        receiver: Where it takes calls.
        store: Its ledger, which it is asked about.
        before: How many calls that held before.
        given: When requests of calls were acknowledged, since the start.
    """

    pid: int
    receiver: str
    store: Store
    before: int
    given: list[float] = field(default_factory=list)

    def booked(self) -> int:
        """How many of the calls are in the ledger."""
        return int(self.store.value("SELECT count() FROM ledger")) - self.before

    def behind(self) -> float:
        """How long ago the oldest call was acknowledged that is not in the ledger, s."""
        whole = self.booked() // PER_REQUEST
        given = sorted(self.given)
        return time.monotonic() - given[whole] if whole < len(given) else 0.0

    def settle(self) -> None:
        """Wait until all is in the ledger."""
        while self.booked() < len(self.given) * PER_REQUEST:
            time.sleep(0.25)


@dataclass(frozen=True)
class Sent:
    """A request: how long it took from when it was due to its answer, s, and the answer's status; 0: none came."""

    took: float
    status: int


@dataclass(frozen=True)
class Turn:
    """What came of the calls that were sent in a while.

    Attributes:
        seconds: How long it took until the last was answered.
        waited: How long each of those that were acknowledged took, s, sorted.
        statuses: How often what was answered.
        behind: How far the ledger was behind, from time to time, s.
        cores: How much of the processor the node took.
    """

    seconds: float
    waited: list[float]
    statuses: Counter[int]
    behind: list[float]
    cores: float

    @property
    def rate(self) -> float:
        """Acknowledged calls a second."""
        return len(self.waited) * PER_REQUEST / self.seconds

    @property
    def refused(self) -> int:
        """Requests that the node did not take: it was asked too much, or its spool was full."""
        return self.statuses[429] + self.statuses[503]

    def quantile(self, share: float) -> float:
        """So many of the acknowledged requests took no longer, s."""
        return self.waited[min(int(share * len(self.waited)), len(self.waited) - 1)] if self.waited else 0.0


def turn(node: Node, send: Callable[..., list[Sent]], seconds: float, seed: int) -> Turn:
    """Send calls that no other turn of another seed has, and look meanwhile how far the ledger is behind."""
    bodies = requests(int(_MOST_A_SECOND * seconds), PER_REQUEST, seed, hours=1)
    ended, behind = threading.Event(), [0.0]

    def look() -> None:
        while not ended.wait(_LOOK_S):
            behind.append(node.behind())

    looking = threading.Thread(target=look)
    cpu, begin = cpu_seconds(node.pid), time.monotonic()
    looking.start()
    sent = send(node.receiver, bodies, seconds, node.given)
    elapsed = time.monotonic() - begin
    cores = (cpu_seconds(node.pid) - cpu) / elapsed
    ended.set()
    looking.join()
    waited = sorted(each.took for each in sent if each.status == http.HTTPStatus.OK)
    return Turn(elapsed, waited, Counter(each.status for each in sent), behind, cores)


def flat_out(senders: int) -> Callable[..., list[Sent]]:
    """So many senders, each of whom waits for an answer before he sends the next."""

    def send(receiver: str, bodies: list[bytes], seconds: float, given: list[float]) -> list[Sent]:
        until = time.monotonic() + seconds

        def one(number: int) -> list[Sent]:
            connections, mine = _Connections(), []
            for body in bodies[number::senders]:
                if (now := time.monotonic()) >= until:
                    break
                mine.append(_sent(connections, receiver, body, now, given))
            return mine

        with ThreadPoolExecutor(senders) as pool:
            return [each for mine in pool.map(one, range(senders)) for each in mine]

    return send


def steadily(rate: float) -> Callable[..., list[Sent]]:
    """So many calls a second, each request when it is due, whether or not those before it were answered."""

    def send(receiver: str, bodies: list[bytes], seconds: float, given: list[float]) -> list[Sent]:
        each_s = PER_REQUEST / rate
        count = int(seconds / each_s)
        if count > len(bodies):
            most = _MOST_A_SECOND * PER_REQUEST
            raise SystemExit(f"{rate:,.0f} calls/s are more than are made up: choose a rate of at most {most:,}")
        connections = _Connections()
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            begin, waiting = time.monotonic(), []
            for number, body in enumerate(bodies[:count]):
                due = begin + number * each_s
                time.sleep(max(0.0, due - time.monotonic()))
                waiting.append(pool.submit(_sent, connections, receiver, body, due, given))
            answered = [future.result() for future in waiting]
        time.sleep(max(0.0, begin + seconds - time.monotonic()))
        return answered

    return send


class _Connections(threading.local):
    def __init__(self) -> None:
        self.kept: http.client.HTTPConnection | None = None


def _sent(connections: _Connections, receiver: str, body: bytes, due: float, given: list[float]) -> Sent:
    connection = connections.kept = connections.kept or http.client.HTTPConnection(receiver, timeout=_PATIENCE_S)
    status = 0
    try:
        connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
        response = connection.getresponse()
        response.read()
        status = response.status
    except OSError:
        connection.close()
        connections.kept = None
    now = time.monotonic()
    if status == http.HTTPStatus.OK:
        given.append(now)
    return Sent(now - due, status)
