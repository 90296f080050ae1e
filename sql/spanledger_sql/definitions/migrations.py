"""Brings a database up to this version's schema: tables and changes once, views whenever what they rest on changed.

Every statement can run again, and what has run is noted after each: a migration that is killed goes on where it
stopped, and parts that start at once on an empty database do not meet.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from spanledger_sql.definitions import vocabulary
from spanledger_sql.definitions.migration_log import VOCABULARY, MigrationLog
from spanledger_sql.definitions.schema_file import MigrationError, SchemaFile, changes, tables, views
from spanledger_sql.embedded.durability import sync_inserts
from spanledger_sql.store import StoreError

if TYPE_CHECKING:
    from spanledger_sql.store import Store

_FILLING = re.compile(r"CREATE MATERIALIZED VIEW IF NOT EXISTS (\w+) TO \w+ AS\s+(.*)", re.DOTALL)


def migrate(store: Store) -> list[str]:
    """Bring the database up to this version's schema; gives the names of the files applied now.

    Raises:
        MigrationError: An applied file was changed, the database is from a newer version or from before the first
            release, or it refuses a statement.
    """
    log = MigrationLog.begin(store)
    log.refuse_what_does_not_fit(_once())
    done = []
    for file, checksum in with_checksums(_once(), []):
        if not log.finished(file, checksum):
            apply(store, log, file, checksum)
            done.append(file.name)
    rows = _vocabulary()
    if not log.finished(rows, rows.checksum):
        vocabulary.load(store)
        log.note(rows, rows.checksum, 1)
        done.append(rows.name)
    for file, checksum in with_checksums(_once(), views()):
        if not log.finished(file, checksum):
            apply(store, log, file, checksum)
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
    rows = _vocabulary()
    files = [*with_checksums(_once(), views()), (rows, rows.checksum)]
    return [file.name for file, checksum in files if not log.finished(file, checksum)]


def with_checksums(once: list[SchemaFile], above: list[SchemaFile]) -> list[tuple[SchemaFile, str]]:
    """Every file, with the checksum of all that it rests on.

    A view has the columns that its tables had when it was made: it follows each change of a table.

    Args:
        once: Tables and changes to them.
        above: Views.
    """
    under = "".join(file.checksum for file in once)
    checksums = [hashlib.sha256(f"{under}{view.checksum}".encode()).hexdigest() for view in above]
    return [*((file, file.checksum) for file in once), *zip(above, checksums, strict=True)]


def apply(store: Store, log: MigrationLog, file: SchemaFile, checksum: str) -> None:
    """Run those of a file's statements that the log does not know to have run, and note each.

    Raises:
        MigrationError: The database refuses a statement.
    """
    statements = file.statements
    begun = log.knows(file)
    if not begun:
        log.note(file, checksum, 0)
    for number in range(log.resumes_at(file, checksum), len(statements)):
        try:
            store.execute(_fitting(store, statements[number], begun=begun))
        except StoreError as error:
            raise MigrationError(f"{file.name}.sql, statement {number + 1}: {error}") from error
        log.note(file, checksum, number + 1)


def _once() -> list[SchemaFile]:
    return [*tables(), *changes()]


def _vocabulary() -> SchemaFile:
    """The rows of the vocabulary as the log knows them: other ones where their files have changed."""
    return SchemaFile(VOCABULARY, vocabulary.checksum())


def _fitting(store: Store, statement: str, *, begun: bool) -> str:
    """The statement that gives a view its present text; others as they are.

    A view that fills a table is changed in place: made anew, it would miss the rows that arrive meanwhile. One that is
    read is replaced, but for the first time made only where another part did not just make it: embedded, a view is
    away for a moment while it is replaced.
    """
    if filling := _FILLING.fullmatch(statement):
        there = "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = {name:String}"
        if store.value(there, name=filling[1]):
            return f"ALTER TABLE {filling[1]} MODIFY QUERY {filling[2]}"
        if store.kind == "server":
            # Who may bring spans in need not be able to read what they go through.
            definer = " DEFINER = CURRENT_USER SQL SECURITY DEFINER AS"
            return f"{statement[: filling.start(2)].rstrip().removesuffix('AS').rstrip()}{definer} {filling[2]}"
    return statement if begun else statement.replace("CREATE OR REPLACE VIEW", "CREATE VIEW IF NOT EXISTS", 1)
