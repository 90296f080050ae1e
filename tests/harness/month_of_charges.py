"""A month with charges of every kind, small enough to be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from harness.books import Books
from spanledger_enrich.books import charge, commitment, upkeep
from spanledger_enrich.books.charge import Charge
from spanledger_enrich.books.commitment import Commitment

NOON = datetime(2024, 10, 8, 12, 30, tzinfo=UTC)
OCTOBER = {"from": datetime(2024, 10, 1, tzinfo=UTC), "to": datetime(2024, 11, 1, tzinfo=UTC)}
TABLES = (
    "ledger", "llm_spans", "enrich_progress", "commitment", "allocation", "allocation_row", "charge", "charge_share",
    "charge_allocation", "prepaid_draw", "bill", "bill_line", "reconciliation", "bill_adjustment", "invoice_share",
)  # fmt: skip
SPAN = {
    "tenant_id": "acme", "request_model": "gpt-4o-2024-08-06", "provider": "openai", "ts": NOON, "feature": "chat",
    "service_tier": "", "cost_center": "", "web_searches": 0, "usage_source": "reported", "status": "ok",
}  # fmt: skip
# gpt-4o: 2.50 USD a million of input, 1.25 of cached, 10 of output; half of it in batches. 0.01 a search.
SPANS: tuple[dict[str, Any], ...] = (
    {"input_tokens": 1000, "cache_read_tokens": 200, "output_tokens": 100, "reasoning_tokens": 30, "web_searches": 2},
    {"request_model": "nonesuch", "input_tokens": 10, "output_tokens": 3},
    {"usage_source": "missing"},
    {"ts": NOON + timedelta(days=1), "input_tokens": 777, "output_tokens": 12, "cost_center": "cc-7"},
    {"service_tier": "batch", "input_tokens": 1000, "output_tokens": 100, "tenant_id": "globex", "feature": ""},
    {"tenant_id": "(unattributed)", "input_tokens": 7, "output_tokens": 1},
    {"request_model": "gpt-4o-mini", "tenant_id": "globex", "input_tokens": 333, "output_tokens": 1, "ts": NOON},
)
COMMITMENTS = (
    {"commitment": "ptu", "kind": "reserved throughput", "amount": "24", "from": "2024-10-08", "to": "2024-10-09",
     "models": "gpt-4o-mini", "providers": "openai"},
    {"commitment": "desk", "kind": "fee", "amount": "7.77", "from": "2024-10-01", "to": "2024-11-01",
     "policy": "fixed", "shares": {"acme": "0.6", "globex": "0.4"}},
)  # fmt: skip
CHARGES = (
    {"charge": "storage", "kind": "storage", "amount": "12.34", "provider": "openai", "tenant": "acme",
     "quantity": "100", "unit": "GB-Months"},
    {"charge": "vat", "kind": "tax", "amount": "1.90", "policy": "even"},
    {"charge": "goodwill", "kind": "credit", "amount": "-0.50", "tenant": "acme"},
    {"charge": "seats", "kind": "seats", "amount": "60", "policy": "fixed", "shares": {"acme": "0.5", "globex": "0.5"}},
    {"charge": "wallet", "kind": "prepaid", "amount": "100"},
)  # fmt: skip
# By hand, USD: what calls cost that no commitment pays, by meter.
METERS = {
    "input": Decimal("0.002") + Decimal("0.0019425") + Decimal("0.00125") + Decimal("0.0000175"),
    "cache_read": Decimal("0.00025"),
    "output": Decimal("0.0007") + Decimal("0.00012") + Decimal("0.0005") + Decimal("0.00001"),
    "reasoning": Decimal("0.0003"),
    "search": Decimal("0.02"),
}
USED = sum(METERS.values())
# The credits paid for these calls, and what was left of them expired with the month.
OTHERS = {
    "expired": str(100 - USED),
    "storage": "12.34",
    "tax": "1.90",
    "credit": "-0.50",
    "seats": "60",
    "fee": "7.77",
    "reserved throughput": "24",
}


def make(books: Books) -> None:
    """Make this month the whole of the books."""
    for table in TABLES:
        books.store.execute(f"TRUNCATE TABLE {table}")
    books.book(*({**SPAN, **span} for span in SPANS))
    commitment.record(books.store, [Commitment.model_validate(one) for one in COMMITMENTS], "a test")
    month = {"from": "2024-10-01", "to": "2024-11-01"}
    charge.record(books.store, [Charge.model_validate({**month, **one}) for one in CHARGES], "a test")
    upkeep.bring_up_to_date(books.store, books.configuration)


def keep(books: Books) -> Callable[[], None]:
    """Keep these tables as they are; gives what puts them back, as their parts are: nothing is reckoned anew for it."""
    for table in TABLES:
        books.store.execute(f"CREATE TABLE kept_{table} AS {table}")
        books.store.execute(f"ALTER TABLE kept_{table} ATTACH PARTITION ALL FROM {table}")

    def put_back() -> None:
        for table in TABLES:
            books.store.execute(f"TRUNCATE TABLE {table}")
            books.store.execute(f"ALTER TABLE {table} ATTACH PARTITION ALL FROM kept_{table}")

    return put_back
