"""The page of all queries, from the headers of their files.

A header says:

    -- What the query answers, in a sentence or two.
    --
    -- Parameters:
    --   from, to DateTime64(9, 'UTC'): the period, half-open
    -- Columns:
    --   calls: counted ones
    --   ledger.*: all columns of the table `ledger`

A line that goes on is indented by two more. A statement that gives no rows has no columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import spanledger_sql
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_sql.store import Store

_ITEM = re.compile(r"(?P<names>[\w.*]+(?:, [\w.*]+)*)(?: (?P<type>[A-Z][^:]*?))?: (?P<meaning>.+)")
# Parameters that the engine takes no empty text for.
_WORDS = {"batch": "ledger_batch", "inserts": "ledger_inserts", "grain": "day", "timezone": "UTC"}
_HEAD = """# Queries

The queries behind the reports, the dashboards and the worker, by their files below `sql/spanledger_sql/`. A program
runs one by `store.frame("reports/chargeback/chargeback", ...)`; over the [tables](schema.md) and views you can write
your own. Money is USD, times are UTC, and a sum leaves out what is unknown: a column beside it counts that. Made from
the files' headers by `make docs`; do not edit.
"""


class HeaderError(ValueError):
    """A header that is not of the form, or does not say what its query takes and gives."""


@dataclass(frozen=True)
class Item:
    """Parameters or columns of one meaning; ``type`` is empty of columns: the engine knows it."""

    names: tuple[str, ...]
    type: str
    meaning: str


@dataclass(frozen=True)
class Query:
    """One file: ``name`` is its path without the suffix, ``answers`` the paragraphs of its header."""

    name: str
    text: str
    answers: tuple[str, ...]
    parameters: tuple[Item, ...]
    columns: tuple[Item, ...]

    @property
    def gives_rows(self) -> bool:
        """Whether it is a query, and no statement that changes something."""
        code = re.sub(r"^--.*\n", "", self.text, flags=re.MULTILINE)
        return code.startswith(("SELECT", "WITH"))

    @property
    def takes(self) -> dict[str, str]:
        """The parameters in its text, with their types."""
        return dict(re.findall(r"\{(\w+):([^}]+)\}", self.text))


def queries() -> list[Query]:
    """Every report and look-up, by name.

    Raises:
        HeaderError: A header is not of the form.
    """
    package = Path(spanledger_sql.__file__).parent
    files = [*(package / "lookups").rglob("*.sql"), *(package / "reports").rglob("*.sql")]
    return [read(name) for name in sorted(str(file.relative_to(package).with_suffix("")) for file in files)]


def read(name: str) -> Query:
    """One query or view, with its header taken apart."""
    text = statement(name)
    head = re.match(r"(?:--.*\n)+", re.sub(r"^-- Needs: .*\n", "", text, flags=re.MULTILINE))
    if head is None:
        raise HeaderError(f"{name}.sql: has no header")
    lines = [line[3:] if line != "--" else "" for line in head[0].splitlines()]
    answers, parameters, columns = _parts("\n".join(lines))
    paragraphs = tuple(" ".join(part.split()) for part in answers.split("\n\n") if part.strip())
    return Query(name, text, paragraphs, items(name, parameters), items(name, columns))


def items(name: str, text: str) -> tuple[Item, ...]:
    """The parameters or columns that a part of a header tells.

    Raises:
        HeaderError: A line of it is none.
    """
    told = []
    for lines in re.split(r"\n(?=  \S)", text.rstrip("\n")) if text.strip() else []:
        entry = " ".join(lines.split())
        match = _ITEM.match(entry) if lines.startswith("  ") else None
        if match is None:
            raise HeaderError(f"{name}.sql: expected '  NAME, NAME TYPE: MEANING' in its header, got {entry!r}")
        names = tuple(match["names"].split(", "))
        told.append(Item(names, match["type"] or "", match["meaning"]))
    return tuple(told)


def columns_of(query: Query, store: Store) -> dict[str, str]:
    """The columns that the engine says a query gives, with their types."""
    parameters = {name: _sample(name, kind) for name, kind in query.takes.items()}
    return {name: kind for name, kind, _ in _described(store, f"({query.text}\n)", parameters)}


def told_columns(query: Query, store: Store) -> dict[str, str]:
    """The columns that the header tells of, with their meanings; of a whole table's those that the table tells.

    Raises:
        HeaderError: A column is told twice.
    """
    told: dict[str, str] = {}
    for item in query.columns:
        for name in item.names:
            meanings = {name: item.meaning}
            if name.endswith(".*"):
                described = _described(store, name.removesuffix(".*"), {})
                meanings = {column: comment or item.meaning for column, _, comment in described}
            if twice := meanings.keys() & told.keys():
                raise HeaderError(f"{query.name}.sql: tells {', '.join(sorted(twice))} twice")
            told |= meanings
    return told


def page(store: Store) -> str:
    """The page: every query with its parameters and columns."""
    return "\n".join([_HEAD, *(line for query in queries() for line in _section(query, store))])


def _section(query: Query, store: Store) -> Iterator[str]:
    yield f"## {query.name}\n"
    yield from (f"{paragraph}\n" for paragraph in query.answers)
    if query.parameters:
        yield "| parameter | type | is |\n|---|---|---|"
        for item in query.parameters:
            yield f"| {_code(item.names)} | {item.type} | {cell(item.meaning)} |"
        yield ""
    if query.columns:
        types = columns_of(query, store)
        yield "| column | type | is |\n|---|---|---|"
        for item in query.columns:
            kinds = dict.fromkeys(short_type(types[name]) for name in item.names if name in types)
            yield f"| {_code(item.names)} | {'; '.join(kinds)} | {cell(item.meaning)} |"
        yield ""


def short_type(kind: str) -> str:
    """A type as a reader of SQL cares about it: without how it is stored."""
    kind = re.sub(r"LowCardinality\((\w+|Nullable\(\w+\))\)", r"\1", kind)
    kind = re.sub(r", 'UTC'|\('UTC'\)", "", kind)
    return re.sub(r"^Nullable\((.*)\)$", r"\1, nullable", kind)


def _parts(text: str) -> tuple[str, str, str]:
    answers, _, columns = text.partition("\nColumns:\n")
    answers, _, parameters = answers.partition("\nParameters:\n")
    return answers, parameters, columns


def _described(store: Store, table: str, parameters: dict[str, object]) -> list[tuple[str, str, str]]:
    """Name, type and comment of each column."""
    rows = store.rows(f"DESCRIBE TABLE {table}", **parameters)
    return [(row["name"], row["type"], row["comment"]) for row in rows]


def _sample(name: str, kind: str) -> object:
    """A value of a parameter, for a query that is only described."""
    if name in _WORDS:
        return _WORDS[name]
    if kind.startswith("Array"):
        return []
    if kind.startswith("DateTime"):
        return "2026-01-01 00:00:00"
    return {"String": "", "Identifier": "calls", "Date": "2026-01-01"}.get(kind, 1)


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def cell(text: str) -> str:
    """Text of one line of a table."""
    return text.replace("|", "\\|")
