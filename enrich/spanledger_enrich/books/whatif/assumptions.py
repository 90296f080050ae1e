"""What a what-if takes to be different: models, tokens, caching, service tier and prices."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from spanledger_settings.mendable import AskedWronglyError

if TYPE_CHECKING:
    from collections.abc import Mapping

# The recorded model that stands for all of them, but for those of embeddings and reranking.
EVERY_MODEL = ""


class WhatIfError(AskedWronglyError):
    """An assumption that cannot be reckoned with; the message says which, and what was expected."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What would have been different; by default nothing.

    Attributes:
        models: The recorded model, as requested or answered, or EVERY_MODEL, to another model, or provider/model.
        token_factor: Tokens that the other models' tokenizer makes of one token; holds for calls of `models` only.
        cache_hit_rate: Share of each prompt, but what is written to the cache, that is read from it at least.
        service_tier: Of all calls, such as 'batch'; '' as it was.
        price_factor: Times the new cost, such as 0.9 for a discount of 10 %.
        list_prices: Compare list costs, rather than contracted ones.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    token_factor: float = 1.0
    cache_hit_rate: float = 0.0
    service_tier: str = ""
    price_factor: Decimal = Decimal(1)
    list_prices: bool = False

    @property
    def change_calls(self) -> bool:
        """Whether the calls themselves would have been others, rather than their prices alone."""
        return bool(self.models or self.cache_hit_rate or self.service_tier)

    def __str__(self) -> str:
        """One a line, for those who read the figures."""
        lines = [
            f"calls of {model} go to {other}"
            if model != EVERY_MODEL
            else f"all calls but embeddings and reranking go to {other}"
            for model, other in self.models.items()
        ]
        if self.models:
            lines.append(
                f"one token of theirs becomes {self.token_factor:g} of the other model's"
                + (
                    "; tokenizers differ, and so does the length of answers: --token-factor"
                    if self.token_factor == 1
                    else ""
                )
            )
        if self.cache_hit_rate:
            lines.append(
                f"at least {self.cache_hit_rate:.0%} of each prompt, but what is written to the cache, is read from it"
            )
        if self.service_tier:
            lines.append(f"all calls are of the service tier {self.service_tier!r}, where the price has it")
        if self.price_factor != 1:
            lines.append(f"prices are {self.price_factor.normalize():f} times what they are")
        lines.append(
            f"{'list' if self.list_prices else 'contracted'} costs, by the prices in force at each call's start"
        )
        return "\n".join(lines)
