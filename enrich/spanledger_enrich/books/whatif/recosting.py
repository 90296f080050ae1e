"""Recosting: recorded calls as the ledger would book them under other assumptions, in tables beside it."""

from __future__ import annotations

import difflib
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books.scope import FIRST, LAST, plan, planned
from spanledger_enrich.books.whatif.assumptions import EVERY_MODEL, WhatIfError
from spanledger_enrich.ledger.enrichment import compute_again
from spanledger_enrich.ledger.resolution import resolve_named
from spanledger_enrich.prices import catalogue_names
from spanledger_enrich.prices.model_alias import PriceNames
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spanledger_enrich.books.scope import Scope
    from spanledger_enrich.books.whatif.assumptions import Assumptions
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

# The ledger itself, in the place of a table of recosted calls.
_AS_BOOKED = "calls"


@dataclass(frozen=True, slots=True)
class Recosting:
    """Calls that are being booked anew, chunk by chunk.

    Attributes:
        identity: Of the plan, as a restatement has one.
        table: Where they are booked, with the ledger's columns.
        plan: The chunks, and how many calls each holds.
    """

    identity: str
    table: str
    plan: list[dict[str, Any]]
    store: Store
    configuration: Configuration
    parameters: Mapping[str, object]

    @property
    def calls(self) -> int:
        """How many calls the plan holds."""
        return sum(chunk["calls"] for chunk in self.plan)

    def chunks(self) -> Iterator[dict[str, Any]]:
        """Each chunk of the plan, once its calls are booked into the table, by the statements that book real ones."""
        for chunk in self.plan:
            self.store.execute("TRUNCATE TABLE {table:Identifier}", {"table": self.spans})
            key = {"restatement_id": self.identity, "chunk": chunk["chunk"]}
            self.store.execute(statement("books/whatif_span"), {**key, "target": self.spans, **self.parameters})
            compute_again(
                self.store, self.configuration, self.identity, chunk["chunk"], target=self.table, spans=self.spans
            )
            yield chunk

    def forget(self) -> None:
        """Empty the table: a report on one chunk needs no other."""
        self.store.execute("TRUNCATE TABLE {table:Identifier}", {"table": self.table})

    @property
    def spans(self) -> str:
        """The table of a chunk's spans as they would have been."""
        return f"{self.identity}_span"


@contextmanager
def recosting(
    store: Store, configuration: Configuration, scope: Scope, assumptions: Assumptions
) -> Iterator[Recosting]:
    """The calls of ``scope``, ready to be booked under the assumptions; what that needs is dropped at the end.

    Raises:
        WhatIfError: No call has a recorded model that is named, or nobody knows the other one's price.
    """
    parameters = {
        **_moves(store, scope, assumptions.models),
        "token_factor": assumptions.token_factor,
        "cache_hit_rate": assumptions.cache_hit_rate,
        "service_tier": assumptions.service_tier,
    }
    identity = f"whatif_{uuid.uuid4().hex[:12]}"
    table = f"{identity}_ledger"
    try:
        plan(store, configuration, identity, scope)
        run = Recosting(identity, table, planned(store, identity), store, configuration, parameters)
        store.execute(statement("books/whatif_table"), {"target": run.spans, "like": "llm_spans"})
        store.execute(statement("books/whatif_table"), {"target": run.table, "like": "ledger"})
        yield run
    finally:
        for name in (f"{identity}_span", table):
            store.execute("DROP TABLE IF EXISTS {table:Identifier}", {"table": name})
        store.execute(statement("books/restatement/forgotten"), {"restatement_id": identity})


@contextmanager
def recosted(store: Store, configuration: Configuration, scope: Scope, assumptions: Assumptions) -> Iterator[str]:
    """The name of a table with all calls of ``scope`` as they would have been booked, dropped at the end.

    Where the calls themselves would have been the same it is the view `calls`.

    Raises:
        WhatIfError: As `recosting`.
    """
    if not assumptions.change_calls:
        yield _AS_BOOKED
        return
    with recosting(store, configuration, scope, assumptions) as run:
        for _ in run.chunks():
            pass
        yield run.table


def _moves(store: Store, scope: Scope, models: Mapping[str, str]) -> dict[str, list[str]]:
    """Which recorded models go where, as `books/whatif_span` takes it; a model that is named goes before all others."""
    moves: dict[str, tuple[str, str]] = {}
    for recorded, named in sorted(models.items(), key=lambda move: move[0] == EVERY_MODEL):
        said = named if recorded == EVERY_MODEL else f"{recorded}={named}"
        seen = _every(store, scope) if recorded == EVERY_MODEL else _recorded(store, recorded)
        if not seen and recorded != EVERY_MODEL:
            raise WhatIfError(
                f"--model {said}: no call in the ledger has the model {recorded!r}{_meant(store, recorded)}"
            )
        provider, _, other = named.rpartition("/") if named.count("/") == 1 else ("", "", named)
        provider = _known(store, said, provider.lower(), other, {row["provider"] for row in seen})
        for row in seen:
            # A model that is named with its date goes where that says, not where its undated name does.
            if row["model"] == recorded or row["model"] not in models:
                moves.setdefault(row["model"], (other, provider))
    return {
        "models": list(moves),
        "other_models": [other for other, _ in moves.values()],
        "other_providers": [provider for _, provider in moves.values()],
    }


def _known(store: Store, said: str, provider: str, other: str, sellers: set[str]) -> str:
    """The other model's provider: as said, else '' for the calls' own, where that has it, else the one it is known by.

    Its price is made known to the join.

    Raises:
        WhatIfError: It has no price.
    """
    names = PriceNames.read(store)
    if not provider and not all(names.resolve(seller, [other]).model for seller in sellers):
        provider = catalogue_names.resolve("", [other]).provider
    wanted = sorted({provider} if provider or not sellers else sellers)
    for row in resolve_named(
        store, [{"provider": name, "request_model": other, "response_model": ""} for name in wanted]
    ):
        if not row["price_model"]:
            raise WhatIfError(
                f"--model {said}: {row['note']}; the nearest known are {', '.join(catalogue_names.nearest(other))}"
            )
    return provider


def _recorded(store: Store, model: str) -> list[dict[str, Any]]:
    return store.rows(statement("lookups/names/recorded_models"), model=model)


def _meant(store: Store, model: str) -> str:
    known = [row["name"] for row in store.rows(statement("reports/filters/names"), kind="model")]
    near = difflib.get_close_matches(model, known, 3)
    return f"; meant {' or '.join(near)}?" if near else ""


def _every(store: Store, scope: Scope) -> list[dict[str, Any]]:
    return store.rows(
        "SELECT DISTINCT model, provider FROM calls WHERE ts >= {begin:DateTime64(9, 'UTC')} "
        "AND ts < {end:DateTime64(9, 'UTC')} AND operation NOT IN ('embeddings', 'rerank') ORDER BY model",
        begin=scope.begin or FIRST,
        end=scope.end or LAST,
    )
