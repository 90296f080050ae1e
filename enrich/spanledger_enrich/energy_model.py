"""Energy of hosted models: EcoLogits' method as coefficients that the enrichment statement can join.

EcoLogits' energy of a request grows linearly with its output tokens, as long as generation is not cut short by the
measured latency, so two evaluations of its own function give slope and intercept. It leaves out input tokens.
Source: EcoLogits, https://ecologits.ai/latest/methodology/llm_inference/ (MPL-2.0).
"""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ecologits.impacts.llm import compute_llm_impacts
from ecologits.model_repository import ParametersMoE, models
from ecologits.tracers.utils import PROVIDER_CONFIG_MAP
from ecologits.utils.range_value import RangeValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecologits.model_repository import Model

    from spanledger_sql.store import Store

SOURCE = f"EcoLogits {importlib.metadata.version('ecologits')}"
METHOD = "ecologits"

# The span's provider in EcoLogits' terms. Hosts of many makers' models are tried against each maker.
_MAKERS = {
    "anthropic": ("anthropic",),
    "aws.bedrock": ("anthropic", "mistralai", "cohere"),
    "az.ai.inference": ("openai", "mistralai", "cohere"),
    "az.ai.openai": ("openai",),
    "azure": ("openai", "mistralai", "cohere"),
    "azure.ai.inference": ("openai", "mistralai", "cohere"),
    "azure.ai.openai": ("openai",),
    "azure_ai": ("openai", "mistralai", "cohere"),
    "azure_openai": ("openai",),
    "bedrock": ("anthropic", "mistralai", "cohere"),
    "cohere": ("cohere",),
    "gcp.gemini": ("google_genai",),
    "gcp.gen_ai": ("google_genai",),
    "gcp.vertex_ai": ("google_genai", "anthropic", "mistralai"),
    "gemini": ("google_genai",),
    "google": ("google_genai",),
    "mistral_ai": ("mistralai",),
    "mistralai": ("mistralai",),
    "openai": ("openai",),
    "vertex_ai": ("google_genai", "anthropic", "mistralai"),
}
# Open weights are named by their repository, which tells the model whoever serves it.
_OPEN_WEIGHTS = "huggingface_hub"

_TOKENS = 1000.0


@dataclass(frozen=True, slots=True)
class _Range:
    low: float
    high: float

    @property
    def central(self) -> float:
        return (self.low + self.high) / 2


def load(store: Store) -> int:
    """Put every model that EcoLogits knows into `energy_model`, unless this version is there; gives the new rows."""
    if store.value("SELECT count() FROM energy_model WHERE source = {source:String}", source=SOURCE):
        return 0
    rows = list(catalogue())
    store.insert("energy_model", rows)
    return len(rows)


def catalogue() -> Iterator[dict[str, Any]]:
    """Rows of `energy_model`, in Wh (PUE included) and gCO2e embodied, per output token and per request."""
    for model in _models():
        yield _coefficients(model)


def resolve(provider: str, names: Iterable[str]) -> str:
    """The `energy_id` for the first of ``names`` (best first) that is known, or '' when none is."""
    known = _known()
    for name in names:
        for maker in (*_MAKERS.get(provider, (provider,)), _OPEN_WEIGHTS):
            if found := known.get((maker, name.lower())):
                return found
    return ""


@cache
def _known() -> dict[tuple[str, str], str]:
    return {(_maker(model), model.name.lower()): _energy_id(model) for model in _models()}


def _models() -> list[Model]:
    """The text models; EcoLogits' data centre figures are by maker, and a few makers have none."""
    return [model for model in models.list_models() if _maker(model) in PROVIDER_CONFIG_MAP]


def _maker(model: Model) -> str:
    return str(getattr(model.provider, "value", model.provider))


def _energy_id(model: Model) -> str:
    return f"{METHOD}/{_maker(model)}/{model.name}"


def _coefficients(model: Model) -> dict[str, Any]:
    fixed, thousand = _impacts(model, 0.0), _impacts(model, _TOKENS)
    slope = {
        key: _Range((thousand[key].low - fixed[key].low) / _TOKENS, (thousand[key].high - fixed[key].high) / _TOKENS)
        for key in fixed
    }
    return {
        "energy_id": _energy_id(model),
        "method": METHOD,
        "provider": _maker(model),
        "model": model.name,
        "wh_per_output_token_low": slope["wh"].low,
        "wh_per_output_token": slope["wh"].central,
        "wh_per_output_token_high": slope["wh"].high,
        "wh_per_request_low": fixed["wh"].low,
        "wh_per_request": fixed["wh"].central,
        "wh_per_request_high": fixed["wh"].high,
        "embodied_g_per_output_token": slope["embodied_g"].central,
        "embodied_g_per_request": fixed["embodied_g"].central,
        "source": SOURCE,
    }


def _impacts(model: Model, output_tokens: float) -> dict[str, _Range]:
    parameters = model.architecture.parameters
    active, total = (
        (parameters.active, parameters.total) if isinstance(parameters, ParametersMoE) else (parameters, parameters)
    )
    place = PROVIDER_CONFIG_MAP[_maker(model)]
    impacts = compute_llm_impacts(
        model_active_parameter_count=active,
        model_total_parameter_count=total,
        output_token_count=output_tokens,
        # The grid is joined by hour and zone later: only energy and embodied emissions are read here.
        if_electricity_mix_adpe=0.0,
        if_electricity_mix_pe=0.0,
        if_electricity_mix_gwp=0.0,
        if_electricity_mix_wue=0.0,
        datacenter_pue=place.datacenter_pue,
        datacenter_wue=place.datacenter_wue,
        tps=model.deployment.tps if model.deployment else None,
        ttft=model.deployment.ttft if model.deployment else None,
    )
    return {"wh": _range(impacts.energy.value), "embodied_g": _range(impacts.embodied.gwp.value)}


def _range(kilo: float | RangeValue) -> _Range:
    """EcoLogits counts in kWh and kgCO2e, the ledger in Wh and g."""
    if isinstance(kilo, RangeValue):
        return _Range(kilo.min * 1000, kilo.max * 1000)
    return _Range(kilo * 1000, kilo * 1000)
