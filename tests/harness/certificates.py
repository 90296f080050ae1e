"""An authority of a test's own, and certificates that it signed."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class Certificates:
    """Files in PEM: an authority, a server's and a client's certificate of it."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path


def make_certificates(folder: Path) -> Certificates:
    """Sign them for an hour before and a day after now."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])

    def certificate(name: str, usage: x509.ObjectIdentifier | None) -> tuple[Path, Path]:
        key = authority_key if usage is None else ec.generate_private_key(ec.SECP256R1())
        begin = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
        subject = authority_name if usage is None else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=usage is None, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName(
                    [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
                ),
                critical=False,
            )
        )
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        signed = builder.sign(authority_key, hashes.SHA256())
        pem, key_pem = folder / f"{name}.pem", folder / f"{name}.key"
        pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        key_pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return pem, key_pem

    authority, _ = certificate("authority", None)
    server, server_key = certificate("server", ExtendedKeyUsageOID.SERVER_AUTH)
    client, client_key = certificate("client", ExtendedKeyUsageOID.CLIENT_AUTH)
    return Certificates(authority, server, server_key, client, client_key)
