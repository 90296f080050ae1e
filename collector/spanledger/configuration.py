"""Setting Spanledger up in an app: where accounting spans go, and what became of them."""

import atexit
import os
import sys
import threading
import weakref
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from spanledger import attributes, guard, tracing
from spanledger.attribution.attribution_context import carry_as_baggage
from spanledger.attribution.baggage import LONGEST_ID, allowed_attributes
from spanledger.calls.call import end_open_calls
from spanledger.delivery.queue_counts import QueueCounts
from spanledger.delivery.termination import watch_termination
from spanledger.processor import AccountingProcessor
from spanledger.sampler import install_sampler
from spanledger.settings import Settings, protocol_of_environment, resolve_endpoint, spool_factory

if TYPE_CHECKING:
    from spanledger.delivery.export_queue import ExportQueue
    from spanledger.delivery.receiver import Address


class Stats(NamedTuple):
    """What became of the accounting spans of this process, in spans.

    Attributes:
        recorded: Spans about LLM calls that ended since `configure`.
        exported: Spans that the receiver has acknowledged.
        dropped: Spans that are lost: no room in the queue or on disk, or refused by a receiver that takes others.
        errors: Failures of Spanledger itself that were kept from the app; each site of them is logged once.
        recovered: Spans that an earlier process had left on disk, to be sent by this one.
        spooled: Spans that wait on disk now.
        left: Spans left on disk at a shutdown, to be sent by a later process or `configure`.
        problem: Why spans do not reach the receiver now, with status and URL; "" while all goes well.
    """

    recorded: int
    exported: int
    dropped: int
    errors: int
    recovered: int = 0
    spooled: int = 0
    left: int = 0
    problem: str = ""

    @property
    def pending(self) -> int:
        """Spans still on their way, in memory or on disk."""
        return self.recorded + self.recovered - self.exported - self.dropped - self.left


def configure(
    *,
    endpoint: str | None = None,
    service_name: str | None = None,
    protocol: Literal["http/protobuf", "grpc"] | None = None,
    headers: Mapping[str, str] | None = None,
    environment: str | None = None,
    tracer_provider: TracerProvider | None = None,
    max_queued_spans: int = 65_536,
    when_full: Literal["drop", "wait"] = "drop",
    spool_dir: str | None = None,
    max_spool_bytes: int = 256 * 2**20,
    send_baggage: Collection[str] = (),
    accept_baggage: Collection[str] = (),
) -> None:
    """Sends the spans of LLM calls, from any instrumentation, to a Spanledger node or any OpenTelemetry Collector.

    Adds a span processor to the tracer provider; exporters that the app has there already are left alone. Called again
    with the same arguments it does nothing; with others, the new ones take the place of the old. It never raises: what
    is wrong is logged, and counted in `stats().errors`.

    What waits is sent when the process exits, and at SIGTERM before that does what it did: call this in the main
    thread, which alone may handle signals.

    Args:
        endpoint: Base URL of the receiver; "host:port" is taken as http. By default $SPANLEDGER_ENDPOINT, else
            $OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, which is taken as it is, else $OTEL_EXPORTER_OTLP_ENDPOINT, else
            http://127.0.0.1:4318 (for gRPC, port 4317).
        service_name: `service.name` of a provider made here. An existing provider keeps its own.
        protocol: "http/protobuf" or "grpc". By default $OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, else
            $OTEL_EXPORTER_OTLP_PROTOCOL where $SPANLEDGER_ENDPOINT is not set, else "http/protobuf".
        headers: Headers of each export request, such as an authorization; beside those of
            $OTEL_EXPORTER_OTLP_HEADERS. OpenTelemetry's other variables hold too: certificates, compression, timeouts.
        environment: Such as "production": `deployment.environment.name`, of all spans that do not say otherwise.
        tracer_provider: The SDK provider to add to. By default the global one, made and set where there is none.
        max_queued_spans: How many spans may wait for the receiver (some kilobytes each).
        when_full: With "drop" a span that finds no room is lost and counted. With "wait" the thread that ends it is
            held until there is room: for batch jobs, not for servers.
        spool_dir: Where spans wait while the receiver does not take them. By default $SPANLEDGER_SPOOL_DIR, else
            `~/.local/state/spanledger/spool`. Each receiver has a folder in it, each process one in that.
        max_spool_bytes: How much may wait on disk for this receiver; beyond it the oldest are lost, and counted. 0
            keeps spans in memory only.
        send_baggage: Attribution keywords, such as ("tenant", "run_id"), that requests to other services carry as W3C
            baggage. Only opaque ids should; whoever is called can read them.
        accept_baggage: Attribution keywords that are taken from incoming baggage where the app itself says nothing;
            `spanledger.from_baggage` on the span names them. Accept them only from services you trust.
    """
    global _problem  # noqa: PLW0603 (configuration)
    if tracing.DISABLED:
        return
    try:
        with _lock:
            spoken = (protocol or protocol_of_environment()).strip().lower()
            settings = Settings(
                endpoint=resolve_endpoint(endpoint, spoken),
                protocol=spoken,
                headers=tuple(sorted((name, _in_one_line(value)) for name, value in dict(headers or {}).items())),
                service_name=service_name,
                environment=environment,
                provider=tracer_provider,
                max_queued_spans=max_queued_spans,
                when_full=when_full,
                spool_dir=None if spool_dir is None else os.fspath(spool_dir),
                max_spool_bytes=max_spool_bytes,
                sent=allowed_attributes(send_baggage),
                accepted=allowed_attributes(accept_baggage),
            )
            settings.check()
            if _active is None or _active.settings != settings or _active.queue.closed:
                _activate(settings)
            _problem = ""
    except Exception as error:  # noqa: BLE001 (never into the app)
        _problem = f"configure() failed: {str(error) or type(error).__name__}"
        guard.note("configure", error, once_for=str(error))


def receiver_address() -> "Address":
    """Where spans go; before `configure`, where they would by the environment's word."""
    from spanledger.delivery.receiver import Address  # noqa: PLC0415 (as in _activate)

    active = _active
    if active is not None:
        return Address(active.settings.endpoint, active.settings.protocol, dict(active.settings.headers))
    protocol = protocol_of_environment()
    return Address(resolve_endpoint(None, protocol), protocol, {})


def flush(timeout_s: float = 10.0) -> bool:
    """Sends what is recorded now.

    Returns:
        Whether all of it was acknowledged within `timeout_s` seconds. Why not, `stats().problem` tells. Without
        `configure` nothing is, unless the app's own tracer provider sends it.
    """
    if tracing.DISABLED:
        return True
    active = _active
    if active is not None:
        return active.queue.flush(timeout_s) and not _problem
    if _problem == _NEVER_CONFIGURED:
        provider = trace.get_tracer_provider()
        if isinstance(provider, TracerProvider):
            return provider.force_flush(int(timeout_s * 1000))
        guard.note("flush", _problem)
    return not _problem


def shutdown(timeout_s: float = 5.0) -> None:
    """Sends what is recorded and stops. Runs by itself when the process exits; `configure` starts anew."""
    with guard.Shield("shutdown"):
        end_open_calls()
        with _lock:
            _retire(timeout_s)


def stats() -> Stats:
    """What became of the accounting spans of this process so far."""
    active = _active
    counts = _past if active is None else _past.plus(active.queue.counts)
    return Stats(
        recorded=counts.recorded,
        exported=counts.exported,
        dropped=counts.dropped,
        errors=guard.error_count(),
        recovered=counts.recovered,
        spooled=0 if active is None else active.queue.spooled,
        left=counts.left,
        problem=_problem or (active.queue.problem if active is not None else ""),
    )


class _Active(NamedTuple):
    settings: Settings
    processor: AccountingProcessor
    queue: "ExportQueue"


def _activate(settings: Settings) -> None:
    global _active  # noqa: PLW0603 (configuration)
    # Not before it is configured: importing the library is to cost an app nothing.
    from spanledger.delivery.export_queue import ExportQueue  # noqa: PLC0415
    from spanledger.delivery.receiver import Address, Receiver  # noqa: PLC0415

    make_spool = None
    with guard.Shield("preparing the spool"):
        make_spool = spool_factory(settings)
    queue = ExportQueue(
        Receiver(Address(settings.endpoint, settings.protocol, dict(settings.headers))),
        make_spool=make_spool,
        max_spans=settings.max_queued_spans,
        when_full=settings.when_full,
    )
    provider, is_ours = _provider_for(settings)
    _retire(timeout_s=5.0)
    processor = _processors.get(provider)
    if processor is None:
        processor = AccountingProcessor()
        provider.add_span_processor(processor)
        _processors[provider] = processor
    install_sampler(provider, processor.is_active)
    _tell_short_values(provider)
    if settings.environment and not is_ours:
        processor.use(queue, {attributes.ENVIRONMENT: settings.environment}, settings.accepted)
    else:
        processor.use(queue, {}, settings.accepted)
    carry_as_baggage(settings.sent)
    tracing.use_provider(provider)
    processes = sys.modules.get("multiprocessing.process")
    if processes is not None and processes.parent_process() is not None:
        _shut_down_with_worker()
    watch_termination(_hurry, shutdown)
    _active = _Active(settings, processor, queue)


def _retire(timeout_s: float) -> None:
    global _active, _past  # noqa: PLW0603 (configuration)
    if _active is None:
        return
    _active.processor.use(None, {})
    carry_as_baggage(())
    _active.queue.shutdown(timeout_s)
    _past = _past.plus(_active.queue.counts)
    _active = None


def _provider_for(settings: Settings) -> tuple[TracerProvider, bool]:
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
    inner = getattr(provider, "provider", None)
    if not isinstance(provider, TracerProvider) and isinstance(inner, TracerProvider):
        provider = inner  # as Logfire wraps the SDK's
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


def _tell_short_values(provider: TracerProvider) -> None:
    """Tells where OpenTelemetry is to cut values: of two tenants that begin alike it would make one."""
    limits = getattr(provider, "_span_limits", None)
    longest = getattr(limits, "max_span_attribute_length", None)
    if longest is not None and longest < LONGEST_ID:
        guard.note(
            "configure",
            f"OpenTelemetry cuts values to {longest} characters, names of tenants and models too: raise"
            f" OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT to {LONGEST_ID} at least",
            once_for=f"values of {longest} characters",
        )


def _in_one_line(value: Any) -> Any:
    """A header as files have it, with a newline at its end."""
    return value.strip() if isinstance(value, str) else value


def _hurry() -> None:
    active = _active
    if active is not None:
        with guard.Shield("sending what waits at SIGTERM"):
            active.queue.hurry()
            active.queue.flush(timeout_s=1.0)


def _after_fork() -> None:
    global _lock, _past  # noqa: PLW0603 (another thread of the parent may hold the lock; its counts are its own)
    _lock = threading.RLock()
    _past = QueueCounts()
    _shut_down_with_worker()


def _shut_down_with_worker() -> None:
    """Has worker processes of multiprocessing and Celery's billiard, which skip `atexit`, send what they recorded."""
    for name in ("multiprocessing.util", "billiard.util"):
        module = sys.modules.get(name)
        if module is not None:
            with guard.Shield("preparing a worker process"):
                # After a fork, multiprocessing forgets all finalizers, then calls these.
                module.register_after_fork(
                    shutdown, lambda _, module=module: module.Finalize(None, shutdown, exitpriority=0)
                )
                module.Finalize(None, shutdown, exitpriority=0)


_NEVER_CONFIGURED: Final = "spanledger.configure() was never called: calls are not sent"

_active: _Active | None = None
_problem = _NEVER_CONFIGURED  # of the configuration
_past = QueueCounts()  # of the queues that were replaced or shut down
_processors: weakref.WeakKeyDictionary[TracerProvider, AccountingProcessor] = weakref.WeakKeyDictionary()
_lock = threading.RLock()

atexit.register(shutdown)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
