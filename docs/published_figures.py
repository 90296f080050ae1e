"""Published figures of energy, emissions and water beside those of our methods, for `docs/methodology.md`.

`published_figures.csv` holds what was published and what is assumed to compare it. EcoLogits' figures come from the
coefficients that the ledger uses; the token-aware ones from the formula below.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecologits.electricity_mix_repository import electricity_mixes
from ecologits.model_repository import ParametersMoE, models
from ecologits.tracers.utils import PROVIDER_CONFIG_MAP
from ecologits.utils.range_value import RangeValue

from spanledger_enrich.energy.energy_model import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PUBLISHED = Path(__file__).parent / "published_figures.csv"
_WH_PER_J = 1 / 3600
# Parameters of models that EcoLogits does not list, in billions.
_PARAMETERS = {"LLaMA 65B": 65.2}


@dataclass(frozen=True, slots=True)
class Range:
    """Low, central and high."""

    low: float
    central: float
    high: float

    def map(self, change: Callable[[float], float]) -> Range:
        """Each of the three changed."""
        return Range(change(self.low), change(self.central), change(self.high))

    def __str__(self) -> str:
        return f"{self.low:.2g} – **{self.central:.2g}** – {self.high:.2g}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A published figure beside ours; ``published`` may be a range."""

    about: str
    model: str
    unit: str
    published: tuple[float, float]
    ecologits: Range
    token_aware: Range
    assumed: str
    source: str

    @property
    def ledger(self) -> Range:
        """The ledger's: the token-aware central value, and of both methods the lower low and the higher high."""
        low, high = min(self.ecologits.low, self.token_aware.low), max(self.ecologits.high, self.token_aware.high)
        return Range(low, self.token_aware.central, high)

    def within(self, ours: Range) -> bool:
        """Whether the published figure, or some of its range, lies within our bounds."""
        low, high = self.published
        return ours.low <= high and low <= ours.high


def comparisons() -> Iterator[Comparison]:
    """What was published, in the order of the file."""
    coefficients = {row["energy_id"]: row for row in catalogue()}
    with _PUBLISHED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            known = coefficients.get(row["energy_id"])
            tokens = int(row["input_tokens"]), int(row["output_tokens"])
            active, total = _parameters(row["energy_id"], row["model"])
            embodied = 0.0
            if row["unit"] == "J at the GPU" or known is None:
                ecologits = _ecologits_gpu_joules(active, total, tokens[1])
            else:
                ecologits = Range(
                    *(known[f"wh_per_output_token{end}"] * tokens[1] + known[f"wh_per_request{end}"]
                      for end in ("_low", "", "_high"))
                )  # fmt: skip
                embodied = known["embodied_g_per_output_token"] * tokens[1] + known["embodied_g_per_request"]
            yield Comparison(
                about=row["about"],
                model=row["model"],
                unit=row["unit"],
                published=(float(row["published"]), float(row["published_high"] or row["published"])),
                ecologits=ecologits.map(_in_unit(row, embodied)),
                token_aware=token_aware_wh(
                    active, total, *tokens, pue=None if row["unit"] == "J at the GPU" else _pue(row["energy_id"])
                ).map(_in_unit(row, embodied)),
                assumed=row["assumed"],
                source=row["source"],
            )


def token_aware_wh(
    active: tuple[float, float],
    total: float,
    input_tokens: int,
    output_tokens: int,
    *,
    pue: float | None = None,
) -> Range:
    """Wh of a request (without ``pue``: J at the GPU): k (e_out N_out + e_in N_in), by a fit to ML.ENERGY v3.

    e_out = 0.215 A^0.21 T^0.65 B^-0.50 J at the GPU for A active (low, high) and T total parameters in billions, at a
    batch of B = 64, which e_in is relative to. Low: a batch of 256 (e_out x 0.6), k = 1.25, e_in = 0.05. Central:
    k = 1.72, e_in = 0.20. High: a batch of 4 (e_out x 6.8), k = 2.2, e_in = 0.40. k is of a data centre of Google's
    overhead, 1.09, and with another's ``pue`` as many times as much.
    """
    assumed = (
        (active[0], 0.6, 1.25, 0.05),
        (math.sqrt(active[0] * active[1]), 1.0, 1.72, 0.20),
        (active[1], 6.8, 2.2, 0.40),
    )
    return Range(
        *(
            0.215 * a**0.21 * total**0.65 * 64**-0.50 * (batch * output_tokens + e_in * input_tokens)
            * (k * pue / 1.09 * _WH_PER_J if pue else 1)
            for a, batch, k, e_in in assumed
        )
    )  # fmt: skip


def table() -> str:
    """The comparison as a Markdown table; what lies outside of our bounds is said."""
    lines = [
        "| published | model | figure | EcoLogits: low – central – high | token-aware | the ledger's bounds | assumed "
        "| source |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in comparisons():
        low, high = one.published
        figure = f"{low:g} {one.unit}" if low == high else f"{low:g} to {high:g} {one.unit}"
        ours = [str(one.ecologits), str(one.token_aware)]
        verdict = "" if one.within(one.ledger) else " (**outside**)"
        ours.append(f"{one.ledger.low:.2g} to {one.ledger.high:.2g}{verdict}")
        lines.append(
            f"| {one.about} | {one.model} | {figure} | {' | '.join(ours)} | {one.assumed or '–'} | {one.source} |"
        )
    return "\n".join(lines)


def _in_unit(row: dict[str, str], embodied: float) -> Callable[[float], float]:
    """From Wh at the facility (or J at the GPU) into the unit of a row."""
    if row["unit"] == "gCO2e":
        g_per_kwh = electricity_mixes.find_electricity_mix(row["zone"]).gwp * 1000
        return lambda wh: wh / 1000 * g_per_kwh + embodied
    if row["unit"] in ("mL", "mL on site"):
        place = PROVIDER_CONFIG_MAP["mistralai" if "istral" in row["model"] else row["energy_id"].split("/")[1]]
        pue, wue = _middle(place.datacenter_pue), _middle(place.datacenter_wue)
        if row["unit"] == "mL on site":
            return lambda wh: wh / pue * wue
        of_power = electricity_mixes.find_electricity_mix(row["zone"]).wue
        return lambda wh: wh / pue * wue + wh * of_power
    return lambda value: value


def _ecologits_gpu_joules(active: tuple[float, float], total: float, output_tokens: int) -> Range:
    """The GPUs' part of EcoLogits' method, in J, at its batch of 64."""
    gpus = 2 ** math.ceil(math.log2(math.ceil(1.2 * total * 2 / 80)))
    low, high = (
        (1.16653e-6 * math.exp(-0.0112059 * 64) * a + 4.05293e-5) * gpus * output_tokens / _WH_PER_J for a in active
    )
    return Range(low, (low + high) / 2, high)


def _parameters(energy_id: str, name: str) -> tuple[tuple[float, float], float]:
    """Active parameters (low, high) and the total, in billions."""
    if name in _PARAMETERS:
        return (_PARAMETERS[name], _PARAMETERS[name]), _PARAMETERS[name]
    _, maker, model_name = energy_id.split("/", 2)
    found = models.find_model(maker, model_name)
    if found is None:
        raise ValueError(f"published_figures.csv: EcoLogits has no {energy_id!r}")
    parameters = found.architecture.parameters
    active, total = (
        (parameters.active, parameters.total) if isinstance(parameters, ParametersMoE) else (parameters, parameters)
    )
    return ((active.min, active.max) if isinstance(active, RangeValue) else (active, active)), _middle(total)


def _pue(energy_id: str) -> float:
    """Overhead of the maker's data centres, the middle of a range."""
    pue = PROVIDER_CONFIG_MAP[energy_id.split("/")[1]].datacenter_pue
    return math.sqrt(pue.min * pue.max) if isinstance(pue, RangeValue) else float(pue)


def _middle(value: float | RangeValue) -> float:
    return (value.min + value.max) / 2 if isinstance(value, RangeValue) else float(value)
