"""Binding the node's ports and its socket, with errors that name the port and the option that changes it."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanledger_settings.mendable import MendableError
from spanledger_sql.node_socket import socket_path

if TYPE_CHECKING:
    from pathlib import Path


class ListenError(MendableError):
    """An address that cannot be listened on; the message says which, why, and what changes it."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a node listens; None for a part that does not run."""

    otlp_http: str | None = None
    otlp_grpc: str | None = None
    dashboards: str | None = None


def listen(host: str, port: int, *, purpose: str, option: str) -> socket.socket:
    """A listening TCP socket on ``host``; ``port`` 0 lets the system choose.

    Raises:
        ListenError: The port is taken, not allowed, or the host is not this machine's.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise _refused(error, host, port, purpose=purpose, option=option) from None


def _refused(error: OSError, host: str, port: int, *, purpose: str, option: str) -> ListenError:
    if error.errno == errno.EADDRINUSE:
        reason = "is in use"
    elif error.errno == errno.EACCES:
        reason = "needs more rights than this user has"
    else:
        reason = f"cannot be used: {error.strerror or error}"
    variable = f"SPANLEDGER_{option.removeprefix('--').replace('-', '_').upper()}"
    return ListenError(f"port {port} on {host} ({purpose}) {reason}; choose another with {option} or {variable}")


def listen_on_socket(data_dir: Path) -> socket.socket:
    """The node's Unix socket, mode 0600; takes the place of one that a dead node left.

    The caller holds the data folder's lock, so nobody else can be listening on it.
    """
    path = socket_path(data_dir)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(64)
    return listener


def port_of(listener: socket.socket) -> int:
    """The port that a TCP socket is bound to."""
    return int(listener.getsockname()[1])
