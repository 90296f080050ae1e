"""OTLP over gRPC: Export of the three signals' services, with the request kept as the bytes it came in."""

from __future__ import annotations

import asyncio
import math
from functools import partial
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from spanledger_collector.admission import EVERYBODY, Admission, NotAdmitted, TooFast
from spanledger_collector.export_request import MalformedRequest, from_protobuf
from spanledger_collector.otlp_signal import SIGNALS, Signal
from spanledger_collector.partial_success import partial_success
from spanledger_collector.spool.spool import SpoolFull

if TYPE_CHECKING:
    from spanledger_collector.spool.spool import Spool

_SPOOL_RETRY_S = 5.0


def receiver(
    spool: Spool,
    host: str,
    port: int,
    *,
    max_request_bytes: int,
    admission: Admission = EVERYBODY,
    credentials: grpc.ServerCredentials | None = None,
    interceptors: tuple[grpc.aio.ServerInterceptor, ...] = (),
) -> tuple[grpc.aio.Server, int]:
    """A gRPC server, not started yet, and the port it is bound to (``port`` 0 lets the system choose).

    Export answers once the request is on disk, and names the spans that hold too much; INVALID_ARGUMENT for a body it
    cannot read, UNAUTHENTICATED to who is not admitted, RESOURCE_EXHAUSTED for a body over ``max_request_bytes``, and,
    with RetryInfo, to who sends too fast, UNAVAILABLE with RetryInfo while the spool is full. With ``credentials`` it
    speaks TLS.

    Raises:
        OSError: The port is taken.
    """
    server = grpc.aio.server(
        interceptors=interceptors,
        options=[
            ("grpc.max_receive_message_length", max_request_bytes),
            ("grpc.so_reuseport", 0),
            ("grpc.max_concurrent_streams", 100),
            ("grpc.max_connection_idle_ms", 300_000),
            ("grpc.server_handshake_timeout_ms", 10_000),
        ],
    )
    server.add_generic_rpc_handlers((_ExportServices(spool, admission),))
    try:
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        bound = (
            server.add_insecure_port(address) if credentials is None else server.add_secure_port(address, credentials)
        )
    except RuntimeError as error:
        raise OSError(str(error)) from None
    return server, bound


class _ExportServices(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, spool: Spool, admission: Admission) -> None:
        self._admission = admission
        self._handlers = {
            f"/{signal.service}/Export": grpc.unary_unary_rpc_method_handler(partial(self._export, signal))
            for signal in SIGNALS
        }
        self._spool = spool

    def service(self, handler_call_details: Any) -> Any:
        return self._handlers.get(handler_call_details.method)

    async def _export(self, signal: Signal, body: bytes, context: Any) -> bytes:
        try:
            sender = self._admission.admit(_authorization(context))
            export = sender.marked(from_protobuf(body, signal))
            if export.spans:
                await asyncio.wrap_future(self._spool.append(export))
        except NotAdmitted as error:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, str(error))
        except MalformedRequest as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except TooFast as error:
            await _ask_to_retry(context, grpc.StatusCode.RESOURCE_EXHAUSTED, str(error), error.retry_after_s)
        except SpoolFull as error:
            await _ask_to_retry(context, grpc.StatusCode.UNAVAILABLE, str(error), _SPOOL_RETRY_S)
        return _success(partial_success(export, signal))


def _authorization(context: Any) -> str:
    return next((str(value) for name, value in context.invocation_metadata() or () if name == "authorization"), "")


async def _ask_to_retry(context: Any, code: grpc.StatusCode, message: str, after_s: float) -> None:
    """End the call with the time to wait: without it, clients take RESOURCE_EXHAUSTED for an end."""
    status = Status(code=code.value[0], message=message)
    info = RetryInfo()
    info.retry_delay.FromMilliseconds(math.ceil(after_s * 1000))
    status.details.add().Pack(info)
    await context.abort(code, message, (("grpc-status-details-bin", status.SerializeToString()),))


def _success(answer: Any) -> bytes:
    given: bytes = b"" if answer is None else answer.SerializeToString()
    return given
