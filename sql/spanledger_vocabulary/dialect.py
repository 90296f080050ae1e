"""Dialects: the ways in which instrumentations name things."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from spanledger_vocabulary.row_file import FOLDER, Once, read

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS: Final = ("name", "begins", "told_by", "read")


@dataclass(frozen=True)
class Dialect:
    """One way. README.md says what each column holds."""

    name: str
    begins: tuple[str, ...]
    told_by: str
    read: str


@cache
def dialects() -> tuple[Dialect, ...]:
    """All of them, in the file's order."""
    return read_dialects(FOLDER / "dialect.csv")


@cache
def beginnings() -> tuple[str, ...]:
    """How the names of attributes begin that only spans about calls of models carry."""
    return tuple(dict.fromkeys(begin for dialect in dialects() for begin in dialect.begins))


def read_dialects(path: Path) -> tuple[Dialect, ...]:
    """The dialects of a file.

    Raises:
        VocabularyError: A row cannot be.
    """
    names = Once()
    found = []
    for row in read(path, COLUMNS):
        names.take(row, "name", row.word("name"))
        for begin in row.words("begins"):
            if not begin.endswith("."):
                raise row.refuse("begins", f"expected whole segments with a point after them, found {begin!r}")
        if not row.text("told_by"):
            raise row.refuse("told_by", "expected what tells the dialect")
        found.append(Dialect(row.text("name"), row.words("begins"), row.text("told_by"), row.text("read")))
    return tuple(found)
