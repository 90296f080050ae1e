"""Binding the node's ports and its socket, with errors that name the port and the option that changes it."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanledger_settings.mendable import MendableError
from spanledger_sql.node_socket import socket_path

if TYPE_CHECKING:
    from pathlib import Path

    from spanledger_settings.configuration import Configuration


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


def is_loopback(host: str) -> bool:
    """Whether an address or name is one that only this machine reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_openness(
    configuration: Configuration, *, otlp: bool, dashboards: bool, asks_for_tokens: bool, has_login: bool = False
) -> list[str]:
    """Refuse to listen where others than this machine come in and nobody has to show who he is.

    Args:
        configuration: Where to listen, and whether it is meant.
        otlp: Whether the receivers run.
        dashboards: Whether the dashboards do.
        asks_for_tokens: Whether there is a file of tokens.
        has_login: Whether the dashboards ask who one is.

    Returns:
        What is open all the same, to be said at the start.

    Raises:
        ListenError: It is not said to be meant.
    """
    open_to_all = []
    certified = configuration.tls_client_ca is not None
    pages = configuration.dashboard_host or configuration.host
    if otlp and not is_loopback(configuration.host) and not asks_for_tokens and not certified:
        open_to_all.append(
            (f"whoever reaches {configuration.host} may book calls on any tenant",
             "'spanledger token create' makes tokens, which are then asked for, or tls_client_ca lets in clients with "
             "certificates")
        )  # fmt: skip
    if dashboards and not is_loopback(pages) and not certified and not has_login:
        open_to_all.append(
            (f"whoever reaches {pages} may see every tenant's figures on the dashboards, which have no log-in",
             "dashboard_host = '127.0.0.1' keeps them here, tls_client_ca lets in browsers with certificates, "
             "[auth] of Streamlit's secrets makes one")
        )  # fmt: skip
    if open_to_all and not configuration.insecure_listen:
        doubts = "; ".join(f"{danger}: {mend}" for danger, mend in open_to_all)
        raise ListenError(f"{doubts}; where that is meant, say so with --insecure-listen")
    said = [danger for danger, _ in open_to_all]
    if otlp and asks_for_tokens and not is_loopback(configuration.host) and configuration.tls_certificate is None:
        said.append("tokens come in clear: there is no TLS (tls_certificate, tls_key)")
    if dashboards and has_login and not is_loopback(pages) and configuration.tls_certificate is None:
        said.append(
            "log-ins come in clear: there is no TLS (tls_certificate, tls_key), unless a proxy in front speaks it"
        )
    return said


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
