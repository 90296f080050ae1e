"""What is asked of every file that a user imports, whatever it holds: UTF-8, packed or not, commas, no column twice."""

from __future__ import annotations

import csv
import gzip
import zlib
from typing import TYPE_CHECKING

from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from pathlib import Path


_LARGEST = 256 * 2**20
# YAML's reader takes each level of nesting as a call of its own.
_DEEPEST = 50


class ImportFileError(MendableError):
    """A user's file that cannot be taken; the message names the file, the line and the field, and the mend."""


def text_of(path: Path) -> str:
    """The file's text, with or without a byte order mark, packed by gzip or not.

    Raises:
        ImportFileError: It is no file that can be read, or not in UTF-8.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise _too_large(path)
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            with gzip.open(path) as packed:
                content = packed.read(_LARGEST + 1)
            if len(content) > _LARGEST:
                raise _too_large(path)
        # Lines end alike, as they do where a file is read as text.
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise ImportFileError(f"{path}: cannot be read: it begins as gzip does, and is damaged or cut off") from None
    except OSError as error:
        raise ImportFileError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        text = "\0"
    # UTF-16 without a mark can be read as UTF-8, and then has one behind each letter.
    if "\0" in text:
        raise ImportFileError(f"{path}: cannot be read: it is not in UTF-8; save it as UTF-8")
    if path.suffix in {".yaml", ".yml"}:
        _refuse_deep_nesting(path, text)
    return text


def csv_text_of(path: Path) -> str:
    """The text of a CSV file, whose header has been looked at.

    Raises:
        ImportFileError: As `text_of`; or its fields are not separated by commas, or a column comes twice.
    """
    text = text_of(path)
    if len(text) > csv.field_size_limit():
        try:
            for _ in csv.reader(text.splitlines()):
                pass
        except csv.Error as error:
            raise ImportFileError(f"{path}: cannot be read as CSV: {error}; nothing was imported") from None
    header = text.partition("\n")[0]
    names = [name.strip().lower() for name in next(csv.reader([header]), [])]
    for other, said in ((";", "';'"), ("\t", "a tab")):
        if len(names) == 1 and other in header:
            raise ImportFileError(f"{path}:1: has {said} between its fields; expected ',' there; nothing was imported")
    for number, name in enumerate(names):
        if name and name in names[:number]:
            raise ImportFileError(f"{path}:1: the column {name!r} comes twice; expected once; nothing was imported")
    return text


def _too_large(path: Path) -> ImportFileError:
    return ImportFileError(f"{path}: holds more than {_LARGEST:,} bytes; import it in parts")


def _refuse_deep_nesting(path: Path, text: str) -> None:
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        for character in line:
            depth += (character in "[{") - (character in "]}")
            if depth > _DEEPEST:
                raise ImportFileError(f"{path}:{number}: more than {_DEEPEST} brackets within each other")
