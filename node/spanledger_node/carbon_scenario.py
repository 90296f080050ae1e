"""A scenario of `carbon whatif`: where, when, on which model and with how much caching the same work would run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanledger_enrich import energy_model, price_list
from spanledger_enrich.grid_zone import is_zone, similar_zones

if TYPE_CHECKING:
    from spanledger_sql.store import Store


class ScenarioError(ValueError):
    """A scenario that cannot be reckoned; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What would be different. Empty text, 0 hours and a share of 0 leave things as they were.

    Attributes:
        window: Hours by which a call may be put off.
        energy_id: The other model's entry of `energy_model`; price_provider and price_model that of `price_list`.
        cache_share: Of each prompt, 0 to 1.
        signal: 'average', as in the ledger, or 'marginal'.
    """

    zone: str = ""
    window: int = 0
    model: str = ""
    replaced: str = ""
    energy_id: str = ""
    price_provider: str = ""
    price_model: str = ""
    cache_share: float = 0.0
    signal: str = "average"

    @property
    def basis(self) -> str:
        """What the intensities of the signal count."""
        return "direct" if self.signal == "marginal" else "lifecycle"

    def __str__(self) -> str:
        parts = [
            f"in {self.zone}" if self.zone else "",
            f"put off by up to {self.window} h" if self.window else "",
            f"on {self.model}" + (f" instead of {self.replaced}" if self.replaced else "") if self.model else "",
            f"with {self.cache_share:.0%} of each prompt cached" if self.cache_share else "",
        ]
        return "The same calls " + ", ".join(part for part in parts if part)

    def parameters(self) -> dict[str, object]:
        """What `reports/carbon_whatif.sql` takes."""
        return {
            "zone": self.zone,
            "window": self.window,
            "replaced": self.replaced,
            "energy_id": self.energy_id,
            "price_provider": self.price_provider,
            "price_model": self.price_model,
            "cache_share": self.cache_share,
            "signal": self.signal,
            "basis": self.basis,
        }

    def assumptions(self) -> list[str]:
        """What the comparison takes for granted, a sentence each."""
        stated = [
            "compared are calls whose figures are known both ways; the others are counted, and are in neither sum",
            "intensities are average and life cycle, as in the ledger; what one kWh more or less at an hour does to "
            "the grid (--signal marginal) may differ"
            if self.signal == "average"
            else "intensities are marginal and direct, now and then: no part of an inventory; calls whose hour has "
            "none are not compared",
        ]
        if self.zone:
            stated.append(
                f"energy stays what it was: the same machines and overhead (PUE) in {self.zone}; hours without a "
                "value of that zone take its yearly mean"
            )
        if self.window:
            stated.append(
                f"every call could have waited up to {self.window} h, with hindsight of the grid's hours and room at "
                "the provider in that hour; a call keeps its hour where a later one is not cleaner or not known"
            )
        if self.zone or self.window:
            stated.append("list prices depend neither on the zone nor on the hour")
        if self.model:
            stated.append(
                f"{self.model} would have used as many tokens: energy by {self.energy_id}, cost by "
                f"{self.price_provider}/{self.price_model} at the price in force at each call; its answers may be "
                "longer, shorter or worse; embeddings and reranking stay where they are"
            )
        if self.cache_share:
            stated.append(
                "cached tokens are priced as cache reads, and writing them costs nothing more; their energy changes "
                "where the call's method has a coefficient for input tokens (EcoLogits has none)"
            )
        return stated


def read(
    zone: str, window: int, model: str, provider: str, replaced: str, cache_share: float, signal: str = "average"
) -> Scenario:
    """A scenario from what the user says.

    Raises:
        ScenarioError: Nothing would be different, the zone is unknown, or nobody knows the model's energy or price.
    """
    if not (zone or window or model or cache_share):
        raise ScenarioError(
            "nothing would be different; expected --zone, --window, --model or --cache-share, for example --zone FR"
        )
    if replaced and not model:
        raise ScenarioError(f"--instead-of {replaced!r} needs --model, the one that would answer")
    if zone and not is_zone(zone):
        near = similar_zones(zone)
        meant = f"; meant {' or '.join(near)}?" if near else "; expected one such as FR or US-CAL-CISO"
        raise ScenarioError(f"--zone {zone!r} is no known zone{meant}")
    if not model:
        return Scenario(zone=zone, window=window, cache_share=cache_share, signal=signal)
    price = price_list.resolve(provider.lower(), [model])
    if not price.model:
        near = price_list.nearest(model)
        meant = f"; nearest are {', '.join(near)}" if near else ""
        raise ScenarioError(f"--model {model!r} has no list price: {price.note}{meant}")
    energy_id = energy_model.resolve(provider.lower() or price.provider, [model, price.model])
    if not energy_id:
        raise ScenarioError(
            f"--model {model!r} has no energy coefficients; expected a model that {energy_model.SOURCE} knows, such as "
            "gpt-4o-mini, with --provider where its name does not tell whose it is"
        )
    return Scenario(zone, window, model, replaced, energy_id, price.provider, price.model, cache_share, signal)


def refuse_unknown(store: Store, scenario: Scenario) -> None:
    """Complain of a zone without any intensity in the database, and of a model that no call was answered by.

    Raises:
        ScenarioError: One of them.
    """
    known = (
        "SELECT count() FROM grid_intensity WHERE zone IN {zones:Array(String)} "
        "AND signal = {signal:String} AND basis = {basis:String}"
    )
    series = {"signal": scenario.signal, "basis": scenario.basis}
    zones = [scenario.zone, scenario.zone.partition("-")[0]]
    if scenario.zone and not store.value(known, zones=zones, **series):
        raise ScenarioError(
            f"--zone {scenario.zone!r} has no {scenario.signal} intensities, neither by the hour nor by the year; "
            "bring some in with 'spanledger grid import'"
        )
    hourly = f"{known} AND resolution = 'hour'"
    if scenario.zone and scenario.window and not store.value(hourly, zones=[scenario.zone], **series):
        raise ScenarioError(
            f"--window {scenario.window}: {scenario.zone!r} has no intensities by the hour, so that no hour is better "
            "than another; bring some in with 'spanledger grid import'"
        )
    answered = "SELECT count() FROM calls WHERE model = {model:String}"
    if scenario.replaced and not store.value(answered, model=scenario.replaced):
        raise ScenarioError(
            f"--instead-of {scenario.replaced!r}: no call of the ledger was answered by it; "
            "'spanledger carbon --by model' names those that did answer"
        )
