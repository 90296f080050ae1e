"""One month of traffic, twice: as rows of the ledger, and as each provider would bill it."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

MILLION = Decimal(1_000_000)
FIRST = datetime(2026, 10, 1, tzinfo=UTC)
_LAST_DIGIT = Decimal(1).scaleb(-12)


@dataclass(frozen=True, eq=False)
class Priced:
    """A model: what its calls use of each meter, and what a million tokens of it cost, USD."""

    name: str
    tokens: dict[str, int]
    prices: dict[str, Decimal]

    def cost(self, meter: str) -> Decimal:
        """Of one call, USD."""
        return (self.tokens[meter] * self.prices[meter] / MILLION).quantize(_LAST_DIGIT)

    @property
    def total(self) -> Decimal:
        """Of one call, USD."""
        return sum((self.cost(meter) for meter in self.tokens), Decimal(0))


@dataclass(frozen=True)
class Call:
    """One call."""

    ts: datetime
    model: Priced
    tenant: str = "acme"
    account: str = ""
    tier: str = ""


@dataclass(frozen=True)
class Charge:
    """What a bill charges for a meter of a model on a day, or in an hour."""

    begins: datetime
    ends: datetime
    model: str
    meter: str
    quantity: Decimal
    amount: Decimal
    account: str = "proj_a"
    tier: str = "standard"


@dataclass
class Shape:
    """How a provider bills: whose days, which models, and how its files are written."""

    name: str
    provider: str
    models: tuple[Priced, Priced]
    zone: str = "UTC"
    tiers: bool = True
    accounts: bool = True
    meters: bool = True
    unknown: bool = True
    credit: bool = True
    files: Any = field(default=None)


def model(name: str, input_price: str, cached: str, output: str, *, tokens: tuple[int, int, int]) -> Priced:
    """A model with prices of a million tokens and the tokens of its calls: input, cache read, output."""
    meters = ("input", "cache_read", "output")
    return Priced(
        name,
        dict(zip(meters, tokens, strict=True)),
        dict(zip(meters, map(Decimal, (input_price, cached, output)), strict=True)),
    )


def month_of_calls(models: Iterable[Priced], *, a_day: int = 4) -> list[Call]:
    """Calls of October 2026 and of the day before and after it, UTC, spread over each day."""
    return [
        Call(FIRST + timedelta(days=day, hours=(24 * number) // a_day, minutes=17 + 30), one, tenant)
        for day in range(-1, 32)
        for one in models
        for number in range(a_day)
        for tenant in ["acme" if number % 2 else "globex"]
    ]


def ledger_rows(provider: str, calls: Iterable[Call]) -> list[dict[str, Any]]:
    """The calls as a worker would have booked them."""
    return [
        {
            "ts": one.ts,
            "provider": provider,
            "provider_account": one.account,
            "tenant_id": one.tenant,
            "request_model": one.model.name,
            "response_model": one.model.name,
            "service_tier": one.tier,
            "input_tokens": one.model.tokens["input"] + one.model.tokens["cache_read"],
            "cache_read_tokens": one.model.tokens["cache_read"],
            "output_tokens": one.model.tokens["output"],
            "price_status": "priced",
            "list_cost": one.model.total,
            "contracted_cost": one.model.total,
            "input_cost": one.model.cost("input"),
            "cache_read_cost": one.model.cost("cache_read"),
            "cache_write_cost": Decimal(0),
            "output_cost": one.model.cost("output"),
            "other_cost": Decimal(0),
        }
        for one in calls
    ]


def charges(calls: Iterable[Call], zone: str) -> list[Charge]:
    """What a provider charges for October by the clock of its zone: a line a day, model and meter."""
    clock = ZoneInfo(zone)
    sums: dict[tuple[datetime, Priced, str], int] = defaultdict(int)
    for one in calls:
        day = one.ts.astimezone(clock).replace(hour=0, minute=0, second=0)
        if (day.year, day.month) == (2026, 10):
            for meter in one.model.tokens:
                sums[day, one.model, meter] += 1
    return [
        Charge(
            day.astimezone(UTC), (day + timedelta(days=1)).astimezone(UTC), one.name, meter,
            Decimal(count * one.tokens[meter]), count * one.cost(meter),
        )
        for (day, one, meter), count in sorted(sums.items(), key=lambda item: (item[0][0], item[0][1].name, item[0][2]))
    ]  # fmt: skip


def dearer(found: Sequence[Charge], name: str, meter: str, factor: Decimal) -> list[Charge]:
    """The charges, those of a model's meter at another price."""
    return [
        replace(one, amount=one.amount * factor) if (one.model, one.meter) == (name, meter) else one for one in found
    ]


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """A CSV file of rows with the same fields."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def write_json(path: Path, document: Any) -> Path:
    """A JSON file; decimals as numbers with all their digits."""
    text = json.dumps(document, default=lambda number: f"@{number:f}@")
    path.write_text(text.replace('"@', "").replace('@"', ""), encoding="utf-8")
    return path
