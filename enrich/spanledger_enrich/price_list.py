"""List prices: genai-prices' catalogue as wide rows of `price_list`, and which entry a reported model means."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

import genai_prices
from genai_prices import data_snapshot
from genai_prices.types import StartDateConstraint, TieredPrices, TimeOfDateConstraint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from genai_prices.types import ModelInfo, ModelPrice, Provider

    from spanledger_sql.store import Store

BOOK = "list"
SOURCE = f"genai-prices {genai_prices.__version__}"

# A price that holds from the beginning of time: ASOF needs a date, and every call is later than this.
_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
_PER_TOKEN = Decimal(1).scaleb(-12)
_MILLION = Decimal(1_000_000)

# OpenTelemetry's names of providers, and those of older instrumentations, where genai-prices has another.
PROVIDER_NAMES = {
    "aws.bedrock": "aws",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "azure_ai": "azure",
    "azure_openai": "azure",
    "bedrock": "aws",
    "fireworks_ai": "fireworks",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gemini": "google",
    "google_genai": "google",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "together_ai": "together",
    "vertex_ai": "google",
    "x_ai": "x-ai",
    "xai": "x-ai",
}


@dataclass(frozen=True, slots=True)
class PriceEntry:
    """Which rows of `price_list` price a model; empty names and a note where none do."""

    provider: str
    model: str
    note: str = ""


def load(store: Store) -> int:
    """Put the whole catalogue into `price_list`, unless this version of it is there; gives the number of new rows."""
    if store.value("SELECT count() FROM price_list WHERE source = {source:String}", source=SOURCE):
        return 0
    rows = list(catalogue())
    store.insert("price_list", rows)
    return len(rows)


def catalogue() -> Iterator[dict[str, Any]]:
    """Every model's prices as rows of `price_list`, USD per token, one for each date on which they change.

    Models that are not priced by tokens or requests, and models whose price depends on what a row cannot say, are
    left out: their calls show as unpriced rather than at a wrong price.
    """
    for provider in data_snapshot.get_snapshot().providers:
        for model in provider.models:
            if _unsupported(model):
                continue
            for valid_from in _starts(model):
                row = _row(provider, model, valid_from, model.get_prices(valid_from))
                if row is not None:
                    yield row


def resolve(provider: str, models: Iterable[str]) -> PriceEntry:
    """Find the entry that prices a call: the first of ``models`` (best first) that the provider's catalogue knows.

    Args:
        provider: The provider as the span names it, lower case; may be empty.
        models: Model names as reported: the response's before the request's.
    """
    snapshot = data_snapshot.get_snapshot()
    names = [name for name in dict.fromkeys(models) if name]
    provider_id = PROVIDER_NAMES.get(provider, provider) or None
    for name in names:
        try:
            _, model = snapshot.find_provider_model(name, None, provider_id, None)
        except LookupError:
            continue
        if reason := _unsupported(model):
            return PriceEntry("", "", f"the price of {model.id} depends on {reason}, which is not supported yet")
        return PriceEntry(_owner(model), model.id)
    if not names:
        return PriceEntry("", "", "the span names no model")
    return PriceEntry("", "", f"{SOURCE} has no {' or '.join(map(repr, names))} of provider {provider or '(none)'!r}")


def nearest(name: str, count: int = 3) -> list[str]:
    """The catalogue's models whose names come nearest to ``name``, as provider/model, nearest first."""
    known = {
        model.id.lower(): f"{provider.id}/{model.id}"
        for provider in reversed(data_snapshot.get_snapshot().providers)
        for model in provider.models
    }
    return [known[match] for match in difflib.get_close_matches(name.lower(), known, count)]


def _starts(model: ModelInfo) -> list[datetime]:
    """The dates on which a model's prices change."""
    dated = {
        datetime.combine(price.constraint.start_date, time(), tzinfo=UTC)
        for price in _conditional(model)
        if isinstance(price.constraint, StartDateConstraint)
    }
    return sorted({_ALWAYS} | dated)


def _unsupported(model: ModelInfo) -> str:
    """What a model's price depends on that no row of `price_list` can say, or ''."""
    if any(isinstance(price.constraint, TimeOfDateConstraint) for price in _conditional(model)):
        return "the time of day"
    entries = [price.prices for price in _conditional(model)] or [model.prices]
    if any(vars(prices).get("output_reasoning_mtok") is not None for prices in entries):
        return "which output tokens were reasoning"
    return ""


def _conditional(model: ModelInfo) -> list[Any]:
    return model.prices if isinstance(model.prices, list) else []


def _row(provider: Provider, model: ModelInfo, valid_from: datetime, prices: ModelPrice) -> dict[str, Any] | None:
    known = vars(prices)
    if not any(known.get(key) is not None for key in ("input_mtok", "output_mtok", "requests_kcount")):
        return None
    # A class of tokens without a price of its own is priced as the class that contains it.
    per_million = {"input": known.get("input_mtok"), "output": known.get("output_mtok")}
    per_million["cache_read"] = _first(known.get("cache_read_mtok"), per_million["input"])
    per_million["cache_write"] = _first(known.get("cache_write_mtok"), per_million["input"])
    per_million["cache_write_1h"] = _first(known.get("cache_write_1h_mtok"), per_million["cache_write"])
    starts = sorted(
        {tier.start for price in per_million.values() if isinstance(price, TieredPrices) for tier in price.tiers}
    )
    requests = known.get("requests_kcount")
    return {
        "price_id": f"{BOOK}/{provider.id}/{model.id}@{valid_from:%Y-%m-%d}",
        "book": BOOK,
        "provider": provider.id,
        "model": model.id,
        "valid_from": valid_from,
        "currency": "USD",
        "request_price": _base(requests) / 1000,
        "tier_starts": starts,
        "source": SOURCE,
        **{f"{key}_price": _per_token(_base(price)) for key, price in per_million.items()},
        **{
            f"tier_{key}_prices": [_per_token(_above(price, start)) for start in starts]
            for key, price in per_million.items()
        },
    }


def _first(price: Any, otherwise: Any) -> Any:
    return otherwise if price is None else price


def _base(price: Decimal | TieredPrices | None) -> Decimal:
    if price is None:
        return Decimal(0)
    return price.base if isinstance(price, TieredPrices) else price


def _above(price: Decimal | TieredPrices | None, start: int) -> Decimal:
    """The price of a prompt one token longer than ``start``."""
    if not isinstance(price, TieredPrices):
        return _base(price)
    return next((tier.price for tier in reversed(price.tiers) if start >= tier.start), price.base)


def _per_token(per_million: Decimal) -> Decimal:
    return (per_million / _MILLION).quantize(_PER_TOKEN, ROUND_HALF_EVEN)


def _owner(model: ModelInfo) -> str:
    """The provider whose catalogue holds this entry: it may be another's (Azure's OpenAI models are OpenAI's)."""
    return next(
        provider.id
        for provider in data_snapshot.get_snapshot().providers
        if any(candidate is model for candidate in provider.models)
    )
