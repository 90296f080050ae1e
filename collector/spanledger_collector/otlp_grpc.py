"""OTLP over gRPC: Export of the three signals' services, with the request kept as the bytes it came in."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from spanledger_collector.export_request import MalformedRequest, from_protobuf
from spanledger_collector.otlp_signal import SIGNALS, Signal
from spanledger_collector.spool import SpoolFull

if TYPE_CHECKING:
    from spanledger_collector.spool import Spool


def receiver(
    spool: Spool,
    host: str,
    port: int,
    *,
    max_request_bytes: int,
    interceptors: tuple[grpc.aio.ServerInterceptor, ...] = (),
) -> tuple[grpc.aio.Server, int]:
    """A gRPC server, not started yet, and the port it is bound to (``port`` 0 lets the system choose).

    Export answers once the request is on disk; INVALID_ARGUMENT for a body it cannot read, RESOURCE_EXHAUSTED for
    one over ``max_request_bytes``, UNAVAILABLE while the spool is full.

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
    server.add_generic_rpc_handlers((_ExportServices(spool),))
    try:
        bound = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise OSError(str(error)) from None
    return server, bound


class _ExportServices(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, spool: Spool) -> None:
        self._handlers = {
            f"/{signal.service}/Export": grpc.unary_unary_rpc_method_handler(partial(self._export, signal))
            for signal in SIGNALS
        }
        self._spool = spool

    def service(self, handler_call_details: Any) -> Any:
        return self._handlers.get(handler_call_details.method)

    async def _export(self, signal: Signal, body: bytes, context: Any) -> bytes:
        try:
            export = from_protobuf(body, signal)
            if export.spans:
                await asyncio.wrap_future(self._spool.append(export))
        except MalformedRequest as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except SpoolFull as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        return b""
