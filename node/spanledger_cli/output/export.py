"""Writes rows for programs: CSV, JSON or Parquet, on standard output or into a file, block by block."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import typer

from spanledger_cli.output.parquet_type import parquet_type
from spanledger_settings.cell import cell, plain
from spanledger_settings.mendable import MendableError
from spanledger_sql.csv_text import csv_text
from spanledger_sql.result_frame import known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


class ExportError(MendableError):
    """Rows that cannot be written where they should go."""


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    csv_exact = "csv-exact"
    json = "json"
    parquet = "parquet"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where rows go, and how they are written.

    Attributes:
        format: None takes what the file's suffix says; without a file a table on a terminal and CSV in a pipe.
        file: None: standard output.
    """

    format: Format | None = None
    file: Path | None = None

    @property
    def chosen(self) -> Format:
        """The format that is meant.

        Raises:
            typer.BadParameter: The file's suffix says none, and --format neither.
        """
        if self.format is not None:
            return self.format
        if self.file is None:
            return Format.table if sys.stdout.isatty() else Format.csv
        suffix = self.file.suffix.removeprefix(".").lower()
        if suffix not in {"csv", "json", "parquet"}:
            raise typer.BadParameter(
                f"{str(self.file)!r} does not say its format; expected a name that ends in .csv, .json or .parquet, or "
                "--format beside it",
                param_hint="--output",
            )
        return Format(suffix)


def export(frames: Iterable[pd.DataFrame], destination: Destination) -> None:
    """Write the rows of frames with the same columns, one after the other, in bounded memory."""
    writers: dict[Format, Callable[[Iterable[pd.DataFrame], BinaryIO], None]] = {
        Format.csv: lambda blocks, stream: _csv(blocks, stream, cell),
        Format.csv_exact: lambda blocks, stream: _csv(blocks, stream, plain),
        Format.json: _json,
        Format.parquet: _parquet,
    }
    with opened(destination.file) as stream:
        writers[destination.chosen](frames, stream)


@contextmanager
def opened(file: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that is there whole once the block has ended, and not at all if it fails.

    Raises:
        ExportError: The file cannot be written.
    """
    if file is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as stream:
            yield stream
        unfinished.replace(file)
    except OSError as error:
        raise ExportError(f"--output {file}: {error.strerror or error}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _csv(frames: Iterable[pd.DataFrame], stream: BinaryIO, written: Callable[[object], object]) -> None:
    stream.writelines(csv_text(frame, written, head=number == 0) for number, frame in enumerate(frames))


def _json(frames: Iterable[pd.DataFrame], stream: BinaryIO) -> None:
    between = b"[\n "
    for frame in frames:
        for row in frame.to_dict("records"):
            values = {str(name): known(value) for name, value in row.items()}
            text = json.dumps(values, default=_as_json, allow_nan=False, indent=1).replace("\n", "\n ")
            stream.write(between + text.encode())
            between = b",\n "
    stream.write(b"[]\n" if between.startswith(b"[") else b"\n]\n")


def _parquet(frames: Iterable[pd.DataFrame], stream: BinaryIO) -> None:
    blocks = iter(frames)
    first = next(blocks, pd.DataFrame())
    schema = _schema(first)
    with pq.ParquetWriter(stream, schema) as writer:
        for frame in chain([first], blocks):
            # Without a row, pandas does not know the types that the schema has.
            if len(frame):
                writer.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False))


def _schema(frame: pd.DataFrame) -> pa.Schema:
    """The types of the columns as the database has them, whatever the values are; others as their values are."""
    told = frame.attrs.get("types", {})
    inferred = pa.Schema.from_pandas(frame, preserve_index=False)
    fields = []
    for field in inferred:
        fixed = parquet_type(told.get(field.name, "")) or (
            pa.string() if pa.types.is_null(field.type) else pa.decimal128(38, 12) if pa.types.is_decimal(field.type)
            else field.type
        )  # fmt: skip
        fields.append(pa.field(field.name, fixed))
    return pa.schema(fields)


def _as_json(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if hasattr(value, "item"):
        item: Any = value.item()
        return item
    return str(value)
