"""The one way to the database: connect to it, run the statements of this package on it.

A store is a chDB folder opened in this process, a ClickHouse server, or, while a node has the folder open, that
node, asked through its Unix socket. All three answer alike.
"""

from __future__ import annotations

import contextlib
import re
import threading
import weakref
from typing import TYPE_CHECKING, Any, Self

from clickhouse_connect.driver.exceptions import ClickHouseError

from spanledger_settings.configuration import without_password
from spanledger_sql.at_rest import report_frame
from spanledger_sql.connection import Kind, connect
from spanledger_sql.definitions import kept_books
from spanledger_sql.definitions.included_parts import statement
from spanledger_sql.embedded.engine import EmbeddedEngine
from spanledger_sql.embedded.write_gate import WriteGate, only_reads
from spanledger_sql.inserts import requests as inserts
from spanledger_sql.inserts.settings import once
from spanledger_sql.node_socket import node_answers, socket_path
from spanledger_sql.result_frame import EmptyResults, frames_in_blocks, whole_frame
from spanledger_sql.store_error import StoreError, code_of, reason_of, refusals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from clickhouse_connect.driver.client import Client

    from spanledger_settings.configuration import Configuration

__all__ = ["OLDEST_CLICKHOUSE", "Kind", "Store", "StoreError", "statement", "too_old"]

# The oldest ClickHouse that knows all that the schema and the statements ask for.
OLDEST_CLICKHOUSE = (26, 3)
# Ends a DELETE of rows that nothing rests on any more: they need not be gone when it returns, which can take seconds.
UNWAITED = "SETTINGS lightweight_deletes_sync = 0"
_CHANGES_COLUMNS = re.compile(r"(?:\s|--[^\n]*\n)*(?:CREATE|ALTER|DROP|RENAME|EXCHANGE)\b", re.IGNORECASE)


def too_old(version: str) -> bool:
    """Whether a ClickHouse of this version, such as '25.8.2.29', lacks what the statements of this project need."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_CLICKHOUSE


class Store:
    """A connection to the database, safe to share between threads: each thread gets a client of its own."""

    def __init__(
        self,
        kind: Kind,
        url: str,
        *,
        node: Path | None = None,
        engine: EmbeddedEngine | None = None,
        scope: Mapping[str, str | int] | None = None,
    ) -> None:
        self.kind: Kind = kind
        self._scope = dict(scope or {})
        self.url = url
        self._node = node
        self._engine = engine
        self.gate = WriteGate()
        """Before what writes; of an embedded store, those who write past the store must pass it too."""
        self._clients = threading.local()
        self._empty = EmptyResults()
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
            engine = EmbeddedEngine.open(configuration, exclusive=exclusive, to_read=to_read)
            if engine is None:
                return cls.open(configuration, scope=scope, to_read=to_read)
            store = cls("embedded", url, engine=engine, scope=scope)
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

    def open_whole(self) -> None:
        """Open all tables and views of a store that was opened to read; of others they are open."""
        engine = self._engine
        if engine is None or engine.is_whole:
            return
        with self._opening:
            if not engine.is_whole:
                self._close_clients()
                self._clients = threading.local()
                engine.open_whole()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """While this lasts, something is written: all is open, and nobody copies the folder."""
        self.open_whole()
        with self.gate.writing():
            yield

    def _client_for(self, query: str, parameters: Mapping[str, Any] | None = None) -> Client:
        """This thread's client, whose engine has open what a query asks for."""
        engine = self._engine
        if engine is not None and not engine.is_whole:
            with self._opening:
                enough = only_reads(query) and engine.opens(query, (parameters or {}).values())
            if not enough:
                self.open_whole()
        return self.client

    @property
    def client(self) -> Client:
        """This thread's clickhouse-connect client."""
        client: Client | None = getattr(self._clients, "client", None)
        if client is None:
            with self._opening:
                address = self.url if self._engine is None else self._engine.address
                client = connect(self.kind, address, self._node, self._scope)
                self._opened.append(client)
            self._clients.client = client
        return client

    def frame(self, name: str, **parameters: Any) -> pd.DataFrame:
        """Rows of the query file ``name`` as a DataFrame; money columns hold Decimal, times are aware UTC."""
        return self.report_frame(statement(name), parameters)

    def report_frame(self, text: str, parameters: Mapping[str, Any], *, tag: str = "") -> pd.DataFrame:
        """Rows of a report's text, asked without what would add nothing to them.

        That is what it says of books that are not kept, and of calls one by one where sums hold of all of a period.

        Args:
            text: As `statement` gives it.
            parameters: Its parameters.
            tag: What its query begins with.

        Raises:
            StoreError: The database refused the query.
        """
        return report_frame(self, self.as_kept(text), parameters, tag)

    def as_kept(self, text: str) -> str:
        """A query without its passages about books that are not kept here.

        Raises:
            StoreError: The database refused to tell which are.
        """
        if not (books := kept_books.named_in(text)):
            return text
        kept = self.rows(statement("lookups/kept_books"))[0]
        return kept_books.without(text, {book for book in books if not kept[book]})

    def query_frame(self, query: str, parameters: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Rows of a query text as a DataFrame; its ``attrs["types"]`` has the database's name of each column's type.

        Raises:
            StoreError: The database refused the query.
        """
        with refusals():
            return whole_frame(self._client_for(query, parameters), query, dict(parameters or {}), self._empty)

    def frames(self, query: str) -> Iterator[pd.DataFrame]:
        """Rows of a query text in blocks, so that no result is too large; the first may have none.

        Raises:
            StoreError: The database refused the query.
        """
        with refusals():
            yield from frames_in_blocks(self._client_for(query), query, self._empty)

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
        with refusals(), contextlib.nullcontext() if only_reads(query) else self.writing():
            self._client_for(query, parameters).command(
                query, parameters=dict(parameters or {}), settings=dict(settings or {})
            )
        if _CHANGES_COLUMNS.match(query):
            self._empty.forget()

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
        with refusals(), self.writing():
            self.client.insert(
                table,
                [[row[column] for column in columns] for row in rows],
                column_names=columns,
                settings=once(token or inserts.another()),
            )

    def insert_frame(self, table: str, frame: pd.DataFrame) -> None:
        """Insert a DataFrame whose columns are named as the table's."""
        with refusals(), self.writing():
            self.client.insert_df(table, frame, settings=once(inserts.another()))

    def insert_otlp(self, requests: bytes | Iterable[bytes], token: str) -> None:
        """Insert length-prefixed OTLP export requests of the spool; a second call with the same ``token`` does nothing.

        Raises:
            StoreError: A request could not be read; nothing of its signal was stored.
        """
        inserts.insert_requests(self, requests, token)

    def insert_segment(
        self, requests: bytes | Path, ingested_at: int, *, segment: str, token: str = "", json_lines: bool = False
    ) -> None:
        """Insert OTLP export requests, whose rows can be taken back until the next insert.

        Args:
            requests: Length-prefixed bytes, or the file that holds them.
            ingested_at: Microseconds since 1970, for all rows; another insert of the segment has another.
            segment: What the requests came in; `take_back` finds the rows by it and `ingested_at`.
            token: A second insert with it does nothing; without one it does, as after rows were taken back.
            json_lines: The bytes are JSON, a request a line.

        Raises:
            StoreError: Some of the rows may be stored, in some of the tables.
        """
        inserts.insert_segment(self, requests, ingested_at, segment=segment, token=token, json_lines=json_lines)

    def take_back(self, first: int, last: int, *, segment: str) -> None:
        """Delete what inserts of a segment left in any table, however far they came; what others inserted stays.

        Args:
            first: The first `ingested_at` of the inserts.
            last: The last one.
            segment: What their requests came in.

        Raises:
            StoreError: An insert is still at work, or the database refuses; nothing is certain.
        """
        inserts.take_back(self, first, last, segment=segment)

    def check_otlp_json(self, requests: bytes) -> None:
        """Read what `insert_segment` would of JSON lines, and store nothing.

        Raises:
            StoreError: A request is not of the shape; the message tells its row.
        """
        inserts.check_json(self, requests)

    def close(self) -> None:
        """Close every thread's client and give the data folder back."""
        for made in list(self._scoped):
            made.close()
        with self._opening:
            self._close_clients()
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _close_clients(self) -> None:
        for client in self._opened:
            client.close()
        self._opened.clear()
