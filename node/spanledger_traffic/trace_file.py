"""Public LLM request traces: Azure's CSV and Mooncake's JSON lines, as calls without a tenant or a model."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Mooncake's traces hash the prompt in blocks of this many tokens.
BLOCK_TOKENS = 512
_AZURE = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
# Of one request; more is no number of tokens, and OTLP's integers end somewhere too.
_MOST_TOKENS = 100_000_000


class TraceFileError(MendableError):
    """A trace that cannot be read; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class TracedCall:
    """One request of a trace. ``blocks`` are the hashes of the prompt's 512-token blocks, where the trace has them."""

    offset_s: float
    input_tokens: int
    output_tokens: int
    blocks: tuple[int, ...] = ()


def read(path: Path) -> list[TracedCall]:
    """Read a whole trace, in the order of its times; offsets count from the first call.

    Raises:
        TraceFileError: The file cannot be read, is of no known format, or a line of it is bad.
    """
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise TraceFileError(f"{path}: cannot be read: {error}") from None
    calls = list(_mooncake(path, text) if text.lstrip().startswith("{") else _azure(path, text))
    if not calls:
        raise TraceFileError(f"{path}: holds no calls")
    first = min(call.offset_s for call in calls)
    return sorted(
        (TracedCall(call.offset_s - first, call.input_tokens, call.output_tokens, call.blocks) for call in calls),
        key=lambda call: call.offset_s,
    )


def _azure(path: Path, text: str) -> Iterator[TracedCall]:
    header = text.partition("\n")[0].strip()
    if header.replace('"', "") != ",".join(_AZURE):
        raise TraceFileError(
            f"{path}:1: columns are {header[:80]!r}; expected {','.join(_AZURE)} (Azure's trace) or JSON lines "
            "(Mooncake's)"
        )
    rows = csv.DictReader(io.StringIO(text))
    for row in _lines(path, rows):
        line = rows.line_num
        if None in row:
            raise TraceFileError(f"{path}:{line}: has more fields than {','.join(_AZURE)}")
        try:
            # Azure writes seven decimals, Python reads six.
            moment = datetime.fromisoformat((row["TIMESTAMP"] or "")[:26]).replace(tzinfo=UTC)
        except ValueError:
            raise TraceFileError(f"{path}:{line}: TIMESTAMP: {row['TIMESTAMP']!r} is not a time") from None
        yield TracedCall(
            moment.timestamp(),
            _count(path, line, "ContextTokens", row["ContextTokens"]),
            _count(path, line, "GeneratedTokens", row["GeneratedTokens"]),
        )


def _lines(path: Path, rows: csv.DictReader[str]) -> Iterator[dict[str, str]]:
    try:
        yield from rows
    except csv.Error as error:
        raise TraceFileError(f"{path}:{rows.line_num + 1}: cannot be read as CSV: {error}") from None


def _mooncake(path: Path, text: str) -> Iterator[TracedCall]:
    for line, content in enumerate(text.splitlines(), 1):
        if not content.strip():
            continue
        try:
            row = json.loads(content)
            offset = float(row["timestamp"]) / 1000
            blocks = tuple(int(block) for block in row.get("hash_ids", ()))
            tokens = row["input_length"], row["output_length"]
        except (ValueError, TypeError, KeyError) as error:
            raise TraceFileError(
                f"{path}:{line}: expected a JSON object with timestamp, input_length, output_length: {error!r}"
            ) from None
        if not math.isfinite(offset):
            raise TraceFileError(f"{path}:{line}: timestamp: {row['timestamp']!r} is not a time in milliseconds")
        yield TracedCall(
            offset,
            _count(path, line, "input_length", tokens[0]),
            _count(path, line, "output_length", tokens[1]),
            blocks,
        )


def _count(path: Path, line: int, field: str, value: object) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if not 0 <= number <= _MOST_TOKENS:
        raise TraceFileError(f"{path}:{line}: {field}: {value!r} is not a number of tokens")
    return number
