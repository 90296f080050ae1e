"""Recosting: recorded calls on another model, or with more of their prompts cached, as the ledger would book them."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanledger_enrich.books.restatement import plan, planned
from spanledger_enrich.books.whatif import WhatIfError
from spanledger_enrich.ledger.enrichment import compute_again
from spanledger_enrich.ledger.resolution import resolve_named
from spanledger_enrich.prices import price_list
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanledger_enrich.books.restatement import Scope
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

# The ledger itself, in the place of a table of recosted calls.
_AS_BOOKED = "calls"


@dataclass(frozen=True, slots=True)
class Change:
    """What would be different of the calls themselves; by default nothing.

    Attributes:
        model: The model that would answer; '' as it was.
        provider: Whose model it is; '' the calls' own, where that has it, else the one that the name tells.
        replaced: Only calls of this model go to the other one; '' all but embeddings and reranking.
        cache_share: Share of each prompt, but what is written to the cache, that is read from it at least, 0 to 1.
    """

    model: str = ""
    provider: str = ""
    replaced: str = ""
    cache_share: float = 0.0


UNCHANGED = Change()


@contextmanager
def recosted(store: Store, configuration: Configuration, scope: Scope, change: Change) -> Iterator[str]:
    """The name of a table with the calls of ``scope`` as they would have been booked, dropped at the end.

    They are booked by the statement that books real ones. Without a change it is the view `calls`.

    Raises:
        WhatIfError: Nobody knows the other model's price or energy.
    """
    if not change.model and not change.cache_share:
        yield _AS_BOOKED
        return
    models, providers = _models(store, scope, change)
    identity = f"whatif_{uuid.uuid4().hex[:12]}"
    spans, costed = f"{identity}_span", f"{identity}_ledger"
    assumed = {
        "models": models,
        "other_models": [change.model] * len(models),
        "other_providers": providers,
        "token_factor": 1.0,
        "cache_hit_rate": change.cache_share,
        "service_tier": "",
    }
    try:
        plan(store, configuration, identity, scope)
        store.execute(statement("books/whatif_table"), {"target": spans, "like": "llm_spans"})
        store.execute(statement("books/whatif_table"), {"target": costed, "like": "ledger"})
        for part in planned(store, identity):
            chunk = {"restatement_id": identity, "chunk": part["chunk"]}
            store.execute("TRUNCATE TABLE {table:Identifier}", {"table": spans})
            store.execute(statement("books/whatif_span"), {**chunk, "target": spans, **assumed})
            compute_again(store, configuration, identity, part["chunk"], target=costed, spans=spans)
        yield costed
    finally:
        for table in (spans, costed):
            store.execute("DROP TABLE IF EXISTS {table:Identifier}", {"table": table})
        store.execute("DELETE FROM restatement_call WHERE restatement_id = {id:String}", {"id": identity})


def _models(store: Store, scope: Scope, change: Change) -> tuple[list[str], list[str]]:
    """The recorded models that go to the other one, and its provider for each, '' where that stays."""
    if not change.model:
        return [], []
    seen = store.rows(
        "SELECT DISTINCT model, provider FROM calls WHERE ts >= {begin:DateTime64(9, 'UTC')} "
        "AND ts < {end:DateTime64(9, 'UTC')} AND operation NOT IN ('embeddings', 'rerank') "
        "AND {replaced:String} IN ('', model) ORDER BY model",
        begin=scope.begin,
        end=scope.end,
        replaced=change.replaced,
    )
    sellers = {row["provider"] for row in seen}
    provider = change.provider
    if not provider and not all(price_list.resolve(name.lower(), [change.model]).model for name in sellers):
        provider = price_list.resolve("", [change.model]).provider
    resolved = resolve_named(
        store,
        [
            {"provider": name, "request_model": change.model, "response_model": ""}
            for name in sorted({provider} if provider else sellers)
        ],
    )
    for row in resolved:
        if not row["price_model"]:
            raise WhatIfError(f"--model {change.model!r} has no list price: {row['note']}")
    models = sorted({row["model"] for row in seen})
    return models, [provider] * len(models)
