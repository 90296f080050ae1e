"""Words that dialects use for the same thing: operations, and the counts in usage documents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from spanledger_vocabulary.dialect import dialects
from spanledger_vocabulary.row_file import FOLDER, Once, read

if TYPE_CHECKING:
    from pathlib import Path

COUNTS: Final = (
    "input", "output", "cache_read", "cache_write", "cache_write_1h", "cache_write_5m", "reasoning", "audio_input",
    "audio_output", "searches", "total", "tool_prompt", "predicted", "predicted_in_vain", "image_input", "image_output",
    "video_input", "text_input", "text_output", "image_cache_read", "audio_cache_read", "citation",
)  # fmt: skip
"""What is counted, in the order in which the views keep it."""


@dataclass(frozen=True)
class Operation:
    """What a dialect calls an operation, and what the ledger calls it."""

    dialect: str
    name: str
    operation: str


@cache
def operations() -> tuple[Operation, ...]:
    """All that are calls."""
    return read_operations(FOLDER / "operation.csv")


@cache
def usage_fields() -> dict[str, str]:
    """The count that each field of a usage document is."""
    return read_usage_fields(FOLDER / "usage_document.csv")


def read_operations(path: Path) -> tuple[Operation, ...]:
    """The operations of a file.

    Raises:
        VocabularyError: A row cannot be.
    """
    known = tuple(dialect.name for dialect in dialects())
    names = Once()
    found = []
    for row in read(path, ("dialect", "name", "operation")):
        found.append(Operation(row.one_of("dialect", known), row.word("name"), row.word("operation")))
        names.take(row, "name", f"{found[-1].dialect} {found[-1].name}")
    return tuple(found)


def read_usage_fields(path: Path) -> dict[str, str]:
    """The fields of a file.

    Raises:
        VocabularyError: A row cannot be.
    """
    names = Once()
    found = {}
    for row in read(path, ("field", "count")):
        names.take(row, "field", row.word("field"))
        found[row.text("field")] = row.one_of("count", COUNTS)
    return found
