"""Setting Spanledger up in an app: where accounting spans go, and what became of them."""

import atexit
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter

from spanledger import attributes, guard, tracing
from spanledger.export_queue import ExportQueue, QueueCounts
from spanledger.processor import AccountingProcessor


@dataclass(frozen=True, slots=True)
class Stats:
    """What became of the accounting spans of this process, in spans.

    Attributes:
        recorded: Spans about LLM calls that ended since `configure`.
        exported: Of those, the ones that the collector has acknowledged.
        dropped: Of those, the ones that are lost: no room in the queue, or not delivered in time.
        errors: Failures of Spanledger itself that were kept from the app; each site of them is logged once.
    """

    recorded: int
    exported: int
    dropped: int
    errors: int

    @property
    def pending(self) -> int:
        """Spans still on their way."""
        return self.recorded - self.exported - self.dropped


def configure(
    *,
    endpoint: str | None = None,
    service_name: str | None = None,
    protocol: Literal["http/protobuf", "grpc"] = "http/protobuf",
    headers: Mapping[str, str] | None = None,
    environment: str | None = None,
    tracer_provider: TracerProvider | None = None,
    max_queued_spans: int = 65_536,
    when_full: Literal["drop", "wait"] = "drop",
) -> None:
    """Sends the spans of LLM calls, from any instrumentation, to a Spanledger node or any OpenTelemetry Collector.

    Adds a span processor to the tracer provider; exporters that the app has there already are left alone. Called again
    with the same arguments it does nothing; with others, the new ones take the place of the old. It never raises: what
    is wrong is logged, and counted in `stats().errors`.

    Args:
        endpoint: Base URL of the receiver. By default $SPANLEDGER_ENDPOINT, else $OTEL_EXPORTER_OTLP_ENDPOINT, else
            http://127.0.0.1:4318 (for gRPC, port 4317).
        service_name: `service.name` of a provider made here. An existing provider keeps its own.
        protocol: "http/protobuf" or "grpc".
        headers: Headers of each export request, such as an authorization.
        environment: Such as "production": `deployment.environment.name`, of all spans that do not say otherwise.
        tracer_provider: The SDK provider to add to. By default the global one, made and set where there is none.
        max_queued_spans: How many spans may wait for the receiver (some kilobytes each).
        when_full: With "drop" a span that finds no room is lost and counted. With "wait" the thread that ends it is
            held until there is room: for batch jobs, not for servers.
    """
    if tracing.DISABLED:
        return
    with guard.Shield("configure"), _lock:
        settings = _Settings(
            endpoint=_resolve_endpoint(endpoint, protocol),
            protocol=protocol,
            headers=tuple(sorted((headers or {}).items())),
            service_name=service_name,
            environment=environment,
            provider=tracer_provider,
            max_queued_spans=max_queued_spans,
            when_full=when_full,
        )
        settings.check()
        if _active is not None and _active.settings == settings and not _active.queue.closed:
            return
        _activate(settings)


def flush(timeout_s: float = 10.0) -> bool:
    """Sends what is recorded now.

    Returns:
        Whether all of it was acknowledged within `timeout_s` seconds; `True` when nothing is configured.
    """
    active = _active
    return active is None or active.queue.flush(timeout_s)


def shutdown(timeout_s: float = 5.0) -> None:
    """Sends what is recorded and stops. Runs by itself when the process exits; `configure` starts anew."""
    with guard.Shield("shutdown"), _lock:
        _retire(timeout_s)


def stats() -> Stats:
    """What became of the accounting spans of this process so far."""
    active = _active
    counts = _past if active is None else _past + active.queue.counts
    return Stats(counts.recorded, counts.exported, counts.dropped, guard.error_count())


@dataclass(frozen=True, slots=True)
class _Settings:
    endpoint: str
    protocol: str
    headers: tuple[tuple[str, str], ...]
    service_name: str | None
    environment: str | None
    provider: TracerProvider | None
    max_queued_spans: int
    when_full: Literal["drop", "wait"]

    def check(self) -> None:
        if self.protocol not in {"http/protobuf", "grpc"}:
            raise ValueError(f"protocol {self.protocol!r} is not known; use 'http/protobuf' or 'grpc'")
        if not self.endpoint.startswith(("http://", "https://")):
            raise ValueError(f"endpoint {self.endpoint!r} is no http:// or https:// URL")
        if self.max_queued_spans < 1:
            raise ValueError(f"max_queued_spans is {self.max_queued_spans}; it must be at least 1")
        if self.when_full not in {"drop", "wait"}:
            raise ValueError(f"when_full {self.when_full!r} is not known; use 'drop' or 'wait'")


@dataclass(frozen=True, slots=True)
class _Active:
    settings: _Settings
    processor: AccountingProcessor
    queue: ExportQueue


def _activate(settings: _Settings) -> None:
    global _active  # noqa: PLW0603 (configuration)
    queue = ExportQueue(_exporter_factory(settings), max_spans=settings.max_queued_spans, when_full=settings.when_full)
    provider, is_ours = _provider_for(settings)
    _retire(timeout_s=5.0)
    processor = _processors.get(provider)
    if processor is None:
        processor = AccountingProcessor()
        provider.add_span_processor(processor)
        _processors[provider] = processor
    if settings.environment and not is_ours:
        processor.use(queue, {attributes.ENVIRONMENT: settings.environment})
    else:
        processor.use(queue, {})
    tracing.use_provider(provider)
    _active = _Active(settings, processor, queue)


def _retire(timeout_s: float) -> None:
    global _active, _past  # noqa: PLW0603 (configuration)
    if _active is None:
        return
    _active.processor.use(None, {})
    _active.queue.shutdown(timeout_s)
    _past += _active.queue.counts
    _active = None


def _provider_for(settings: _Settings) -> tuple[TracerProvider, bool]:
    """The provider to add to, and whether it was made here, with the environment in its resource."""
    provider = settings.provider or trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        resource: dict[str, str] = {}
        if settings.service_name:
            resource["service.name"] = settings.service_name
        if settings.environment:
            resource[attributes.ENVIRONMENT] = settings.environment
        provider = TracerProvider(resource=Resource.create(resource))
        trace.set_tracer_provider(provider)
        return provider, True
    if not isinstance(provider, TracerProvider):
        raise TypeError(
            f"the tracer provider is a {type(provider).__qualname__}, which takes no span processors;"
            " pass an opentelemetry.sdk.trace.TracerProvider as tracer_provider"
        )
    if settings.service_name and provider.resource.attributes.get("service.name") != settings.service_name:
        guard.note(
            "configure(service_name=...)",
            f"ignored, as the tracer provider exists and is named {provider.resource.attributes.get('service.name')!r}",
        )
    return provider, False


def _resolve_endpoint(endpoint: str | None, protocol: str) -> str:
    found = (
        endpoint
        or os.environ.get("SPANLEDGER_ENDPOINT")
        or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
        or ("http://127.0.0.1:4317" if protocol == "grpc" else "http://127.0.0.1:4318")
    ).rstrip("/")
    if protocol == "grpc" or found.endswith("/v1/traces"):
        return found
    return found + "/v1/traces"


def _exporter_factory(settings: _Settings) -> Callable[[], SpanExporter]:
    headers = dict(settings.headers)
    if settings.protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # noqa: PLC0415 (half a second of imports)
            OTLPSpanExporter as GrpcExporter,
        )

        return lambda: GrpcExporter(endpoint=settings.endpoint, headers=headers or None)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter as HttpExporter,
    )

    return lambda: HttpExporter(endpoint=settings.endpoint, headers=headers or None)


_active: _Active | None = None
_past = QueueCounts()  # of the queues that were replaced or shut down
_processors: weakref.WeakKeyDictionary[TracerProvider, AccountingProcessor] = weakref.WeakKeyDictionary()
_lock: Final = threading.RLock()

atexit.register(shutdown)
