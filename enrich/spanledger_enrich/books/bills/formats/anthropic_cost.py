"""Anthropic's costs: `GET /v1/organizations/cost_report`, whose amounts are cents as text, and the Console's CSV.

Both tell no quantities; the usage report does. What the Priority Tier costs is in neither.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from spanledger_enrich.books.bills.bill_format import BillFormat, columns
from spanledger_enrich.books.bills.bill_line import BillLine, day_in
from spanledger_enrich.books.bills.meter_words import tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_enrich.books.bills.record import Record

_OTHER: Final = {"web_search": "search", "code_execution": "code_execution", "session_usage": "session"}
_METERS: Final = {
    "uncached_input_tokens": "input",
    "input_no_cache": "input",
    "cache_read_input_tokens": "cache_read",
    "input_cache_read": "cache_read",
    "cache_creation.ephemeral_5m_input_tokens": "cache_write",
    "input_cache_write_5m": "cache_write",
    "cache_creation.ephemeral_1h_input_tokens": "cache_write_1h",
    "input_cache_write_1h": "cache_write_1h",
    "output_tokens": "output",
    "output": "output",
}


def _of_the_api(record: Record) -> Iterator[BillLine]:
    begins, ends = record.moment("starting_at"), record.moment("ending_at")
    meter, unknown = _meter(record)
    yield BillLine(
        line=record.number,
        raw=record.raw,
        provider="anthropic",
        sub_account=record.text("workspace_id") or "default",
        service="Claude API",
        sku=record.text("description"),
        model=record.text("model"),
        meter=meter,
        service_tier=tier(record.text("service_tier")),
        scope=_geo(record),
        day=begins.date(),
        begins=begins,
        ends=ends,
        amount=record.amount("amount") / Decimal(100),
        currency=record.currency("currency"),
        unknown=unknown,
    )


def _of_the_console(record: Record) -> Iterator[BillLine]:
    day = record.day("usage_date_utc")
    begins, ends = day_in("UTC", day)
    meter, unknown = _meter(record)
    yield BillLine(
        line=record.number,
        raw=record.raw,
        provider="anthropic",
        sub_account=_workspace(record),
        resource=record.text("api_key"),
        service="Claude API",
        sku=record.text("token_type", "cost_type"),
        model=record.text("model"),
        meter=meter,
        service_tier=tier(record.text("usage_type")),
        scope=_geo(record),
        day=day,
        begins=begins,
        ends=ends,
        amount=record.amount("cost_usd"),
        list_amount=record.decimal("list_price_usd"),
        currency="USD",
        unknown=unknown,
    )


def _meter(record: Record) -> tuple[str, str]:
    kind, token = record.text("cost_type"), record.text("token_type")
    meter = _OTHER.get(kind) or (_METERS.get(token) if kind in {"tokens", "token", ""} else None)
    if meter:
        return meter, ""
    if not kind:
        return "unknown", "no cost type: fetch the report with group_by[]=description"
    return "unknown", f"no meter is known for {' '.join(filter(None, (kind, token)))!r}"


def _workspace(record: Record) -> str:
    name = record.text("workspace")
    return "default" if name.lower() in {"", "default"} else name


def _geo(record: Record) -> str:
    said = record.text("inference_geo")
    return "" if said == "not_available" else said


API = BillFormat("Anthropic cost report", "UTC", (columns("amount", "currency", "starting_at"),), _of_the_api)
CONSOLE = BillFormat(
    "Anthropic Console costs", "UTC", (columns("usage_date_utc", "token_type", "cost_usd"),), _of_the_console
)
