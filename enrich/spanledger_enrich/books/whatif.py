"""What-if: recorded usage under other models, prices, service tiers or cache hit rates, costed as real usage is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd

from spanledger_enrich.books.restatement import plan, planned
from spanledger_enrich.ledger.enrichment import compute_again
from spanledger_enrich.ledger.resolution import resolve_named
from spanledger_enrich.prices.price_list import nearest
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spanledger_enrich.books.restatement import Scope
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store


class WhatIfError(ValueError):
    """An assumption that cannot be reckoned with; the message says which, and what was expected."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What would have been different.

    Attributes:
        models: The recorded model, as requested or answered, to another model, or provider/model.
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

    def __str__(self) -> str:
        """One a line, for those who read the figures."""
        lines = [f"calls of {model} go to {other}" for model, other in self.models.items()]
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


def reckon(
    store: Store,
    configuration: Configuration,
    scope: Scope,
    assumptions: Assumptions,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> pd.DataFrame:
    """By tenant: calls, tokens as they would have been, cost as it was and as it would have been, in USD.

    The calls are costed by the statement that costs real ones, in a table beside the ledger, chunk by chunk.

    Raises:
        WhatIfError: No call has the model, or the other model has no price.
    """
    identity = f"whatif_{uuid.uuid4().hex[:12]}"
    spans, costed = f"{identity}_span", f"{identity}_ledger"
    models, others, providers = _resolved(store, assumptions.models)
    try:
        plan(store, configuration, identity, scope)
        chunks = planned(store, identity)
        store.execute(statement("books/whatif_table"), {"target": spans, "like": "llm_spans"})
        store.execute(statement("books/whatif_table"), {"target": costed, "like": "ledger"})
        total, done, parts = sum(chunk["calls"] for chunk in chunks), 0, []
        for chunk in chunks:
            key = {"restatement_id": identity, "chunk": chunk["chunk"]}
            store.execute("TRUNCATE TABLE {table:Identifier}", {"table": spans})
            store.execute("TRUNCATE TABLE {table:Identifier}", {"table": costed})
            given = {"models": models, "other_models": others, "other_providers": providers}
            rates = {
                "token_factor": assumptions.token_factor,
                "cache_hit_rate": assumptions.cache_hit_rate,
                "service_tier": assumptions.service_tier,
            }
            store.execute(statement("books/whatif_span"), {**key, "target": spans, **given, **rates})
            compute_again(store, configuration, identity, chunk["chunk"], target=costed, spans=spans)
            compared = {"list": int(assumptions.list_prices), "price_factor": assumptions.price_factor}
            parts.append(store.frame("reports/prices/whatif", costed=costed, **key, **compared))
            done += chunk["calls"]
            on_progress(done, total)
    finally:
        for table in (spans, costed):
            store.execute("DROP TABLE IF EXISTS {table:Identifier}", {"table": table})
        store.execute("DELETE FROM restatement_call WHERE restatement_id = {id:String}", {"id": identity})
    if not parts:
        raise WhatIfError("no calls in the ledger for that scope")
    frame = pd.concat(parts).groupby("tenant", as_index=False, sort=True).sum()
    frame.insert(list(frame.columns).index("new_cost") + 1, "difference", frame["new_cost"] - frame["cost"])
    return frame.sort_values("cost", ascending=False)


def _resolved(store: Store, models: Mapping[str, str]) -> tuple[list[str], list[str], list[str]]:
    """The recorded models, and the model and provider that each goes to, whose prices are made known to the join."""
    recorded, others, providers = list(models), [], []
    for model, named in models.items():
        seen = store.rows(
            "SELECT DISTINCT provider FROM calls WHERE {model:String} IN (request_model, response_model)",
            model=model,
        )
        if not seen:
            raise WhatIfError(f"--model {model}={named}: no call in the ledger has the model {model!r}")
        provider, _, other = named.rpartition("/") if named.count("/") == 1 else ("", "", named)
        wanted: list[dict[str, Any]] = [
            {"provider": provider or row["provider"], "request_model": other, "response_model": ""} for row in seen
        ]
        for row in resolve_named(store, wanted):
            if not row["price_model"]:
                raise WhatIfError(
                    f"--model {model}={named}: {row['note']}; the nearest known are {', '.join(nearest(other))}"
                )
        others.append(other)
        providers.append(provider)
    return recorded, others, providers
