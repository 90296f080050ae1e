"""What senders were told is safe and is not in the database yet, as far as this machine's spool tells."""

from __future__ import annotations

import time
from dataclasses import dataclass

from spanledger_dashboards import open_store, viewer
from spanledger_settings import spool_files


@dataclass(frozen=True)
class Spooled:
    """How many bytes wait, and for how many seconds the oldest of them does."""

    size: int
    oldest_seconds: float


def spooled() -> Spooled | None:
    """What waits; None where there is no spool here, or the reader may not see what is on disk."""
    spool = open_store.settings().spool
    if not spool.is_dir() or not sees_the_machine():
        return None
    files = spool_files.waiting(spool)
    oldest = max((time.time() - file.stat.st_mtime for file in files), default=0.0)
    return Spooled(sum(file.stat.st_size for file in files), oldest)


def sees_the_machine() -> bool:
    """Whether the reader may see what is on disk: whoever sees one tenant's rows alone may not."""
    seen: viewer.Viewer = open_store.reader()
    return seen.tenant is None
