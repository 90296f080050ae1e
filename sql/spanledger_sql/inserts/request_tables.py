"""Which tables OTLP export requests of the spool go into: one for each signal that is among them."""

from __future__ import annotations

import mmap
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# By the first byte of a request: the tag of its one field, which tells its signal in `views/ingest/otlp/otlp.proto`.
REQUEST_TABLES = {0x0A: "otlp_trace_requests", 0x12: "otlp_log_requests", 0x1A: "otlp_metric_requests"}
_ALL = list(REQUEST_TABLES.values())


def request_tables(requests: bytes | Path) -> list[str]:
    """The tables of the signals of length-prefixed requests, or of a file of them; all, where they cannot be read."""
    tags: set[int] = set()
    with _mapped(requests) as data:
        position = 0
        try:
            while position < len(data) and len(tags) < len(_ALL):
                length = shift = 0
                while (byte := data[position]) >= 0x80:
                    length |= (byte & 0x7F) << shift
                    position, shift = position + 1, shift + 7
                length |= byte << shift
                position += 1
                # An empty request is of no signal.
                if length:
                    tags.add(data[position])
                position += length
        except IndexError:
            return _ALL
    return [table for tag, table in REQUEST_TABLES.items() if tag in tags] if tags <= REQUEST_TABLES.keys() else _ALL


@contextmanager
def _mapped(requests: bytes | Path) -> Iterator[bytes | mmap.mmap]:
    if isinstance(requests, bytes):
        yield requests
    elif not requests.stat().st_size:
        yield b""
    else:
        with requests.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data
