"""What became of the spans given to a queue."""

import operator
from typing import NamedTuple


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
