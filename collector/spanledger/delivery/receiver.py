"""The receiver, as the sender sees it: takes a batch, or says why it does not."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from spanledger import guard

if TYPE_CHECKING:
    import requests

Outcome = Literal["delivered", "failed", "refused", "too large"]
"""Of one attempt: "refused" where trying again cannot help, as who asks, or what for, is wrong."""


class Address(NamedTuple):
    """Where spans go.

    Attributes:
        endpoint: The URL, with the path of traces for HTTP.
        protocol: "http/protobuf" or "grpc".
        headers: Headers of each request.
    """

    endpoint: str
    protocol: str
    headers: Mapping[str, str]


class Receiver:
    """Sends batches to one address, with OpenTelemetry's exporters, and notes what the last one met.

    The exporter's own messages while it sends for this library are kept back: one attempt after the other would log the
    same. Certificates, compression and timeouts are those of OpenTelemetry's standard variables.

    Attributes:
        rejected: How many spans of the last batch the receiver said to have left out, of one that was delivered.
    """

    def __init__(self, address: Address) -> None:
        self.rejected = 0
        self._problem = ""
        self._begun: float | None = None  # when the attempt under way began, in monotonic seconds
        self._address = address
        self._status: int | str | None = None
        self._reason = ""
        self._settled = False  # the first export, which imports much, is over
        self._make = _exporter_factory(address, self._see, self._hear)
        self._exporter: SpanExporter | None = self._make()

    @property
    def problem(self) -> str:
        """Why the last batch was not delivered, with status and URL, or that it is waited for; "" where all is well."""
        begun = self._begun
        if self._problem or begun is None or time.monotonic() - begun < _PATIENCE_S:
            return self._problem
        return f"{_without_password(self._address.endpoint)} has not answered yet"

    def forget_problem(self) -> None:
        """Takes back what was told of the last batch: it was the batch's own fault."""
        self._problem = ""

    def send(self, batch: list[ReadableSpan]) -> Outcome:
        """Sends a batch. One that cannot be encoded has failed."""
        with guard.Shield("exporting"), nullcontext() if self._settled else _settling:
            if self._exporter is None:
                self._exporter = self._make()
            self._status, self._reason, self.rejected = None, "", 0
            _sending.of = self
            self._begun = time.monotonic()
            try:
                delivered = self._exporter.export(batch) is SpanExportResult.SUCCESS and self._status is None
            except OSError as error:  # of a certificate that is not there
                delivered, self._reason = False, str(error)[:_LONGEST_REASON]
            finally:
                _sending.of = self._begun = None
            self._settled = True
            self._problem = "" if delivered else self._told()
            if delivered:
                return "delivered"
            if self._status == 413 or (self._status == "RESOURCE_EXHAUSTED" and "larger than max" in self._reason):
                return "too large"
            return "refused" if self._status in _REFUSALS else "failed"
        self._problem = self._problem or "the exporter fails"
        return "failed"

    def stop(self) -> None:
        """Ends a retry that is still going on."""
        exporter = self._exporter
        if exporter is not None:
            with guard.Shield("shutting the exporter down"):
                exporter.shutdown()

    def start_over(self) -> None:
        """In a forked child: the connections are the parent's."""
        self._exporter = self._begun = None
        self._problem = ""

    def heard(self, record: logging.LogRecord) -> None:
        """Takes in what the exporter would have logged."""
        self._reason = self._reason or record.getMessage().splitlines()[0][:_LONGEST_REASON]
        for argument in record.args if isinstance(record.args, tuple) else ():
            name = getattr(argument, "name", None)
            if isinstance(name, str) and type(argument).__name__ == "StatusCode":
                self._status = name  # of gRPC
            elif type(argument) is int and 300 <= argument < 600:
                self._status = argument
        self._problem = self._told()

    def _see(self, status: int | None, reason: str) -> None:
        self._status, self._reason = status, reason
        if status is not None or reason:
            self._problem = self._told()  # now, as the exporter may go on trying for long

    def _hear(self, answer: bytes) -> None:
        """Takes in what a receiver says that has taken a batch: OTLP lets it leave out some of it, and say so."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415 (the exporter's own)
            ExportTraceServiceResponse,
        )

        with guard.Shield("reading the receiver's answer"):
            success = ExportTraceServiceResponse.FromString(answer).partial_success
            self.rejected = success.rejected_spans
            if success.rejected_spans or success.error_message:
                reason = success.error_message[:_LONGEST_REASON] or "it does not say why"
                lost = f"{success.rejected_spans} spans are lost: " if success.rejected_spans else ""
                endpoint = _without_password(self._address.endpoint)
                guard.note("export", f"{lost}{endpoint} leaves them out of a batch: {reason}", once_for=reason)

    def _told(self) -> str:
        endpoint = _without_password(self._address.endpoint)
        if self._status in {None, "UNAVAILABLE"}:
            advice = _ADVICE.get(self._reason.partition(" ")[0], "")
            return f"{endpoint} cannot be reached: {self._reason or 'no answer'}{advice}"
        advice = _ADVICE.get(self._status or "", "")
        return f"{endpoint} answers {self._status}{' (' + self._reason + ')' if self._reason else ''}{advice}"


def _exporter_factory(
    address: Address, see: Callable[[int | None, str], None], hear: Callable[[bytes], None]
) -> Callable[[], SpanExporter]:
    headers = dict(address.headers)
    _keep_back_messages()
    if address.protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # noqa: PLC0415 (half a second of imports)
            OTLPSpanExporter as GrpcExporter,
        )

        class HeardExporter(GrpcExporter):
            """Hands on what the receiver answers, which OpenTelemetry's exporter does not look at."""

            def _initialize_channel_and_stub(self) -> None:
                super()._initialize_channel_and_stub()  # type: ignore[no-untyped-call]
                client: Any = self._client
                export = client.Export

                def heard(**options: Any) -> Any:
                    answer = export(**options)
                    if said := answer.SerializeToString():
                        hear(said)
                    return answer

                client.Export = heard

        return lambda: HeardExporter(endpoint=address.endpoint, headers=headers or None)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter as HttpExporter,
    )

    session = None if any(map(os.environ.get, _CREDENTIAL_PROVIDERS)) else _session(see, hear)
    return lambda: HttpExporter(endpoint=address.endpoint, headers=headers or None, session=session)


def _session(see: Callable[[int | None, str], None], hear: Callable[[bytes], None]) -> "requests.Session":
    import requests  # noqa: PLC0415 (the exporter's own)

    class Session(requests.Session):
        """Tells what came of each request."""

        def send(self, request: Any, **options: Any) -> requests.Response:
            try:
                response = super().send(request, **options)
            except requests.RequestException as error:
                see(None, _named(error))
                raise
            if not 200 <= response.status_code < 300:  # of redirections the exporter thinks well
                see(response.status_code, str(response.reason or ""))
            elif response.headers.get("content-type", "").startswith("text/html"):
                see(response.status_code, "with a web page")
            else:
                see(None, "")
                if response.content and "protobuf" in response.headers.get("content-type", ""):
                    hear(response.content)
            return response

    return Session()


def _named(error: BaseException) -> str:
    """What kind of error it is, and what the system said in the end, such as that it knows no such host."""
    innermost: BaseException | None = getattr(error.args[0], "reason", None) if error.args else None
    innermost = innermost if isinstance(innermost, BaseException) else error
    while isinstance(before := innermost.__cause__ or innermost.__context__, BaseException):
        innermost = before
    said = innermost.strerror if isinstance(innermost, OSError) else None
    return f"{type(error).__name__} ({said})" if said else type(error).__name__


def _keep_back_messages() -> None:
    for name in _EXPORTERS:
        logger = logging.getLogger(name)
        if _is_not_ours not in logger.filters:
            logger.addFilter(_is_not_ours)


def _is_not_ours(record: logging.LogRecord) -> bool:
    """Whether a message of an exporter is not about what this library sends in this thread."""
    sending = getattr(_sending, "of", None)
    if sending is None:
        return True
    sending.heard(record)
    return False


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def _before_fork() -> None:
    # A child that is forked while another thread imports waits for that thread forever.
    _settling.acquire(timeout=_SETTLING_S)


def _after_fork_in_parent() -> None:
    with suppress(RuntimeError):  # not acquired in time
        _settling.release()


def _after_fork_in_child() -> None:
    global _settling  # noqa: PLW0603
    _settling = threading.Lock()


_ADVICE: Final[dict[int | str, str]] = {
    401: "; check the token in `headers` or OTEL_EXPORTER_OTLP_HEADERS",
    403: "; check the token in `headers` or OTEL_EXPORTER_OTLP_HEADERS",
    404: "; check the path: an OTLP receiver takes traces at /v1/traces",
    405: "; check the address: this is no OTLP receiver",
    413: "; batches that are too large for it are sent in halves",
    "SSLError": "; check that it speaks TLS, and OTEL_EXPORTER_OTLP_CERTIFICATE, which names the certificates to trust",
    "ProxyError": "; check the proxy of the environment: NO_PROXY names the hosts that need none",
    "UNAUTHENTICATED": "; check the token in `headers` or OTEL_EXPORTER_OTLP_HEADERS",
    "PERMISSION_DENIED": "; check the token in `headers` or OTEL_EXPORTER_OTLP_HEADERS",
    "UNIMPLEMENTED": "; check the address: this is no OTLP receiver",
}
_TRY_AGAIN: Final = frozenset({400, 408, 413, 422, 425, 429})  # which find fault with the batch, or with the moment
_REFUSALS: Final = frozenset({*range(200, 500), 501, "NOT_FOUND", *_ADVICE} - _TRY_AGAIN)
_PATIENCE_S: Final = 2.0  # after which it is told that an answer is waited for
_EXPORTERS: Final = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.exporter.otlp.proto.grpc.exporter",
)
_CREDENTIAL_PROVIDERS: Final = (  # of a session of their own
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER",
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER",
)
_LONGEST_REASON: Final = 200  # characters
_SETTLING_S: Final = 2.0
_sending: Final = threading.local()  # `of`: the receiver that this thread sends to

_settling = threading.Lock()  # held during the first export
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
