"""A call's cost as products that can be checked by hand: how much of what, at which price, by the rules of the ledger.

It computes what `ledger/7_ledger.sql` does, once more and apart from it, from the call and the price entry alone; a
test holds the two equal to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LAST_DIGIT = Decimal(1).scaleb(-12)


@dataclass(frozen=True)
class Product:
    """So much of a class at a price, USD. ``minimum``: the least that is billed for it."""

    name: str
    quantity: Decimal
    price: Decimal
    minimum: Decimal = Decimal(0)

    @property
    def usd(self) -> Decimal:
        """The exact product."""
        with localcontext() as context:
            context.prec = 60
            return max(self.quantity * self.price, self.minimum)


@dataclass(frozen=True)
class Share:
    """A part of the cost, the ledger's column of that name: its products' sum, rounded to 1e-12 USD."""

    column: str
    products: list[Product]

    @property
    def usd(self) -> Decimal:
        """What the ledger has in the column."""
        with localcontext() as context:
            context.prec = 60
            return sum((product.usd for product in self.products), Decimal(0)).quantize(_LAST_DIGIT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Step:
    """Which prices of an entry apply: the context tier and the part of the day."""

    number: int
    tier_start: int | None
    window_start: int | None

    def __str__(self) -> str:
        parts = []
        if self.tier_start is not None:
            parts.append(f"the prompt is over {self.tier_start:,} tokens")
        if self.window_start is not None:
            parts.append(f"from {self.window_start // 3600:02d}:{self.window_start // 60 % 60:02d} UTC")
        return ", ".join(parts) or "base price"


def step_of(call: Mapping[str, Any], entry: Mapping[str, Any]) -> Step:
    """The step of an entry's prices that a call falls into."""
    second = call["ts"].hour * 3600 + call["ts"].minute * 60 + call["ts"].second
    windows = [start for start in entry["window_starts"] if second >= start]
    tiers = [start for start in entry["tier_starts"] if call["input_tokens"] > start]
    return Step(
        len(windows) * (len(entry["tier_starts"]) + 1) + len(tiers),
        tiers[-1] if tiers else None,
        windows[-1] if windows else None,
    )


def shares(call: Mapping[str, Any], entry: Mapping[str, Any]) -> list[Share]:
    """The call's cost at an entry's prices: shares whose sum is the cost."""
    step = step_of(call, entry).number
    parts: dict[str, list[Product]] = {
        name: [] for name in ("input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "other_cost")
    }
    for column, name, quantity in _quantities(call):
        price = entry[f"tier_{name}_prices"][step - 1] if step else entry[f"{name}_price"]
        if quantity and (price or name in {"input", "output", "cache_read", "cache_write", "cache_write_1h"}):
            parts[column].append(Product(name.replace("_", " "), Decimal(quantity), Decimal(price)))
    if call["vendor_unit"] in entry["units"] and call["vendor_quantity"]:
        price = entry["unit_prices"][list(entry["units"]).index(call["vendor_unit"])]
        parts["other_cost"].append(
            Product(call["vendor_unit"], call["vendor_quantity"], Decimal(price), Decimal(entry["unit_minimum_cost"]))
        )
    return [Share(column, products) for column, products in parts.items()]


def _quantities(call: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """How much there was of each class: column of the ledger, class of the price, quantity. No token is in two."""
    written = max(call["cache_write_tokens"], call["cache_write_1h_tokens"])
    uncached = max(0, call["input_tokens"] - call["cache_read_tokens"] - written)
    cached_audio = min(call["cache_read_audio_tokens"], call["cache_read_tokens"])
    cached_image = min(call["cache_read_image_tokens"], call["cache_read_tokens"] - cached_audio)
    audio_in = min(max(0, call["input_audio_tokens"] - cached_audio), uncached)
    image_in = min(max(0, call["input_image_tokens"] - cached_image), uncached - audio_in)
    video_in = min(call["input_video_tokens"], uncached - audio_in - image_in)
    audio_out = min(call["output_audio_tokens"], call["output_tokens"])
    image_out = min(call["output_image_tokens"], call["output_tokens"] - audio_out)
    reasoned = min(call["reasoning_tokens"], call["output_tokens"] - audio_out - image_out)
    yield "input_cost", "input", uncached - audio_in - image_in - video_in
    yield "input_cost", "input_audio", audio_in
    yield "input_cost", "input_image", image_in
    yield "input_cost", "input_video", video_in
    yield "cache_read_cost", "cache_read", call["cache_read_tokens"] - cached_audio - cached_image
    yield "cache_read_cost", "cache_read_audio", cached_audio
    yield "cache_read_cost", "cache_read_image", cached_image
    yield "cache_write_cost", "cache_write", written - call["cache_write_1h_tokens"]
    yield "cache_write_cost", "cache_write_1h", call["cache_write_1h_tokens"]
    yield "output_cost", "output", call["output_tokens"] - audio_out - image_out - reasoned
    yield "output_cost", "output_image", image_out
    yield "output_cost", "output_audio", audio_out
    yield "output_cost", "reasoning", reasoned
    yield "other_cost", "request", int(call["status"] == "ok")
    yield "other_cost", "search", call["web_searches"]
