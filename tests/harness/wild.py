"""What the cases of tests/fixtures/wild came to in the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from spanledger_sql.store import Store

WILD = Path(__file__).parents[1] / "fixtures" / "wild"

_BOOKED = """
SELECT
    service_name, count() AS calls, sum(list_cost) AS list_cost, sum(web_searches) AS web_searches,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(reasoning_tokens) AS reasoning_tokens,
    sum(cache_read_tokens) AS cache_read_tokens, sum(cache_write_tokens) AS cache_write_tokens,
    sum(cache_write_1h_tokens) AS cache_write_1h_tokens, sum(input_audio_tokens) AS input_audio_tokens,
    sum(output_audio_tokens) AS output_audio_tokens, sum(output_image_tokens) AS output_image_tokens,
    sum(vendor_quantity) AS vendor_quantity, any(vendor_unit) AS vendor_unit, any(service_tier) AS service_tier,
    any(provider) AS provider, any(price_status) AS price_status,
    any(usage_note) AS usage_note
FROM calls GROUP BY service_name
"""


def cases(inputs: str) -> list[str]:
    """The names of the cases that hold a file of this name."""
    return sorted(path.parent.name for path in WILD.glob(f"*/{inputs}"))


def booked(store: Store) -> dict[str, dict[str, Any]]:
    """What the counted calls of each case come to, by case."""
    return {row["service_name"]: row for row in store.rows(_BOOKED)}


def expected(case: str) -> dict[str, Any]:
    """What the counted calls of a case should come to."""
    told = json.loads((WILD / case / "expected.json").read_text())["expect"]
    return {
        name: Decimal(value) if name == "list_cost" and value is not None else value for name, value in told.items()
    }


def found(case: str, booked: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What of a case's calls is expected, as it was booked."""
    return {name: booked.get(case, {}).get(name) for name in expected(case)}
