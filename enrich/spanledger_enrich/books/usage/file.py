"""A file of usage: tells by its content whose it is, and reads it whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books.usage import logs, reports
from spanledger_enrich.books.usage.reading import Line
from spanledger_enrich.books.usage.record import summed
from spanledger_enrich.files.import_file import ImportFileError, csv_text_of, text_of
from spanledger_sql.policy import email_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from spanledger_enrich.books.usage.record import UsageRecord
    from spanledger_sql.store import Store

    Reader = Callable[[Line], UsageRecord | None]

_KNOWN = (
    "OpenAI's and Anthropic's usage reports, OpenRouter's activity, LiteLLM's spend logs, Langfuse's and Helicone's "
    "exports, Bedrock's invocation logs"
)
_LARGEST_FIELD = 2**28
_JSON, _BLANKS = json.JSONDecoder(), re.compile(r"\s*")
# What a line has, by whose it is; the first that fits.
_READERS: tuple[tuple[frozenset[str], Reader], ...] = (
    (frozenset({"start_time", "num_model_requests"}), reports.openai_row),
    (frozenset({"usage_date_utc", "usage_output_tokens"}), reports.anthropic_row),
    (frozenset({"date", "model", "prompt_tokens"}), reports.openrouter_row),
    (frozenset({"date", "slug", "prompt tokens"}), reports.openrouter_row),
    (frozenset({"generation_id", "tokens_prompt", "created_at"}), logs.openrouter_call),
    (frozenset({"inputBodyJson"}), logs.bedrock_call),
    (frozenset({"modelId", "requestId", "operation"}), logs.bedrock_call),
    (frozenset({"request_id", "spend", "startTime"}), logs.litellm_call),
    (frozenset({"request_id", "spend", "starttime"}), logs.litellm_call),
    (frozenset({"id", "startTime", "traceId"}), logs.langfuse_call),
    (frozenset({"id", "start_time", "trace_id"}), logs.langfuse_call),
    (frozenset({"prompt_tokens", "request_created_at"}), logs.helicone_call),
    (frozenset({"prompt_tokens", "created_at"}), logs.helicone_call),
    (frozenset({"prompt_tokens", "createdAt"}), logs.helicone_call),
)


def read(path: Path, left_out: list[str] | None = None) -> list[UsageRecord]:
    """The lines of a file without those of calls that cost nothing, such as failed ones, or that tell no tokens.

    Args:
        path: The file.
        left_out: Takes the places of the lines that were left out.

    Raises:
        ImportFileError: It is nothing of what is known here, or a line cannot be; nothing of it may be used.
    """
    text = text_of(path)
    idle = [] if left_out is None else left_out
    pages = _json(path, text, idle) if text.lstrip()[:1] in {"{", "["} else [_csv(path, idle)]
    if not (found := [record for page in pages for record in summed(page)]):
        raise ImportFileError(f"{path}: holds no usage")
    return found


def store_records(store: Store, path: Path, records: list[UsageRecord]) -> None:
    """Put the lines of a file into `usage_record`, in place of what came of the same lines before."""
    # After all that came before, whatever the clock said then: the newest row of a line is in force.
    last = store.value("SELECT max(imported_at) FROM usage_record")
    imported_at = max(datetime.now(UTC), last + timedelta(microseconds=1))
    rows = [{**record.row(path.name), "imported_at": imported_at} for record in records]
    for row in rows:
        if "@" in row["user_id"]:
            row["user_id"] = email_rule.applied(store, row["user_id"])
    store.insert("usage_record", rows)


def _json(path: Path, text: str, left_out: list[str]) -> Iterator[Iterator[UsageRecord]]:
    """The lines of each page; of what stands line by line each is one."""
    for place, told in _documents(path, text):
        # A bucket may come without its page, as SDKs give them.
        document = {"data": [told]} if _is_bucket(told) else told
        data = document.get("data") if isinstance(document, dict) else None
        events = document.get("events") if isinstance(document, dict) else None
        first = data[0] if isinstance(data, list) and data and isinstance(data[0], dict) else {}
        if "results" in first and "start_time" in first:
            yield reports.openai_buckets(place, document)
        elif "results" in first and "starting_at" in first:
            yield reports.anthropic_buckets(place, document)
        elif isinstance(data, list) and first:
            yield _lines(((f"{place}: data[{number}]", line) for number, line in enumerate(data)), left_out)
        elif isinstance(events, list):
            # What CloudWatch gives of a log group.
            messages = (
                inner
                for number, event in enumerate(events)
                for inner in _documents(f"{place}: events[{number}].message", Line(place, event).text_of("message"))
            )
            yield _lines(messages, left_out)
        elif data is None:
            yield _lines([(place, document)], left_out)


def _is_bucket(told: Any) -> bool:
    return isinstance(told, dict) and "results" in told and ("start_time" in told or "starting_at" in told)


def _documents(path: Path | str, text: str) -> Iterator[tuple[str, Any]]:
    """The documents of a text, one after another; of each the place, and of a list its items."""
    line, begin, at = 1, 0, _after_blanks(text, 0)
    while at < len(text):
        line, begin = line + text.count("\n", begin, at), at
        try:
            document, at = _JSON.raw_decode(text, begin)
        except RecursionError:
            raise ImportFileError(f"{path}: has too many brackets within each other") from None
        except ValueError:
            raise ImportFileError(f"{path}:{line}: expected JSON, a document or several after one another") from None
        at = _after_blanks(text, at)
        place = str(path) if line == 1 and at == len(text) else f"{path}:{line}"
        if isinstance(document, list):
            yield from ((f"{place}: [{number}]", one) for number, one in enumerate(document))
        else:
            yield place, document


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _csv(path: Path, left_out: list[str]) -> Iterator[UsageRecord]:
    # Exports hold whole prompts.
    usual = csv.field_size_limit(_LARGEST_FIELD)
    try:
        rows = csv.DictReader(io.StringIO(csv_text_of(path), newline=""))
        names = {name: name.strip() for name in rows.fieldnames or []}
        lower = {name: told.lower() for name, told in names.items()}
        lines = (
            (f"{path}:{rows.line_num}", {**{lower[key]: value for key, value in row.items() if key in lower},
                                         **{names[key]: value for key, value in row.items() if key in names}})
            for row in rows
        )  # fmt: skip
        yield from _lines(lines, left_out)
    finally:
        csv.field_size_limit(usual)


def _lines(lines: Iterable[tuple[str, Any]], left_out: list[str]) -> Iterator[UsageRecord]:
    for place, told in lines:
        line = Line(place, told)
        reader = next((reader for needed, reader in _READERS if needed <= told.keys()), None)
        if reader is None:
            raise ImportFileError(f"{place}: is no usage that is known here; expected {_KNOWN}")
        if (record := reader(line)) is not None:
            yield record
        else:
            left_out.append(place)
