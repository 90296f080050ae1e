"""What becomes of e-mail addresses before anything is stored: a hash with a key, the address as it is, or nothing."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

_BLOCK = 64


def follow(store: Store, configuration: Configuration) -> None:
    """Put the configured rule in force for what comes from now on; what the configuration leaves out stays.

    Without a configured key the database has one of its own, made at random once, so that an address has one hash in
    it and no other database has the same.
    """
    known = store.rows("SELECT treatment, inner_pad, outer_pad FROM email_rule ORDER BY version DESC LIMIT 1")
    if configuration.email_key is not None:
        pads = _pads(configuration.email_key.get_secret_value().encode())
    elif known:
        pads = known[0]["inner_pad"], known[0]["outer_pad"]
    else:
        pads = _pads(secrets.token_bytes(32))
    treatment = configuration.emails or (known[0]["treatment"] if known else "hash")
    rule = {"treatment": treatment, "inner_pad": pads[0], "outer_pad": pads[1]}
    if known != [rule]:
        store.insert("email_rule", [{"version": time.time_ns() // 1000, **rule}])


def _pads(key: bytes) -> tuple[str, str]:
    """The two blocks that HMAC-SHA256 (RFC 2104) puts before what it hashes, in hex. A key is shorter than a block."""
    block = key.ljust(_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block).hex(), bytes(byte ^ 0x5C for byte in block).hex()


def applied(store: Store, address: str) -> str:
    """What is stored of an address that comes another way than over OTLP: as the views do, by the rule in force."""
    rule = store.rows("SELECT treatment, inner_pad, outer_pad FROM email_rule ORDER BY version DESC LIMIT 1")
    match rule[0]["treatment"] if rule else "drop":
        case "keep":
            return address
        case "hash":
            inner, outer = (bytes.fromhex(rule[0][name]) for name in ("inner_pad", "outer_pad"))
            told = hashlib.sha256(inner + address.strip().lower().encode()).digest()
            return f"email:{hashlib.sha256(outer + told).hexdigest()[:32]}"
    return ""
