"""How a command reaches the node that holds the data folder: HTTP over a Unix socket."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import tempfile
from pathlib import Path
from typing import Any

from urllib3 import HTTPConnectionPool, PoolManager
from urllib3.connection import HTTPConnection

# The kernel's limit on a socket's path (108 bytes on Linux, 104 on macOS), less the closing zero.
_LONGEST_PATH = 103
# All processes must find the same folder; one that has a database open has a temporary folder of its own.
_TEMPORARY = Path(tempfile.gettempdir())


def socket_path(data_dir: Path) -> Path:
    """Path of the node's socket: in the data folder, or, where that path is too long, in a private short one.

    Raises:
        PermissionError: The short folder exists and belongs to somebody else.
    """
    path = data_dir / "node.sock"
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    folder = _TEMPORARY / f"spanledger-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(f"{folder} is not a private folder of this user; remove it, or use a shorter data folder")
    return folder / f"{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}.sock"


def node_answers(data_dir: Path) -> bool:
    """Whether a node is listening for this data folder."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(socket_path(data_dir)))
        except OSError:
            return False
        return True


class SocketPoolManager(PoolManager):
    """A urllib3 pool manager that sends every request through one Unix socket."""

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        self._path = str(path)
        self._pool = _SocketPool(self._path)

    def connection_from_url(self, url: str, pool_kwargs: dict[str, Any] | None = None) -> HTTPConnectionPool:  # noqa: ARG002
        """The socket's pool, whatever the address."""
        return self._pool

    def connection_from_host(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:  # noqa: ARG002
        """The socket's pool, whatever the host."""
        return self._pool

    def clear(self) -> None:
        """Close the idle connections; later requests open new ones."""
        self._pool.close()
        self._pool = _SocketPool(self._path)


class _SocketPool(HTTPConnectionPool):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", maxsize=4)
        self._path = path

    def _new_conn(self) -> HTTPConnection:
        return _SocketConnection(self._path)


class _SocketConnection(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def _new_conn(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(self._path)
        return connection
