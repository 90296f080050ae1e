"""Erasing a name: a pseudonym takes its place in every table, and every sum stays what it was."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from spanledger_enrich.books.closing.forgotten_text import erase
from spanledger_settings.mendable import AskedWronglyError, MendableError
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spanledger_sql.store import Store

Whose = Literal["tenant", "user"]

_COLUMNS = {
    "tenant": (
        "tenant_id",
        "rule_tenant_id",
        "old_tenant_id",
        "new_tenant_id",
        "tenant",
        "tenants",
        "share_tenants",
        "idle_owner",
    ),
    "user": ("user_id", "users"),
}
PSEUDONYM = re.compile(r"forgotten-[0-9a-f]{8}")
# The worker may write a batch that it read before: the tables are looked through again until nothing is left.
_MOST_ROUNDS = 5
_NOW = {"mutations_sync": 2, "lightweight_deletes_sync": 2}
# The engine keeps a hundred statements of each table that changed rows, with both names in them, in files and for all
# to read. What is done needs them no longer. It writes texts as a tuple's.
_WRITTEN = "toString(tuple({name:String}))"
_NOT_KEPT = (
    "KILL MUTATION WHERE database = currentDatabase() AND is_done AND (position(command, {pseudonym:String}) > 0 "
    f"OR position(command, substring({_WRITTEN}, 2, length({_WRITTEN}) - 2)) > 0) SYNC"
)


class ForgettingError(MendableError):
    """A name that cannot be forgotten; the message says why."""


class UnknownPersonError(ForgettingError, AskedWronglyError):
    """No table has that name."""


@dataclass(frozen=True)
class _Column:
    table: str
    name: str
    kind: str
    is_key: bool

    @property
    def is_map(self) -> bool:
        return "Map(" in self.kind

    @property
    def holds(self) -> str:
        """Whether the name stands in it."""
        if self.kind.startswith("Array(Map("):
            return f"arrayExists(one -> arrayExists(text -> {_STANDS}, mapValues(one)), {self._quoted})"
        if self.is_map:
            return f"arrayExists(text -> {_STANDS}, mapValues({self._quoted}))"
        if self.kind == "Array(UInt64)":
            return f"has({self._quoted}, cityHash64({{name:String}}))"
        if self.kind.startswith("Array("):
            return f"has({self._quoted}, {{name:String}})"
        return f"{self._quoted} = {{name:String}}"

    @property
    def replaced(self) -> str:
        """Its value with the pseudonym in the name's place."""
        if self.kind.startswith("Array(Map("):
            inside = f"mapApply((key, text) -> (key, {_OTHERWISE}), one)"
            return f"CAST(arrayMap(one -> {inside}, {self._quoted}), '{self.kind}')"
        if self.is_map:
            return f"CAST(mapApply((key, text) -> (key, {_OTHERWISE}), {self._quoted}), '{self.kind}')"
        if self.kind == "Array(UInt64)":
            hashes = "cityHash64({name:String}), cityHash64({pseudonym:String})"
            return f"arrayMap(one -> if(one = {hashes}, one), {self._quoted})"
        if self.kind.startswith("Array("):
            return f"arrayMap(one -> if(one = {{name:String}}, {{pseudonym:String}}, one), {self._quoted})"
        return "{pseudonym:String}"

    @property
    def _quoted(self) -> str:
        return f"`{self.name}`"


# The whole of a value, or a value in a JSON document.
_STANDS = "text = {name:String} OR position(text, concat('\"', {name:String}, '\"')) > 0"
_OTHERWISE = (
    "if(text = {name:String}, {pseudonym:String}, "
    "replaceAll(text, concat('\"', {name:String}, '\"'), concat('\"', {pseudonym:String}, '\"')))"
)


def new_pseudonym() -> str:
    """A name that tells nothing of the one whose place it takes."""
    return f"forgotten-{secrets.token_hex(4)}"


def refuse_impossible(store: Store, whose: Whose, name: str, pseudonym: str) -> None:
    """Complain of a name that no table has, and of a pseudonym that is none: before anybody is asked to confirm.

    Raises:
        ForgettingError: The name cannot be forgotten so.
    """
    if not PSEUDONYM.fullmatch(pseudonym):
        raise ForgettingError(
            f"{pseudonym!r} is no pseudonym; expected what an interrupted run told, forgotten-12ab34cd"
        )
    if not _found(store, _columns(store, whose), name):
        raise UnknownPersonError(f"no table has the {whose} {name!r}")


def forget(store: Store, whose: Whose, name: str, pseudonym: str) -> dict[str, int]:
    """Put a pseudonym in a name's place in all tables; gives the number of rows changed by table.

    Args:
        store: The database.
        whose: Whether it is a tenant's or a user's name.
        name: As the ledger has it.
        pseudonym: From `new_pseudonym`; a run that was interrupted goes on with the one that it began with.

    Raises:
        ForgettingError: The pseudonym is none, or the name is not in any table, or comes again and again.
    """
    refuse_impossible(store, whose, name, pseudonym)
    columns = _columns(store, whose)
    changed: dict[str, int] = {}
    if whose == "tenant":
        texts = [row["number"] for row in store.rows(statement("closing/texts_of"), tenant=name)]
        if texts:
            changed["book_event"] = len(texts)
            erase(store, texts)
        # With it the hash in the tenant's statements would still tell whose they are.
        store.execute("ALTER TABLE book_party UPDATE salt = '' WHERE tenant_id = {name:String}", {"name": name}, _NOW)
    for _ in range(_MOST_ROUNDS):
        if not (found := _found(store, columns, name)):
            break
        for table, rows in found.items():
            _replace(store, table, columns[table], {"name": name, "pseudonym": pseudonym})
            store.execute(_NOT_KEPT, {"name": name, "pseudonym": pseudonym})
            changed[table] = changed.get(table, 0) + rows
    else:
        raise ForgettingError(
            f"{name!r} comes again while it is forgotten, into {', '.join(found)}: stop what still sends it, and run "
            f"this again with --as {pseudonym}"
        )
    return changed


def _columns(store: Store, whose: Whose) -> dict[str, list[_Column]]:
    """The columns that may hold the name, by table; those that everything else is made from come first."""
    rows = store.rows(
        "SELECT table, name, type, is_in_sorting_key FROM system.columns WHERE database = currentDatabase() "
        "AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')"
    )
    found: dict[str, list[_Column]] = {}
    for row in rows:
        if row["name"] in _COLUMNS[whose] or ("Map(" in row["type"] and "String)" in row["type"]):
            column = _Column(row["table"], row["name"], row["type"], bool(row["is_in_sorting_key"]))
            found.setdefault(column.table, []).append(column)
    order = ("otel_traces", "llm_spans", "reported_outcome", "call_tenant", "call_verdict")
    return {table: found[table] for table in sorted(found, key=lambda table: (table not in order, table))}


def _found(store: Store, columns: dict[str, list[_Column]], name: str) -> dict[str, int]:
    """How many rows hold the name, by table."""
    return {table: rows for table in columns if (rows := _rows(store, table, columns[table], name))}


def _rows(store: Store, table: str, columns: Iterable[_Column], name: str) -> int:
    anywhere = " OR ".join(f"({column.holds})" for column in columns)
    return int(store.value(f"SELECT count() FROM `{table}` WHERE {anywhere}", name=name))  # noqa: S608


def _replace(store: Store, table: str, columns: list[_Column], names: dict[str, str]) -> None:
    changed = [column for column in columns if not column.is_key]
    for column in changed:
        text = f"ALTER TABLE `{table}` UPDATE `{column.name}` = {column.replaced} WHERE {column.holds}"
        store.execute(text, names, _NOW)
    for column in columns:
        if column.is_key:
            _move(store, table, column, names)


def _move(store: Store, table: str, column: _Column, names: dict[str, str]) -> None:
    """Rows that are sorted by the name are not updated: they come again, and then go under their old name."""
    where = f"FROM `{table}` WHERE `{column.name}`"
    # What an interrupted run brought goes first.
    store.execute(f"DELETE {where} = {{pseudonym:String}}", names, _NOW)
    rows = f"SELECT * {where} = {{name:String}}"
    again = f"SELECT * REPLACE ({{pseudonym:String}} AS `{column.name}`) FROM ({rows})"  # noqa: S608
    store.execute(f"INSERT INTO `{table}` {again}", names)
    counts = [store.value(f"SELECT count() {where} = {{one:String}}", one=one) for one in names.values()]
    if counts[0] != counts[1]:
        raise ForgettingError(
            f"{table}: {counts[0]:,} rows of the name, {counts[1]:,} of the pseudonym; nothing is deleted"
        )
    store.execute(f"DELETE {where} = {{name:String}}", names, _NOW)
