"""TLS of the node's listeners: a certificate to show, and an authority whose clients are let in."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from spanledger_node.listening import ListenError

if TYPE_CHECKING:
    from pathlib import Path

    from spanledger_settings.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Tls:
    """What the listeners show, and, with ``client_ca``, whom they let in."""

    certificate: Path
    key: Path
    client_ca: Path | None

    def for_http(self) -> dict[str, Any]:
        """Uvicorn's settings."""
        return {
            "ssl_certfile": self.certificate,
            "ssl_keyfile": self.key,
            "ssl_ca_certs": self.client_ca,
            "ssl_cert_reqs": ssl.CERT_REQUIRED if self.client_ca else ssl.CERT_NONE,
        }

    def for_grpc(self) -> grpc.ServerCredentials:
        """The credentials that gRPC takes."""
        return grpc.ssl_server_credentials(
            [(self.key.read_bytes(), self.certificate.read_bytes())],
            root_certificates=self.client_ca.read_bytes() if self.client_ca else None,
            require_client_auth=self.client_ca is not None,
        )


def tls_of(configuration: Configuration) -> Tls | None:
    """What the configuration says of TLS; None: nothing.

    Raises:
        ListenError: A part is missing, or cannot be used.
    """
    certificate, key, client_ca = configuration.tls_certificate, configuration.tls_key, configuration.tls_client_ca
    if certificate is None or key is None:
        if certificate or key or client_ca:
            raise ListenError("TLS needs both tls_certificate and tls_key; tls_client_ca goes with them")
        return None
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key, password=_no_password)
        if client_ca is not None:
            context.load_verify_locations(client_ca)
    except (OSError, ValueError) as error:
        files = ", ".join(str(path) for path in (certificate, key, client_ca) if path is not None)
        raise ListenError(f"TLS cannot be spoken with {files}: {error}") from None
    return Tls(certificate, key, client_ca)


def _no_password() -> str:
    """Nobody is asked on a terminal."""
    raise ValueError("the key is encrypted; expected one without a password, readable by this user alone")
