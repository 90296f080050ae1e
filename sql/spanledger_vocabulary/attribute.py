"""Attributes: what instrumentations call things, what that means here, and what may be stored of the value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from spanledger_vocabulary.dialect import dialects
from spanledger_vocabulary.row_file import FOLDER, Once, read

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS: Final = ("name", "dialect", "meaning", "holds", "stored")
STORED: Final = {
    "count": "whole", "name": "whole", "identity": "whole", "type": "part", "url": "part", "usage": "part",
    "identities": "part", "answer": "part", "contents": "no", "email": "part",
    "repository": "part",
}  # fmt: skip
"""What may be stored, by what an attribute holds."""
_NAME: Final = re.compile(r"[A-Za-z0-9_*-]+(\.[A-Za-z0-9_*-]+)*")
_MEANING: Final = re.compile(r"([a-z0-9_]+(\.[a-z0-9_]+)?)?")


@dataclass(frozen=True)
class Attribute:
    """A name, or a pattern of names. README.md says what each column holds."""

    name: str
    dialect: str
    meaning: str
    holds: str
    stored: str

    @property
    def pattern(self) -> str:
        """A regular expression (RE2) of the names that a pattern stands for; '' for an exact name."""
        if "*" not in self.name:
            return ""
        *inner, last = self.name.split(".")
        parts = ["[^.]+" if part == "*" else re.escape(part) for part in inner]
        return r"\.".join([*parts, ".+" if last == "*" else re.escape(last)])


@cache
def attributes() -> tuple[Attribute, ...]:
    """All of them, in the file's order."""
    return read_attributes(FOLDER / "attribute.csv")


def read_attributes(path: Path) -> tuple[Attribute, ...]:
    """The attributes of a file.

    Raises:
        VocabularyError: A row cannot be.
    """
    writers = ("any", *(dialect.name for dialect in dialects()))
    names = Once()
    found = []
    for row in read(path, COLUMNS):
        attribute = Attribute(
            name=row.word("name"),
            dialect=row.one_of("dialect", writers),
            meaning=row.text("meaning"),
            holds=row.one_of("holds", tuple(STORED)),
            stored=row.one_of("stored", ("whole", "part", "no")),
        )
        names.take(row, "name", attribute.name)
        if not _NAME.fullmatch(attribute.name):
            raise row.refuse("name", f"expected segments with points between them, found {attribute.name!r}")
        if any("*" in part and part != "*" for part in attribute.name.split(".")):
            raise row.refuse("name", "* stands for whole segments")
        if not _MEANING.fullmatch(attribute.meaning):
            raise row.refuse("meaning", f"expected a name such as usage.input, found {attribute.meaning!r}")
        if attribute.meaning and attribute.pattern:
            raise row.refuse("meaning", "a pattern of names has no meaning; only exact names are read")
        if attribute.stored != (expected := STORED[attribute.holds]):
            raise row.refuse("stored", f"what holds {attribute.holds} is stored {expected}, found {attribute.stored!r}")
        found.append(attribute)
    return tuple(found)
