"""Where accounting spans go: what the app says, what the environment says, and what nobody says."""

import os
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit

from opentelemetry.sdk.trace import TracerProvider

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger.delivery.disk_spool import DiskSpool


class Settings(NamedTuple):
    """What `configure` was told, with the environment's word for what it was not."""

    endpoint: str
    protocol: str
    headers: tuple[tuple[str, str], ...]
    service_name: str | None
    environment: str | None
    provider: TracerProvider | None
    max_queued_spans: int
    when_full: Literal["drop", "wait"]
    spool_dir: str | None
    max_spool_bytes: int
    sent: frozenset[str]
    accepted: frozenset[str]

    def check(self) -> None:
        """Raises ValueError, which says what is wrong and what to pass instead."""
        if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
            raise ValueError(
                "OTEL_SDK_DISABLED is true, so that OpenTelemetry records no call; unset it, or set"
                " SPANLEDGER_DISABLED=1 where that is meant"
            )
        if self.protocol not in {"http/protobuf", "grpc"}:
            raise ValueError(
                f"protocol {self.protocol!r} is not known; pass protocol='http/protobuf' or 'grpc', or set"
                " OTEL_EXPORTER_OTLP_PROTOCOL"
            )
        if not _is_address(self.endpoint):
            raise ValueError(f"endpoint {self.endpoint!r} is no http:// or https:// URL, nor host:port")
        for name, value in self.headers:
            # Never the value: it is a secret.
            if not isinstance(name, str) or not isinstance(value, str) or not (name + value).isprintable():
                raise ValueError(
                    f"header {name!r} is no text of one line; pass headers={{'authorization': 'Bearer ...'}}"
                )
            if not value.isascii():
                raise ValueError(
                    f"header {name!r} has characters that no header can have, such as an ellipsis or a dash"
                )
        if self.max_queued_spans < 1:
            raise ValueError(f"max_queued_spans is {self.max_queued_spans}; it must be at least 1")
        if self.when_full not in {"drop", "wait"}:
            raise ValueError(f"when_full {self.when_full!r} is not known; use 'drop' or 'wait'")


def _is_address(endpoint: str) -> bool:
    try:
        found = urlsplit(endpoint)
        host, port = found.hostname or "", found.port  # raises ValueError for a port beyond 65535
    except ValueError:
        return False
    is_host = bool(host) and host not in {"http", "https"} and not host.isdigit() and endpoint.isprintable()
    return is_host and port != 0 and found.scheme in {"http", "https"} and not set(endpoint) & {" ", "#"}


def protocol_of_environment() -> str:
    """The protocol that OpenTelemetry's variables ask for, else HTTP with protobuf."""
    named = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
    if not named and not os.environ.get("SPANLEDGER_ENDPOINT"):
        # `opentelemetry-instrument` sets it where nobody did; it speaks of OpenTelemetry's endpoint, not of our own.
        named = os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    return named or "http/protobuf"


def resolve_endpoint(endpoint: str | None, protocol: str) -> str:
    """The URL that requests go to: for HTTP with the path of traces, unless the variable for traces alone names it."""
    named = endpoint or os.environ.get("SPANLEDGER_ENDPOINT")
    exact = None if named else os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    found = (
        named
        or exact
        or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
        or ("http://127.0.0.1:4317" if protocol == "grpc" else "http://127.0.0.1:4318")
    )
    found = str(found).strip()
    if "://" not in found:
        found = f"http://{found}"
    scheme, mark, rest = found.partition("://")
    found = scheme.lower() + mark + rest
    if exact:
        return found
    base, mark, query = found.partition("?")
    base = base.rstrip("/")
    if protocol != "grpc" and not base.endswith("/v1/traces"):
        base += "/v1/traces"
    return base + mark + query


def spool_factory(settings: Settings) -> "Callable[[], DiskSpool] | None":
    """Makes the spool on disk when it is first needed; None where spans stay in memory."""
    if settings.max_spool_bytes <= 0:
        return None

    # Imported here, not in the export thread: a fork while a thread imports leaves the child half a module. `fcntl` is
    # not everywhere.
    from spanledger.delivery.disk_spool import DiskSpool, spool_root  # noqa: PLC0415

    def make() -> "DiskSpool":
        root = spool_root(settings.spool_dir, settings.endpoint, dict(settings.headers))
        return DiskSpool(root, settings.max_spool_bytes)

    return make
