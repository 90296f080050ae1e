"""The one way to the database: connect to it, run the statements of this package on it.

A store is a chDB folder opened in this process, a ClickHouse server, or, while a node has the folder open, that
node, asked through its Unix socket. All three answer alike.
"""

from __future__ import annotations

import contextlib
import importlib.resources
import os
import re
import secrets
import tempfile
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

from spanledger_settings.configuration import without_password
from spanledger_sql.definitions.included_parts import with_parts
from spanledger_sql.embedded.folder import FolderLock
from spanledger_sql.embedded.folder_in_part import FolderInPart
from spanledger_sql.embedded.write_gate import WriteGate, only_reads
from spanledger_sql.insert_settings import OF_JSON, once
from spanledger_sql.node_socket import SocketPoolManager, node_answers, socket_path
from spanledger_sql.request_tables import request_tables
from spanledger_sql.result_frame import frames_in_blocks, whole_frame
from spanledger_sql.server_address import driver_arguments, without_secrets
from spanledger_sql.store_error import StoreError, code_of, reason_of, refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pandas as pd
    from clickhouse_connect.driver.client import Client

    from spanledger_settings.configuration import Configuration

__all__ = [
    "INSERTED_TABLES",
    "OLDEST_CLICKHOUSE",
    "SESSION_SETTINGS",
    "UNFINISHED_RESTORE",
    "Kind",
    "Store",
    "StoreError",
    "statement",
    "too_old",
]

Kind = Literal["embedded", "node", "server"]

# Settings that every statement of this project relies on: without join_use_nulls an unmatched join would make a call
# free, and without deduplicating views a replayed segment would land twice in llm_spans. What bears no token may come
# again: a replicated table would drop an alias that is set to A, to B and to A. Comparing chains of AND with each other
# finds nothing here, and takes half of what each insert pays to plan the view of spans. What is MATERIALIZED is made
# once, not for each time that it is named.
SESSION_SETTINGS: Mapping[str, str | int] = {
    "join_use_nulls": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "deduplicate_insert": "disable",
    "async_insert": 0,
    "optimize_and_compare_chain": 0,
    "enable_materialized_cte": 1,
}


# The tables that an insert of spans reaches, and their columns that hold its `ingested_at`. A table that is keyed so
# that a repeated row replaces itself need not be here.
INSERTED_TABLES: Mapping[str, str] = {
    "otel_traces": "IngestedAt",
    "llm_spans": "ingested_at",
    "span_parent": "ingested_at",
    "otel_logs": "IngestedAt",
    "otel_metrics_sum": "IngestedAt",
    "otel_metrics_histogram": "IngestedAt",
    "otlp_let_go": "ingested_at",
    "usage_point": "ingested_at",
}

# The oldest ClickHouse that knows all that the schema and the statements ask for.
OLDEST_CLICKHOUSE = (26, 3)
_OTLP_MESSAGE = "OtlpRequest"


def statement(name: str) -> str:
    """Text of the ``.sql`` file ``name``, a path below this package without suffix, with the parts it includes."""
    return with_parts((importlib.resources.files(__package__) / f"{name}.sql").read_text(encoding="utf-8"))


def too_old(version: str) -> bool:
    """Whether a ClickHouse of this version, such as '25.8.2.29', lacks what the statements of this project need."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_CLICKHOUSE


# Ends a DELETE of rows that nothing rests on any more: they need not be gone when it returns, which can take seconds.
UNWAITED = "SETTINGS lightweight_deletes_sync = 0"

# The folder, in a data folder, of a restore that goes on or was interrupted.
UNFINISHED_RESTORE = "restoring"

# How long a command waits for another one that has the data folder.
_PATIENCE_S = 30.0


def _node(configuration: Configuration) -> Callable[[], bool]:
    return lambda: node_answers(configuration.data_dir)


class Store:
    """A connection to the database, safe to share between threads: each thread gets a client of its own."""

    def __init__(
        self,
        kind: Kind,
        url: str,
        *,
        node: Path | None = None,
        lock: FolderLock | None = None,
        scope: Mapping[str, str | int] | None = None,
    ) -> None:
        self.kind: Kind = kind
        self._scope = dict(scope or {})
        self.url = url
        self._node = node
        self._lock = lock
        self._engine: Any = None
        self._part: FolderInPart | None = None
        self.gate = WriteGate()
        """Before what writes; of an embedded store, those who write past the store must pass it too."""
        self._clients = threading.local()
        self._opened: list[Client] = []
        self._scoped: weakref.WeakSet[Store] = weakref.WeakSet()
        self._opening = threading.Lock()

    @classmethod
    def open(
        cls,
        configuration: Configuration,
        *,
        exclusive: bool = False,
        at_once: bool = True,
        scope: Mapping[str, str | int] | None = None,
        to_read: Sequence[str] | None = None,
    ) -> Self:
        """Open the configured database.

        Args:
            configuration: Says which database, and where the data folder is.
            exclusive: Take the data folder for this process (as a node does) instead of asking a running node.
            at_once: Ask a server whether it is there; without that the first statement tells.
            scope: Settings of every statement that say what may be seen, as `access.scope_settings` gives them.
            to_read: For who only reads: the queries that are asked first. Embedded, what no query asks for stays
                closed, which takes half the time; a statement that writes opens it after all.

        Raises:
            StoreError: The folder is in use by another process, cannot be written, or the server does not answer or
                is too old.
        """
        url = configuration.clickhouse_url
        if not configuration.embedded:
            store = cls("server", url, scope=scope)
        elif not exclusive and node_answers(configuration.data_dir):
            store = cls("node", url, node=socket_path(configuration.data_dir), scope=scope)
        else:
            lock = FolderLock(configuration.data_dir)
            try:
                # Who is to be the node does not ask the one that is there.
                held = lock.acquire() if exclusive else lock.acquire(_PATIENCE_S, until=_node(configuration))
            except OSError as error:
                raise StoreError(str(error)) from None
            if not held:
                return cls.open(configuration, scope=scope, to_read=to_read)
            if (unfinished := configuration.data_dir / UNFINISHED_RESTORE).exists():
                lock.release()
                raise StoreError(
                    f"a restore into {configuration.data_dir} did not come to its end; remove {unfinished} and run "
                    "'spanledger restore' again"
                )
            store = cls("embedded", url, lock=lock, scope=scope)
            temporary = lock.temporary()
            if to_read is not None and "?" not in url:
                whole = Path(os.path.realpath(url.removeprefix("chdb://")))
                store._part = FolderInPart.of(whole, Path(os.path.realpath(temporary)) / "part", to_read)
            store._start_engine()
            # The driver hands data to the engine in files.
            tempfile.tempdir = str(temporary)
        if store.kind == "server" and not at_once:
            return store
        try:
            version = str(store.client.command("SELECT version()"))
        except ClickHouseError as error:
            store.close()
            raise StoreError(
                f"cannot use the database at {without_password(url)}: {reason_of(error)}", code_of(error)
            ) from None
        except StoreError:
            store.close()
            raise
        if too_old(version):
            store.close()
            raise StoreError(
                f"the database at {without_password(url)} is ClickHouse {version}; expected "
                f"{'.'.join(map(str, OLDEST_CLICKHOUSE))} or newer: upgrade "
                + ("it" if store.kind == "server" else "the package 'chdb'")
            )
        return store

    @property
    def scope(self) -> Mapping[str, str | int]:
        """The settings of every statement that say what may be seen."""
        return dict(self._scope)

    def scoped(self, scope: Mapping[str, str | int]) -> Store:
        """The same database through connections of their own, whose settings say what may be seen.

        It is closed with this one, and its connections with the last reference to it.

        Args:
            scope: As for `open`; with `readonly` = 1 no query takes the settings back.

        Raises:
            StoreError: This store has a scope of its own, which the other might widen.
        """
        if "additional_table_filters" in self._scope and "additional_table_filters" in scope:
            raise StoreError("the database is read as one tenant already (tenant_scope)")
        self.open_whole()
        whole = {**self._scope, **scope}
        # A user of a server who may only read (`readonly` = 2) may not make himself read less: he cannot write anyway.
        read_only = whole.pop("readonly", None)
        if read_only is not None and not (self.kind == "server" and int(self.value("SELECT getSetting('readonly')"))):
            whole["readonly"] = read_only
        made = type(self)(self.kind, self.url, node=self._node, scope=whole)
        self._scoped.add(made)
        return made

    def _start_engine(self) -> None:
        """Open the folder with the engine's configuration, which those who open it later share."""
        import chdb  # noqa: PLC0415  (slow, and only an embedded store needs it)

        folder, _, parameters = self._address.removeprefix("chdb://").partition("?")
        file = importlib.resources.files(__package__) / "embedded" / "embedded.xml"
        if not parameters and isinstance(file, Path):
            self._engine = chdb.connect(f"{os.path.realpath(folder)}?config-file={file}")  # type: ignore[no-untyped-call]

    @property
    def _address(self) -> str:
        """The database's address for the driver."""
        return self.url if self._part is None else f"chdb://{self._part.path}"

    def open_whole(self) -> None:
        """Open all tables and views of a store that was opened to read; of others they are open."""
        if self._part is None:
            return
        with self._opening:
            for client in self._opened:
                client.close()
            self._opened.clear()
            self._clients = threading.local()
            self._engine.close()
            self._part.close()
            self._part = None
            self._start_engine()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        self.open_whole()
        with self.gate.writing():
            yield

    def _client_for(self, query: str, parameters: Mapping[str, Any] | None = None) -> Client:
        """This thread's client, whose engine has open what a query asks for."""
        if self._part is not None:
            if self._part.is_too_little_for(query) or not only_reads(query):
                self.open_whole()
            else:
                self._attach(self._part.attaching(query, (parameters or {}).values()))
        return self.client

    def _attach(self, statements: Iterable[str]) -> None:
        import chdb  # noqa: PLC0415  (slow, and only an embedded store needs it)

        try:
            with self._opening:
                for attaching in statements:
                    self._engine.query("SET fsync_metadata = 0")
                    self._engine.query(attaching)
        except chdb.ChdbError:
            self.open_whole()

    @property
    def client(self) -> Client:
        """This thread's clickhouse-connect client."""
        client: Client | None = getattr(self._clients, "client", None)
        if client is None:
            with self._opening:
                client = self._connect()
                self._opened.append(client)
            self._clients.client = client
        return client

    def frame(self, name: str, **parameters: Any) -> pd.DataFrame:
        """Rows of the query file ``name`` as a DataFrame; money columns hold Decimal, times are aware UTC."""
        return self.query_frame(statement(name), parameters)

    def query_frame(self, query: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Rows of a query text as a DataFrame; its ``attrs["types"]`` has the database's name of each column's type.

        Raises:
            StoreError: The database refused the query.
        """
        with refusals():
            return whole_frame(self._client_for(query, parameters), query, dict(parameters or {}))

    def frames(self, query: str) -> Iterator[pd.DataFrame]:
        """Rows of a query text in blocks, so that no result is too large; the first may have none.

        Raises:
            StoreError: The database refused the query.
        """
        with refusals():
            yield from frames_in_blocks(self._client_for(query), query)

    def head(self, query: str, rows: int) -> pd.DataFrame:
        """At most so many first rows of a query text.

        Raises:
            StoreError: The database refused the query.
        """
        with refusals():
            return self._client_for(query).query_df(query, tz_mode="aware", settings={"limit": rows})

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a short query as dictionaries."""
        with refusals():
            client = self._client_for(query, parameters)
            return list(client.query(query, parameters=parameters, tz_mode="aware").named_results())

    def value(self, query: str, **parameters: Any) -> Any:
        """The first column of the first row, or None when there is no row."""
        with refusals():
            client = self._client_for(query, parameters)
            rows = client.query(query, parameters=parameters, tz_mode="aware").result_rows
        return rows[0][0] if rows else None

    def execute(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Run a statement that returns no rows."""
        with refusals(), contextlib.nullcontext() if only_reads(query) else self._writing():
            self._client_for(query, parameters).command(
                query, parameters=dict(parameters or {}), settings=dict(settings or {})
            )

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]], *, token: str = "") -> None:
        """Insert dictionaries with the same keys into ``table``; columns not named get their default.

        Args:
            table: Its name.
            rows: At least one, or nothing is done.
            token: A second insert with it does nothing. Without one the same rows may come again.
        """
        if not rows:
            return
        columns = list(rows[0])
        with refusals(), self._writing():
            self.client.insert(
                table,
                [[row[column] for column in columns] for row in rows],
                column_names=columns,
                settings=once(token or _another()),
            )

    def insert_frame(self, table: str, frame: pd.DataFrame) -> None:
        """Insert a DataFrame whose columns are named as the table's."""
        with refusals(), self._writing():
            self.client.insert_df(table, frame, settings=once(_another()))

    def insert_otlp(self, requests: bytes | Iterable[bytes], token: str) -> None:
        """Insert length-prefixed OTLP export requests of the spool; a second call with the same ``token`` does nothing.

        Raises:
            StoreError: A request could not be read; nothing of its signal was stored.
        """
        block = requests if isinstance(requests, bytes) else b"".join(requests)
        schema = {**self._otlp_schema(), "input_format_protobuf_oneof_presence": 1}
        for table in request_tables(block):
            with refusals(), self._writing():
                self.client.raw_insert(
                    table, insert_block=block, fmt="Protobuf", settings={**schema, **once(f"{token}/{table}")}
                )

    def insert_segment(
        self, requests: bytes | Path, ingested_at: int, *, token: str = "", json_lines: bool = False
    ) -> None:
        """Insert OTLP export requests, whose rows can be taken back until the next insert.

        Args:
            requests: Length-prefixed bytes, or the file that holds them.
            ingested_at: Microseconds since 1970; `take_back` finds the rows by it, so it belongs to one segment.
            token: A second insert with it does nothing; without one it does, as after rows were taken back.
            json_lines: The bytes are JSON, a request a line.

        Raises:
            StoreError: Some of the rows may be stored, in some of the tables.
        """
        if json_lines:
            tables, shape, schema = ["otlp_json_requests"], "JSONEachRow", dict(OF_JSON)
        else:
            tables, shape = request_tables(requests), "Protobuf"
            schema = {**self._otlp_schema(), "input_format_protobuf_oneof_presence": 1}
        for table in tables:
            # Logs and spans meet in `llm_spans`: under one token the second would be dropped.
            of_table = once(f"{token}/{table}" if token else _another())
            settings = {**schema, **of_table, "log_comment": str(ingested_at)}
            with refusals(), self._writing():
                if self.kind == "embedded" and isinstance(requests, Path):
                    given = ", ".join(f"{name} = {_quoted(value)}" for name, value in settings.items())
                    file = f"FROM INFILE {_quoted(requests)} COMPRESSION 'none'"
                    self.client.command(f"INSERT INTO {table} {file} SETTINGS {given} FORMAT Protobuf")
                else:
                    block = requests.read_bytes() if isinstance(requests, Path) else requests
                    self.client.raw_insert(table, insert_block=block, fmt=shape, settings=settings)

    def take_back(self, first: int, last: int) -> None:
        """Delete what inserts of a segment left in any table, however far they came.

        Args:
            first: The first `ingested_at` of the inserts.
            last: The last one.

        Raises:
            StoreError: An insert is still at work, or the database refuses; nothing is certain.
        """
        if self.kind == "server" and self.value(
            "SELECT count() FROM system.processes WHERE toInt64OrZero(Settings['log_comment']) BETWEEN {first:Int64} "
            "AND {last:Int64} AND query LIKE 'INSERT%'", first=first, last=last,
        ):  # fmt: skip
            raise StoreError("an earlier insert of the segment is still at work")
        moments = {"first": first, "last": last}
        for table, column in INSERTED_TABLES.items():
            there = (
                f"{column} BETWEEN fromUnixTimestamp64Micro({{first:Int64}}, 'UTC') "
                "AND fromUnixTimestamp64Micro({last:Int64}, 'UTC')"
            )
            if self.value(f"SELECT count() FROM {table} WHERE {there}", **moments):  # noqa: S608
                self.execute(f"DELETE FROM {table} WHERE {there}", moments)  # noqa: S608

    def check_otlp_json(self, requests: bytes) -> None:
        """Read what `insert_segment` would of JSON lines, and store nothing.

        Raises:
            StoreError: A request is not of the shape; the message tells its row.
        """
        with refusals():
            self.client.raw_insert("otlp_json_check", insert_block=requests, fmt="JSONEachRow", settings=OF_JSON)

    def close(self) -> None:
        """Close every thread's client and give the data folder back."""
        for made in list(self._scoped):
            made.close()
        with self._opening:
            for client in self._opened:
                client.close()
            self._opened.clear()
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        if self._part is not None:
            self._part.close()
            self._part = None
        if self._lock is not None:
            tempfile.tempdir = None
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _otlp_schema(self) -> dict[str, str]:
        """Where the engine finds the structure of an OTLP request.

        A server takes the text. chDB would write that text into the working directory, so it gets the file's path.
        """
        schema = importlib.resources.files(__package__) / "views/ingest/otlp.proto"
        if self.kind != "server" and isinstance(schema, Path):
            return {"format_schema": f"{schema}:{_OTLP_MESSAGE}"}
        return {
            "format_schema_source": "string",
            "format_schema": schema.read_text(encoding="utf-8"),
            "format_schema_message_name": _OTLP_MESSAGE,
        }

    def _connect(self) -> Client:
        settings = {**SESSION_SETTINGS, **self._scope}
        try:
            if self.kind == "node":
                return clickhouse_connect.get_client(
                    host="localhost",
                    port=1,
                    pool_mgr=SocketPoolManager(self._node),
                    settings=settings,
                    compress=False,
                    autogenerate_session_id=False,
                )
            if self.kind == "embedded":
                return clickhouse_connect.get_client(dsn=self._address, settings=settings)
            return clickhouse_connect.get_client(
                **driver_arguments(self.url), settings=settings, autogenerate_session_id=False
            )
        except (ClickHouseError, OSError) as error:
            reason = without_secrets(reason_of(error), self.url)
            raise StoreError(
                f"cannot reach the database at {without_password(self.url)}: {reason}", code_of(error)
            ) from None


def _another() -> str:
    """A token for one insert: the driver may send it twice, and what was taken back may come again."""
    return secrets.token_hex(16)


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"
