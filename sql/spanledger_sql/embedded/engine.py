"""The engine in this process, on a data folder that no other process has open meanwhile."""

from __future__ import annotations

import importlib.resources
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from spanledger_sql.embedded.folder import FolderLock, make_private
from spanledger_sql.embedded.folder_in_part import FolderInPart
from spanledger_sql.node_socket import node_answers
from spanledger_sql.store_error import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spanledger_settings.configuration import Configuration

# The folder, in a data folder, of a restore that goes on or was interrupted.
UNFINISHED_RESTORE = "restoring"

# How long a command waits for another one that has the data folder.
_PATIENCE_S = 30.0


class EmbeddedEngine:
    """An engine on the whole of a folder or, for who only reads, on as much of it as is asked for."""

    def __init__(self, url: str, lock: FolderLock, part: FolderInPart | None) -> None:
        self._url = url
        self._lock = lock
        self._part = part
        self._engine: Any = None
        self._start()

    @classmethod
    def open(cls, configuration: Configuration, *, exclusive: bool, to_read: Sequence[str] | None) -> Self | None:
        """Take the data folder and open what is to be read of it; None where a node has come that has it.

        Raises:
            StoreError: The folder is in use by another process, cannot be written, or is half of a restore.
        """
        lock, url = FolderLock(configuration.data_dir), configuration.clickhouse_url
        try:
            # Who is to be the node does not ask the one that is there.
            held = (
                lock.acquire() if exclusive else lock.acquire(_PATIENCE_S, lambda: node_answers(configuration.data_dir))
            )
        except OSError as error:
            raise StoreError(str(error)) from None
        if not held:
            return None
        if (configuration.data_dir / UNFINISHED_RESTORE).exists():
            lock.release()
            raise StoreError(
                f"a restore into {configuration.data_dir} did not come to its end; run 'spanledger restore' again, "
                "which begins anew"
            )
        make_private(Path(url.removeprefix("chdb://").partition("?")[0]))
        temporary, part = lock.temporary(), None
        if to_read is not None and "?" not in url:
            whole = Path(os.path.realpath(url.removeprefix("chdb://")))
            part = FolderInPart.of(whole, Path(os.path.realpath(temporary)) / "part", to_read)
        made = cls(url, lock, part)
        # The driver hands data to the engine in files.
        tempfile.tempdir = str(temporary)
        return made

    @property
    def address(self) -> str:
        """The folder that is open, for the driver."""
        return self._url if self._part is None else f"chdb://{self._part.path}"

    @property
    def is_whole(self) -> bool:
        """Whether all tables and views are open."""
        return self._part is None

    def opens(self, query: str, values: Iterable[object]) -> bool:
        """Open what a query asks for, with the values of its parameters; False where it asks for the whole."""
        if self._part is None:
            return True
        if self._part.is_too_little_for(query):
            return False
        import chdb  # noqa: PLC0415  (slow, and only an embedded store needs it)

        try:
            for attaching in self._part.attaching(query, values):
                self._engine.query("SET fsync_metadata = 0")
                self._engine.query(attaching)
        except chdb.ChdbError:
            return False
        return True

    def open_whole(self) -> None:
        """Open the whole folder; no client may be open."""
        if self._part is not None:
            self._engine.close()
            self._part.close()
            self._part = None
            self._start()

    def close(self) -> None:
        """Close the engine, whose clients are closed, and give the data folder back."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        if self._part is not None:
            self._part.close()
            self._part = None
        tempfile.tempdir = None
        self._lock.release()

    def _start(self) -> None:
        """Open the folder with the engine's configuration, which those who open it later share."""
        import chdb  # noqa: PLC0415  (slow, and only an embedded store needs it)

        folder, _, parameters = self.address.removeprefix("chdb://").partition("?")
        file = importlib.resources.files(__package__) / "embedded.xml"
        if not parameters and isinstance(file, Path):
            self._engine = chdb.connect(f"{os.path.realpath(folder)}?config-file={file}")  # type: ignore[no-untyped-call]
