"""The wide row of `price_list`: all that one entry of a price book says, USD per token, request, search and unit.

A class of tokens without a price of its own costs what the class that contains it does, as in genai-prices
(`genai_prices.decompose`): a cached token costs what an input token does where the provider has no other price for it.
Of audio, and of images that a model makes, that is hardly ever so: a row names the classes that it prices as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import TYPE_CHECKING, Any

from genai_prices.types import TieredPrices

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from genai_prices.types import ModelPrice

# Columns of a row that hold prices: `<name>_price`, and `tier_<name>_prices` for the steps after the base.
TOKEN_CLASSES = (
    "input",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "input_audio",
    "output",
    "output_audio",
    "reasoning",
    "input_image",
    "output_image",
    "cache_read_audio",
    "cache_read_image",
    "input_video",
)
CLASSES = (*TOKEN_CLASSES, "search", "request")

# The keys of genai-prices that price a class, the first that is there.
_KEYS = {
    "input": ("input_mtok",),
    "cache_read": ("cache_read_mtok", "input_mtok"),
    "cache_write": ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "input_audio": ("input_audio_mtok", "input_mtok"),
    "output": ("output_mtok",),
    "output_audio": ("output_audio_mtok", "output_mtok"),
    "reasoning": ("output_reasoning_mtok", "output_mtok"),
    "input_image": ("input_image_mtok", "input_mtok"),
    "output_image": ("output_image_mtok", "output_mtok"),
    "cache_read_audio": ("cache_audio_read_mtok", "cache_read_mtok", "input_mtok"),
    "cache_read_image": ("cache_image_read_mtok", "cache_read_mtok", "input_mtok"),
    "input_video": ("input_video_mtok", "input_mtok"),
    "search": ("web_searches_kcount",),
    "request": ("requests_kcount",),
}
# What else is charged: the keys that price it, and how many of each of our units make up one of the key's.
_UNITS: tuple[tuple[tuple[str, ...], dict[str, int]], ...] = (
    (
        ("input_audio_hours", "audio_hours", "output_audio_hours"),
        {"audio_second": 3600, "audio_minute": 60, "audio_hour": 1},
    ),
    (("input_document_kpages",), {"page": 1000}),
    (("input_annotated_document_kpages", "input_document_kpages"), {"annotated_page": 1000}),
    (("input_mchars",), {"character": 1_000_000}),
    (("input_text_messages_kcount",), {"message": 1000}),
    (("rerank_searches_kcount",), {"search": 1000}),
    (("storage_searches_kcount",), {"file_search_call": 1000}),
    (("input_gpixels",), {"pixel": 1_000_000_000}),
)
# Classes that providers charge otherwise than text. Images and video in a prompt are counted in tokens so that their
# price is that of text, unless a model has one for them.
_UNLIKE_TEXT = ("input_audio", "cache_read_audio", "output_audio", "output_image")
_OF_PICTURES = frozenset({"input_image", "output_image", "cache_read_image", "input_video"})
_MILLION = Decimal(1_000_000)
_DIGIT = Decimal(1).scaleb(-22)


@dataclass(frozen=True, slots=True)
class PriceKey:
    """Which calls a row prices: its book, model, date, and what else the price depends on ('' where on nothing)."""

    book: str
    provider: str
    model: str
    valid_from: datetime
    service_tier: str = ""
    speed: str = ""
    region: str = ""

    @property
    def price_id(self) -> str:
        """Names the row in the ledger."""
        context = "+".join(filter(None, (self.service_tier, self.speed, self.region)))
        return f"{self.book}/{self.provider}/{self.model}@{self.valid_from:%Y-%m-%d}" + (
            f"#{context}" if context else ""
        )

    def columns(self) -> dict[str, Any]:
        """The key as columns of `price_list`."""
        return {
            "price_id": self.price_id,
            "book": self.book,
            "provider": self.provider,
            "model": self.model,
            "valid_from": self.valid_from,
            "service_tier": self.service_tier,
            "speed": self.speed,
            "region": self.region,
        }


def price_columns(
    segments: Sequence[ModelPrice],
    window_starts: Sequence[int] = (),
    *,
    minimum_seconds: int = 0,
    other_units: Mapping[str, Decimal] | None = None,
    as_text: Collection[str] = (),
    times: Decimal = Decimal(1),
) -> dict[str, Any] | None:
    """Prices as columns of `price_list`, or None where nothing that is recorded has a price.

    Args:
        segments: The prices of each part of the day, from midnight UTC on.
        window_starts: The second of the day at which each part after the first begins.
        minimum_seconds: The shortest audio that is billed.
        other_units: USD per unit of what the prices do not name.
        as_text: The classes whose price is documented to be that of text, or of all that comes out.
        times: What tokens cost in terms of these prices.
    """
    prices = [{name: value for name, value in vars(segment).items() if value is not None} for segment in segments]
    starts = _tier_starts(prices)
    steps = [(known, start) for known in prices for start in (-1, *starts)]
    columns: dict[str, Any] = {}
    for name in CLASSES:
        per = Decimal(1000) if name in {"search", "request"} else _MILLION
        factor = times if name in TOKEN_CLASSES else 1
        values = [exact(_at(_first(known, _KEYS[name]), start) * factor / per) for known, start in steps]
        columns[f"{name}_price"] = values[0]
        columns[f"tier_{name}_prices"] = values[1:]
    units = _units(prices[0]) | dict(other_units or {})
    # What has a price of images or video alone does not say what its text costs.
    token_priced = any(
        _first(known, keys) is not None for known in prices for name, keys in _KEYS.items() if name not in _OF_PICTURES
    )
    if not token_priced and not units:
        return None
    return {
        **columns,
        "tier_starts": starts,
        "window_starts": list(window_starts),
        "token_priced": int(token_priced),
        "text_priced": [
            name
            for name in _UNLIKE_TEXT
            if token_priced and name not in as_text and not any(_KEYS[name][0] in known for known in prices)
        ],
        "units": list(units),
        "unit_prices": list(units.values()),
        "unit_minimum_cost": exact(units.get("audio_second", Decimal(0)) * minimum_seconds),
    }


def exact(price: Decimal) -> Decimal:
    """A price at the scale in which `price_list` keeps it: 22 decimals, exact for every price that is written down."""
    with localcontext() as context:
        context.prec = 60
        return price.quantize(_DIGIT, ROUND_HALF_EVEN)


def _tier_starts(prices: Sequence[Mapping[str, Any]]) -> list[int]:
    """The thresholds of the context tiers: prompts longer than these cost more."""
    return sorted(
        {
            tier.start
            for known in prices
            for price in known.values()
            if isinstance(price, TieredPrices)
            for tier in price.tiers
        }
    )


def _first(known: Mapping[str, Any], keys: Sequence[str]) -> Decimal | TieredPrices | None:
    return next((known[key] for key in keys if key in known), None)


def _at(price: Decimal | TieredPrices | None, start: int) -> Decimal:
    """The price of a prompt one token longer than ``start``."""
    if price is None:
        return Decimal(0)
    if not isinstance(price, TieredPrices):
        return price
    return next((tier.price for tier in reversed(price.tiers) if start >= tier.start), price.base)


def _units(known: Mapping[str, Any]) -> dict[str, Decimal]:
    """USD per unit of what is charged by other units than tokens."""
    units: dict[str, Decimal] = {}
    for keys, per in _UNITS:
        price = _first(known, keys)
        if price is not None:
            with localcontext() as context:
                context.prec = 60
                units.update({unit: exact(_at(price, -1) / count) for unit, count in per.items()})
    return units
