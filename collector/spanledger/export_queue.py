"""The queue between the app and the exporter: takes bursts, sends batches, retries, and counts what it loses."""

import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from opentelemetry import context as otel_context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from spanledger import guard


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """What became of the spans given to a queue. `recorded - exported - dropped` of them are on their way."""

    recorded: int = 0
    exported: int = 0
    dropped: int = 0

    def __add__(self, other: "QueueCounts") -> "QueueCounts":
        return QueueCounts(self.recorded + other.recorded, self.exported + other.exported, self.dropped + other.dropped)


class ExportQueue:
    """Sends spans in batches from a thread of its own, started with the first span.

    A batch that the exporter could not deliver is tried again, with growing pauses, until `give_up_after_s`. The spans
    behind it wait in the queue. After a fork the child starts with an empty queue and an exporter of its own.

    Args:
        make_exporter: Makes the exporter; called at once, and again in a forked child that has something to send.
        max_spans: How many spans may wait.
        max_batch: How many spans go in one request.
        interval_s: How long a span waits for others to share its request, in seconds.
        when_full: "drop" loses the span that finds no room, and counts it; "wait" holds the thread that ended it.
        give_up_after_s: How long one batch is tried before it counts as dropped, in seconds.
    """

    def __init__(
        self,
        make_exporter: Callable[[], SpanExporter],
        *,
        max_spans: int = 65_536,
        max_batch: int = 512,
        interval_s: float = 1.0,
        when_full: Literal["drop", "wait"] = "drop",
        give_up_after_s: float = 600.0,
    ) -> None:
        self._make_exporter = make_exporter
        self._max_spans = max_spans
        self._max_batch = min(max_batch, max_spans)
        self._wakes_at = (1, self._max_batch)
        self._interval_s = interval_s
        self._waits_when_full = when_full == "wait"
        self._give_up_after_s = give_up_after_s
        self._exporter: SpanExporter | None = make_exporter()
        self._closed = False
        self._empty()
        if hasattr(os, "register_at_fork"):
            after_fork = weakref.WeakMethod(self._start_over)
            os.register_at_fork(after_in_child=lambda: (method := after_fork()) and method())

    @property
    def counts(self) -> QueueCounts:
        """What became of the spans so far."""
        return QueueCounts(self._recorded, self._exported, self._dropped)

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
        """Sends what is queued now.

        Returns:
            Whether all spans queued before the call were delivered within the time.
        """
        with self._lock:
            dropped = self._dropped
            target = self._taken + len(self._spans)
            self._hurried += 1
            self._wake.notify()
            arrived = self._changed.wait_for(lambda: self._settled >= target, timeout_s)
            self._hurried -= 1
            return arrived and self._dropped == dropped

    def shutdown(self, timeout_s: float = 5.0) -> bool:
        """Sends what is queued, then stops. What was not delivered in time counts as dropped.

        Returns:
            Whether everything was delivered. A second call does nothing and returns `True`.
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
        exporter = self._exporter
        if exporter is not None:
            with guard.Shield("shutting the exporter down"):
                exporter.shutdown()  # ends a retry that is still going on
        if thread is not None and thread.is_alive():
            thread.join(max(0.5, deadline - time.monotonic()))
        with self._lock:
            lost = self._recorded - self._exported - self._dropped
            self._dropped += lost
            self._abandoned = True
            self._spans.clear()
            if lost:
                guard.note("export", f"{lost} spans were not delivered within {timeout_s} s of the shutdown")
            return self._dropped == dropped

    def _empty(self) -> None:
        # Re-entrant: the garbage collector may end an abandoned stream's span in a thread that holds the lock.
        self._lock = threading.RLock()
        self._wake = threading.Condition(self._lock)  # for the thread: there is something to send
        self._changed = threading.Condition(self._lock)  # for flush and put: something was sent
        self._spans: deque[ReadableSpan] = deque()
        self._thread: threading.Thread | None = None
        self._recorded = self._exported = self._dropped = 0
        self._taken = self._settled = 0  # spans taken off the queue; of those, delivered or given up
        self._hurried = 0  # callers of flush that wait
        self._abandoned = False

    def _start_over(self) -> None:
        # The parent sends what it had queued; its connections are not ours to write to.
        self._empty()
        self._exporter = None

    def _start_thread(self) -> None:
        self._thread = threading.Thread(target=self._run, name="spanledger-export", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        otel_context.attach(otel_context.set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
        while batch := self._take():
            delivered = self._deliver(batch)
            with self._lock:
                if self._abandoned:
                    return
                self._settled += len(batch)
                if delivered:
                    self._exported += len(batch)
                else:
                    self._dropped += len(batch)
                self._changed.notify_all()

    def _take(self) -> list[ReadableSpan]:
        """The next batch, once it is full or its time has come; empty when all is done."""
        with self._lock:
            while not self._spans and not self._closed:
                self._wake.wait()
            deadline = time.monotonic() + self._interval_s
            while len(self._spans) < self._max_batch and not self._hurried and not self._closed:
                if not self._wake.wait(deadline - time.monotonic()):
                    break
            batch = [self._spans.popleft() for _ in range(min(self._max_batch, len(self._spans)))]
            self._taken += len(batch)
            return batch

    def _deliver(self, batch: list[ReadableSpan]) -> bool:
        deadline = time.monotonic() + self._give_up_after_s
        pause_s = _FIRST_PAUSE_S
        while True:
            with guard.Shield("exporting"):
                if self._exporter is None:
                    self._exporter = self._make_exporter()
                if self._exporter.export(batch) is SpanExportResult.SUCCESS:
                    return True
            guard.note("export", f"a batch of {len(batch)} spans was not delivered; it will be tried again")
            with self._lock:
                if self._closed or time.monotonic() + pause_s > deadline:
                    return False
                self._wake.wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
# The SDK's own batch processor uses this key too: HTTP instrumentations skip what is sent under it.
_SUPPRESS_INSTRUMENTATION_KEY: Final = otel_context._SUPPRESS_INSTRUMENTATION_KEY
