"""The address of a ClickHouse server: what the driver connects with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from spanledger_sql.store_error import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

# What may stand behind the question mark of a server's address, and what it is without.
_PARAMETERS: Mapping[str, str | int] = {
    "ca_cert": "",
    "client_cert": "",
    "client_cert_key": "",
    "compress": "",
    "connect_timeout": 10,
    "send_receive_timeout": 120,
    "server_host_name": "",
    "verify": "",
}


def driver_arguments(url: str) -> dict[str, Any]:
    """The driver's arguments for a server's address; TLS is what its scheme says.

    Raises:
        StoreError: It has parameters that are not known, or cannot be read.
    """
    given = dict(parse_qsl(urlsplit(url).query))
    if unknown := sorted(given.keys() - _PARAMETERS):
        raise StoreError(
            f"SPANLEDGER_CLICKHOUSE_URL: parameter {unknown[0]!r} is unknown; expected {', '.join(_PARAMETERS)}"
        )
    try:
        address = urlsplit(url)
        port = address.port
    except ValueError:
        raise StoreError(
            "SPANLEDGER_CLICKHOUSE_URL cannot be read; expected http(s)://user:password@host:port/database, in which "
            "a password's special characters are percent-encoded"
        ) from None
    arguments: dict[str, Any] = {name: value for name, value in {**_PARAMETERS, **given}.items() if value != ""}
    for name in ("connect_timeout", "send_receive_timeout"):
        if not str(arguments[name]).isdigit():
            raise StoreError(f"SPANLEDGER_CLICKHOUSE_URL: {name} is {arguments[name]!r}; expected seconds")
        arguments[name] = int(arguments[name])
    return {
        "interface": address.scheme,
        "host": address.hostname or "localhost",
        "port": port or (8443 if address.scheme == "https" else 8123),
        "username": unquote(address.username) if address.username else None,
        "password": unquote(address.password) if address.password else "",
        "database": unquote(address.path.strip("/")) or None,
        **arguments,
    }


def without_secrets(text: str, url: str) -> str:
    """A text without the password of an address."""
    password = urlsplit(url).password
    for secret in (password, unquote(password)) if password else ():
        text = text.replace(secret, "***")
    return text
