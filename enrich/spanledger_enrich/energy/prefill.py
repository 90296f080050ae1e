"""Energy of models that read and generate nothing: embeddings and rerankers pass each input token through once.

E = k x 2 A x tokens / (u x F) x P: A billions of parameters, F and P what an H100 does and draws (989e12 operations a
second at sixteen bits, 700 W; NVIDIA's data sheet), u the part of F that is used, k from the GPU to the facility as in
the token-aware method. Embodied emissions are those seconds of a GPU and an eighth of a server, as EcoLogits has them
(273 and 5,700 kgCO2e, three years).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanledger_enrich.energy import token_aware, uncertainty
from spanledger_enrich.energy.ecologits import Range, data_centre

if TYPE_CHECKING:
    from decimal import Decimal

    from spanledger_enrich.energy.model_size import ModelSize

METHOD = "prefill"
SOURCE = "prefill method 3"

_OPERATIONS_PER_S, _WATTS = 989e12, 700.0
_WH_PER_J = 1 / 3600
# gCO2e of making a GPU and its eighth of a server, in each of the seconds of three years.
_EMBODIED_G_PER_S = (273_000 + 5_700_000 / 8) / (3 * 365.25 * 86_400)
# The part of a GPU's operations that is used: long batches well packed, usual, and texts that come one by one.
_USED = {"_low": 0.60, "": 0.40, "_high": 0.05}
_ASSUMED = {"_low": token_aware.LOW, "": token_aware.CENTRAL, "_high": token_aware.HIGH}
# Upper bound of the price class (USD per million input tokens), and parameters in billions; from the prices at which
# open embedding models are sold: bge and e5 at 0.01 to 0.02, models of 7 billion at 0.01 to 0.2.
_PRICE_CLASSES = ((0.05, Range(0.1, 4.0)), (0.25, Range(0.3, 10.0)), (float("inf"), Range(0.5, 40.0)))


@dataclass(frozen=True, slots=True)
class Reader:
    """An embedding model or a reranker: its entry's name, parameters in billions, and what they were inferred from.

    Attributes:
        name: Of the entry.
        maker: Who made it, '' of a class.
        size: Parameters in billions.
        basis: What tells them.
        known: Whether it is the model's own size, or a stand-in's.
    """

    name: str
    maker: str
    size: Range
    basis: str
    known: bool

    @property
    def energy_id(self) -> str:
        """Its key in `energy_model`."""
        return f"{METHOD}/{self.maker}/{self.name}" if self.known else f"{METHOD}/{self.name}"

    @property
    def source(self) -> str:
        """What its entry says of itself."""
        return f"{SOURCE} from the {self.basis}"

    def row(self) -> dict[str, Any]:
        """Its row of `energy_model`."""
        pue, _ = data_centre(self.maker)
        sizes = {"_low": self.size.low, "": self.size.geometric, "_high": self.size.high}
        row: dict[str, Any] = {}
        for bound, billions in sizes.items():
            seconds = 2 * billions * 1e9 / (_USED[bound] * _OPERATIONS_PER_S)
            row[f"wh_per_input_token{bound}"] = (
                seconds * _WATTS * token_aware.facility(_ASSUMED[bound], pue) * _WH_PER_J
            )
            if not bound:
                row["embodied_g_per_input_token"] = seconds * _EMBODIED_G_PER_S
            # What is read from a cache is not passed through again; nothing is generated.
            row |= dict.fromkeys((f"wh_per_{of}{bound}" for of in ("cache_read_token", "output_token", "request")), 0.0)
        return {
            "energy_id": self.energy_id,
            "method": METHOD if self.known else "proxy",
            "provider": self.maker,
            "model": self.name,
            **row,
            **token_aware.overhead(pue, Range(0.0, 1.0)),
            "source": self.source,
            "uncertainty": METHOD,
            "parameters_sigma": uncertainty.of_size(self.size),
        }


def of_size(size: ModelSize) -> Reader:
    """The entry of a model whose size is published."""
    return Reader(size.model, size.maker, size.total, size.said_by, known=True)


def by_size(name: str, total: Range) -> Reader:
    """The entry of a size that a name tells."""
    return Reader(name, "", total, "size in its name", known=False)


def by_price(usd_per_input_token: Decimal) -> Reader | None:
    """The entry of the price class; None for a free model, whose price tells nothing."""
    per_million = float(usd_per_input_token) * 1e6
    if per_million <= 0:
        return None
    floor = 0.0
    for limit, size in _PRICE_CLASSES:
        if per_million <= limit:
            name = f"over {floor:g}" if limit == float("inf") else f"{floor:g} to {limit:g}"
            return Reader(
                f"{name} USD per million input tokens", "", size, "price class of its input tokens", known=False
            )
        floor = limit
    return None
