"""Energy of a model that no catalogue knows, from the size in its name or else from its price: a wide range.

Both lead to parameters, and those to both methods: to the token-aware one with its bounds drawn out by a factor of two,
and to EcoLogits'.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanledger_enrich.energy import ecologits, token_aware
from spanledger_enrich.energy.ecologits import Range

if TYPE_CHECKING:
    from decimal import Decimal

METHOD = "proxy"
SOURCE = f"proxy 2: {{method}} from the {{basis}}; embodied: {ecologits.SOURCE}"
# Of nobody knows whose data centre.
_PUE = Range(1.09, 1.2)
_WIDENING = 2.0
# Sizes beyond these are version numbers or contexts, not parameters.
_SMALLEST, _LARGEST = 0.1, 3000.0

_EXPERTS = re.compile(r"(?<![\d.a-z])(\d{1,3})x(\d{1,4}(?:\.\d+)?)b(?![a-z])")
_SIZE = re.compile(r"(?<![\d.a-z])(\d{1,4}(?:\.\d+)?)b(?![a-z])")
_ACTIVE = re.compile(r"(?<![a-z\d])a(\d{1,3}(?:\.\d+)?)b(?![a-z])")
_MILLIONS = re.compile(r"(?<![\d.a-z])(\d{2,3})m(?![a-z])")

# Upper bound of the price class (USD per million output tokens), and parameters in billions: active, total. Prices of
# open weights whose parameters are known suggest the order of magnitude; a price also pays for much else.
_PRICE_CLASSES: tuple[tuple[float, Range, Range], ...] = (
    (0.5, Range(1, 15), Range(1, 40)),
    (2.0, Range(3, 40), Range(8, 250)),
    (8.0, Range(10, 100), Range(30, 700)),
    (30.0, Range(20, 300), Range(70, 2000)),
    (float("inf"), Range(50, 600), Range(300, 4000)),
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A stand-in: the name of its class, parameters in billions, and what it was inferred from."""

    name: str
    active: Range
    total: Range
    basis: str

    @property
    def energy_id(self) -> str:
        """Its key in `energy_model`."""
        return f"{METHOD}/{self.name}"

    def rows(self) -> list[dict[str, Any]]:
        """Its rows of `energy_model`: by the token-aware method, and, as `energy_id` with a suffix, by EcoLogits'."""
        names = {"method": METHOD, "provider": "", "model": self.name}
        theirs = ecologits.coefficients_of(ecologits.Subject(self.active, self.total, _PUE, Range(0.0, _PUE.low)))
        return [
            {
                **names,
                "energy_id": self.energy_id,
                **token_aware.coefficients(self.active, self.total, widening=_WIDENING),
                **token_aware.overhead(Range(0.0, 1.0)),
                "embodied_g_per_output_token": theirs["embodied_g_per_output_token"],
                "embodied_g_per_request": theirs["embodied_g_per_request"],
                "source": SOURCE.format(method="token-aware method", basis=self.basis),
            },
            {
                **names,
                **theirs,
                "energy_id": f"{self.energy_id}, {ecologits.METHOD}",
                "source": SOURCE.format(method="EcoLogits' method", basis=self.basis),
            },
        ]


def by_size(name: str) -> Proxy | None:
    """The size class that a model's name tells, such as 7b, 8x22b or 30b-a3b; None where it tells none."""
    lower = name.lower()
    if found := _EXPERTS.search(lower):
        experts, each = int(found[1]), float(found[2])
        # Experts share the attention layers: Mixtral 8x7B has 47 billion of 56, and 13 active.
        return _sized(min(2, experts) * each * 0.92, experts * each * 0.84, f"{experts}x{each:g}b")
    if found := _SIZE.search(lower):
        total = float(found[1])
        active = float(part[1]) if (part := _ACTIVE.search(lower)) else total
        return _sized(active, total, f"{total:g}b" if active == total else f"{total:g}b-a{active:g}b")
    if found := _MILLIONS.search(lower):
        return _sized(float(found[1]) / 1000, float(found[1]) / 1000, f"{found[1]}m")
    return None


def by_price(usd_per_token: Decimal) -> Proxy | None:
    """The price class of an output token's price; None for a free model, whose price tells nothing."""
    per_million = float(usd_per_token) * 1e6
    if per_million <= 0:
        return None
    below = next(place for place in _PRICE_CLASSES if per_million <= place[0])
    limit, active, total = below
    floor = max((place[0] for place in _PRICE_CLASSES if place[0] < limit), default=0.0)
    name = f"over {floor:g} USD per million" if limit == float("inf") else f"{floor:g} to {limit:g} USD per million"
    return Proxy(name, active, total, "price class of its output tokens")


def _sized(active: float, total: float, name: str) -> Proxy | None:
    if not (_SMALLEST <= total <= _LARGEST and 0 < active <= total):
        return None
    return Proxy(name, Range(active, active), Range(total, total), "size in its name")
