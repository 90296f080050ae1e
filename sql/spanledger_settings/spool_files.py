"""The files of the spool that hold what senders were told is safe and is not in the database yet."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import os
    from pathlib import Path

OPEN: Final = ".open"
"""Ends the name of the file that is written to."""
READY: Final = ".ready"
"""Ends the name of a file that is whole and waits to be committed."""
BEGUN: Final = ".begun"
"""Ends the name of a file whose commit has begun."""


@dataclass(frozen=True, slots=True)
class SpoolFile:
    """A file with what was acknowledged and is not in the database, and what the file system says of it."""

    path: Path
    stat: os.stat_result


def waiting(spool: Path) -> list[SpoolFile]:
    """The files of a spool that hold anything; none where there is no such folder."""
    if not spool.is_dir():
        return []
    found = []
    for path in spool.iterdir():
        # Committed meanwhile, it is gone.
        with contextlib.suppress(FileNotFoundError):
            if path.suffix in {OPEN, READY, BEGUN} and (stat := path.stat()).st_size:
                found.append(SpoolFile(path, stat))
    return found
