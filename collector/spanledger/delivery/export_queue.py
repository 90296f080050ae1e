"""The queue between the app and the receiver: takes bursts, sends batches in order, and counts what it loses."""

import operator
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext, suppress
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from opentelemetry import context as otel_context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from spanledger import guard

if TYPE_CHECKING:
    from spanledger.delivery.disk_spool import DiskSpool, SpooledBatch


class QueueCounts(NamedTuple):
    """What became of the spans given to a queue.

    Attributes:
        recorded: Spans put into the queue.
        recovered: Spans found on disk, where an earlier process had left them.
        exported: Spans that the receiver acknowledged.
        dropped: Spans that are lost.
        left: Spans left on disk at the shutdown.
    """

    recorded: int = 0
    recovered: int = 0
    exported: int = 0
    dropped: int = 0
    left: int = 0

    def plus(self, other: "QueueCounts") -> "QueueCounts":
        """The sums of both."""
        return QueueCounts(*map(operator.add, self, other))


class ExportQueue:
    """Sends spans in batches from a thread of its own, started with the first span.

    While the receiver does not take them, batches go to the spool on disk, where there is one, and from there to the
    receiver in their order once it answers again. What cannot be sent before the shutdown stays there for the next
    process. Without a spool a batch is tried again from memory, with growing pauses, until `give_up_after_s`.

    After a fork the child starts with an empty queue, and an exporter and a spool of its own.

    Args:
        make_exporter: Makes the exporter; called at once, and again in a forked child that has something to send.
        make_spool: Makes the spool, where there shall be one; called with the first span.
        max_spans: How many spans may wait in memory.
        max_batch: How many spans go in one request.
        interval_s: How long a span waits for others to share its request, in seconds.
        when_full: "drop" loses the span that finds no room, and counts it; "wait" holds the thread that ended it.
        give_up_after_s: Without a spool, how long one batch is tried before it counts as dropped, in seconds.
    """

    def __init__(
        self,
        make_exporter: Callable[[], SpanExporter],
        *,
        make_spool: "Callable[[], DiskSpool] | None" = None,
        max_spans: int = 65_536,
        max_batch: int = 512,
        interval_s: float = 1.0,
        when_full: Literal["drop", "wait"] = "drop",
        give_up_after_s: float = 600.0,
    ) -> None:
        self._make_exporter = make_exporter
        self._make_spool = make_spool
        self._max_spans = max_spans
        self._max_batch = min(max_batch, max_spans)
        self._wakes_at = (1, self._max_batch)
        self._interval_s = interval_s
        self._waits_when_full = when_full == "wait"
        self._give_up_after_s = give_up_after_s
        self._exporter: SpanExporter | None = make_exporter()
        self._encode, self._decode = _codec()
        self._closed = False
        self._settled = False  # the first export, which imports much, is over
        self._empty()
        if hasattr(os, "register_at_fork"):
            after_fork = weakref.WeakMethod(self._start_over)
            os.register_at_fork(after_in_child=lambda: (method := after_fork()) and method())

    @property
    def counts(self) -> QueueCounts:
        """What became of the spans so far."""
        return QueueCounts(self._recorded, self._recovered, self._exported, self._dropped, self._left)

    @property
    def spooled(self) -> int:
        """How many spans wait on disk."""
        with self._lock:
            return self._spool.spans if self._spool else 0

    @property
    def closed(self) -> bool:
        """Whether it was shut down."""
        return self._closed

    def put(self, span: ReadableSpan) -> None:
        """Queues a span. A span that comes after the shutdown counts as dropped."""
        with self._lock:
            self._recorded += 1
            if self._waits_when_full and threading.current_thread() is not self._thread:
                self._changed.wait_for(lambda: len(self._spans) < self._max_spans or self._closed)
            if self._closed or len(self._spans) >= self._max_spans:
                self._dropped += 1
                lost = "the queue is shut down" if self._closed else f"{self._max_spans} spans already wait"
            else:
                self._spans.append(span)
                if self._thread is None:
                    self._start_thread()
                elif self._hurried or len(self._spans) in self._wakes_at:
                    self._wake.notify()
                return
        guard.note("export", f"a span is lost: {lost}")

    def flush(self, timeout_s: float) -> bool:
        """Sends what waits now, on disk too.

        What was not delivered within the time goes to disk, as the process may be frozen or killed next.

        Returns:
            Whether all of it was delivered within the time.
        """
        deadline = time.monotonic() + timeout_s
        with self._lock:
            if self._thread is None and self._make_spool is not None and not self._closed:
                self._start_thread()
            self._hurried += 1
            self._wake.notify()
            self._changed.wait_for(lambda: self._begun, timeout_s)
            dropped = self._dropped
            target = self._recorded + self._recovered
            arrived = self._changed.wait_for(
                lambda: self._exported + self._dropped + self._left >= target, deadline - time.monotonic()
            )
            self._hurried -= 1
            if not arrived and not self._closed:
                self._put_aside()
            return arrived and self._dropped == dropped and not self._left

    def hurry(self) -> None:
        """From now on sends each span at once: the process may end at any moment."""
        with self._lock:
            self._hurried += 1
            self._wake.notify()

    def shutdown(self, timeout_s: float = 5.0) -> bool:
        """Sends what waits, then stops. What was not delivered in time stays on disk; without a spool it is dropped.

        Returns:
            Whether nothing was dropped. A second call does nothing and returns `True`.
        """
        with self._lock:
            if self._closed:
                return True
            dropped = self._dropped
            self._closed = True
            self._wake.notify()
            self._changed.notify_all()
        deadline = time.monotonic() + timeout_s
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        self._hasty = True
        exporter = self._exporter
        if exporter is not None:
            with guard.Shield("shutting the exporter down"):
                exporter.shutdown()  # ends a retry that is still going on
        if thread is not None and thread.is_alive():
            thread.join(max(0.5, deadline - time.monotonic()))
        with self._lock:
            self._abandoned = True
            self._put_aside()
            if self._spool is not None:
                self._left += self._spool.spans
                with guard.Shield("leaving the spool"):
                    self._spool.release()
            lost = self._recorded + self._recovered - self._exported - self._dropped - self._left
            self._dropped += lost
            if lost:
                guard.note("export", f"{lost} spans were not delivered within {timeout_s} s of the shutdown")
            return self._dropped == dropped

    def _empty(self) -> None:
        # Re-entrant: the garbage collector may end an abandoned stream's span in a thread that holds the lock.
        self._lock = threading.RLock()
        self._wake = threading.Condition(self._lock)  # for the thread: there is something to send
        self._changed = threading.Condition(self._lock)  # for flush and put: something was sent
        self._spans: deque[ReadableSpan] = deque()
        self._in_flight: list[ReadableSpan] = []  # taken off the queue, and neither sent nor spooled yet
        self._aside: SpooledBatch | None = None  # the copy on disk of a batch that is being sent
        self._thread: threading.Thread | None = None
        self._spool: DiskSpool | None = None
        self._begun = self._make_spool is None  # whether it is known what waits on disk
        self._recorded: int = 0
        self._recovered: int = 0
        self._exported: int = 0
        self._dropped: int = 0
        self._left: int = 0
        self._hurried = 0  # callers of flush that wait, and of hurry
        self._hasty = False  # the time for the shutdown is over
        self._abandoned = False
        self._pause_s = _FIRST_PAUSE_S
        self._tried = self._next_try = 0.0  # when the oldest batch on disk was tried, and is to be
        self._failures = 0  # of the oldest batch on disk

    def _start_over(self) -> None:
        # The parent sends what it had queued and spooled; its connections are not ours to write to.
        if self._spool is not None:
            self._spool.forget()
        self._empty()
        self._exporter = None

    def _start_thread(self) -> None:
        self._thread = threading.Thread(target=self._run, name="spanledger-export", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        otel_context.attach(otel_context.set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
        self._open_spool()
        while self._take():
            if self._in_flight:
                self._deliver(self._in_flight)
                with self._lock:
                    if self._abandoned:
                        return
                    self._changed.notify_all()
            while self._try_oldest():
                pass

    def _open_spool(self) -> None:
        with self._lock:
            if self._make_spool is not None and not self._abandoned:
                with guard.Shield("opening the spool"):
                    self._spool = self._make_spool()
                    self._recovered += self._spool.adopt()
            self._begun = True
            self._changed.notify_all()

    def _take(self) -> bool:
        """Takes the next batch in flight, once it is full or its time has come; none where the spool is due.

        Returns:
            Whether there is anything left to do.
        """
        with self._lock:
            while not self._spans and not self._closed:
                if not self._spool:
                    self._wake.wait()
                elif self._wait_for_next_try() <= 0:
                    return True
                else:
                    self._wake.wait(self._wait_for_next_try())
            deadline = time.monotonic() + self._interval_s
            while len(self._spans) < self._max_batch and not self._hurried and not self._closed:
                if not self._wake.wait(deadline - time.monotonic()):
                    break
            self._in_flight = [self._spans.popleft() for _ in range(min(self._max_batch, len(self._spans)))]
            return bool(self._in_flight) or not self._closed or (bool(self._spool) and not self._failures)

    def _wait_for_next_try(self) -> float:
        # While a caller of flush waits, try often.
        due = min(self._next_try, self._tried + _FIRST_PAUSE_S / 2) if self._hurried else self._next_try
        return due - time.monotonic()

    def _deliver(self, batch: list[ReadableSpan]) -> None:
        """Sends a batch, or puts it on disk behind those that wait there; without a spool tries it again and again."""
        if not self._spool and not self._hasty and self._export(batch):
            self._count(exported=len(batch))
            return
        with self._lock:
            if self._abandoned:
                return
            if self._aside is not None or self._keep(batch):
                self._aside, self._in_flight = None, []
                if len(self._spool or ()) == 1:
                    self._postpone()  # the receiver has just refused it
                return
        if self._try_from_memory(batch):
            self._count(exported=len(batch))
        else:
            self._count(dropped=len(batch))

    def _try_from_memory(self, batch: list[ReadableSpan]) -> bool:
        deadline = time.monotonic() + self._give_up_after_s
        pause_s = _FIRST_PAUSE_S
        while True:
            guard.note("export", f"a batch of {len(batch)} spans was not delivered; it will be tried again")
            with self._lock:
                if self._closed or time.monotonic() + pause_s > deadline:
                    return False
                self._wake.wait(pause_s)
            if self._export(batch):
                return True
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _put_aside(self) -> None:
        """Puts on disk what is in memory, with the lock held, and a copy of what is being sent just now."""
        if self._spool is not None and self._in_flight and self._keep(self._in_flight):
            self._in_flight = []
            self._aside = list(self._spool)[-1]
        while self._spans and self._keep(list(islice(self._spans, self._max_batch))):
            for _ in range(min(self._max_batch, len(self._spans))):
                self._spans.popleft()

    def _keep(self, batch: list[ReadableSpan]) -> bool:
        """Puts a batch on disk; call it with the lock held. Whether that worked."""
        if self._spool is None:
            return False
        with guard.Shield("spooling"):
            overflow = self._spool.append(self._encode(batch), len(batch))
            guard.note("export", "the receiver does not take spans; they wait on disk")
            if overflow:
                lost = sum(dropped.spans for dropped in overflow)
                self._dropped += lost
                guard.note("spool", f"the spool is full; its oldest {lost} spans are lost")
            return True
        return False

    def _try_oldest(self) -> bool:
        """Sends the oldest batch on disk where it is due. Whether the next one may go at once."""
        with self._lock:
            if self._abandoned or self._hasty or not self._spool or len(self._spans) >= self._max_batch:
                return False
            if self._wait_for_next_try() > 0 and not self._closed:
                return False
            oldest, *others = self._spool
        if self._send(oldest):
            self._pause_s, self._next_try, self._failures = _FIRST_PAUSE_S, 0.0, 0
            return True
        self._failures += 1
        # A receiver that takes the next batch, but not this one, is not away: this one is the trouble.
        if self._failures >= _SUSPECT_AFTER and others and self._send(others[0]) and not self._send(oldest):
            self._refuse(oldest)
        self._postpone()
        return False

    def _postpone(self) -> None:
        self._tried = time.monotonic()
        self._next_try = self._tried + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)

    def _send(self, batch: "SpooledBatch") -> bool:
        spans: list[ReadableSpan] = []
        with _READING:
            spans = self._decode(batch.path.read_bytes())
        if spans and not self._export(spans):
            return False
        with self._lock:
            if not self._abandoned and self._spool is not None:
                self._spool.remove(batch)
                if spans:
                    self._exported += batch.spans
                else:
                    self._dropped += batch.spans
                self._changed.notify_all()
        return True

    def _refuse(self, batch: "SpooledBatch") -> None:
        """Halves a batch that the receiver does not take, down to the one span that is the cause, and drops that."""
        with self._lock, guard.Shield("parting a batch"):
            if self._abandoned or self._spool is None:
                return
            spans = self._decode(batch.path.read_bytes())
            if len(spans) > 1:
                halves = (spans[: len(spans) // 2], spans[len(spans) // 2 :])
                self._spool.replace(batch, [(self._encode(half), len(half)) for half in halves])
                self._pause_s = 0.0
            else:
                self._spool.remove(batch)
                self._dropped += batch.spans
                guard.note("export", "a span is lost: the receiver takes others, but refuses this one")
            self._failures = 0
            self._changed.notify_all()

    def _export(self, batch: list[ReadableSpan]) -> bool:
        with guard.Shield("exporting"), nullcontext() if self._settled else _settling:
            if self._exporter is None:
                self._exporter = self._make_exporter()
            delivered = self._exporter.export(batch) is SpanExportResult.SUCCESS
            self._settled = True
            return delivered
        return False

    def _count(self, *, exported: int = 0, dropped: int = 0) -> None:
        with self._lock:
            if not self._abandoned:
                if self._aside is not None and self._spool is not None:
                    self._spool.remove(self._aside)
                self._aside, self._in_flight = None, []
                self._exported += exported
                self._dropped += dropped
                self._changed.notify_all()


def _codec() -> tuple[Callable[[list[ReadableSpan]], bytes], Callable[[bytes], list[ReadableSpan]]]:
    """Writing spans as OTLP, and reading them back. Imports what the exporter loads anyway."""
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans  # noqa: PLC0415

    from spanledger.delivery.span_decoding import decode_spans  # noqa: PLC0415

    def encode(batch: list[ReadableSpan]) -> bytes:
        request: bytes = encode_spans(batch).SerializeToString()
        return request

    return encode, decode_spans


def _before_fork() -> None:
    # A child that is forked while another thread imports waits for that thread forever.
    _settling.acquire(timeout=_SETTLING_S)


def _after_fork_in_parent() -> None:
    with suppress(RuntimeError):  # not acquired in time
        _settling.release()


def _after_fork_in_child() -> None:
    global _settling  # noqa: PLW0603
    _settling = threading.Lock()


_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_SUSPECT_AFTER: Final = 10  # failures: some minutes, as the pauses grow
_SETTLING_S: Final = 2.0
_READING: Final = guard.Shield("reading the spool")
# The SDK's own batch processor uses this key too: HTTP instrumentations skip what is sent under it.
_SUPPRESS_INSTRUMENTATION_KEY: Final = otel_context._SUPPRESS_INSTRUMENTATION_KEY

_settling = threading.Lock()  # held during the first export
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
