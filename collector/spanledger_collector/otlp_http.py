"""OTLP over HTTP: POST /v1/traces, protobuf or JSON, plain or gzip."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING

from google.protobuf import json_format
from google.rpc.status_pb2 import Status
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from spanledger_collector.export_request import MalformedRequest, from_json, from_protobuf
from spanledger_collector.spool import SpoolFull

if TYPE_CHECKING:
    from starlette.requests import Request

    from spanledger_collector.spool import Spool

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
_READERS = {PROTOBUF: from_protobuf, JSON: from_json}

# google.rpc codes, which OTLP's error bodies carry.
_INVALID_ARGUMENT, _RESOURCE_EXHAUSTED, _UNAVAILABLE = 3, 8, 14


def receiver(spool: Spool, *, max_request_bytes: int) -> Starlette:
    """The ASGI app of the receiver.

    It answers 200 once the request is on disk; 400 for a body it cannot read, 413 for one over
    ``max_request_bytes`` (packed or unpacked), 415 for another content type or encoding, and 503 with Retry-After
    while the spool is full.
    """

    async def traces(request: Request) -> Response:
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type not in _READERS:
            return _error(JSON, 415, _INVALID_ARGUMENT, f"content type {content_type!r}; expected {PROTOBUF} or {JSON}")
        try:
            body = _unpacked(
                await _body(request, max_request_bytes),
                request.headers.get("content-encoding", ""),
                max_request_bytes,
            )
            export = _READERS[content_type](body)
            if export.spans:
                await asyncio.wrap_future(spool.append(export))
        except _TooLarge:
            return _error(
                content_type, 413, _RESOURCE_EXHAUSTED,
                f"the request is larger than {max_request_bytes:,} bytes (SPANLEDGER_MAX_REQUEST_BYTES); "
                "send smaller batches",
            )  # fmt: skip
        except _UnknownEncoding as error:
            return _error(content_type, 415, _INVALID_ARGUMENT, str(error))
        except MalformedRequest as error:
            return _error(content_type, 400, _INVALID_ARGUMENT, str(error))
        except SpoolFull as error:
            return _error(content_type, 503, _UNAVAILABLE, str(error), {"retry-after": "5"})
        return Response(b"{}" if content_type == JSON else b"", media_type=content_type)

    async def health(request: Request) -> Response:  # noqa: ARG001
        return JSONResponse({"status": "ok", "spool_bytes": spool.bytes_on_disk})

    return Starlette(routes=[Route("/v1/traces", traces, methods=["POST"]), Route("/health", health, methods=["GET"])])


class _TooLarge(Exception):
    pass


class _UnknownEncoding(Exception):
    pass


async def _body(request: Request, limit: int) -> bytes:
    if int(request.headers.get("content-length") or 0) > limit:
        raise _TooLarge
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > limit:
            raise _TooLarge
        parts.append(part)
    return b"".join(parts)


def _unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "deflate":
            unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
            try:
                unpacked = unpacker.decompress(body, limit + 1)
            except zlib.error as error:
                raise MalformedRequest(f"content encoding {encoding}: {error}") from None
            if len(unpacked) > limit:
                raise _TooLarge
            if not unpacker.eof:
                raise MalformedRequest(f"content encoding {encoding}: the body is cut off")
            return unpacked
        case _:
            raise _UnknownEncoding(f"content encoding {encoding!r}; expected gzip, deflate or identity")


def _error(content_type: str, status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Response:
    body = Status(code=code, message=message)
    content = json_format.MessageToJson(body) if content_type == JSON else body.SerializeToString()
    return Response(content, status_code=status, media_type=content_type, headers=headers)
