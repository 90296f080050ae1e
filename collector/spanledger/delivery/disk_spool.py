"""The spool: a bounded folder of export requests that could not be delivered, oldest first, one owner at a time."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class SpooledBatch:
    """One request on disk, in the order of time.

    Attributes:
        name: The file's name, which begins with the time of writing.
        folder: The owner's folder it lies in.
        spans: How many spans are in it.
        size: Its size in bytes.
    """

    name: str
    folder: Path
    spans: int
    size: int

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.name


class DiskSpool:
    """What one process keeps on disk for one receiver, and what processes before it left there.

    Each process writes to a folder of its own, which it holds locked as long as it lives; a folder that nobody holds
    is taken over with what is in it. So each batch has one owner, and is sent by one process. Use it from one thread.

    Args:
        root: The folder of all that goes to this receiver.
        max_bytes: How much may lie in `root`. What other living processes hold is theirs to drop.
    """

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._own: Path | None = None
        self._locks: dict[Path, int] = {}
        self._batches: list[SpooledBatch] = []
        self._written = 0

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[SpooledBatch]:
        return iter(list(self._batches))

    @property
    def spans(self) -> int:
        """How many spans wait here."""
        return sum(batch.spans for batch in self._batches)

    def adopt(self) -> int:
        """Takes over what processes that are gone have left.

        Returns:
            How many spans were found.
        """
        if not self._root.is_dir():
            return 0
        found: list[SpooledBatch] = []
        for folder in sorted(self._root.iterdir()):
            known = folder in self._locks or folder.name.startswith(".")
            if not known and folder.is_dir() and self._lock(folder):
                found += _batches_in(folder)
        self._batches = sorted(self._batches + found)
        return sum(batch.spans for batch in found)

    def append(self, request: bytes, spans: int) -> list[SpooledBatch]:
        """Writes a batch behind all others, then drops the oldest while there is too much.

        Returns:
            The batches that were dropped.

        Raises `OSError` where it cannot be written.
        """
        folder = self._own or self._make_own()
        self._written += 1
        name = f"{time.time_ns():020d}-{self._written:06d}-{spans}{_SUFFIX}"
        unfinished = folder / f"{name}.part"
        unfinished.write_bytes(request)
        unfinished.rename(folder / name)
        batch = SpooledBatch(name, folder, spans, len(request))
        self._batches.append(batch)
        return self._drop_oldest(keep=batch)

    def remove(self, batch: SpooledBatch) -> None:
        """Forgets a batch: it was sent, or never will be."""
        if batch in self._batches:
            self._batches.remove(batch)
        batch.path.unlink(missing_ok=True)

    def replace(self, batch: SpooledBatch, parts: list[tuple[bytes, int]]) -> None:
        """Puts several smaller batches, of a request and its count of spans each, in the place of one."""
        stem = batch.name.rsplit("-", 1)[0]
        made = []
        for number, (request, spans) in enumerate(parts):
            name = f"{stem}.{number}-{spans}{_SUFFIX}"
            (batch.folder / name).write_bytes(request)
            made.append(SpooledBatch(name, batch.folder, spans, len(request)))
        self.remove(batch)
        self._batches = sorted(self._batches + made)

    def release(self) -> None:
        """Lets go of all folders; what is left in them waits for another process."""
        for folder, descriptor in self._locks.items():
            if not any(batch.folder == folder for batch in self._batches):
                _remove_folder(folder)
            os.close(descriptor)
        self._locks.clear()
        self._batches.clear()
        self._own = None

    def forget(self) -> None:
        """In a forked child: all of it is the parent's."""
        for descriptor in self._locks.values():
            os.close(descriptor)  # the parent's own descriptor keeps the lock
        self._locks.clear()
        self._batches = []
        self._own = None

    def _make_own(self) -> Path:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{os.getpid()}-{time.time_ns()}"
        unlocked = self._root / f".{name}"  # which nobody takes over
        unlocked.mkdir(mode=0o700)
        if not self._lock(unlocked):
            raise OSError(f"the new spool folder {unlocked} cannot be locked")
        self._own = unlocked.rename(self._root / name)
        self._locks[self._own] = self._locks.pop(unlocked)
        return self._own

    def _lock(self, folder: Path) -> bool:
        try:
            descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(descriptor), (folder / _LOCK).stat()):
                raise FileNotFoundError(f"{folder} was cleared away meanwhile")
        except OSError:
            os.close(descriptor)
            return False
        self._locks[folder] = descriptor
        return True

    def _drop_oldest(self, keep: SpooledBatch) -> list[SpooledBatch]:
        dropped: list[SpooledBatch] = []
        held = self._held_by_all()
        while held > self._max_bytes and self._batches[0] != keep:
            oldest = self._batches[0]
            self.remove(oldest)
            held -= oldest.size
            dropped.append(oldest)
        return dropped

    def _held_by_all(self) -> int:
        own = sum(batch.size for batch in self._batches)
        others = [folder for folder in self._root.iterdir() if folder not in self._locks]
        return own + sum(batch.size for folder in others for batch in _batches_in(folder))


def spool_root(folder: str | None, endpoint: str, headers: Mapping[str, str]) -> Path:
    """Where spans for this receiver wait: what was recorded for one is never sent to another.

    Args:
        folder: The folder that the user names; by default `$SPANLEDGER_SPOOL_DIR`, else `spanledger/spool` in the
            user's state folder.
        endpoint: The receiver's URL.
        headers: The headers of each request; an authorization makes it another receiver.
    """
    named = folder or os.environ.get("SPANLEDGER_SPOOL_DIR")
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    base = Path(named) if named else Path(state) / "spanledger" / "spool"
    receiver = hashlib.sha256(repr((endpoint, sorted(headers.items()))).encode()).hexdigest()[:16]
    return base.expanduser() / receiver


def _batches_in(folder: Path) -> list[SpooledBatch]:
    found = []
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return []
    for entry in entries:
        if entry.name.endswith(_SUFFIX):
            try:
                spans = int(entry.name.removesuffix(_SUFFIX).rsplit("-", 1)[1])
                found.append(SpooledBatch(entry.name, folder, spans, entry.stat().st_size))
            except (OSError, ValueError, IndexError):
                continue
    return found


def _remove_folder(folder: Path) -> None:
    for leftover in (*folder.glob("*.part"), folder / _LOCK):
        leftover.unlink(missing_ok=True)
    try:
        folder.rmdir()
    except OSError:
        return


_LOCK: Final = "owner"
_SUFFIX: Final = ".otlp"
