"""The token-aware method: energy that also pays for input, lets cached tokens off, and knows of batches and overhead.

E = k (e_out N_out + e_in (N_in - N_cache_read) + e_cr N_cache_read), with e_out [J at the GPU]
= 0.215 A^0.21 T^0.65 B^-0.50 (times 0.93 for fp8, 0.43 for mxfp4), A and T the active and total parameters in billions
and B the batch: a fit to 258 published rows of the ML.ENERGY v3 benchmark on H100 (median error 17 %, 90th
percentile 42 %, in sample). k: the split of Google's median prompt over accelerator, host, idle and overhead
(58/25/10/8 %), with the data centre's own overhead in the place of Google's. The shares of input and of cached tokens
are a judgement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spanledger_enrich.energy.ecologits import Range

METHOD = "token-aware"
SOURCE = "token-aware method 5, fit to ML.ENERGY v3"

# The data centre's overhead in Google's split, which `Assumption.facility` contains.
_GOOGLES_PUE = 1.09
_WH_PER_J = 1 / 3600


@dataclass(frozen=True, slots=True)
class Assumption:
    """What one bound assumes.

    Attributes:
        batch: Requests that a server handles at once, as a factor on the energy per token relative to 64 of them.
        facility: Energy of the facility for one joule at the GPU, in a data centre of Google's overhead.
        input: Energy of an input token relative to an output token at a batch of 64. A prompt's tokens are computed
            side by side, whatever the batch.
        cache_read: That of a token read from the prompt cache.
    """

    batch: float
    facility: float
    input: float
    cache_read: float


# Batches of 256, 64 and 4; the factors are as measured, and steeper at the small end than the fit's exponent: 3.9 at a
# batch of 8, and 1.75 from there to 4 (Llama 70B on four H100s: 320 and 183 tokens a second, at the same power).
LOW = Assumption(batch=0.6, facility=1.25, input=0.05, cache_read=0.0)
CENTRAL = Assumption(batch=1.0, facility=1.72, input=0.20, cache_read=0.02)
HIGH = Assumption(batch=6.8, facility=2.2, input=0.40, cache_read=0.08)


def joules_per_output_token(active: float, total: float, precision: float = 1.0) -> float:
    """Joules at the GPU, at a batch of 64; parameters in billions."""
    fitted: float = 0.215 * active**0.21 * total**0.65 * 64**-0.50
    return fitted * precision


def precision(name: str) -> float:
    """How much less a model draws whose name says that its weights are stored in fewer bits than sixteen."""
    lower = name.lower()
    if "gpt-oss" in lower or "mxfp4" in lower:
        return 0.43
    return 0.93 if "fp8" in lower else 1.0


def facility(assumed: Assumption, pue: Range) -> float:
    """Energy of the facility for one joule at the GPU, where ``pue`` is its overhead: a range's geometric middle."""
    return assumed.facility * pue.geometric / _GOOGLES_PUE


def coefficients(
    active: Range, total: Range, pue: Range, factor: float = 1.0, widening: float = 1.0
) -> dict[str, float]:
    """Wh per token of each class, low, central and high, PUE included.

    Where parameters are a range, the central value is of their geometric middles.

    Args:
        active: Active parameters in billions.
        total: All of them.
        pue: The data centre's overhead.
        factor: On all bounds, such as that of a precision.
        widening: Divides the low bound and multiplies the high one.
    """
    bounds = {
        "_low": (LOW, active.low, total.low, factor / widening),
        "": (CENTRAL, active.geometric, total.geometric, factor),
        "_high": (HIGH, active.high, total.high, factor * widening),
    }
    row = {}
    for bound, (assumed, a, t, scale) in bounds.items():
        token = joules_per_output_token(a, t, scale) * facility(assumed, pue) * _WH_PER_J
        row[f"wh_per_output_token{bound}"] = token * assumed.batch
        row[f"wh_per_input_token{bound}"] = token * assumed.input
        row[f"wh_per_cache_read_token{bound}"] = token * assumed.cache_read
        row[f"wh_per_request{bound}"] = 0.0
    return row


def embodied(theirs: dict[str, Any]) -> dict[str, float]:
    """EcoLogits' emissions of making the hardware, to which input adds as it does to the energy."""
    per_output = float(theirs["embodied_g_per_output_token"])
    return {
        "embodied_g_per_output_token": per_output,
        "embodied_g_per_input_token": per_output * CENTRAL.input,
        "embodied_g_per_request": float(theirs["embodied_g_per_request"]),
    }


def overhead(pue: Range, onsite_l_per_kwh: Range) -> dict[str, Any]:
    """The overhead that the coefficients contain, and the water on site."""
    return {
        **dict.fromkeys(("pue_low", "pue", "pue_high"), pue.geometric),
        "l_per_kwh_low": onsite_l_per_kwh.low,
        "l_per_kwh": onsite_l_per_kwh.central,
        "l_per_kwh_high": onsite_l_per_kwh.high,
        "central_is_mean": 0,
    }
