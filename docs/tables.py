"""The page of all tables and views, from the schema's files and the engine's own catalogue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from queries import cell, read, short_type, told_columns

from spanledger_sql.definitions.schema_file import tables, views

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from spanledger_sql.definitions.schema_file import SchemaFile
    from spanledger_sql.store import Store

_HEAD = """# Tables and views

Every table and view of the database, by subject. Those that reports are made for, with the meaning of each column, are
in [the ledger](ledger.md). Money is USD and times are UTC. Made from `sql/spanledger_sql/schema/` and `views/` by
`make docs`; do not edit.
"""
_MADE = (
    r"(?P<about>(?:^--.*\n)*)\n?"
    r"CREATE (?:OR REPLACE )?(?:TABLE|VIEW|MATERIALIZED VIEW) (?:IF NOT EXISTS )?(?P<name>\w+)"
)
_CATALOGUE = """
SELECT name, engine_full
FROM system.tables
WHERE database = currentDatabase() AND NOT startsWith(name, '.')
"""
# Views of a time, half-open.
_OF_A_TIME = ("beside_call", "charges", "named_hours", "paid_call", "wasted_call")
_OF_MONTHS = ("carded_call", "tenant_charge")
_OF_WHAT_IS_ASKED = ("call_hours", "drawn_hours", "ledger_standing")


def page(store: Store) -> str:
    """The page: every table and view with its columns, keys and how long its rows are kept."""
    engines = {row["name"]: row["engine_full"] for row in store.rows(_CATALOGUE)}
    lines = [_HEAD]
    for file in sorted(tables(), key=lambda file: file.name):
        lines.append(f"## {_subject(file)}\n")
        for name, about in _made(file):
            lines += [f"### {name}\n", f"{about}\n", f"{' '.join(_stored(engines[name]))}\n"]
            lines += columns(store, name)
    lines.append("## Views\n")
    for file in sorted(views(), key=lambda file: file.makes):
        lines += _view(store, file)
    return "\n".join(lines)


def columns(store: Store, name: str, meanings: Mapping[str, str] | None = None) -> list[str]:
    """The lines of the table of a table's or view's columns: name, type, meaning."""
    lines = ["| column | type | is |\n|---|---|---|"]
    for row in store.rows(f"DESCRIBE TABLE {given(name)}"):
        meaning = meanings[row["name"]] if meanings else row["comment"]
        lines.append(f"| `{row['name']}` | {_type(row['type'])} | {cell(meaning)} |")
    return [*lines, ""]


def given(name: str) -> str:
    """A table or view as a query names it; a view of a moment or a time has columns only once that is given."""
    if name in _OF_MONTHS:
        return f"{name}(from = now64(9, 'UTC'), to = now64(9, 'UTC'), timezone = 'UTC')"
    if name in _OF_A_TIME:
        return f"{name}(from = now64(9, 'UTC'), to = now64(9, 'UTC'))"
    if name in _OF_WHAT_IS_ASKED:
        return (
            f"{name}(from = now64(9, 'UTC'), to = now64(9, 'UTC'), moment = now64(6, 'UTC'), grain = 'hour', "
            "timezone = 'UTC', told = [])"
        )
    if name == "priced_use":
        return (
            f"{name}(from = now64(9, 'UTC'), to = now64(9, 'UTC'), before_from = now64(9, 'UTC'), "
            "before_to = now64(9, 'UTC'), own = '')"
        )
    if name == "recorded_hours":
        return f"{name}(told = [])"
    return f"{name}(moment = now64(6, 'UTC'))" if name.endswith("_at") else name


def _view(store: Store, file: SchemaFile) -> Iterator[str]:
    """A view; one that fills a table has no columns of its own."""
    (name,) = file.makes
    header = read(file.name)
    yield f"### {name}\n"
    yield from (f"{paragraph}\n" for paragraph in header.answers)
    filled = re.search(r" TO (\w+) AS", file.text)
    if filled:
        sources = [need for need in file.needs if need != filled[1]]
        yield f"Fills `{filled[1]}` with what comes into {_code(sources)}.\n"
        return
    yield f"From {_code(file.needs)}.\n"
    yield from columns(store, name, told_columns(header, store))


def _subject(file: SchemaFile) -> str:
    return file.name.rpartition("/")[2].replace("_", " ")


def _made(file: SchemaFile) -> Iterator[tuple[str, str]]:
    """What a file makes, each with what the comment before it says."""
    for match in re.finditer(_MADE, file.text, re.MULTILINE):
        comment = "\n".join(line.removeprefix("--").strip() for line in match["about"].splitlines())
        yield match["name"], "\n\n".join(" ".join(part.split()) for part in comment.split("\n\n") if part.strip())


def _stored(engine: str) -> Iterator[str]:
    """How rows are kept, from the engine's clause."""
    name = re.match(r"\w*", engine)
    if not engine or name is None:
        return
    kind = re.match(r"\w+(\(\w+\))?", engine)
    yield f"`{kind[0] if kind else name[0]}`"
    for clause, words in (("ORDER BY", "by"), ("PARTITION BY", "partitions by"), ("TTL", "kept until")):
        found = re.search(rf"\b{clause} (.+?)(?= PARTITION BY| PRIMARY KEY| ORDER BY| TTL| SETTINGS|$)", engine)
        if found:
            yield f"{words} `{found[1]}`"


def _type(kind: str) -> str:
    return short_type(kind) if len(kind) < 200 else f"{kind.partition('(')[0]}, nested as in the file"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
