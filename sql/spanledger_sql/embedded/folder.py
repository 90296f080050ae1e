"""The data folder's lock: an embedded database belongs to one process at a time."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import shutil
import stat
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

logger = logging.getLogger(__name__)


class FolderLock:
    """An advisory lock on a data folder, with a message worth reading when somebody else holds it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def acquire(self, wait_s: float = 0, until: Callable[[], bool] = lambda: False) -> bool:
        """Create the folder (mode 0700) if need be and lock it; gives whether it did.

        Args:
            wait_s: How long to wait for a process that holds it, s.
            until: Asked meanwhile; it is not locked once this says yes, as when a node has come.

        Raises:
            OSError: The folder cannot be made or written, or another process holds it; the message names both
                the folder and the mend.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise OSError(f"{self._folder / 'lock'} is a symbolic link, which is not followed; remove it") from None
            raise OSError(
                f"data folder {self._folder} cannot be written: {error.strerror}; "
                "choose another with --data-dir or SPANLEDGER_DATA_DIR"
            ) from None
        deadline = time.monotonic() + wait_s
        while not _locked(descriptor):
            if until():
                os.close(descriptor)
                return False
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            # This process would wait for itself.
            if time.monotonic() < deadline and holder != str(os.getpid()):
                time.sleep(0.05)
                continue
            os.close(descriptor)
            raise OSError(
                f"data folder {self._folder} is in use by process {holder}; "
                "stop it, or choose another folder with --data-dir or SPANLEDGER_DATA_DIR"
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        self._make_private()
        return True

    def release(self) -> None:
        """Unlock the folder."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def temporary(self) -> Path:
        """An empty folder for what must not outlive this process; what a killed one left in it is deleted."""
        folder = self._folder / "temporary"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _make_private(self) -> None:
        """Requests, and with them prompts, lie here: nobody else may look, whatever the folder was before."""
        if self._folder.stat().st_mode & stat.S_ISVTX:
            # A shared folder such as /tmp is not ours to close.
            return
        spool = self._folder / "spool"
        for path, mode in (
            (self._folder, 0o700),
            (self._folder / "lock", 0o600),
            (self._folder / "clickhouse", 0o700),
            (spool, 0o700),
            *((path, 0o600) for path in spool.glob("*.*")),
            (spool / "rejected", 0o700),
            *((path, 0o600) for path in (spool / "rejected").glob("*")),
        ):
            _close_to_others(path, mode)


def make_private(database: Path) -> None:
    """Have a database's folder, which may lie outside the data folder, be nobody else's to look into."""
    if database.exists() and not database.stat().st_mode & stat.S_ISVTX:
        _close_to_others(database, 0o700)


def _close_to_others(path: Path, mode: int) -> None:
    if not path.is_symlink() and path.exists() and path.stat().st_mode & 0o077:
        try:
            path.chmod(mode)
        except OSError as error:
            logger.warning("%s can be read by others, and cannot be closed: %s", path, error)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
