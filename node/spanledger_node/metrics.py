"""The node's own metrics: OpenTelemetry instruments, exported over OTLP where asked, and read by Prometheus.

OTEL_EXPORTER_OTLP_METRICS_ENDPOINT says where to; without it nothing is sent.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricReader, PeriodicExportingMetricReader, Sum
from opentelemetry.sdk.resources import Resource
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from spanledger_collector.otlp_signal import SIGNALS
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    from prometheus_client.metrics_core import Metric
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from spanledger_collector.committer import Committer
    from spanledger_collector.spool.spool import Spool
    from spanledger_enrich.worker import Worker
    from spanledger_sql.store import Store

# Counting the ledger goes over all of its rows.
_COUNT_EVERY_S = 10.0
# What else senders put into a path is theirs to choose, without end.
_SIGNALS = {f"/v1/{signal.name}": signal.name for signal in SIGNALS}
_OF_SERVICES = {signal.service: signal.name for signal in SIGNALS}
_OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"


@dataclass
class Requests:
    """How requests to the receivers were answered: by protocol, signal and code."""

    answers: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def over_http(self, app: ASGIApp) -> ASGIApp:
        """The app, whose answers to what is posted are counted."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] != "POST":
                await app(scope, receive, send)
                return

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    signal = _SIGNALS.get(scope["path"], "other")
                    self.answers["http", signal, str(message["status"])] += 1
                await send(message)

            await app(scope, receive, sending)

        return counted

    def over_grpc(self) -> grpc.aio.ServerInterceptor:
        """What counts the answers of a gRPC server."""
        return _Interceptor(self)


class _Interceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        handler = await continuation(details)
        if handler is None or not handler.unary_unary:
            return handler
        signal = _OF_SERVICES.get(details.method.strip("/").partition("/")[0], "other")

        async def answer(body: Any, context: Any) -> Any:
            code = "UNKNOWN"
            try:
                answered = await handler.unary_unary(body, context)
                code = "OK"
            except grpc.aio.AbortError:
                code = context.code().name
                raise
            finally:
                self._requests.answers["grpc", signal, code] += 1
            return answered

        return grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=handler.request_deserializer, response_serializer=handler.response_serializer
        )


class Metrics:
    """The instruments over what a node's parts count, and what they look like to Prometheus.

    Args:
        store: The database.
        spool: Of the receivers, once there is one.
        committer: Of the spool, once there is one.
        worker: Where one runs.
    """

    def __init__(
        self,
        store: Store,
        spool: Callable[[], Spool | None],
        committer: Callable[[], Committer | None],
        worker: Callable[[], Worker | None],
    ) -> None:
        self.requests = Requests()
        self._store = store
        self._spool, self._committer, self._worker = spool, committer, worker
        self._ledger: dict[str, Any] = {}
        self._count_again_at = 0.0
        self._counting = threading.Lock()
        self._reader = InMemoryMetricReader()
        readers: list[MetricReader] = [self._reader]
        if os.environ.get(_OTLP_ENDPOINT):
            readers.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
        resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME") or "spanledger-node"})
        self._provider = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
        self._make_instruments()

    def close(self) -> None:
        """Send what is due, and end."""
        self._provider.shutdown()

    async def answer(self, request: Request) -> Response:  # noqa: ARG002
        """Prometheus' page."""
        return Response(await run_in_threadpool(self.page), headers={"content-type": CONTENT_TYPE_LATEST})

    def page(self) -> bytes:
        """All metrics in Prometheus' text format."""
        registry = CollectorRegistry()
        registry.register(_Page(self._reader))
        return generate_latest(registry)

    def _make_instruments(self) -> None:
        meter = self._provider.get_meter("spanledger")
        counters: list[tuple[str, str, str, Callable[[], Iterator[Observation]]]] = [
            ("spanledger.requests", "", "requests to the receivers, by protocol, signal and answer", self._answers),
            ("spanledger.spool.requests", "", "requests acknowledged", _of(self._spool, "requests")),
            ("spanledger.spool.items", "", "spans and other items acknowledged", _of(self._spool, "items")),
            ("spanledger.stored.segments", "", "segments of the spool stored", _of(self._committer, "segments")),
            ("spanledger.stored", "By", "bytes of the spool stored", _of(self._committer, "stored_bytes")),
            ("spanledger.worker.calls", "", "calls that the worker booked", _of(self._worker, "booked")),
        ]
        gauges: list[tuple[str, str, str, Callable[[], Iterator[Observation]]]] = [
            ("spanledger.spool.waiting", "By", "bytes acknowledged, not stored yet", _of(self._spool, "bytes_on_disk")),
            ("spanledger.spool.lag", "s", "age of the oldest segment that waits", _of(self._spool, "lag_seconds")),
            ("spanledger.rejected", "", "requests that the database cannot read", self._rejected),
            ("spanledger.unreadable_segments", "", "segments that cannot be read", _of(self._committer, "unreadable")),
            ("spanledger.failing", "", "1: a part says that something is wrong", self._failing),
            ("spanledger.ledger.calls", "", "calls in the ledger", self._of_ledger("ledger_calls")),
            ("spanledger.ledger.waiting", "", "calls stored and not in the ledger", self._of_ledger("llm_spans")),
            ("spanledger.ledger.lag", "s", "how long the oldest of these waits", self._of_ledger("oldest_seconds")),
            ("spanledger.ledger.set_aside", "", "calls that cannot be computed", self._of_ledger("set_aside_calls")),
            ("spanledger.ledger.unpriced", "", "calls without a price", self._of_ledger("unpriced_calls")),
            ("spanledger.ledger.unattributed", "", "calls without a tenant", self._of_ledger("unattributed_calls")),
            ("spanledger.ledger.missing_usage", "", "calls without usage", self._of_ledger("missing_usage_calls")),
            ("spanledger.ledger.duplicates", "", "reports that another counts for", self._of_ledger("duplicates")),
        ]  # fmt: skip
        for name, unit, description, read in counters:
            meter.create_observable_counter(name, [_callback(read)], unit, description)
        for name, unit, description, read in gauges:
            meter.create_observable_gauge(name, [_callback(read)], unit, description)

    def _answers(self) -> Iterator[Observation]:
        for (protocol, signal, code), number in sorted(self.requests.answers.items()):
            yield Observation(number, {"protocol": protocol, "signal": signal, "code": code})

    def _rejected(self) -> Iterator[Observation]:
        if spool := self._spool():
            yield Observation(spool.rejected())

    def _failing(self) -> Iterator[Observation]:
        for name, part in (("committer", self._committer()), ("worker", self._worker())):
            if part is not None:
                yield Observation(int(bool(part.problem) or not part.alive), {"part": name})

    def _of_ledger(self, name: str) -> Callable[[], Iterator[Observation]]:
        def read() -> Iterator[Observation]:
            if name in (found := self._counted()):
                yield Observation(found[name])

        return read

    def _counted(self) -> dict[str, Any]:
        with self._counting:
            if time.monotonic() >= self._count_again_at:
                # A database that is away has no figures, rather than old ones.
                self._ledger = {}
                with contextlib.suppress(StoreError):
                    self._ledger = self._store.rows(statement("reports/operations/backlog"))[0]
                self._count_again_at = time.monotonic() + _COUNT_EVERY_S
            return self._ledger


def _of(part: Callable[[], object | None], attribute: str) -> Callable[[], Iterator[Observation]]:
    def read() -> Iterator[Observation]:
        if (there := part()) is not None:
            yield Observation(getattr(there, attribute))

    return read


def _callback(read: Callable[[], Iterator[Observation]]) -> Callable[[CallbackOptions], Iterable[Observation]]:
    return lambda _: list(read())


class _Page(Collector):
    """OpenTelemetry's metrics by Prometheus' names."""

    def __init__(self, reader: InMemoryMetricReader) -> None:
        self._reader = reader

    def collect(self) -> Iterator[Metric]:
        data = self._reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    yield _family(metric)


def _family(metric: Any) -> Metric:
    unit = {"By": "bytes", "s": "seconds"}.get(metric.unit, "")
    name = "_".join(filter(None, (metric.name.replace(".", "_"), unit)))
    points = list(metric.data.data_points)
    labels = list(points[0].attributes or ()) if points else []
    kind = CounterMetricFamily if isinstance(metric.data, Sum) else GaugeMetricFamily
    family = kind(name, metric.description, labels=labels)
    for point in points:
        family.add_metric([str(point.attributes[label]) for label in labels], point.value)
    return family
