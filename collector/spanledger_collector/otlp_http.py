"""OTLP over HTTP: POST /v1/traces, /v1/logs, /v1/metrics; protobuf or JSON, plain, gzip or zstd."""

from __future__ import annotations

import asyncio
import math
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

import zstandard
from google.protobuf import json_format
from google.rpc.status_pb2 import Status
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from spanledger_collector.admission import EVERYBODY, Admission, NotAdmitted, TooFast
from spanledger_collector.export_request import ExportRequest, MalformedRequest, from_json, from_protobuf
from spanledger_collector.otlp_signal import SIGNALS, Signal
from spanledger_collector.partial_success import partial_success
from spanledger_collector.spool.spool import SpoolFull

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from spanledger_collector.spool.spool import Spool

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
_READERS: dict[str, Callable[[bytes, Signal], ExportRequest]] = {
    PROTOBUF: from_protobuf,
    JSON: partial(from_json, in_part=True),
}

# google.rpc codes, which OTLP's error bodies carry.
_INVALID_ARGUMENT, _RESOURCE_EXHAUSTED, _UNAVAILABLE, _UNAUTHENTICATED = 3, 8, 14, 16


# A sender has so long to send a body.
_SLOWEST_BODY_S = 30.0
_MOST_MEMBERS = 256
_ELSEWHERE = "something waits; the log says what, and so does this page to who shows a token for any tenant"
_ZSTD_WINDOW = 2**23


def receiver(
    spool: Spool,
    *,
    max_request_bytes: int,
    admission: Admission = EVERYBODY,
    health: Callable[[], Mapping[str, Any]] = lambda: {"alive": True, "problem": ""},
) -> Starlette:
    """The ASGI app of the receiver.

    It answers 200 once the request is on disk, which names what of it was not taken; 400 for a body it cannot
    read, 401 to who is not admitted, 413 for a body over ``max_request_bytes`` (packed or unpacked), 415 for another
    content type or encoding, and with Retry-After 429 to who sends too fast, 503 while the spool is full.
    ``/health`` tells what is wrong, with 503 where a thread has ended; ``/ready`` says with 503 that no request is
    taken. Where tokens are asked for, only who shows one that is for any tenant is told why.
    """

    async def export_of(signal: Signal, request: Request) -> Response:
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type not in _READERS:
            return _error(JSON, 415, _INVALID_ARGUMENT, f"content type {content_type!r}; expected {PROTOBUF} or {JSON}")
        try:
            sender = admission.admit(request.headers.get("authorization", ""))
            body = _unpacked(
                await _body(request, max_request_bytes),
                request.headers.get("content-encoding", ""),
                max_request_bytes,
            )
            export = sender.marked(_READERS[content_type](body, signal))
            if export.spans:
                await asyncio.wrap_future(spool.append(export))
        except NotAdmitted as error:
            return _error(content_type, 401, _UNAUTHENTICATED, str(error), {"www-authenticate": "Bearer"})
        except TooFast as error:
            after = {"retry-after": str(math.ceil(error.retry_after_s))}
            return _error(content_type, 429, _RESOURCE_EXHAUSTED, str(error), after)
        except _TooLarge:
            return _error(
                content_type, 413, _RESOURCE_EXHAUSTED,
                f"the request is larger than {max_request_bytes:,} bytes (SPANLEDGER_MAX_REQUEST_BYTES); "
                "send smaller batches",
            )  # fmt: skip
        except TimeoutError:
            return _error(
                content_type, 408, _UNAVAILABLE, f"the body did not come within {_SLOWEST_BODY_S:.0f} seconds",
                {"connection": "close"},
            )  # fmt: skip
        except _UnknownEncoding as error:
            return _error(content_type, 415, _INVALID_ARGUMENT, str(error))
        except MalformedRequest as error:
            return _error(content_type, 400, _INVALID_ARGUMENT, str(error))
        except SpoolFull as error:
            return _error(content_type, 503, _UNAVAILABLE, str(error), {"retry-after": "5"})
        return Response(_success(content_type, partial_success(export, signal)), media_type=content_type)

    def report(request: Request) -> dict[str, Any]:
        found = {**health(), "spool_bytes": spool.bytes_on_disk, "rejected": spool.rejected()}
        found = {"status": "failing" if found["problem"] else "ok", **found}
        if found["problem"] and not _may_know(admission, request):
            # The database's sentences name users, tables and hosts.
            found["problem"] = _ELSEWHERE
        return found

    async def alive(request: Request) -> Response:
        found = report(request)
        return JSONResponse(found, status_code=200 if found["alive"] else 503)

    async def ready(request: Request) -> Response:
        found = report(request)
        because = "" if found["alive"] else found["problem"]
        refused = because or spool.refuses
        return JSONResponse({"ready": not refused, "because": refused, **found}, status_code=503 if refused else 200)

    return Starlette(
        routes=[
            *(Route(f"/v1/{signal.name}", partial(export_of, signal), methods=["POST"]) for signal in SIGNALS),
            Route("/health", alive, methods=["GET"]),
            Route("/ready", ready, methods=["GET"]),
        ]
    )


def _may_know(admission: Admission, request: Request) -> bool:
    """Whether who asks is nobody's customer: no token is asked for, or it is for any tenant."""
    try:
        return admission.admit(request.headers.get("authorization", "")).tenant is None
    except (NotAdmitted, TooFast):
        return False


class _TooLarge(Exception):
    pass


class _UnknownEncoding(Exception):
    pass


async def _body(request: Request, limit: int) -> bytes:
    if int(request.headers.get("content-length") or 0) > limit:
        raise _TooLarge
    parts, length = [], 0
    async with asyncio.timeout(_SLOWEST_BODY_S):
        async for part in request.stream():
            length += len(part)
            if length > limit:
                raise _TooLarge
            parts.append(part)
    return b"".join(parts)


def _unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    name = encoding.strip().lower()
    match name:
        case "" | "identity":
            return body
        case "gzip" | "deflate":
            return _inflated(body, name, limit)
        case "zstd":
            return _from_zstd(body, limit)
        case _:
            raise _UnknownEncoding(f"content encoding {encoding!r}; expected gzip, zstd, deflate or identity")


def _inflated(body: bytes, name: str, limit: int) -> bytes:
    """All members of a gzip file; never more than a byte over the limit."""
    parts, length = [], 0
    for _ in range(_MOST_MEMBERS):
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        try:
            parts.append(unpacker.decompress(body, limit + 1 - length))
        except zlib.error as error:
            raise MalformedRequest(f"content encoding {name}: {error}") from None
        length += len(parts[-1])
        if length > limit:
            raise _TooLarge
        if not unpacker.eof:
            raise MalformedRequest(f"content encoding {name}: the body is cut off")
        body = unpacker.unused_data
        if not body:
            return b"".join(parts)
    raise MalformedRequest(f"content encoding {name}: more than {_MOST_MEMBERS} members")


def _from_zstd(body: bytes, limit: int) -> bytes:
    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    try:
        unpacked: bytes = unpacker.stream_reader(body, read_across_frames=True).read(limit + 1)
        if len(unpacked) > limit:
            raise _TooLarge
        # The reader takes a frame that is cut off for its end.
        while body:
            frame = unpacker.decompressobj()
            frame.decompress(body)
            if not frame.eof:
                raise MalformedRequest("content encoding zstd: the body is cut off")
            body = frame.unused_data
    except zstandard.ZstdError as error:
        raise MalformedRequest(f"content encoding zstd: {error}") from None
    return unpacked


def _success(content_type: str, answer: Any) -> bytes | str:
    if answer is None:
        return b"{}" if content_type == JSON else b""
    packed: bytes = answer.SerializeToString()
    return str(json_format.MessageToJson(answer)) if content_type == JSON else packed


def _error(content_type: str, status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Response:
    body = Status(code=code, message=message)
    content = json_format.MessageToJson(body) if content_type == JSON else body.SerializeToString()
    return Response(content, status_code=status, media_type=content_type, headers=headers)
