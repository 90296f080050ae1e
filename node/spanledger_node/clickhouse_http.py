"""The node's Unix socket: ClickHouse's HTTP interface to the database that the node has open.

Other commands of this user talk to it with the same client that they would use for a ClickHouse server. It must never
listen on TCP: chDB knows no users, and its table functions reach the machine's files and network.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import tempfile
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from spanledger_settings.mendable import MendableError
from spanledger_sql.embedded.write_gate import only_reads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from starlette.requests import Request

    from spanledger_sql.embedded.write_gate import WriteGate

# URL parameters of ClickHouse's HTTP interface that are not settings of the engine.
_NOT_SETTINGS = {
    "query", "database", "query_id", "session_id", "session_timeout", "session_check", "wait_end_of_query",
    "client_protocol_version", "compress", "decompress", "buffer_size", "default_format", "quota_key", "role",
    "send_progress_in_http_headers", "http_headers_progress_interval_ms", "enable_http_compression",
}  # fmt: skip
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INSERT = re.compile(rb"\s*INSERT\s+INTO\s.*?\sFORMAT\s+(\w+)[ \t]*(?:\n|\Z)", re.IGNORECASE | re.DOTALL)
_ERROR_CODE = re.compile(r"Code: (\d+)")
# Blocks of this format may follow each other; in pieces, the other formats are an answer each.
_IN_BLOCKS = re.compile(rb"\sFORMAT\s+Native\s*\Z", re.IGNORECASE)
_NO_BLOCKS = "Streaming query is not supported"


def database_app(
    folder: Path,
    status: Callable[[], Mapping[str, Any]],
    gate: WriteGate,
    back_up: Callable[[Path], Mapping[str, Any]],
) -> Starlette:
    """The ASGI app: queries on ``/``, liveness on ``/ping``, ``status`` on ``/node``, ``back_up`` on ``/backup``.

    Args:
        folder: Of the database.
        status: What the node says of itself.
        gate: What writes passes it.
        back_up: Writes a backup into a folder, and says what is in it.
    """

    async def query(request: Request) -> Response:
        parameters = dict(request.query_params)
        body = await request.body()
        return await asyncio.to_thread(_answer, folder, gate, parameters, body)

    async def ping(request: Request) -> Response:  # noqa: ARG001
        return PlainTextResponse("Ok.\n")

    async def node(request: Request) -> Response:  # noqa: ARG001
        return JSONResponse(await asyncio.to_thread(status))

    async def backup(request: Request) -> Response:
        try:
            return JSONResponse(await asyncio.to_thread(back_up, Path(request.query_params["to"])))
        except (MendableError, OSError) as error:
            return PlainTextResponse(str(error), status_code=500)

    return Starlette(
        routes=[
            Route("/", query, methods=["GET", "POST"]),
            Route("/ping", ping),
            Route("/node", node),
            Route("/backup", backup, methods=["POST"]),
        ]
    )


def _answer(folder: Path, gate: WriteGate, parameters: dict[str, str], body: bytes) -> Response:
    # The engine's threads are as nice as the thread that imports it first.
    import chdb  # noqa: PLC0415

    text = parameters.get("query", "").encode()
    # A statement may stand in the URL, in the body, or begin in the URL and go on in the body.
    statement, data = (text + b"\n", body) if text else (body, b"")
    if insert := _INSERT.match(statement):
        statement, data = insert.group(0), statement[insert.end() :] + data
    elif data:
        statement, data = statement + data, b""
    # A handle of its own costs a millisecond and keeps one query's settings from the next one's.
    connection = chdb.connect(os.path.realpath(folder))  # type: ignore[no-untyped-call]
    try:
        # After `readonly` no other can be set.
        for name, value in sorted(parameters.items(), key=lambda given: given[0] == "readonly"):
            if name not in _NOT_SETTINGS and not name.startswith("param_"):
                connection.query(f"SET {_setting_name(name)} = '{_escaped(value)}'")
        bound = {name.removeprefix("param_"): value for name, value in parameters.items() if name.startswith("param_")}
        whole = statement.decode()
        reads = not insert and only_reads(whole)
        if reads and (blocks := _in_blocks(connection, statement, bound)) is not None:
            return blocks
        with nullcontext() if reads else gate.writing():
            if insert:
                content = _insert(connection, insert, data)
            else:
                content = connection.query(whole, "TabSeparated", params=bound).bytes() or b""
    except Exception as error:  # noqa: BLE001  (whatever the engine says goes back to the one who asked)
        connection.close()
        message = str(error)
        code = _ERROR_CODE.search(message)
        headers = {"X-ClickHouse-Exception-Code": code.group(1)} if code else {}
        return PlainTextResponse(message, status_code=500, headers=headers)
    connection.close()
    return Response(content, media_type="application/octet-stream")


def _in_blocks(connection: Any, statement: bytes, bound: Mapping[str, str]) -> Response | None:
    """The answer block by block, as fast as it is taken, so that none is too large; None where there are no blocks.

    The connection is closed when the answer has ended, or nobody takes it any more.
    """
    if not (named := _IN_BLOCKS.search(statement)):
        return None
    try:
        result = connection.send_query(statement[: named.start()].decode(), "Native", params=bound)
    except Exception as error:
        if _NO_BLOCKS in str(error):
            return None
        raise
    first = result.fetch()
    if first is None:
        # The columns of no rows.
        return None
    tag = secrets.token_hex(8)
    return StreamingResponse(
        _in_turn(_blocks(connection, result, first, tag.encode())),
        media_type="application/octet-stream",
        headers={"X-ClickHouse-Exception-Tag": tag},
    )


async def _in_turn(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (block := await asyncio.to_thread(next, blocks, None)) is not None:
        yield block


def _blocks(connection: Any, result: Any, block: Any, tag: bytes) -> Iterator[bytes]:
    with closing(connection), result:
        try:
            while block is not None:
                yield block.bytes()
                block = result.fetch()
        except Exception as error:  # noqa: BLE001  (as above)
            # What an error looks like to ClickHouse's drivers once the answer has begun.
            said = f"{error}\n".encode()
            yield b"\r\n__exception__\r\n%b\r\n%b%d %b\r\n__exception__\r\n" % (tag, said, len(said), tag)


def _insert(connection: Any, insert: re.Match[bytes], data: bytes) -> bytes:
    """Data that follows an INSERT reaches the engine as a file: it has no input stream of its own."""
    head = insert.group(0).decode().rstrip()
    head = head[: len(head) - len(insert.group(1))].rstrip()
    head = head[: -len("FORMAT")]
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(data)
    try:
        connection.query(f"{head} FROM INFILE '{_escaped(file.name)}' FORMAT {insert.group(1).decode()}")
    finally:
        os.unlink(file.name)  # noqa: PTH108
    return b""


def _setting_name(name: str) -> str:
    if not _SETTING.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a setting")
    return name


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
