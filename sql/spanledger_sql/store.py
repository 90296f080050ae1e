"""The one way to the database: connect to it, run the statements of this package on it.

A store is a chDB folder opened in this process, a ClickHouse server, or, while a node has the folder open, that
node, asked through its Unix socket. All three answer alike.
"""

from __future__ import annotations

import contextlib
import importlib.resources
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from spanledger_settings.mendable import MendableError
from spanledger_sql.folder import FolderLock
from spanledger_sql.node_socket import SocketPoolManager, node_answers, socket_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from clickhouse_connect.driver.client import Client

    from spanledger_settings.configuration import Configuration

Kind = Literal["embedded", "node", "server"]

# Settings that every statement of this project relies on: without join_use_nulls an unmatched join would make
# a call free, and without deduplicating views a replayed segment would land twice in llm_spans.
SESSION_SETTINGS: Mapping[str, str | int] = {
    "join_use_nulls": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "async_insert": 0,
}


# The oldest ClickHouse that knows all that the schema and the statements ask for.
OLDEST_CLICKHOUSE = (26, 3)
_OTLP_MESSAGE = "ExportTraceServiceRequest"


class StoreError(MendableError):
    """The database could not be reached or refused a statement; the message says what to do."""


def statement(name: str) -> str:
    """Text of the ``.sql`` file ``name``, a path below this package without its suffix."""
    return (importlib.resources.files(__package__) / f"{name}.sql").read_text(encoding="utf-8")


def too_old(version: str) -> bool:
    """Whether a ClickHouse of this version, such as '25.8.2.29', lacks what the statements of this project need."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_CLICKHOUSE


class Store:
    """A connection to the database, safe to share between threads: each thread gets a client of its own."""

    def __init__(self, kind: Kind, url: str, *, node: Path | None = None, lock: FolderLock | None = None) -> None:
        self.kind: Kind = kind
        self.url = url
        self._node = node
        self._lock = lock
        self._clients = threading.local()
        self._opened: list[Client] = []
        self._opening = threading.Lock()

    @classmethod
    def open(cls, configuration: Configuration, *, exclusive: bool = False) -> Self:
        """Open the configured database.

        Args:
            configuration: Says which database, and where the data folder is.
            exclusive: Take the data folder for this process (as a node does) instead of asking a running node.

        Raises:
            StoreError: The folder is in use by another process, cannot be written, or the server does not answer or
                is too old.
        """
        url = configuration.clickhouse_url
        if not configuration.embedded:
            store = cls("server", url)
        elif not exclusive and node_answers(configuration.data_dir):
            store = cls("node", url, node=socket_path(configuration.data_dir))
        else:
            lock = FolderLock(configuration.data_dir)
            try:
                lock.acquire()
            except OSError as error:
                raise StoreError(str(error)) from None
            store = cls("embedded", url, lock=lock)
        try:
            version = str(store.client.command("SELECT version()"))
        except ClickHouseError as error:
            store.close()
            raise StoreError(f"cannot use the database at {_without_password(url)}: {_reason(error)}") from None
        if too_old(version):
            store.close()
            raise StoreError(
                f"the database at {_without_password(url)} is ClickHouse {version}; expected "
                f"{'.'.join(map(str, OLDEST_CLICKHOUSE))} or newer: upgrade "
                + ("it" if store.kind == "server" else "the package 'chdb'")
            )
        return store

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
        """Rows of a query text as a DataFrame.

        Raises:
            StoreError: The database refused the query.
        """
        bound = dict(parameters or {})
        with _refusals():
            frame = self.client.query_df(query, parameters=bound, tz_mode="aware")
            if not len(frame.columns):
                # The driver gives no columns where the embedded engine gives no rows.
                with contextlib.suppress(ClickHouseError):
                    described = self.client.query(f"DESCRIBE TABLE ({query}\n)", parameters=bound).result_rows
                    frame = frame.reindex(columns=[name for name, *_ in described])
            return frame

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a short query as dictionaries."""
        with _refusals():
            return list(self.client.query(query, parameters=parameters, tz_mode="aware").named_results())

    def value(self, query: str, **parameters: Any) -> Any:
        """The first column of the first row, or None when there is no row."""
        with _refusals():
            rows = self.client.query(query, parameters=parameters, tz_mode="aware").result_rows
        return rows[0][0] if rows else None

    def execute(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Run a statement that returns no rows."""
        with _refusals():
            self.client.command(query, parameters=dict(parameters or {}), settings=dict(settings or {}))

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert dictionaries with the same keys into ``table``; columns not named get their default."""
        if not rows:
            return
        columns = list(rows[0])
        with _refusals():
            self.client.insert(table, [[row[column] for column in columns] for row in rows], column_names=columns)

    def insert_frame(self, table: str, frame: pd.DataFrame) -> None:
        """Insert a DataFrame whose columns are named as the table's."""
        with _refusals():
            self.client.insert_df(table, frame)

    def insert_otlp(self, requests: bytes | Iterable[bytes], token: str) -> None:
        """Insert length-prefixed OTLP trace export requests; a second call with the same ``token`` does nothing.

        Raises:
            StoreError: A request could not be read; nothing of the group was stored.
        """
        schema = {**self._otlp_schema(), "input_format_protobuf_oneof_presence": 1}
        with _refusals():
            self.client.raw_insert(
                "otlp_requests",
                insert_block=requests,  # type: ignore[arg-type]
                fmt="Protobuf",
                settings={**schema, **_once(token)},
            )

    def insert_otlp_json(self, requests: bytes, token: str) -> None:
        """Insert OTLP trace export requests in JSON, one a line; a second call with the same ``token`` does nothing.

        Raises:
            StoreError: A request is not of the shape; nothing of the group was stored.
        """
        with _refusals():
            self.client.raw_insert(
                "otlp_json_requests", insert_block=requests, fmt="JSONEachRow", settings={**_JSON, **_once(token)}
            )

    def check_otlp_json(self, requests: bytes) -> None:
        """Read what `insert_otlp_json` would, and store nothing.

        Raises:
            StoreError: A request is not of the shape; the message tells its row.
        """
        with _refusals():
            self.client.raw_insert("otlp_json_check", insert_block=requests, fmt="JSONEachRow", settings=_JSON)

    def close(self) -> None:
        """Close every thread's client and give the data folder back."""
        with self._opening:
            for client in self._opened:
                client.close()
            self._opened.clear()
        if self._lock is not None:
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
        settings = dict(SESSION_SETTINGS)
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
                return clickhouse_connect.get_client(dsn=self.url, settings=settings)
            return clickhouse_connect.get_client(dsn=self.url, settings=settings, autogenerate_session_id=False)
        except (ClickHouseError, OSError) as error:
            raise StoreError(f"cannot reach the database at {_without_password(self.url)}: {_reason(error)}") from None


# What OTLP/JSON may hold that the tables do not: fields that are not read, and numbers where text is.
_JSON: dict[str, Any] = {
    "input_format_skip_unknown_fields": 1,
    "input_format_json_ignore_unknown_keys_in_named_tuple": 1,
    "input_format_json_defaults_for_missing_elements_in_named_tuple": 1,
    "input_format_json_read_numbers_as_strings": 1,
    "input_format_json_read_bools_as_strings": 1,
    "input_format_null_as_default": 1,
    # The errors count rows from the start.
    "input_format_parallel_parsing": 0,
}


def _once(token: str) -> dict[str, Any]:
    """Settings by which an insert with the same token does nothing the second time."""
    return {
        "insert_deduplication_token": token,
        # One thread and one block, so that a replayed segment gets the same tokens.
        "max_insert_threads": 1,
        "max_insert_block_size": 10_000_000,
        "min_insert_block_size_rows": 10_000_000,
        "min_insert_block_size_bytes": 2**31,
    }


class _refusals:  # noqa: N801
    """Turns the driver's errors into StoreError with the engine's own sentence."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (ClickHouseError, DatabaseError)):
            raise StoreError(_reason(error)) from error


def _reason(error: BaseException) -> str:
    text = str(error)
    for marker in ("DB::Exception: ", "DB::"):
        if marker in text:
            text = text.split(marker, 1)[1]
            break
    return text.split("Stack trace:")[0].split(" (version ")[0].split(" (for url ")[0].strip()


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rsplit('@', 1)[-1]}"
