"""EcoLogits' method as coefficients that the ledger's stages can join: parity without a call per span.

EcoLogits' energy of a request is linear in its output tokens and in the seconds by which the measured latency cuts
generation short, so a few evaluations of its own function give every coefficient. It leaves out input tokens.
Source: EcoLogits, https://ecologits.ai/latest/methodology/llm_inference/ (MPL-2.0).
"""

from __future__ import annotations

import importlib.metadata
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecologits.impacts.llm import compute_llm_impacts
from ecologits.model_repository import ParametersMoE, models
from ecologits.tracers.utils import PROVIDER_CONFIG_MAP
from ecologits.utils.range_value import RangeValue

if TYPE_CHECKING:
    from ecologits.model_repository import Model

METHOD = "ecologits"
SOURCE = f"EcoLogits {importlib.metadata.version('ecologits')}"

_TOKENS = 1000.0
# More tokens than a request of so many seconds can generate: the latency cuts it short.
_MANY_TOKENS, _CUT_S = 1e6, 1000.0


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a figure."""

    low: float
    high: float

    @property
    def central(self) -> float:
        """The middle, EcoLogits' central value."""
        return (self.low + self.high) / 2

    @property
    def geometric(self) -> float:
        """The geometric middle: as many times the low as the high is times it, and so no closer to either."""
        return math.sqrt(self.low * self.high)

    def middle(self) -> Range:
        """The geometric middle, taken as exact."""
        return Range(self.geometric, self.geometric)

    @classmethod
    def of(cls, value: float | RangeValue, unit: float = 1.0) -> Range:
        """EcoLogits' value, which may be a range or not, times ``unit``."""
        if isinstance(value, RangeValue):
            return cls(value.min * unit, value.max * unit)
        return cls(value * unit, value * unit)

    def ecologits(self) -> float | RangeValue:
        """The value as EcoLogits writes it."""
        return self.low if self.low == self.high else RangeValue(min=self.low, max=self.high)


ANYWHERE_PUE = Range(1.09, 1.2)


def text_models() -> list[Model]:
    """The text models; EcoLogits' data centre figures are by maker, and a few makers have none."""
    return [model for model in models.list_models() if maker(model) in PROVIDER_CONFIG_MAP]


def maker(model: Model) -> str:
    """Who made the model, in EcoLogits' terms."""
    return str(getattr(model.provider, "value", model.provider))


def parameters(model: Model) -> tuple[Range, Range]:
    """Active and total parameters, in billions."""
    found = model.architecture.parameters
    active, total = (found.active, found.total) if isinstance(found, ParametersMoE) else (found, found)
    return Range.of(active), Range.of(total)


def data_centre(who: str) -> tuple[Range, Range]:
    """Overhead (PUE) and water on site (L per kWh of IT energy) of the maker's data centres.

    Of whom EcoLogits does not know: from the lowest to the highest that it knows of others.
    """
    place = PROVIDER_CONFIG_MAP.get(who)
    if place is None:
        return ANYWHERE_PUE, Range(0.0, ANYWHERE_PUE.low)
    return Range.of(place.datacenter_pue), Range.of(place.datacenter_wue)


@dataclass(frozen=True, slots=True)
class Subject:
    """What EcoLogits' function has to know of a model.

    Attributes:
        active: Active parameters in billions.
        total: All of them.
        pue: The data centre's overhead.
        wue: Its water on site, in L per kWh of IT energy.
        tps: Output tokens per second, None where parameters tell.
        ttft: Seconds to the first token, None likewise.
    """

    active: Range
    total: Range
    pue: Range
    wue: Range
    tps: float | None = None
    ttft: float | None = None


def coefficients(model: Model) -> dict[str, Any]:
    """A row of `energy_model` without its names: Wh (PUE included), seconds, gCO2e embodied, L/kWh."""
    served = model.deployment
    return coefficients_of(
        Subject(
            *parameters(model),
            *data_centre(maker(model)),
            served.tps if served else None,
            served.ttft if served else None,
        )
    )


def coefficients_of(model: Subject) -> dict[str, Any]:
    """The same of a model that EcoLogits does not list."""
    fixed, thousand = _impacts(model, 0.0), _impacts(model, _TOKENS)
    at_once, cut = _impacts(model, _MANY_TOKENS, latency=0.0), _impacts(model, _MANY_TOKENS, latency=_CUT_S)
    slope = {key: _minus(thousand[key], fixed[key], _TOKENS) for key in fixed}
    per_second = {key: _minus(cut[key], at_once[key], _CUT_S) for key in fixed}
    first_token = model.ttft or 0.0
    generating = _minus(slope["wh"], _times(at_once["wh"], 1 / _MANY_TOKENS))
    pue, wue = model.pue, model.wue
    # The overhead that the middle of the energy's bounds contains, which is not quite the middle of the overhead's.
    central_pue = thousand["wh"].central / ((thousand["wh"].low / pue.low + thousand["wh"].high / pue.high) / 2)
    return {
        "wh_per_output_token_low": slope["wh"].low,
        "wh_per_output_token": slope["wh"].central,
        "wh_per_output_token_high": slope["wh"].high,
        "wh_per_request_low": fixed["wh"].low,
        "wh_per_request": fixed["wh"].central,
        "wh_per_request_high": fixed["wh"].high,
        **dict.fromkeys(
            (f"wh_per_{kind}_token{bound}" for kind in ("input", "cache_read") for bound in ("_low", "", "_high")), 0.0
        ),
        "wh_per_second_low": per_second["wh"].low,
        "wh_per_second_high": per_second["wh"].high,
        "seconds_per_output_token_low": generating.low / per_second["wh"].low,
        "seconds_per_output_token_high": generating.high / per_second["wh"].high,
        "seconds_per_request": float(first_token),
        "embodied_g_per_output_token": slope["embodied_g"].central,
        "embodied_g_per_request": fixed["embodied_g"].central,
        "embodied_g_per_second_low": per_second["embodied_g"].low,
        "embodied_g_per_second_high": per_second["embodied_g"].high,
        "pue_low": pue.low,
        "pue": central_pue,
        "pue_high": pue.high,
        "l_per_kwh_low": wue.low / pue.low,
        "l_per_kwh": (wue.low / pue.low + wue.high / pue.high) / 2,
        "l_per_kwh_high": wue.high / pue.high,
        "central_is_mean": 1,
        "source": SOURCE,
    }


def _minus(more: Range, less: Range, divisor: float = 1.0) -> Range:
    return Range((more.low - less.low) / divisor, (more.high - less.high) / divisor)


def _times(value: Range, factor: float) -> Range:
    return Range(value.low * factor, value.high * factor)


def _impacts(model: Subject, output_tokens: float, latency: float = math.inf) -> dict[str, Range]:
    impacts = compute_llm_impacts(
        model_active_parameter_count=model.active.ecologits(),
        model_total_parameter_count=model.total.ecologits(),
        output_token_count=output_tokens,
        request_latency=latency,
        # The grid is joined by hour and zone later: only energy and embodied emissions are read here.
        if_electricity_mix_adpe=0.0,
        if_electricity_mix_pe=0.0,
        if_electricity_mix_gwp=0.0,
        if_electricity_mix_wue=0.0,
        datacenter_pue=model.pue.ecologits(),
        datacenter_wue=model.wue.ecologits(),
        tps=model.tps,
        ttft=model.ttft,
    )
    # EcoLogits counts in kWh and kgCO2e, the ledger in Wh and g.
    return {"wh": Range.of(impacts.energy.value, 1000), "embodied_g": Range.of(impacts.embodied.gwp.value, 1000)}
