"""The queue between the app and the receiver: takes bursts, hands them to the sender, and counts what it loses."""

import os
import threading
import time
import weakref
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from opentelemetry import context as otel_context
from opentelemetry.sdk.trace import ReadableSpan

from spanledger import guard
from spanledger.delivery.queue_counts import QueueCounts
from spanledger.delivery.receiver import Receiver
from spanledger.delivery.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger.delivery.disk_spool import DiskSpool


class ExportQueue:
    """Gives spans to its sender in batches, from a thread of its own that starts with the first span.

    What cannot be sent before the shutdown stays on disk for the next process, where there is a spool. After a fork
    the child starts with an empty queue, and an exporter and a spool of its own.

    Args:
        receiver: Whom they go to.
        make_spool: Makes the spool, where there shall be one; called with the first span.
        max_spans: How many spans may wait in memory.
        max_batch: How many spans go in one request.
        interval_s: How long a span waits for others to share its request, in seconds.
        when_full: "drop" loses the span that finds no room, and counts it; "wait" holds the thread that ended it.
        give_up_after_s: Without a spool, how long one batch is tried before it counts as dropped, in seconds.
    """

    def __init__(
        self,
        receiver: Receiver,
        *,
        make_spool: "Callable[[], DiskSpool] | None" = None,
        max_spans: int = 65_536,
        max_batch: int = 512,
        interval_s: float = 1.0,
        when_full: Literal["drop", "wait"] = "drop",
        give_up_after_s: float = 600.0,
    ) -> None:
        self._max_spans = max_spans
        self._max_batch = min(max_batch, max_spans)
        self._wakes_at = (1, self._max_batch)
        self._interval_s = interval_s
        self._waits_when_full = when_full == "wait"
        self._sender = Sender(receiver, make_spool, give_up_after_s)
        self._empty()
        if hasattr(os, "register_at_fork"):
            after_fork = weakref.WeakMethod(self._start_over)
            os.register_at_fork(after_in_child=lambda: (method := after_fork()) and method())

    @property
    def counts(self) -> QueueCounts:
        """What became of the spans so far."""
        sender = self._sender
        return QueueCounts(self._recorded, sender.recovered, sender.exported, self._dropped, sender.left)

    @property
    def spooled(self) -> int:
        """How many spans wait on disk."""
        with self._lock:
            return self._sender.spooled

    @property
    def problem(self) -> str:
        """Why the receiver did not take the last batch, with status and URL; "" where it did."""
        return self._sender.problem

    @property
    def closed(self) -> bool:
        """Whether it was shut down."""
        return self._sender.ending

    def put(self, span: ReadableSpan) -> None:
        """Queues a span. A span that comes after the shutdown counts as dropped."""
        with self._lock:
            self._recorded += 1
            sender = self._sender
            if self._waits_when_full and threading.current_thread() is not self._thread:
                sender.changed.wait_for(lambda: len(self._spans) < self._max_spans or sender.ending)
            if sender.ending or len(self._spans) >= self._max_spans:
                self._lost += 1
                lost = "the queue is shut down" if sender.ending else f"{self._max_spans} spans already wait"
            else:
                self._spans.append(span)
                if self._thread is None:
                    self._start_thread()
                elif sender.hurried or len(self._spans) in self._wakes_at:
                    sender.wake.notify()
                return
        guard.note("export", f"a span is lost: {lost}")

    def flush(self, timeout_s: float) -> bool:
        """Sends what waits now, on disk too.

        What was not delivered within the time goes to disk, as the process may be frozen or killed next. Where the
        receiver refuses whatever comes, that is told at once.

        Returns:
            Whether all of it was delivered within the time.
        """
        deadline = time.monotonic() + timeout_s
        sender = self._sender
        with self._lock:
            if self._thread is None and sender.has_spool and not sender.ending:
                self._start_thread()
            dropped = self._dropped
            sender.hurried += 1
            sender.asked = time.monotonic()
            sender.wake.notify()
            sender.changed.wait_for(lambda: sender.begun, timeout_s)
            target = self._recorded + sender.recovered
            asked = sender.asked
            sender.changed.wait_for(
                lambda: self._accounted >= target or (sender.refused and sender.tried > asked),
                deadline - time.monotonic(),
            )
            arrived = self._accounted >= target
            sender.hurried -= 1
            if not arrived:
                sender.tell_problem()
                if not sender.ending:
                    self._put_aside()
            return arrived and self._dropped == dropped and not sender.left

    def hurry(self) -> None:
        """From now on sends each span at once: the process may end at any moment."""
        with self._lock:
            self._sender.hurried += 1
            self._sender.wake.notify()

    def shutdown(self, timeout_s: float = 5.0) -> bool:
        """Sends what waits, then stops. What was not delivered in time stays on disk; without a spool it is dropped.

        Returns:
            Whether nothing was dropped. A second call does nothing and returns `True`.
        """
        sender = self._sender
        with self._lock:
            if sender.ending:
                return True
            dropped = self._dropped
            sender.ending = True
            sender.wake.notify()
            sender.changed.notify_all()
        deadline = time.monotonic() + timeout_s
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        sender.stop()
        if thread is not None and thread.is_alive():
            thread.join(max(0.5, deadline - time.monotonic()))
        with self._lock:
            self._put_aside()
            sender.abandon()
            lost = self._recorded + sender.recovered - sender.exported - self._dropped - sender.left
            self._lost += lost
            if lost:
                guard.note("export", f"{lost} spans were not delivered within {timeout_s} s of the shutdown")
            return self._dropped == dropped

    @property
    def _accounted(self) -> int:
        return self._sender.exported + self._dropped + self._sender.left

    @property
    def _dropped(self) -> int:
        return self._lost + self._sender.dropped

    def _empty(self) -> None:
        self._lock = self._sender.lock
        self._spans: deque[ReadableSpan] = deque()
        self._thread: threading.Thread | None = None
        self._recorded = 0
        self._lost = 0  # before the sender had them

    def _start_over(self) -> None:
        self._sender.start_over()
        self._empty()

    def _start_thread(self) -> None:
        self._thread = threading.Thread(target=self._run, name="spanledger-export", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        otel_context.attach(otel_context.set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
        sender = self._sender
        sender.open_spool()
        while self._take():
            if sender.in_flight:
                sender.deliver()
                with self._lock:
                    if sender.abandoned:
                        return
                    sender.changed.notify_all()
            while len(self._spans) < self._max_batch and sender.try_oldest():
                pass

    def _take(self) -> bool:
        """Gives the sender the next batch, once it is full or its time has come; none where one on disk is due.

        Returns:
            Whether there is anything left to do.
        """
        sender = self._sender
        with self._lock:
            while not self._spans and not sender.ending:
                due_in = sender.next_try_in()
                if due_in is not None and due_in <= 0:
                    return True
                sender.wake.wait(due_in)
            deadline = time.monotonic() + self._interval_s
            while len(self._spans) < self._max_batch and not sender.hurried and not sender.ending:
                if not sender.wake.wait(deadline - time.monotonic()):
                    break
            sender.in_flight = [self._spans.popleft() for _ in range(min(self._max_batch, len(self._spans)))]
            return bool(sender.in_flight) or not sender.ending or sender.may_try_on

    def _put_aside(self) -> None:
        """Puts on disk what is in memory, with the lock held, and a copy of what is being sent just now."""
        self._sender.put_aside()
        while self._spans and self._sender.keep(list(islice(self._spans, self._max_batch))):
            for _ in range(min(self._max_batch, len(self._spans))):
                self._spans.popleft()


# The SDK's own batch processor uses this key too: HTTP instrumentations skip what is sent under it.
_SUPPRESS_INSTRUMENTATION_KEY: Final = otel_context._SUPPRESS_INSTRUMENTATION_KEY
