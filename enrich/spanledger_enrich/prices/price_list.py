"""List prices: genai-prices' catalogue as wide rows of `price_list`."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from genai_prices import data_snapshot
from genai_prices.types import StartDateConstraint, TimeOfDateConstraint

from spanledger_enrich.prices import price_catalogue, price_factor
from spanledger_enrich.prices.price_row import PriceKey, price_columns
from spanledger_enrich.prices.text_rate import documented
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from genai_prices.types import ConditionalPrice, ModelInfo, PriceVariant, Provider

    from spanledger_sql.store import Store

BOOK = "list"
SOURCE = price_catalogue.INSTALLED
# A price that holds from the beginning of time: ASOF needs a date, and every call is later than this.
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
# Groq bills at least ten seconds of audio (genai_prices.types.ModelInfo.calc_price).
_MINIMUM_SECONDS = {("groq", "whisper-large-v3"): 10, ("groq", "whisper-large-v3-turbo"): 10}


def load(store: Store) -> int:
    """Put the whole catalogue into `price_list`, unless it is there; gives the number of rows that are new or changed.

    A row that the catalogue says otherwise than before is kept in `price_superseded`, for the calls that it priced.
    """
    source = price_catalogue.activate(store)
    if price_catalogue.is_loaded(store, source):
        return 0
    before = {
        _key(row): row
        for row in store.rows("SELECT * EXCEPT (loaded_at) FROM price_list FINAL WHERE book = {book:String}", book=BOOK)
    }
    rows = [row | {"source": row["source"].replace(SOURCE, source, 1)} for row in catalogue()]
    changed = [row for row in rows if _said(before.get(_key(row), {})) != _said(row)]
    replaced = [_key(row) for row in changed if _key(row) in before]
    if replaced:
        store.execute(
            statement("lookups/supersede_prices"), {"price_ids": [before[key]["price_id"] for key in replaced]}
        )
    store.insert("price_list", changed)
    price_catalogue.remember(store, source)
    return len(changed)


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("provider", "model", "valid_from", "service_tier", "speed", "region"))


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says, whatever said it."""
    return {name: value for name, value in row.items() if name not in {"source", "applies", "exchange_rate"}}


def catalogue() -> Iterator[dict[str, Any]]:
    """Every model's prices as rows of `price_list`, USD per token, for each date on which they change.

    A model whose price depends on the service tier, the speed or the region has a row for each of them; where the
    catalogue does not say it and the provider's price list does, as a multiple (`price_factor`). Models of which the
    catalogue gives no price, or none by a unit that is recorded, are left out: their calls show as unpriced.
    """
    for provider in data_snapshot.get_snapshot().providers:
        for model in provider.models:
            own, regions = _contexts(model), price_factor.of_regions(provider.id, model.id)
            told = {tier for tier, _ in own}
            tiers = {
                tier: factor
                for tier, factor in price_factor.of_tiers(provider.id, model.id).items()
                if tier not in told
            }
            for valid_from, (tier, speed) in itertools.product(_starts(model), [*own, *((tier, "") for tier in tiers)]):
                seen = first_seen(model, tier, speed)
                later = seen if seen is not None and valid_from < seen else None
                if later is not None and not same_standard(model, valid_from, later):
                    continue  # nobody knows what the tier cost when the standard price was another one
                note = f"; the tier's price was first seen on {later:%Y-%m-%d}" if later is not None else ""
                for region in ("", *regions):
                    factors = [known for known in (tiers.get(tier), regions.get(region)) if known is not None]
                    times = math.prod((factor.times for factor in factors), start=Decimal(1))
                    columns = _prices(provider, model, valid_from, tier, speed, as_of=later, times=times)
                    if columns is None:
                        continue
                    said = "".join(f"; times {factor.times}: {factor.source}" for factor in factors)
                    key = PriceKey(BOOK, provider.id, model.id, valid_from, tier, speed, region)
                    yield {
                        **key.columns(), "currency": "USD", **columns,
                        "applies": 1, "exchange_rate": Decimal(1), "source": SOURCE + note + said,
                    }  # fmt: skip


def price_context(service_tier: str, speed: str) -> dict[str, str]:
    """What a call's service tier and speed are in genai-prices' terms, where batches are a way of processing."""
    context = {"service_tier": service_tier, "speed": speed}
    if service_tier == "batch":
        context["processing"] = "batch"
    return {name: value for name, value in context.items() if value}


def _starts(model: ModelInfo) -> list[datetime]:
    """The dates on which a model's prices change."""
    dated = {
        datetime.combine(constraint.start_date, time(), tzinfo=UTC)
        for constraint in _constraints(model)
        if isinstance(constraint, StartDateConstraint)
    }
    return sorted({ALWAYS} | dated)


def _window_starts(model: ModelInfo) -> list[int]:
    """The seconds of the UTC day at which a model's prices may change, after midnight."""
    moments = {
        moment if moment.tzinfo is None else datetime.combine(ALWAYS, moment).astimezone(UTC).time()
        for constraint in _constraints(model)
        if isinstance(constraint, TimeOfDateConstraint)
        for moment in (constraint.start_time, constraint.end_time)
    }
    seconds = {moment.hour * 3600 + moment.minute * 60 + moment.second for moment in moments}
    return sorted(seconds - {0})


def _constraints(model: ModelInfo) -> Iterator[StartDateConstraint | TimeOfDateConstraint]:
    dated = model.prices if isinstance(model.prices, list) else []
    entries: list[ConditionalPrice | PriceVariant] = [*dated, *(model.price_variants or [])]
    return (entry.constraint for entry in entries if entry.constraint is not None)


def _contexts(model: ModelInfo) -> list[tuple[str, str]]:
    """The service tiers and speeds for which a model has prices of its own, the standard first."""
    tiers, speeds = [""], [""]
    for variant in model.price_variants or []:
        for name, value in variant.when.items():
            if name in {"service_tier", "processing"}:
                tiers.append(value)
            elif name == "speed":
                speeds.append(value)
    return list(itertools.product(dict.fromkeys(tiers), dict.fromkeys(speeds)))


def first_seen(model: ModelInfo, tier: str, speed: str) -> datetime | None:
    """The day from which the catalogue has a tier's or a speed's price: when it learned of it, not when it began."""
    context = price_context(tier, speed)
    if not context:
        return None
    starts = []
    for variant in model.price_variants or []:
        if variant.when and all(context.get(name) == value for name, value in variant.when.items()):
            if not isinstance(variant.constraint, StartDateConstraint):
                return None
            starts.append(datetime.combine(variant.constraint.start_date, time(), tzinfo=UTC))
    return min(starts, default=None)


def same_standard(model: ModelInfo, one: datetime, other: datetime) -> bool:
    """Whether the standard tier cost the same on two days, in what the first has a price for."""
    before, after = vars(model.get_prices(one, {})), vars(model.get_prices(other, {}))
    return all(after.get(name) == price for name, price in before.items() if price is not None)


def _prices(
    provider: Provider,
    model: ModelInfo,
    valid_from: datetime,
    tier: str,
    speed: str,
    *,
    as_of: datetime | None = None,
    times: Decimal = Decimal(1),
) -> dict[str, Any] | None:
    windows = _window_starts(model)
    day = as_of or valid_from
    moments = [day.replace(hour=second // 3600, minute=second // 60 % 60) for second in (0, *windows)]
    segments = [model.get_prices(moment, price_context(tier, speed)) for moment in moments]
    return price_columns(
        segments,
        windows,
        minimum_seconds=_MINIMUM_SECONDS.get((provider.id, model.id), 0),
        as_text=documented(provider.id, model.id),
        times=times,
    )
