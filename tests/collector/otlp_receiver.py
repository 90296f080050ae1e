"""An OTLP/HTTP receiver on a real socket that keeps what arrives."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass
class Receiver:
    """What arrived; `answers` holds the HTTP statuses of the next requests, 200 where it is empty.

    Of the batches it takes it says to have left out so many spans: `leaves_out`.
    """

    endpoint: str
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    refuses: Callable[[bytes], bool] = lambda body: False
    leaves_out: int = 0
    largest: int = 2**30  # bytes of a request that it takes

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def resources(self) -> list[dict[str, Any]]:
        return [
            {item.key: value_of(item.value) for item in resource.resource.attributes}
            for request in self.requests
            for resource in request.resource_spans
        ]


def answer_of(leaves_out: int) -> ExportTraceServiceResponse:
    """The answer of a receiver that takes a batch, but for so many of its spans."""
    answer = ExportTraceServiceResponse()
    if leaves_out:
        answer.partial_success.rejected_spans = leaves_out
        answer.partial_success.error_message = "not of this token"
    return answer


def attributes_of(span: Any) -> dict[str, Any]:
    return {item.key: value_of(item.value) for item in span.attributes}


def value_of(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(item) for item in value.array_value.values]
    return getattr(value, kind)


@contextlib.contextmanager
def otlp_receiver(port: int = 0) -> Iterator[Receiver]:
    connections: list[socket.socket] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for the answer

        def setup(self) -> None:
            super().setup()
            connections.append(self.connection)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.gate.wait(30)
            status = receiver.answers.pop(0) if receiver.answers else 400 if receiver.refuses(body) else 200
            status = 413 if len(body) > receiver.largest else status
            if status == 200:
                receiver.requests.append(ExportTraceServiceRequest.FromString(body))
                receiver.headers.append(dict(self.headers.items()))
                receiver.paths.append(self.path)
            answer = answer_of(receiver.leaves_out).SerializeToString()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    receiver.gate.set()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield receiver
    finally:
        receiver.gate.set()
        server.shutdown()
        server.server_close()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
