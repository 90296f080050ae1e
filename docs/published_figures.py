"""Published figures of energy, emissions and water beside those of our methods, for `docs/methodology.md`.

`published_figures.csv` holds what was published and what is assumed to compare it. EcoLogits' figures come from the
coefficients that the ledger uses; the token-aware ones from the formula below.
"""

from __future__ import annotations

import csv
import math
import statistics
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ecologits.electricity_mix_repository import electricity_mixes
from ecologits.model_repository import ParametersMoE, models
from ecologits.tracers.utils import PROVIDER_CONFIG_MAP
from ecologits.utils.range_value import RangeValue

from spanledger_enrich.energy import proxy, token_aware, uncertainty
from spanledger_enrich.energy.energy_model import catalogue, resolve, size_catalogue, token_aware_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PUBLISHED = Path(__file__).parent / "published_figures.csv"
_HOSTED = Path(__file__).parent / "hosted_figures.csv"
# Of models whose size nobody tells: list prices when they came.
_USD_PER_OUTPUT_TOKEN = {"o3": Decimal("0.00004"), "claude-3-5-haiku-20241022": Decimal("0.000004")}
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
                token_aware=token_aware_wh(active, total, *tokens, facility=row["unit"] != "J at the GPU").map(
                    _in_unit(row, embodied)
                ),
                assumed=row["assumed"],
                source=row["source"],
            )


def token_aware_wh(
    active: tuple[float, float],
    total: float,
    input_tokens: int,
    output_tokens: int,
    *,
    facility: bool = True,
) -> Range:
    """Wh of a request (without ``facility``: J at the GPU): k (e_out N_out + e_in N_in), by a fit to ML.ENERGY v3.

    e_out = 0.215 A^0.21 T^0.65 B^-0.50 J at the GPU for A active (low, high) and T total parameters in billions, at a
    batch of B = 64, which e_in is relative to. Low: a batch of 256 (e_out x 0.6), k = 1.25, e_in = 0.05. Central:
    k = 1.72, e_in = 0.20. High: a batch of 4 (e_out x 6.8), k = 2.2, e_in = 0.40.
    """
    assumed = (
        (active[0], 0.6, 1.25, 0.05),
        (math.sqrt(active[0] * active[1]), 1.0, 1.72, 0.20),
        (active[1], 6.8, 2.2, 0.40),
    )
    return Range(
        *(
            0.215 * a**0.21 * total**0.65 * 64**-0.50 * (batch * output_tokens + e_in * input_tokens)
            * (k * _WH_PER_J if facility else 1)
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


def _middle(value: float | RangeValue) -> float:
    return (value.min + value.max) / 2 if isinstance(value, RangeValue) else float(value)


@dataclass(frozen=True, slots=True)
class Hosted:
    """A published figure of a hosted model, and what the token-aware method says of the same call.

    Attributes:
        study: Who published it.
        model: What was asked.
        published: Wh.
        ours: Wh, the central value, at what the figure counts.
        provider: Who served it.
        input_share: The part of our energy that is the input's.
        parameters_sigma: What not knowing the model's parameters adds.
    """

    study: str
    model: str
    published: float
    ours: float
    provider: str
    input_share: float
    parameters_sigma: float

    @property
    def error(self) -> float:
        """The logarithm of ours / published."""
        return math.log(self.ours / self.published)


def hosted() -> list[Hosted]:
    """The rows of `hosted_figures.csv`, each with our central value; a model of unknown size by its price class."""
    entries = {row["energy_id"]: row for row in [*token_aware_catalogue(), *size_catalogue()]}
    found = []
    with _HOSTED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            known = resolve(row["provider"], [row["model"]])
            entry = entries["token-aware" + known.removeprefix("ecologits")] if known else _price_class(row["model"])
            wh = entry["wh_per_output_token"] * int(row["output_tokens"]) + entry["wh_per_input_token"] * int(
                row["input_tokens"]
            )
            at = 1 if row["facility"] == "1" else token_aware.CENTRAL.facility
            of_input = entry["wh_per_input_token"] * int(row["input_tokens"]) / wh
            found.append(
                Hosted(
                    row["study"], row["model"], float(row["wh"]), wh / at, row["provider"], of_input,
                    entry["parameters_sigma"],
                )
            )  # fmt: skip
    return found


def _price_class(model: str) -> dict[str, Any]:
    stand_in = proxy.by_price(_USD_PER_OUTPUT_TOKEN[model])
    if stand_in is None:
        raise ValueError(f"hosted_figures.csv: {model!r} has no price here")
    return stand_in.rows()[0]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the intervals of single calls hold published figures.

    Attributes:
        method, own: The standard deviations that are fitted: of the method, and of a call's own.
        inside: Of each figure, whether its interval holds it.
        widths: The upper end over the lower one, of each figure.
    """

    method: float
    own: float
    inside: list[bool]
    widths: list[float]

    def __str__(self) -> str:
        """A row of the table, without its first cell."""
        held = sum(self.inside)
        return (
            f"{held} of {len(self.inside)} ({held / len(self.inside):.0%}) | x{statistics.median(self.widths):.0f} | "
            f"x{max(self.widths):.0f}"
        )


def calibrations() -> dict[str, Calibration]:
    """With the terms in force, and, for each study's figures, with those that are fitted to the other studies."""
    figures = hosted()
    terms = uncertainty.sigmas(token_aware.METHOD)
    in_force = _held(figures, terms["method"], terms["own"])
    inside, widths = [], []
    for study in dict.fromkeys(figure.study for figure in figures):
        fitted = fit([figure for figure in figures if figure.study != study])
        left_out = _held([figure for figure in figures if figure.study == study], *fitted)
        inside += left_out.inside
        widths += left_out.widths
    return {"in force": in_force, "studies left out": Calibration(math.nan, math.nan, inside, widths)}


def fit(figures: list[Hosted]) -> tuple[float, float]:
    """The standard deviations of the method and of a call's own that figures suggest.

    The mean over the likelihood of the figures' logarithms, normal with what they share as the terms say; before it,
    values of the method from 0 to 1 and of the own from 0.1 to 1 are equally likely.
    """
    methods, owns = np.arange(0, 1.01, 0.1), np.arange(0.1, 1.01, 0.1)
    errors = np.array([-figure.error for figure in figures])
    logs = np.array([[_log_likelihood(figures, errors, method, own) for own in owns] for method in methods])
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    return float(weights.sum(axis=1) @ methods), float(weights.sum(axis=0) @ owns)


def _log_likelihood(figures: list[Hosted], errors: Any, method: float, own: float) -> float:
    terms = uncertainty.sigmas(token_aware.METHOD)

    def alike(name: str) -> Any:
        values = np.array([getattr(figure, name) for figure in figures])
        return values[:, None] == values[None, :]

    of_input = terms["input"] * np.array([figure.input_share for figure in figures])
    of_parameters = np.array([figure.parameters_sigma for figure in figures])
    # Each study measures in its own way: the method's error is one within a study.
    covariance = alike("study") * (
        method**2
        + np.outer(of_input, of_input)
        + alike("provider")
        * (terms["overhead"] ** 2 + terms["provider"] ** 2 + alike("model") * terms["deployment"] ** 2)
    )
    covariance = covariance + alike("model") * np.outer(of_parameters, of_parameters) + own**2 * np.eye(len(figures))
    _, determinant = np.linalg.slogdet(covariance)
    return float(-0.5 * (determinant + errors @ np.linalg.solve(covariance, errors)))


def _held(figures: list[Hosted], method: float, own: float) -> Calibration:
    terms = uncertainty.sigmas(token_aware.METHOD) | {"method": method, "own": own}
    sigmas = [
        math.sqrt(
            sum(terms[name] ** 2 for name in ("method", "own", "provider", "deployment", "overhead"))
            + (terms["input"] * figure.input_share) ** 2
            + figure.parameters_sigma**2
        )
        for figure in figures
    ]
    return Calibration(
        method,
        own,
        [abs(figure.error) <= uncertainty.END * sigma for figure, sigma in zip(figures, sigmas, strict=True)],
        [math.exp(2 * uncertainty.END * sigma) for sigma in sigmas],
    )


def calibration_table() -> str:
    """How well intervals hold, as a Markdown table."""
    lines = ["| terms | held | median width | widest |", "|---|---|---|---|"]
    lines += [f"| {name} | {calibration} |" for name, calibration in calibrations().items()]
    return "\n".join(lines)


def terms_table() -> str:
    """The terms of uncertainty of the token-aware method as a Markdown table."""
    lines = ["| term | standard deviation of the logarithm | shared by | from |", "|---|---|---|---|"]
    lines += [
        f"| {term.term} | {term.sigma:g} | {term.shared_by} | {term.source} |"
        for term in uncertainty.terms()
        if term.of in (token_aware.METHOD, "grid")
    ]
    return "\n".join(lines)
