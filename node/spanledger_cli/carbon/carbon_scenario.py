"""A scenario of `carbon whatif`: where, when, on which model and with how much caching the same work would run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanledger_enrich.books.recosting import UNCHANGED, Change
from spanledger_enrich.grid.grid_zone import is_zone, similar_zones
from spanledger_enrich.prices import price_list

if TYPE_CHECKING:
    from spanledger_sql.store import Store


class ScenarioError(ValueError):
    """A scenario that cannot be reckoned; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What would be different. Empty text, 0 hours and a share of 0 leave things as they were.

    Attributes:
        window: Hours by which a call may be put off.
        change: The model that would answer, and what would be cached.
        signal: 'average', as in the ledger, or 'marginal'.
        basis: What the intensities of the signal count.
    """

    zone: str = ""
    window: int = 0
    change: Change = UNCHANGED
    signal: str = "average"
    basis: str = "lifecycle"

    def __str__(self) -> str:
        model, replaced, cached = self.change.model, self.change.replaced, self.change.cache_share
        parts = [
            f"in {self.zone}" if self.zone else "",
            f"put off by up to {self.window} h" if self.window else "",
            f"on {model}" + (f" instead of {replaced}" if replaced else "") if model else "",
            f"with {cached:.0%} of each prompt cached" if cached else "",
        ]
        return "The same calls " + ", ".join(part for part in parts if part)

    def parameters(self) -> dict[str, object]:
        """What `reports/carbon/whatif.sql` takes, but the table of recosted calls."""
        return {
            "zone": self.zone,
            "window": self.window,
            "signal": self.signal,
            "basis": self.basis,
            "recosted": int(self.change != UNCHANGED),
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
        if self.change.model:
            stated.append(
                f"{self.change.model} would have used as many tokens and as much time: energy and list cost are what "
                "the ledger would have booked of it at each call's start; its answers may be longer, shorter or worse; "
                "embeddings and reranking stay where they are"
            )
        if self.change.cache_share:
            stated.append(
                "cached tokens are priced as cache reads, and writing them costs nothing more; their energy changes "
                "where the call's method has a coefficient for input tokens (EcoLogits has none)"
            )
        if self.change != UNCHANGED:
            stated.append(
                "calls whose energy was measured on their host are not compared: it says nothing of the change"
            )
        return stated


def read(zone: str, window: int, change: Change, signal: str = "average", basis: str = "lifecycle") -> Scenario:
    """A scenario from what the user says.

    Args:
        zone: Where all calls would run.
        window: Hours by which each may be put off.
        change: Of the calls themselves.
        signal: Which intensities.
        basis: Of average intensities, as in the ledger; marginal ones are direct.

    Raises:
        ScenarioError: Nothing would be different, the zone is unknown, or nobody knows the model's price.
    """
    if not (zone or window or change.model or change.cache_share):
        raise ScenarioError(
            "nothing would be different; expected --zone, --window, --model or --cache-share, for example --zone FR"
        )
    if change.replaced and not change.model:
        raise ScenarioError(f"--instead-of {change.replaced!r} needs --model, the one that would answer")
    if zone and not is_zone(zone):
        near = similar_zones(zone)
        meant = f"; meant {' or '.join(near)}?" if near else "; expected one such as FR or US-CAL-CISO"
        raise ScenarioError(f"--zone {zone!r} is no known zone{meant}")
    if change.model:
        price = price_list.resolve(change.provider.lower(), [change.model])
        if not price.model:
            near = price_list.nearest(change.model)
            meant = f"; nearest are {', '.join(near)}" if near else ""
            raise ScenarioError(f"--model {change.model!r} has no list price: {price.note}{meant}")
    return Scenario(zone, window, change, signal, "direct" if signal == "marginal" else basis)


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
    replaced = scenario.change.replaced
    if replaced and not store.value(answered, model=replaced):
        raise ScenarioError(
            f"--instead-of {replaced!r}: no call of the ledger was answered by it; "
            "'spanledger carbon --by model' names those that did answer"
        )
