"""Anthropic's usage: `GET /v1/organizations/usage_report/messages` and the Console's CSV of tokens; no money.

`uncached_input_tokens` has nothing of the cache in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import BillLine, day_in
from spanledger_enrich.books.bills.meter_words import tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from decimal import Decimal

    from spanledger_enrich.books.bills.record import Record

_API: Final = {
    "input": "uncached_input_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_write": "cache_creation.ephemeral_5m_input_tokens",
    "cache_write_1h": "cache_creation.ephemeral_1h_input_tokens",
    "output": "output_tokens",
    "search": "server_tool_use.web_search_requests",
}
_CONSOLE: Final = {
    "input": "usage_input_tokens_no_cache",
    "cache_read": "usage_input_tokens_cache_read",
    "cache_write": "usage_input_tokens_cache_write_5m",
    "cache_write_1h": "usage_input_tokens_cache_write_1h",
    "output": "usage_output_tokens",
    "search": "web_search_count",
}


def _of_the_api(record: Record) -> Iterator[BillLine]:
    period = record.moment("starting_at"), record.moment("ending_at")
    who = (record.text("workspace_id") or "default", record.text("api_key_id"), record.text("model"))
    yield from _counts(record, _API, period, who, record.text("service_tier"))


def _of_the_console(record: Record) -> Iterator[BillLine]:
    who = (_workspace(record), record.text("api_key"), record.text("model_version"))
    period = day_in("UTC", record.day("usage_date_utc"))
    yield from _counts(record, _CONSOLE, period, who, record.text("usage_type"))


def _workspace(record: Record) -> str:
    name = record.text("workspace")
    return "default" if name.lower() in {"", "default"} else name


def _counts(
    record: Record, fields: dict[str, str], period: tuple[datetime, datetime], who: tuple[str, str, str], said_tier: str
) -> Iterator[BillLine]:
    workspace, key, model = who
    counts = [(meter, meter, record.decimal(field)) for meter, field in fields.items()]
    counts += [(name, "unknown", quantity) for name, quantity in _others(record, fields.values())]
    for part, meter, quantity in counts:
        if quantity:
            search = meter == "search"
            yield BillLine(
                line=record.number,
                raw=record.raw,
                part=part,
                provider="anthropic",
                sub_account=workspace,
                resource=key,
                service="Claude API",
                model="" if search else model,
                meter=meter,
                service_tier=tier(said_tier),
                day=period[0].date(),
                begins=period[0],
                ends=period[1],
                quantity=quantity,
                unit="Searches" if search else "Tokens" if meter != "unknown" else "",
                unknown="" if meter != "unknown" else f"no meter is known for the count {part!r}",
            )


def _others(record: Record, known: Iterable[str]) -> Iterator[tuple[str, Decimal]]:
    """Counts that no meter is known for, such as of a tool or a cache that came later."""
    inside = [
        f"{name}.{inner}"
        for name in ("cache_creation", "server_tool_use")
        if isinstance(held := record.value(name), dict)
        for inner in held
    ]
    for name in (*inside, *(name for name in record.fields if "_tokens" in name)):
        if name not in known and (quantity := record.decimal(name)):
            yield name, quantity


API = BillFormat("Anthropic usage report", "UTC", (columns("uncached_input_tokens", "starting_at"),), _of_the_api)
CONSOLE = BillFormat(
    "Anthropic Console tokens", "UTC", (columns("usage_date_utc", "usage_input_tokens_no_cache"),), _of_the_console
)
