"""How well intervals hold published figures of hosted models (`hosted_figures.csv`), for `docs/methodology.md`.

Two terms of the token-aware method's uncertainty are fitted to these figures, the method's and a call's own. Each
study's figures are then held against intervals whose terms were fitted to the other studies alone; and so are other
choices that the fit could have made, since the choice itself was made with all the figures in view.
"""

from __future__ import annotations

import csv
import math
import statistics
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from ecologits.model_repository import models

from spanledger_enrich.energy import proxy, token_aware, uncertainty
from spanledger_enrich.energy.ecologits import Range
from spanledger_enrich.energy.energy_model import resolve, size_catalogue, token_aware_catalogue

_HOSTED = Path(__file__).parent / "hosted_figures.csv"
# Of models whose size nobody tells: list prices when they came.
_USD_PER_OUTPUT_TOKEN = {"o3": Decimal("0.00004"), "claude-3-5-haiku-20241022": Decimal("0.000004")}
[_PAID_WH_PER_USD] = (term.high for term in uncertainty.terms() if term.of == "price")
# Tokens a second of all requests at once, Llama 70B on four H100s: https://clune.org/posts/per-token-energy-costs-again
_TOKENS_PER_SECOND = {1: 53.9, 8: 319.8}


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
        usd: What the call cost at list in May 2025; None where nobody sells it so, or the catalogue lacks it.
    """

    study: str
    model: str
    published: float
    ours: float
    provider: str
    input_share: float
    parameters_sigma: float
    usd: float | None

    @property
    def error(self) -> float:
        """The logarithm of ours / published."""
        return math.log(self.ours / self.published)


@dataclass(frozen=True, slots=True)
class Choice:
    """What whoever fits the terms is free to choose.

    Attributes:
        most: Of the method's standard deviation, values from 0 to this are equally likely before.
        providers: The part of the variance of batch and load that all calls at a provider share; the rest is the
            model's there.
        likeliest: Take the likeliest values, not the mean over the likelihood.
        paid_wh: What a USD of a call's list price can pay for at most, Wh; infinite: prices tell nothing.
    """

    most: float = 1.0
    providers: float = 0.5
    likeliest: bool = False
    paid_wh: float = float(_PAID_WH_PER_USD or math.inf)

    def __str__(self) -> str:
        """The cells of a row of the table."""
        fitted = "likeliest" if self.likeliest else f"mean, 0 to {self.most:g}"
        return f"{fitted} | {self.providers:.0%}"


IN_FORCE = Choice()
CHOICES = [
    Choice(most, providers, likeliest)
    for providers in (0.5, 1.0, 0.0)
    for most, likeliest in ((1.0, False), (2.0, False), (2.0, True))
]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the intervals of single calls hold published figures.

    Attributes:
        inside: Of each figure, whether its interval holds it.
        widths: The upper end over the lower one, of each figure.
    """

    inside: list[bool]
    widths: list[float]

    def __str__(self) -> str:
        """The cells of a row of the table."""
        held = sum(self.inside)
        return (
            f"{held} of {len(self.inside)} ({held / len(self.inside):.0%}) | x{statistics.median(self.widths):.0f} | "
            f"x{max(self.widths):.0f}"
        )


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
            at = (
                1
                if row["facility"] == "1"
                else token_aware.facility(token_aware.CENTRAL, Range(entry["pue"], entry["pue"]))
            )
            of_input = entry["wh_per_input_token"] * int(row["input_tokens"]) / wh
            found.append(
                Hosted(
                    row["study"], row["model"], float(row["wh"]), wh / at, row["provider"], of_input,
                    entry["parameters_sigma"], float(row["usd"]) if row["usd"] else None,
                )
            )  # fmt: skip
    return found


def calibrations() -> dict[str, Calibration]:
    """With the terms in force, and, for each study's figures, with those that are fitted to the other studies."""
    figures = hosted()
    terms = uncertainty.sigmas(token_aware.METHOD)
    return {
        "in force": _held(figures, terms["method"], terms["own"], IN_FORCE),
        "studies left out": left_out(figures, IN_FORCE),
        "studies left out, if prices told nothing": left_out(figures, Choice(paid_wh=math.inf)),
        "studies left out, if they told twice as much": left_out(figures, Choice(paid_wh=IN_FORCE.paid_wh / 2)),
    }


def left_out(figures: list[Hosted], choice: Choice, serving: float | None = None) -> Calibration:
    """Each study's figures against intervals with terms that are fitted to the other studies.

    Args:
        figures: All of them.
        choice: How to fit.
        serving: The standard deviation of batch and load, where not that of the terms in force.
    """
    inside, widths = [], []
    for study in dict.fromkeys(figure.study for figure in figures):
        fitted = fit([figure for figure in figures if figure.study != study], choice)
        held = _held([figure for figure in figures if figure.study == study], *fitted, choice, serving)
        inside += held.inside
        widths += held.widths
    return Calibration(inside, widths)


def fit(figures: list[Hosted], choice: Choice = IN_FORCE) -> tuple[float, float]:
    """The standard deviations of the method and of a call's own that figures suggest.

    The mean over the likelihood of the figures' logarithms, normal with what they share as the terms say; before it,
    values of the method up to the choice's and of the own from 0.1 to 1 are equally likely.
    """
    methods, owns = np.arange(0, choice.most + 0.01, 0.1), np.arange(0.1, 1.01, 0.1)
    logs = _log_likelihoods(figures, methods, owns, choice.providers)
    if choice.likeliest:
        method, own = np.unravel_index(logs.argmax(), logs.shape)
        return float(methods[method]), float(owns[own])
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    return float(weights.sum(axis=1) @ methods), float(weights.sum(axis=0) @ owns)


def slope_of_speed() -> float:
    """How the logarithm of a token's energy grows with that of a request's tokens a second: batches of 8 to 1."""
    one, eight = _TOKENS_PER_SECOND[1], _TOKENS_PER_SECOND[8]
    return math.log(eight / one) / math.log(one / (eight / 8))


def batch_known_by_speed() -> tuple[float, float]:
    """The standard deviation of batch and load, and what is left of it once a call's tokens a second are known.

    Speed tells the batch by `slope_of_speed`, and it also tells machines and decoding apart: the versions of gpt-4o,
    of one size, differ in it by as much as EcoLogits lists.
    """
    terms = uncertainty.sigmas(token_aware.METHOD)
    before = math.hypot(terms["provider"], terms["deployment"])
    blurred = slope_of_speed() * statistics.stdev(math.log(speed) for speed in speeds("gpt-4o").values())
    return before, 1 / math.hypot(1 / before, 1 / blurred)


def speeds(model: str) -> dict[str, float]:
    """Tokens a second that EcoLogits lists of a model and its dated versions."""
    return {
        one.name: float(one.deployment.tps)
        for one in models.list_models()
        if one.deployment and one.deployment.tps and (one.name == model or one.name.startswith(f"{model}-20"))
    }


def calibration_table() -> str:
    """How well intervals hold, as a Markdown table."""
    lines = ["| terms | held | median width | widest |", "|---|---|---|---|"]
    lines += [f"| {name} | {calibration} |" for name, calibration in calibrations().items()]
    return "\n".join(lines)


def choices_table() -> str:
    """The same for other choices, each with the studies left out, as a Markdown table."""
    figures = hosted()
    lines = [
        "| fitted terms | batch and load shared by the provider | held | median width | widest |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {choice} | {left_out(figures, choice)} |" for choice in CHOICES]
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


def _price_class(model: str) -> dict[str, Any]:
    stand_in = proxy.by_price(_USD_PER_OUTPUT_TOKEN[model])
    if stand_in is None:
        raise ValueError(f"hosted_figures.csv: {model!r} has no price here")
    return stand_in.rows()[0]


def _log_likelihoods(figures: list[Hosted], methods: Any, owns: Any, providers: float) -> Any:
    """Of each pair of standard deviations."""
    terms = uncertainty.sigmas(token_aware.METHOD)

    def alike(name: str) -> Any:
        values = np.array([getattr(figure, name) for figure in figures])
        return values[:, None] == values[None, :]

    of_input = terms["input"] * np.array([figure.input_share for figure in figures])
    of_parameters = np.array([figure.parameters_sigma for figure in figures])
    serving = terms["provider"] ** 2 + terms["deployment"] ** 2
    # Each study measures in its own way: the method's error is one within a study.
    shared = alike("study") * (
        np.outer(of_input, of_input)
        + alike("provider")
        * (terms["overhead"] ** 2 + serving * providers + alike("model") * serving * (1 - providers))
    )
    shared = shared + alike("model") * np.outer(of_parameters, of_parameters)
    covariances = (
        shared
        + (methods**2)[:, None, None, None] * alike("study")
        + (owns**2)[None, :, None, None] * np.eye(len(figures))
    )
    errors = np.array([-figure.error for figure in figures])
    _, determinants = np.linalg.slogdet(covariances)
    solved = np.linalg.solve(covariances, np.broadcast_to(errors[:, None], (*covariances.shape[:3], 1)))[..., 0]
    return -0.5 * (determinants + solved @ errors)


def _held(
    figures: list[Hosted], method: float, own: float, choice: Choice, serving: float | None = None
) -> Calibration:
    """Intervals of single calls, as the reports' SQL has them of a group of one: prices cut what calls share."""
    terms = uncertainty.sigmas(token_aware.METHOD)
    if serving is None:
        serving = math.hypot(terms["provider"], terms["deployment"])
    inside, widths = [], []
    for figure in figures:
        shared = (
            method**2
            + serving**2
            + terms["overhead"] ** 2
            + (terms["input"] * figure.input_share) ** 2
            + figure.parameters_sigma**2
        )
        lowered, kept = _paid_for(figure, math.sqrt(shared), choice.paid_wh)
        sigma = math.sqrt(kept * shared + own**2)
        inside.append(abs(-figure.error + lowered) <= uncertainty.END * sigma)
        widths.append(math.exp(2 * uncertainty.END * sigma))
    return Calibration(inside, widths)


def _paid_for(figure: Hosted, sigma: float, paid_wh: float) -> tuple[float, float]:
    """How far what the price cannot pay for lowers the middle's logarithm, and the part of the variance it leaves."""
    if figure.usd is None or math.isinf(paid_wh):
        return 0.0, 1.0
    at = max(-3.0, math.log(figure.usd * paid_wh / figure.ours) / sigma)
    ruled_out = math.exp(-(at**2) / 2) / math.sqrt(2 * math.pi) / (math.erfc(-at / math.sqrt(2)) / 2)
    return sigma * ruled_out, 1 - at * ruled_out - ruled_out**2
