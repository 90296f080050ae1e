"""Frameworks: what stands where a provider's name would, and tells who asks and not who answers."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from spanledger_vocabulary.provider import named
from spanledger_vocabulary.row_file import FOLDER, Once, read

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS: Final = ("label", "whose")


@cache
def labels_of_nobody() -> tuple[str, ...]:
    """All of them, lower case, in the file's order."""
    return read_labels(FOLDER / "framework.csv")


def read_labels(path: Path) -> tuple[str, ...]:
    """The labels of a file.

    Raises:
        VocabularyError: A row cannot be.
    """
    labels = Once()
    found = []
    for row in read(path, COLUMNS):
        label = row.word("label")
        labels.take(row, "label", label)
        if label != label.lower():
            raise row.refuse("label", f"expected lower case, found {label!r}")
        if named(label) is not None:
            raise row.refuse("label", f"{label!r} is a provider's name")
        found.append(label)
    return tuple(found)
