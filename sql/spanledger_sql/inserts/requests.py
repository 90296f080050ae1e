"""Requests of OTLP as rows: the statements that insert them, and those that take back what an insert left."""

from __future__ import annotations

import hashlib
import importlib.resources
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from spanledger_sql.inserts.request_tables import request_tables
from spanledger_sql.inserts.settings import OF_JSON, once
from spanledger_sql.store_error import StoreError, refusals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager

    from clickhouse_connect.driver.client import Client

    from spanledger_sql.connection import Kind

# The tables that an insert of spans reaches, and their columns that hold its `ingested_at` and segment. A table that is
# keyed so that a repeated row replaces itself need not be here.
_AS_OURS, _AS_EXPORTED = ("ingested_at", "segment"), ("IngestedAt", "Segment")
INSERTED_TABLES: Mapping[str, tuple[str, str]] = {
    "otel_traces": _AS_EXPORTED,
    "llm_spans": _AS_OURS,
    "span_parent": _AS_OURS,
    "otel_logs": _AS_EXPORTED,
    "otel_metrics_sum": _AS_EXPORTED,
    "otel_metrics_histogram": _AS_EXPORTED,
    "otlp_let_go": _AS_OURS,
    "usage_point": _AS_OURS,
}
_OTLP_MESSAGE = "OtlpRequest"


class Database(Protocol):
    """What an insert needs of the store."""

    kind: Kind

    @property
    def client(self) -> Client:
        """This thread's client."""

    def writing(self) -> AbstractContextManager[None]:
        """While this lasts, something is written."""

    def value(self, query: str, **parameters: Any) -> Any:
        """The first column of the first row."""

    def execute(self, query: str, parameters: Mapping[str, Any]) -> None:
        """Run a statement that returns no rows."""


def insert_requests(store: Database, requests: bytes | Iterable[bytes], token: str) -> None:
    """Insert length-prefixed requests, which a second call with the same ``token`` does not."""
    block = requests if isinstance(requests, bytes) else b"".join(requests)
    schema = _schema(store.kind)
    for table in request_tables(block):
        with refusals(), store.writing():
            store.client.raw_insert(
                table, insert_block=block, fmt="Protobuf", settings={**schema, **once(f"{token}/{table}")}
            )


def insert_segment(
    store: Database, requests: bytes | Path, ingested_at: int, *, segment: str, token: str, json_lines: bool
) -> None:
    """Insert a segment of requests, whose rows bear both; of a file on disk the engine reads the file itself."""
    if json_lines:
        tables, shape, schema = ["otlp_json_requests"], "JSONEachRow", dict(OF_JSON)
    else:
        tables, shape, schema = request_tables(requests), "Protobuf", _schema(store.kind)
    for table in tables:
        # Logs and spans meet in `llm_spans`: under one token the second would be dropped.
        of_table = once(f"{token}/{table}" if token else another())
        settings = {**schema, **of_table, "log_comment": f"{ingested_at}/{_number(segment)}"}
        with refusals(), store.writing():
            if store.kind == "embedded" and isinstance(requests, Path):
                given = ", ".join(f"{name} = {_quoted(value)}" for name, value in settings.items())
                file = f"FROM INFILE {_quoted(requests)} COMPRESSION 'none'"
                store.client.command(f"INSERT INTO {table} {file} SETTINGS {given} FORMAT Protobuf")
            else:
                block = requests.read_bytes() if isinstance(requests, Path) else requests
                store.client.raw_insert(table, insert_block=block, fmt=shape, settings=settings)


def take_back(store: Database, first: int, last: int, *, segment: str) -> None:
    """Delete a segment's rows whose `ingested_at` is between two, from every table that its inserts reach.

    Other collectors insert in the same microseconds, and a clock that was set back passes them twice: their rows stay.
    """
    number = _number(segment)
    if store.kind == "server" and store.value(
        "SELECT count() FROM system.processes WHERE endsWith(Settings['log_comment'], {ending:String}) "
        "AND query LIKE 'INSERT%'", ending=f"/{number}",
    ):  # fmt: skip
        raise StoreError("an earlier insert of the segment is still at work")
    inserts = {"first": first, "last": last, "segment": number}
    for table, (moment, owner) in INSERTED_TABLES.items():
        there = (
            f"{moment} BETWEEN fromUnixTimestamp64Micro({{first:Int64}}, 'UTC') "
            f"AND fromUnixTimestamp64Micro({{last:Int64}}, 'UTC') AND {owner} = {{segment:UInt64}}"
        )
        if store.value(f"SELECT count() FROM {table} WHERE {there}", **inserts):  # noqa: S608
            store.execute(f"DELETE FROM {table} WHERE {there}", inserts)  # noqa: S608


def check_json(store: Database, requests: bytes) -> None:
    """Read JSON lines as `insert_segment` would, and store nothing."""
    with refusals():
        store.client.raw_insert("otlp_json_check", insert_block=requests, fmt="JSONEachRow", settings=OF_JSON)


def _number(segment: str) -> int:
    """What stands in the rows of a segment or file for its name."""
    return int.from_bytes(hashlib.sha256(segment.encode()).digest()[:8])


def another() -> str:
    """A token for one insert: the driver may send it twice, and what was taken back may come again."""
    return secrets.token_hex(16)


def _schema(kind: Kind) -> dict[str, str | int]:
    """Where the engine finds the structure of an OTLP request, and that it tells which field is there.

    A server takes the text. chDB would write that text into the working directory, so it gets the file's path.
    """
    schema = importlib.resources.files("spanledger_sql") / "views/ingest/otlp/otlp.proto"
    presence = {"input_format_protobuf_oneof_presence": 1}
    if kind != "server" and isinstance(schema, Path):
        return {"format_schema": f"{schema}:{_OTLP_MESSAGE}", **presence}
    return {
        "format_schema_source": "string",
        "format_schema": schema.read_text(encoding="utf-8"),
        "format_schema_message_name": _OTLP_MESSAGE,
        **presence,
    }


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"
