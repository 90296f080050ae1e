"""Energy of a model that no catalogue knows, from the size in its name or else from its price: a wide range.

Both lead to parameters, and those to both methods: to the token-aware one with its bounds drawn out by a factor of two,
and to EcoLogits'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanledger_enrich.energy import ecologits, token_aware, uncertainty
from spanledger_enrich.energy.ecologits import ANYWHERE_PUE, Range
from spanledger_enrich.energy.size_in_name import size_in_name

if TYPE_CHECKING:
    from decimal import Decimal

METHOD = "proxy"
SOURCE = f"proxy 5: {{method}} from the {{basis}}; embodied: {ecologits.SOURCE}"
_WIDENING = 2.0
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
        theirs = _ecologits(self.active, self.total)
        sigma = uncertainty.of_parameters(self.active, self.total)
        return [
            {
                **names,
                "energy_id": self.energy_id,
                **token_aware.coefficients(self.active, self.total, ANYWHERE_PUE, widening=_WIDENING),
                **token_aware.overhead(ANYWHERE_PUE, Range(0.0, 1.0)),
                **token_aware.embodied(theirs),
                "source": SOURCE.format(method="token-aware method", basis=self.basis),
                "uncertainty": token_aware.METHOD,
                "parameters_sigma": sigma,
            },
            {
                **names,
                **theirs,
                "energy_id": f"{self.energy_id}, {ecologits.METHOD}",
                "source": SOURCE.format(method="EcoLogits' method", basis=self.basis),
                "uncertainty": ecologits.METHOD,
                "parameters_sigma": sigma,
            },
        ]


def by_size(name: str) -> Proxy | None:
    """The size class that a model's name tells, such as 7b, 8x22b or 30b-a3b; None where it tells none."""
    size = size_in_name(name)
    return Proxy(size.name, size.active, size.total, "size in its name") if size else None


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


def _ecologits(active: Range, total: Range) -> dict[str, Any]:
    """EcoLogits' coefficients with the geometric middle of the parameters in the centre.

    What is not known to a factor of ten has no latency that could be cut short: seconds have no coefficients, and the
    low is as if the answer had come at once.
    """
    bounds, middle = (
        ecologits.coefficients_of(ecologits.Subject(a, t, ANYWHERE_PUE, Range(0.0, ANYWHERE_PUE.low)))
        for a, t in ((active, total), (active.middle(), total.middle()))
    )
    centre = (
        "wh_per_output_token", "wh_per_request", "embodied_g_per_output_token", "embodied_g_per_request", "pue",
        "l_per_kwh",
    )  # fmt: skip
    seconds = [name for name in bounds if "second" in name]
    at_once = {
        f"wh_per_{of}_low": bounds[f"wh_per_{of}_low"] - bounds["wh_per_second_low"] * bounds[lasts]
        for of, lasts in (("output_token", "seconds_per_output_token_low"), ("request", "seconds_per_request"))
    }
    return {
        **bounds,
        **at_once,
        **{name: middle[name] for name in centre},
        **dict.fromkeys(seconds, 0.0),
        "central_is_mean": 0,
    }
