"""A scenario of `carbon whatif`: where, when, on which model and with how much caching the same work would run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spanledger_enrich.books.whatif.assumptions import EVERY_MODEL, Assumptions, WhatIfError

if TYPE_CHECKING:
    from spanledger_sql.store import Store


@dataclass(frozen=True, slots=True)
class Scenario:
    """What would be different. Empty text and 0 hours leave things as they were.

    Attributes:
        window: Hours by which a call may be put off.
        calls: The models that would answer, what would be cached, and the service tier.
        signal: 'average', as in the ledger, or 'marginal'.
        basis: What the intensities of the signal count.
    """

    zone: str = ""
    window: int = 0
    calls: Assumptions = field(default_factory=Assumptions)
    signal: str = "average"
    basis: str = "lifecycle"

    def __str__(self) -> str:
        moved = [
            f"on {other}" + (f" instead of {recorded}" if recorded != EVERY_MODEL else "")
            for recorded, other in self.calls.models.items()
        ]
        parts = [
            f"in {self.zone}" if self.zone else "",
            f"put off by up to {self.window} h" if self.window else "",
            *moved,
            f"with {self.calls.cache_hit_rate:.0%} of each prompt cached" if self.calls.cache_hit_rate else "",
            f"of service tier {self.calls.service_tier}" if self.calls.service_tier else "",
        ]
        return "The same calls " + ", ".join(part for part in parts if part)

    def parameters(self) -> dict[str, object]:
        """What `reports/carbon/whatif.sql` takes, but the table of recosted calls."""
        return {
            "zone": self.zone,
            "window": self.window,
            "signal": self.signal,
            "basis": self.basis,
            "recosted": int(self.calls.change_calls),
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
        stated.extend(
            f"{other} would have used {_tokens(self.calls.token_factor)} and as much time: energy and list cost are "
            "what the ledger would have booked of it at each call's start; its answers may be longer, shorter or worse"
            + ("; embeddings and reranking stay where they are" if recorded == EVERY_MODEL else "")
            for recorded, other in self.calls.models.items()
        )
        if self.calls.cache_hit_rate:
            stated.append(
                "cached tokens are priced as cache reads, and writing them costs nothing more; their energy changes "
                "where the call's method has a coefficient for input tokens (EcoLogits has none)"
            )
        if self.calls.service_tier:
            stated.append(
                f"all calls are of the service tier {self.calls.service_tier!r}, where the price has it; their energy "
                "and hour stay what they were"
            )
        if self.calls.change_calls:
            stated.append(
                "calls whose energy was measured on their host are not compared: it says nothing of the change"
            )
        return stated


def read(zone: str, window: int, calls: Assumptions, signal: str = "average", basis: str = "lifecycle") -> Scenario:
    """A scenario from what the user says.

    Args:
        zone: Where all calls would run.
        window: Hours by which each may be put off.
        calls: What would be different of the calls themselves.
        signal: Which intensities.
        basis: Of average intensities, as in the ledger; marginal ones are direct.

    Raises:
        WhatIfError: Nothing would be different, or the zone is unknown.
    """
    if not (zone or window or calls.change_calls):
        raise WhatIfError(
            "nothing would be different; expected --zone, --window, --model, --cache-hit-rate or --service-tier, for "
            "example --zone FR"
        )
    from spanledger_enrich.grid.grid_zone import is_zone, similar_zones  # noqa: PLC0415 (slow)

    if zone and not is_zone(zone):
        near = similar_zones(zone)
        meant = f"; meant {' or '.join(near)}?" if near else "; expected one such as FR or US-CAL-CISO"
        raise WhatIfError(f"--zone {zone!r} is no known zone{meant}")
    return Scenario(zone, window, calls, signal, "direct" if signal == "marginal" else basis)


def refuse_unknown(store: Store, scenario: Scenario) -> None:
    """Complain of a zone without any intensity in the database, or without hours to choose among.

    Raises:
        WhatIfError: One of them.
    """
    known = (
        "SELECT count() FROM grid_intensity WHERE zone IN {zones:Array(String)} "
        "AND signal = {signal:String} AND basis = {basis:String}"
    )
    series = {"signal": scenario.signal, "basis": scenario.basis}
    zones = [scenario.zone, scenario.zone.partition("-")[0]]
    if scenario.zone and not store.value(known, zones=zones, **series):
        raise WhatIfError(
            f"--zone {scenario.zone!r} has no {scenario.signal} intensities, neither by the hour nor by the year; "
            "bring some in with 'spanledger grid import'"
        )
    hourly = f"{known} AND resolution = 'hour'"
    if scenario.zone and scenario.window and not store.value(hourly, zones=[scenario.zone], **series):
        raise WhatIfError(
            f"--window {scenario.window}: {scenario.zone!r} has no intensities by the hour, so that no hour is better "
            "than another; bring some in with 'spanledger grid import'"
        )


def _tokens(factor: float) -> str:
    return "as many tokens" if factor == 1 else f"{factor:g} times as many tokens"
