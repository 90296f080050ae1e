"""The files of the schema: tables by subject, released changes to them, views; and the order that they are applied in.

A file says in a header line what it needs, and comes after that:

    -- Needs: otel_traces, llm_spans

A view names every table and view that it reads or writes to; a file of tables whatever it rests on in other files.
"""

from __future__ import annotations

import functools
import hashlib
import re
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from spanledger_sql.definitions import vocabulary
from spanledger_sql.definitions.included_parts import with_parts
from spanledger_sql.definitions.opaque_comparison import with_opaque_comparisons
from spanledger_sql.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

_PACKAGE: Final = Path(__file__).parent.parent
_CHANGES: Final = "schema/changes"
_NEEDS = re.compile(r"^-- Needs: (.*)$", re.MULTILINE)
_MADE = re.compile(r"^CREATE (?:OR REPLACE )?(?:TABLE|VIEW|MATERIALIZED VIEW) (?:IF NOT EXISTS )?(\w+)", re.MULTILINE)


class MigrationError(StoreError):
    """The database's schema and this version's do not fit together."""


@dataclass(frozen=True)
class SchemaFile:
    """One file of the schema.

    Attributes:
        name: Its path below this package, without the suffix.
        text: What is in it, with the parts that it includes.
        opaque: What its statements compare the engine does not look into.
    """

    name: str
    text: str
    opaque: bool = False

    @functools.cached_property
    def checksum(self) -> str:
        """SHA-256 of the file's text, and of how it is rewritten, in hex."""
        digest = hashlib.sha256(self.text.encode())
        if self.opaque:
            digest.update(_rewriting())
        return digest.hexdigest()

    @property
    def statements(self) -> list[str]:
        """The file's statements, without comments."""
        text = with_opaque_comparisons(self.text) if self.opaque else self.text
        code = re.sub(r"^\s*--.*$", "", text, flags=re.MULTILINE)
        return [part.strip() for part in re.split(r";\s*$", code, flags=re.MULTILINE) if part.strip()]

    @functools.cached_property
    def needs(self) -> tuple[str, ...]:
        """The tables and views that the file says it needs."""
        return tuple(name.strip() for line in _NEEDS.findall(self.text) for name in line.split(","))

    @functools.cached_property
    def makes(self) -> tuple[str, ...]:
        """The tables and views that the file makes."""
        return tuple(_MADE.findall(self.text))


def tables() -> list[SchemaFile]:
    """The files of tables, `SUBJECT.sql` in the rooms of `schema/`, in an order that they can be applied in."""
    return in_order(file for file in _files("schema") if not file.name.startswith(_CHANGES))


def changes() -> list[SchemaFile]:
    """The changes to released tables, `schema/changes/NNNN_name.sql`, by number."""
    return list(_files(_CHANGES))


def views() -> list[SchemaFile]:
    """The views, the files of `views/ingest/` and `views/read/`, in an order that they can be applied in.

    The parts that they include and the vocabulary's constants stand in them for their placeholders. What those of
    `views/ingest/` compare the engine does not look into: each insert plans them anew.
    """
    # They are rewritten when they are made: every command asks for their checksums.
    ingest = [SchemaFile(file.name, _whole(file), opaque=True) for file in _files("views/ingest")]
    read = [SchemaFile(file.name, _whole(file)) for file in _files("views/read")]
    return in_order([*ingest, *read], given=tables())


def in_order(files: Iterable[SchemaFile], given: Iterable[SchemaFile] = ()) -> list[SchemaFile]:
    """The files, each after those that make what it needs; else by name.

    Args:
        files: What to put in order.
        given: Files that are applied before all of them.

    Raises:
        MigrationError: A file needs what no file makes, or itself in the end.
    """
    ordered = sorted(files, key=lambda file: file.name)
    maker = {made: file for file in (*given, *ordered) for made in file.makes}
    for file in ordered:
        if unknown := [name for name in file.needs if name not in maker]:
            raise MigrationError(f"{file.name}.sql: needs {', '.join(unknown)}, which no file of the schema makes")
    sorter = TopologicalSorter(dict.fromkeys(ordered, ()))
    for file in ordered:
        sorter.add(file, *(maker[name] for name in file.needs if maker[name] != file and maker[name] in ordered))
    try:
        return list(sorter.static_order())
    except CycleError as error:
        circle = " needs ".join(file.name for file in reversed(error.args[1]))
        raise MigrationError(f"files of the schema need each other: {circle}") from None


def _whole(view: SchemaFile) -> str:
    return vocabulary.fill(with_parts(view.text))


@functools.cache
def _rewriting() -> bytes:
    return (Path(__file__).parent / "opaque_comparison.py").read_bytes()


@functools.cache
def _files(folder: str) -> tuple[SchemaFile, ...]:
    """The `.sql` files of a folder of the package and of its rooms, by name."""
    files = sorted((_PACKAGE / folder).rglob("*.sql"))
    return tuple(
        SchemaFile(str(file.relative_to(_PACKAGE).with_suffix("")), file.read_text(encoding="utf-8")) for file in files
    )
