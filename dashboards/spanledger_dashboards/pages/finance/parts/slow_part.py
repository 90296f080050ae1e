"""A part of a page that may take too long over a very large ledger, without taking the page with it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from spanledger_dashboards.drawing.style import caption
from spanledger_sql.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOO_SLOW = 159


@contextmanager
def slow_part(command: str) -> Iterator[None]:
    """Say which command has no bound of time, where the part could not be told in time."""
    try:
        yield
    except StoreError as error:
        if error.code != _TOO_SLOW:
            raise
        caption(f"This took too long to be told here; 'spanledger {command}' tells it, or a shorter period.")
