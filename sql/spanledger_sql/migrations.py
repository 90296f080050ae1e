"""Brings a database up to this version's schema: tables and changes once, views whenever what they rest on changed.

Every statement can run again, and what has run is noted after each: a migration that is killed goes on where it
stopped, and parts that start at once on an empty database do not meet.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from spanledger_sql.durability import sync_inserts
from spanledger_sql.migration_log import MigrationLog
from spanledger_sql.schema_file import MigrationError, SchemaFile, changes, tables, views
from spanledger_sql.store import StoreError

if TYPE_CHECKING:
    from spanledger_sql.store import Store

_MATERIALIZED = re.compile(r"CREATE MATERIALIZED VIEW IF NOT EXISTS (\w+) TO \w+ AS\s+(.*)", re.DOTALL)


def migrate(store: Store) -> list[str]:
    """Bring the database up to this version's schema; gives the names of the files applied now.

    Raises:
        MigrationError: An applied file was changed, the database is from a newer version or from before the first
            release, or it refuses a statement.
    """
    log = MigrationLog.begin(store)
    log.refuse_what_does_not_fit(_once())
    done = []
    for file, checksum in _all():
        if not log.finished(file, checksum):
            _apply(store, log, file, checksum)
            done.append(file.name)
    sync_inserts(store)
    return done


def pending(store: Store) -> list[str]:
    """Names of the files that `migrate` would apply.

    Raises:
        MigrationError: See `migrate`.
    """
    log = MigrationLog.read(store)
    log.refuse_what_does_not_fit(_once())
    return [file.name for file, checksum in _all() if not log.finished(file, checksum)]


def _once() -> list[SchemaFile]:
    return [*tables(), *changes()]


def _all() -> list[tuple[SchemaFile, str]]:
    """Every file, in order, with the checksum of all that it rests on.

    A view is made of the columns that its tables have when it is made: a view follows each change of a table.
    """
    once = _once()
    under = "".join(file.checksum for file in once)
    above = [(view, hashlib.sha256(f"{under}{view.checksum}".encode()).hexdigest()) for view in views()]
    return [*((file, file.checksum) for file in once), *above]


def _apply(store: Store, log: MigrationLog, file: SchemaFile, checksum: str) -> None:
    statements = file.statements
    for number in range(log.resumes_at(file, checksum), len(statements)):
        try:
            store.execute(_anew(store, statements[number]))
        except StoreError as error:
            raise MigrationError(f"{file.name}.sql, statement {number + 1}: {error}") from error
        log.note(file, checksum, number + 1)


def _anew(store: Store, statement: str) -> str:
    """The statement that gives a materialized view its present text.

    One that is there is changed in place: made anew, it would miss the rows that arrive meanwhile.
    """
    materialized = _MATERIALIZED.fullmatch(statement)
    if materialized and store.value(
        "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = {name:String}",
        name=materialized[1],
    ):
        return f"ALTER TABLE {materialized[1]} MODIFY QUERY {materialized[2]}"
    return statement
