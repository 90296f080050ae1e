"""A gate before the embedded database that can be closed: while it is, statements that write wait, and queries go on.

A database whose gate is closed stands between two statements, as one whose process was killed there does: whatever is
built to go on after that can go on from a copy of it.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_READS = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(?:SELECT|WITH|SHOW|DESC|DESCRIBE|EXISTS|EXPLAIN)\b", re.IGNORECASE | re.DOTALL
)
_INSERT = re.compile(r"\bINSERT\s+INTO\b", re.IGNORECASE)


class WriteGate:
    """Lets any number of statements through at once, or none."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._writing = 0
        self._closed = False

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write, once the gate is open."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._writing += 1
        try:
            yield
        finally:
            with self._changed:
                self._writing -= 1
                self._changed.notify_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Close the gate, and wait until what is being written is."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._closed = True
            self._changed.wait_for(lambda: not self._writing)
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()


def only_reads(statement: str) -> bool:
    """Whether a statement changes nothing."""
    return bool(_READS.match(statement)) and not _INSERT.search(statement)
