"""The way of a batch to the receiver: at once, else by way of the disk, else again and again from memory."""

import threading
import time
from typing import TYPE_CHECKING, Final

from opentelemetry.sdk.trace import ReadableSpan

from spanledger import guard
from spanledger.delivery.span_encoding import ENCODING, codec

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger.delivery.disk_spool import DiskSpool, SpooledBatch
    from spanledger.delivery.receiver import Receiver


class Sender:
    """Sends the batches that one thread gives it, and counts what became of them.

    While the receiver does not take them, batches go to the spool on disk, where there is one, and from there to the
    receiver in their order once it answers again. Without a spool a batch is tried again from memory, with growing
    pauses, until `give_up_after_s`. A span that cannot be encoded is dropped alone.

    Only the thread that sends may call what is not said to be for others; they need `lock`.

    Attributes:
        lock: Guards all that follows; re-entrant, as the garbage collector may end an abandoned stream's span in a
            thread that holds it.
        wake: Notified when the sending thread has something to do.
        changed: Notified when something was sent or lost.
        in_flight: Spans that are given to it, and neither sent nor spooled yet.
        begun: Whether it is known what waits on disk.
        hurried: How many callers wait for what is sent.
        ending: Whether no more spans come.
        hasty: Whether the time for the shutdown is over.
        refused: Whether the last attempt met a receiver whom trying again does not help.
        tried: When the last attempt ended, in monotonic seconds.
        asked: When somebody last asked for an attempt now.
    """

    def __init__(
        self,
        receiver: "Receiver",
        make_spool: "Callable[[], DiskSpool] | None",
        give_up_after_s: float,
    ) -> None:
        self._receiver = receiver
        self._make_spool = make_spool
        self._give_up_after_s = give_up_after_s
        self._encode, self._decode = codec()
        self.ending = False
        self._empty()

    def _empty(self) -> None:
        self.lock = threading.RLock()
        self.wake = threading.Condition(self.lock)
        self.changed = threading.Condition(self.lock)
        self.in_flight: list[ReadableSpan] = []
        self.begun = self._make_spool is None
        self.hurried = 0
        self.hasty = False
        self.recovered = self.exported = self.dropped = self.left = 0
        self._abandoned = False
        self._aside: SpooledBatch | None = None  # the copy on disk of a batch that is being sent
        self._spool: DiskSpool | None = None
        self._pause_s = _FIRST_PAUSE_S
        self.refused = False
        self._too_large = False  # the last batch, for the receiver
        self.tried = self.asked = 0.0
        self._tried = self._next_try = 0.0  # when the oldest batch on disk was tried, and is to be
        self._failures = 0  # of the oldest batch on disk

    def start_over(self) -> None:
        """In a forked child: the parent sends what it had queued and spooled; its connections are not ours."""
        if self._spool is not None:
            self._spool.forget()
        self._empty()
        self._receiver.start_over()

    @property
    def spooled(self) -> int:
        """How many spans wait on disk; for others."""
        return self._spool.spans if self._spool else 0

    @property
    def problem(self) -> str:
        """Why the last attempt did not deliver; for others."""
        return self._receiver.problem

    def tell_problem(self) -> None:
        """Logs why the receiver does not take spans, once for each of its answers; for others."""
        if self.problem:
            guard.note("export", self.problem, once_for=self.problem.partition("(")[0])

    @property
    def has_spool(self) -> bool:
        """Whether what is not delivered is to wait on disk; for others."""
        return self._make_spool is not None

    @property
    def may_try_on(self) -> bool:
        """Whether batches wait on disk, and none has failed since the last success."""
        return bool(self._spool) and not self._failures

    @property
    def abandoned(self) -> bool:
        """Whether the shutdown did not wait for what is being sent."""
        return self._abandoned

    def open_spool(self) -> None:
        """Makes the spool, and takes over what earlier processes left."""
        with self.lock:
            if self._make_spool is not None and not self._abandoned:
                with guard.Shield("opening the spool"):
                    self._spool = self._make_spool()
                    self.recovered += self._spool.adopt()
            self.begun = True
            self.changed.notify_all()

    def next_try_in(self) -> float | None:
        """Seconds until the oldest batch on disk is due; `None` where none waits."""
        if not self._spool:
            return None
        due = self._next_try
        if self.hurried:  # while a caller of flush waits, try often; once, where it cannot help
            due = min(due, self.asked if self.refused and self.tried < self.asked else due)
            due = due if self.refused else min(due, self._tried + _FIRST_PAUSE_S / 2)
        return due - time.monotonic()

    def deliver(self) -> None:
        """Sends what is in flight, or puts it on disk behind those that wait there."""
        batch = self.in_flight
        if not self._spool and not self.hasty and self._export(batch):
            self._count(exported=len(batch))
            return
        batch = self._encodable(batch)
        if not batch:
            return
        self.tell_problem()
        with self.lock:
            if self._abandoned:
                return
            if self._aside is not None or self.keep(batch):
                self._aside, self.in_flight = None, []
                if len(self._spool or ()) == 1:
                    self._postpone()  # the receiver has just refused it
                return
        self._deliver_from_memory(batch)

    def try_oldest(self) -> bool:
        """Sends the oldest batch on disk where it is due. Whether the next one may go at once."""
        with self.lock:
            if self._abandoned or self.hasty or not self._spool:
                return False
            if (self.next_try_in() or 0.0) > 0 and not self.ending:
                return False
            oldest, *others = self._spool
        if self._send(oldest):
            self._pause_s, self._next_try, self._failures = _FIRST_PAUSE_S, 0.0, 0
            return True
        self.tell_problem()
        if self._too_large:
            self._part(oldest)
            return True
        self._failures += 1
        # A receiver that takes the next batch, but not this one, is not away: this one is the trouble. Where there is
        # no other, its halves show whether one of them is.
        is_trouble = self._failures >= _SUSPECT_AFTER and (
            self._send(others[0]) and not self._send(oldest) if others else oldest.spans > 1
        )
        if is_trouble:
            self._part(oldest)
        self._postpone()
        return False

    def put_aside(self) -> None:
        """Puts a copy of what is being sent just now on disk; for others."""
        if self._spool is not None and self.in_flight and self.keep(self.in_flight):
            self.in_flight = []
            self._aside = list(self._spool)[-1]

    def keep(self, batch: list[ReadableSpan]) -> bool:
        """Puts a batch on disk, and drops the oldest there where there is no room; for others. Whether that worked."""
        if self._spool is None:
            return False
        with guard.Shield("spooling"):
            overflow = self._spool.append(self._encode(batch), len(batch))
            guard.note("export", "the receiver does not take spans; they wait on disk")
            if overflow:
                lost = sum(dropped.spans for dropped in overflow)
                self.dropped += lost
                guard.note("spool", f"the spool is full; its oldest {lost} spans are lost")
            return True
        return False

    def stop(self) -> None:
        """Ends a retry that is still going on; for others, without the lock."""
        self.hasty = True
        self._receiver.stop()

    def abandon(self) -> None:
        """Leaves what is on disk to another process, and what is being sent to its fate; for others."""
        self._abandoned = True
        if self._spool is not None:
            self.left += self._spool.spans
            with guard.Shield("leaving the spool"):
                self._spool.release()

    def _deliver_from_memory(self, batch: list[ReadableSpan]) -> None:
        if self._too_large:
            for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
                if self._export(half):
                    self._count(exported=len(half))
                else:
                    self._deliver_from_memory(half)
        elif self._try_from_memory(batch):
            self._count(exported=len(batch))
        else:
            self._count(dropped=len(batch))

    def _try_from_memory(self, batch: list[ReadableSpan]) -> bool:
        deadline = time.monotonic() + self._give_up_after_s
        pause_s = _FIRST_PAUSE_S
        while True:
            guard.note("export", f"a batch of {len(batch)} spans was not delivered; it will be tried again")
            with self.lock:
                if self.ending or time.monotonic() + pause_s > deadline:
                    return False
                self.wake.wait(pause_s)
            if self._export(batch):
                return True
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _postpone(self) -> None:
        self._tried = time.monotonic()
        self._next_try = self._tried + self._pause_s
        self._pause_s = min(max(2 * self._pause_s, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)

    def _send(self, batch: "SpooledBatch") -> bool:
        spans: list[ReadableSpan] = []
        with _READING:
            spans = self._decode(batch.path.read_bytes())
        if spans and not self._export(spans):
            return False
        with self.lock:
            if not self._abandoned and self._spool is not None:
                self._spool.remove(batch)
                rejected = self._receiver.rejected if spans else batch.spans
                self.exported += batch.spans - rejected
                self.dropped += rejected
                self.changed.notify_all()
        return True

    def _part(self, batch: "SpooledBatch") -> None:
        """Halves a batch that the receiver does not take, down to the one span that is the cause, and drops that."""
        with self.lock, guard.Shield("parting a batch"):
            if self._abandoned or self._spool is None:
                return
            spans = self._decode(batch.path.read_bytes())
            if len(spans) > 1:
                halves = (spans[: len(spans) // 2], spans[len(spans) // 2 :])
                self._spool.replace(batch, [(self._encode(half), len(half)) for half in halves])
                self._pause_s = 0.0
            else:
                self._spool.remove(batch)
                self.dropped += batch.spans
                guard.note("export", "a span is lost: the receiver takes others, but refuses this one")
            self._failures = 0
            self.changed.notify_all()

    def _encodable(self, batch: list[ReadableSpan]) -> list[ReadableSpan]:
        """Those of a batch not delivered that can be encoded; the others, which no receiver can take, are lost."""
        try:
            with ENCODING:
                self._encode(batch)
        except Exception as error:  # noqa: BLE001 (whatever the encoder does not like)
            sound = [span for span in batch if self._can_encode(span)]
            lost = len(batch) - len(sound)
            guard.note("export", f"{lost} spans are lost, as they cannot be encoded ({type(error).__name__}: {error})")
            with self.lock:
                if self._abandoned:
                    return []
                self.in_flight = sound
                self.dropped += lost
                self._receiver.forget_problem()
                self.changed.notify_all()
            if sound and not self._spool and not self.hasty and self._export(sound):
                self._count(exported=len(sound))
                return []
            return sound
        return batch

    def _can_encode(self, span: ReadableSpan) -> bool:
        try:
            with ENCODING:
                self._encode([span])
        except Exception:  # noqa: BLE001
            return False
        return True

    def _export(self, batch: list[ReadableSpan]) -> bool:
        with ENCODING:
            outcome = self._receiver.send(batch)
        with self.lock:
            self.tried = time.monotonic()
            self.refused = outcome == "refused"
            self._too_large = outcome == "too large" and len(batch) > 1
            self.changed.notify_all()
        return outcome == "delivered"

    def _count(self, *, exported: int = 0, dropped: int = 0) -> None:
        with self.lock:
            if not self._abandoned:
                if self._aside is not None and self._spool is not None:
                    self._spool.remove(self._aside)
                self._aside, self.in_flight = None, []
                rejected = self._receiver.rejected if exported else 0
                self.exported += exported - rejected
                self.dropped += dropped + rejected
                self.changed.notify_all()


_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_SUSPECT_AFTER: Final = 10  # failures: some minutes, as the pauses grow
_READING: Final = guard.Shield("reading the spool")
