"""Random (model, usage, time) cases over genai-prices' catalogue, and what it computes for them itself."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from genai_prices import Usage, data_snapshot
from genai_prices.types import ModelInfo, Provider, StartDateConstraint, TieredPrices

from spanledger_enrich.prices import price_list

_UNITS = {
    "input_audio_hours": "audio_second",
    "audio_hours": "audio_second",
    "input_document_kpages": "page",
    "input_annotated_document_kpages": "annotated_page",
    "input_mchars": "character",
    "input_text_messages_kcount": "message",
}
# What genai-prices calls the units. It has every second of audio under two names.
_USAGE_OF_UNITS = {
    "audio_second": ("audio_seconds", "input_audio_seconds"),
    "page": ("input_document_pages",),
    "annotated_page": ("input_document_pages", "input_annotated_document_pages"),
    "character": ("input_characters",),
    "message": ("input_text_messages",),
}
_COUNTS = (
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "input_audio_tokens",
    "output_tokens", "output_audio_tokens",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A span, and whose price it is."""

    span: dict[str, Any]
    provider: Provider
    model: ModelInfo


def catalogue() -> list[tuple[Provider, ModelInfo]]:
    """The models that have a row."""
    rows = {(row["provider"], row["model"]) for row in price_list.catalogue()}
    providers = data_snapshot.get_snapshot().providers
    return [(provider, model) for provider in providers for model in provider.models if (provider.id, model.id) in rows]


def resolutions(models: list[tuple[Provider, ModelInfo]]) -> list[dict[str, Any]]:
    """Rows of `model_resolution` for the models that their own id does not find, since another entry matches it too."""
    snapshot = data_snapshot.get_snapshot()
    rows = []
    for provider, model in models:
        try:
            _, found = snapshot.find_provider_model(model.id, None, provider.id, None)
        except LookupError:
            found = None
        if found is not model:
            names = {"provider": provider.id, "request_model": model.id, "price_provider": provider.id}
            rows.append(names | {"response_model": "", "price_model": model.id, "note": "of a test"})
    return rows


def constraints(model: ModelInfo) -> Iterator[Any]:
    """The conditions on time of a model's prices."""
    entries = [*(model.prices if isinstance(model.prices, list) else []), *(model.price_variants or [])]
    return (entry.constraint for entry in entries if entry.constraint is not None)


def random_case(draw: random.Random, provider: Provider, model: ModelInfo) -> Case:
    """A call of a model: any usage that genai-prices accepts, often just at a threshold, a date or a time of day."""
    keys = _keys(model)
    tier, speed = draw.choice(_contexts(model))
    span: dict[str, Any] = {
        "provider": provider.id, "request_model": model.id, "response_model": "", "ts": _moment(draw, model),
        "operation": "chat", "service_tier": tier, "speed": speed, "vendor_unit": "", "vendor_quantity": Decimal(0),
        "reasoning_tokens": 0, "web_searches": 0, **dict.fromkeys(_COUNTS, 0),
    }  # fmt: skip
    units = [unit for key, unit in _UNITS.items() if key in keys]
    if units:
        quantity = Decimal(draw.choice([1, 3, 9, 10, 3600, draw.randrange(1, 100_000)]))
        span |= {"operation": "vendor_usage", "vendor_unit": draw.choice(units), "vendor_quantity": quantity}
        return Case(span, provider, model)
    tokens = _prompt(draw, model)
    read, written = draw.choice([0, draw.randrange(tokens // 3 + 1)]), draw.choice([0, draw.randrange(tokens // 3 + 1)])
    output = draw.choice([0, draw.randrange(20_000), draw.randrange(2_000_000)])
    span |= {
        "input_tokens": tokens,
        "cache_read_tokens": read,
        "cache_write_tokens": written,
        "cache_write_1h_tokens": draw.choice([0, written // 2, written]),
        "input_audio_tokens": draw.choice([0, (tokens - read - written) // 2]),
        "output_tokens": output,
        "output_audio_tokens": draw.choice([0, output // 3]),
        "reasoning_tokens": draw.choice([0, output // 2]),
        "web_searches": draw.choice([0, 1, 7]),
    }
    return Case(span, provider, model)


def usage_of(span: dict[str, Any]) -> dict[str, Any]:
    """A span's counts in genai-prices' terms."""
    if unit := span.get("vendor_unit"):
        return dict.fromkeys(_USAGE_OF_UNITS[unit], span["vendor_quantity"])
    return {
        **{name: span.get(name, 0) for name in _COUNTS},
        # Cached audio is not told apart by spans: it counts as cached text.
        "cache_audio_read_tokens": 0,
        "output_reasoning_tokens": span.get("reasoning_tokens", 0),
        "web_searches": span.get("web_searches", 0),
    }


def truth(case: Case) -> Decimal:
    """What genai-prices computes for the case, USD; for a tier before it was first seen, at its first price."""
    at = case.span["ts"]
    seen = price_list.first_seen(case.model, case.span["service_tier"], case.span["speed"])
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if seen is not None and at < seen and price_list.same_standard(case.model, midnight, seen):
        at = datetime.combine(seen, at.timetz())
    price = case.model.calc_price(
        Usage(**usage_of(case.span)),
        case.provider,
        genai_request_timestamp=at,
        price_context=price_list.price_context(case.span["service_tier"], case.span["speed"]),
    )
    return price.total_price


def _price_sets(model: ModelInfo) -> list[Any]:
    standard = [entry.prices for entry in model.prices] if isinstance(model.prices, list) else [model.prices]
    return standard + [variant.prices for variant in model.price_variants or []]


def _keys(model: ModelInfo) -> set[str]:
    return {key for prices in _price_sets(model) for key, value in vars(prices).items() if value is not None}


def _contexts(model: ModelInfo) -> list[tuple[str, str]]:
    tiers, speeds = ["", "", "standard"], ["", ""]
    for variant in model.price_variants or []:
        for name, value in variant.when.items():
            {"service_tier": tiers, "processing": tiers, "speed": speeds}.get(name, []).append(value)
    return list(itertools.product(tiers, speeds))


def _moment(draw: random.Random, model: ModelInfo) -> datetime:
    known = list(constraints(model))
    moment = datetime(2023, 6, 1, tzinfo=UTC) + timedelta(microseconds=draw.randrange(4 * 365 * 86_400 * 10**6))
    if known and draw.random() < 0.5:
        constraint = draw.choice(known)
        nudge = timedelta(microseconds=draw.choice([-1, 0, 1]))
        if isinstance(constraint, StartDateConstraint):
            return datetime.combine(constraint.start_date, datetime.min.time(), tzinfo=UTC) + nudge
        edge = draw.choice([constraint.start_time, constraint.end_time])
        return datetime.combine(moment.date(), edge.replace(tzinfo=UTC)) + nudge
    return moment


def _prompt(draw: random.Random, model: ModelInfo) -> int:
    thresholds = [
        tier.start
        for prices in _price_sets(model)
        for price in vars(prices).values()
        if isinstance(price, TieredPrices)
        for tier in price.tiers
    ]
    if thresholds and draw.random() < 0.7:
        return draw.choice(thresholds) + draw.choice([-1, 0, 1, 5_000])
    return draw.choice([1, 999, draw.randrange(1, 200_000), 2_000_000, 90_000_000])
