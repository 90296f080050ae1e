"""Where accounting spans go: what the app says, what the environment says, and what nobody says."""

import os
from typing import TYPE_CHECKING, Literal, NamedTuple

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
        if not self.endpoint.startswith(("http://", "https://")):
            raise ValueError(f"endpoint {self.endpoint!r} is no http:// or https:// URL, nor host:port")
        if self.max_queued_spans < 1:
            raise ValueError(f"max_queued_spans is {self.max_queued_spans}; it must be at least 1")
        if self.when_full not in {"drop", "wait"}:
            raise ValueError(f"when_full {self.when_full!r} is not known; use 'drop' or 'wait'")


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
    if exact:
        return found
    found = found.rstrip("/")
    if protocol == "grpc" or found.endswith("/v1/traces"):
        return found
    return found + "/v1/traces"


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
