"""The file of a bill as records, each as it came: CSV, JSON (of an API, page by page, or a record a line), Parquet."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq

from spanledger_enrich.books.bills.record import Number, Record
from spanledger_enrich.files.import_file import ImportFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LARGEST: Final = 512 * 2**20
_SEPARATED: Final = re.compile(r'"?sep=."?', re.IGNORECASE)
_TIMES: Final = ("start_time", "end_time", "starting_at", "ending_at")


@dataclass(frozen=True, slots=True)
class BillFile:
    """A file's records.

    Attributes:
        path: Of the file.
        sha256: Of its bytes, uncompressed, hex.
        columns: The names of the fields that any record has.
        records: In their order.
        goes_on: Whether an API said that it has more pages than the file holds.
    """

    path: Path
    sha256: str
    columns: frozenset[str]
    records: tuple[Record, ...]
    goes_on: bool = False

    @classmethod
    def read(cls, path: Path) -> BillFile:
        """Read a file, compressed by gzip or not.

        Raises:
            ImportFileError: It cannot be read, or holds no records.
        """
        data = _bytes(path)
        if path.suffix == ".gz" or data[:2] == b"\x1f\x8b":
            data = _uncompressed(path, data)
        # Of what was compressed: the same bill compressed again, or not, is the same bill.
        sha256 = hashlib.sha256(data).hexdigest()
        goes_on = False
        if data[:4] == b"PK\x03\x04":
            raise ImportFileError(f"{path}: is a ZIP: unpack it, and import the files in it; nothing was imported")
        if kind := _for_people(data):
            raise ImportFileError(
                f"{path}: is {kind}, which is for people: export the bill as CSV, JSON or Parquet; nothing was imported"
            )
        if data[:4] == b"PAR1":
            records = tuple(_parquet(path, data))
        else:
            text = _text(path, data)
            if text.lstrip()[:1] in {"{", "["}:
                pages = _pages(path, text)
                goes_on = bool(pages) and _goes_on(pages[-1])
                records = tuple(_json(path, pages))
            else:
                records = tuple(_csv(path, text))
        if not records:
            raise ImportFileError(f"{path}: holds no lines; expected a bill; nothing was imported")
        columns = frozenset(name for record in records for name in record.fields)
        return cls(path, sha256, columns, records, goes_on)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise ImportFileError(f"{path}: holds more than {_LARGEST:,} bytes; import it in parts, with --part")
        return path.read_bytes()
    except OSError as error:
        raise ImportFileError(f"{path}: cannot be read: {error.strerror}") from None


def _uncompressed(path: Path, data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            whole = stream.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ImportFileError(f"{path}: cannot be uncompressed: {error}; nothing was imported") from None
    if len(whole) > _LARGEST:
        raise ImportFileError(f"{path}: holds more than {_LARGEST:,} bytes; import it in parts, with --part")
    return whole


def _for_people(data: bytes) -> str:
    """What a file is that is no bill for programs: an invoice as providers mail it, a page that asks who one is."""
    begins = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if begins.startswith(b"%pdf-"):
        return "a PDF"
    if begins.startswith(b"\xd0\xcf\x11\xe0"):
        return "a workbook of a spreadsheet"
    return "a web page" if begins.startswith((b"<!doctype html", b"<html")) else ""


def _text(path: Path, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    # UTF-16 without a mark can be read as UTF-8, and then has one behind each letter.
    if "\0" in text:
        raise ImportFileError(f"{path}: cannot be read: it is not in UTF-8; save it as UTF-8; nothing was imported")
    return text


def _csv(path: Path, text: str) -> Iterator[Record]:
    """The records of a CSV file; each keeps its text, which may have several lines."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    reader = csv.reader(lines(), strict=True)
    header: list[str] = []
    try:
        for fields in reader:
            number, raw = reader.line_num - len(taken) + 1, "".join(taken).rstrip("\r\n")
            taken.clear()
            if not header and _SEPARATED.fullmatch(raw):
                # What a spreadsheet writes before the header, for itself.
                continue
            if not header:
                header = _header(path, fields, raw)
            elif any(fields):
                if len(fields) != len(header):
                    raise ImportFileError(
                        f"{path}:{number}: has {len(fields)} fields, and the header has {len(header)}; expected as "
                        "many, with '\"' around text that has a comma; nothing was imported"
                    )
                yield Record(path, number, dict(zip(header, fields, strict=True)), raw)
    except csv.Error as error:
        raise ImportFileError(
            f"{path}:{reader.line_num}: cannot be read as CSV: {error}; nothing was imported"
        ) from None


def _header(path: Path, fields: list[str], raw: str) -> list[str]:
    for other, said in ((";", "';'"), ("\t", "a tab")):
        if len(fields) == 1 and other in raw:
            raise ImportFileError(f"{path}:1: has {said} between its fields; expected ',' there; nothing was imported")
    names = [name.strip() for name in fields]
    for number, name in enumerate(names):
        if name and name in names[:number]:
            raise ImportFileError(f"{path}:1: the column {name!r} comes twice; expected once; nothing was imported")
    return names


def _pages(path: Path, text: str) -> list[Any]:
    """The documents of a text: one, a list of them, or one a line."""

    def load(part: str) -> Any:
        return json.loads(
            part, parse_float=Number, parse_int=Number, parse_constant=_no_number, object_pairs_hook=_once
        )

    try:
        whole = load(text)
    except (ValueError, RecursionError) as error:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) > 1 and _is_json(lines[0][1]):
            return [_document(path, number, line, load) for number, line in lines]
        where = re.sub(r"^(.*?): line (\d+) column (\d+).*$", r"line \2, column \3: \1", str(error))
        raise ImportFileError(f"{path}: is no JSON: {where}; nothing was imported") from None
    return whole if isinstance(whole, list) else [whole]


def _goes_on(page: Any) -> bool:
    """Whether a page says that there is a next one: with `has_more`, or where that was left out with `next_page`."""
    if not isinstance(page, dict):
        return False
    more = page.get("has_more")
    return bool(page.get("next_page")) if more is None else str(more).lower() == "true"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, each of whose names is there once: of two amounts one would fall out."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for number, (name, _) in enumerate(pairs) if name in dict(pairs[:number]))
        raise ValueError(f"the name {twice!r} comes twice in one object")
    return found


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _document(path: Path, number: int, line: str, load: Any) -> Any:
    try:
        return load(line)
    except (ValueError, RecursionError) as error:
        raise ImportFileError(f"{path}:{number}: is no JSON: {error}; nothing was imported") from None


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _json(path: Path, pages: list[Any]) -> Iterator[Record]:
    """The records of documents: what is in the buckets of pages, with their times, or the documents themselves."""
    number = 0
    for page in pages:
        data = page.get("data") if isinstance(page, dict) else None
        for entry in data if isinstance(data, list) else [page]:
            bucket = isinstance(entry, dict) and isinstance(entry.get("results"), list)
            times = {name: entry[name] for name in _TIMES if name in entry} if bucket else {}
            for one in entry["results"] if bucket else [entry]:
                number += 1
                if not isinstance(one, dict):
                    raise ImportFileError(
                        f"{path}:{number}: {as_written(one)[:80]}: expected a record with fields; nothing was imported"
                    )
                yield Record(path, number, {**times, **one}, as_written(one))


def as_written(value: Any) -> str:
    """JSON of a value, its numbers as they were written."""
    if isinstance(value, Number):
        return str.__str__(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {as_written(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _parquet(path: Path, data: bytes) -> Iterator[Record]:
    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        raise ImportFileError(f"{path}: is no Parquet: {str(error).splitlines()[0]}; nothing was imported") from None
    for number, row in enumerate(table.to_pylist(), 1):
        fields = {name: _plain(value) for name, value in row.items()}
        yield Record(path, number, fields, json.dumps(fields, ensure_ascii=False))


def _plain(value: Any) -> Any:
    """A value of Parquet as text, so that it is read as in the other files; maps come as lists of pairs."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, bytes):
        # Some writers do not say that their text is text.
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        return repr(value) if value == value else None  # noqa: PLR0124 (NaN is what is not equal to itself)
    if isinstance(value, list) and all(isinstance(one, tuple) for one in value):
        return {name: _plain(one) for name, one in value}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
