"""Which calls are computed anew, and their plan: chunks of bounded size, noted before any is computed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from spanledger_enrich.ledger.enrichment import BEGINNING
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store

# The span of time that the database holds to the nanosecond.
FIRST, LAST = datetime(1901, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which calls a restatement computes anew, or a what-if costs.

    Attributes:
        begin: First start of a call; None: from the first one on.
        end: First moment after them; None: up to the last one.
        tenants: None named: all. Likewise models (as requested or as answered) and providers.
        models: See above.
        providers: See above.
        changed: Only calls that reference data changed under since they were enriched.
    """

    begin: datetime | None = None
    end: datetime | None = None
    tenants: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    changed: bool = True

    def __str__(self) -> str:
        """As JSON, which `from_json` reads."""
        given = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        return json.dumps(given, default=lambda moment: moment.isoformat(), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Scope:
        """Read what `str` gave."""
        given = json.loads(text)
        for name in ("begin", "end"):
            given[name] = datetime.fromisoformat(given[name]) if name in given else None
        for name in ("tenants", "models", "providers"):
            given[name] = tuple(given.get(name, ()))
        return cls(**given)


def plan(store: Store, configuration: Configuration, identity: str, scope: Scope) -> None:
    """Put the calls of a scope into `restatement_call`, in chunks of `batch_calls`."""
    store.execute(
        statement("books/restatement/call"),
        {
            **_asked(store, identity, scope),
            "chunk_calls": configuration.batch_calls,
            "models": list(scope.models),
            "providers": list(scope.providers),
            "default_zone": configuration.default_zone,
            "grid_signal": configuration.grid_signal,
            "grid_basis": configuration.grid_basis,
        },
    )


def of_outcomes(store: Store, identity: str, scope: Scope) -> dict[str, Any] | None:
    """Which outcomes a restatement writes anew; None: none, since they have no model and no provider."""
    return None if scope.models or scope.providers else _asked(store, identity, scope)


def planned(store: Store, identity: str) -> list[dict[str, Any]]:
    """The chunks of a plan, and how many calls each holds."""
    return store.rows(
        "SELECT chunk, count() AS calls FROM restatement_call WHERE restatement_id = {id:String} "
        "GROUP BY chunk ORDER BY chunk",
        id=identity,
    )


def restated_since(store: Store) -> datetime:
    """When the last restatement of everything that had changed began."""
    began = store.value(
        "SELECT max(started_at) FROM restatement FINAL WHERE state = 'done' AND scope = {everything:String}",
        everything=str(Scope()),
    )
    return max(began, BEGINNING) if isinstance(began, datetime) else BEGINNING


def _asked(store: Store, identity: str, scope: Scope) -> dict[str, Any]:
    return {
        "restatement_id": identity,
        "from": scope.begin or FIRST,
        "to": scope.end or LAST,
        "tenants": list(scope.tenants),
        "changed": int(scope.changed),
        "since": restated_since(store),
    }
