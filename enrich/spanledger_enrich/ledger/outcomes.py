"""Whose outcomes are, by the tenant rules in force: for the worker of those that came, for a restatement of all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from spanledger_enrich.ledger.parts_seen import PartsSeen
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger_sql.store import Store

_REPORTED = "reported_outcome"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_RESTATED = "restated_outcome"


class Outcomes:
    """Takes the outcomes that came since it last looked, for the worker that holds the lease."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen = PartsSeen(store, [_REPORTED])

    def take(self) -> None:
        """Write whose the outcomes are that came; those that are written already stay as they are."""
        others = self._seen.others()
        if not others:
            return
        parts = others.of(_REPORTED)
        for begin, end in _months(self._store, parts=parts):
            _write(self._store, begin, end, parts=parts)
        self._seen.add(others)


def restate_outcomes(
    store: Store, scope: dict[str, Any], *, write: bool, keep_on: Callable[[], bool] = lambda: True
) -> int | None:
    """Write the outcomes of a restatement anew that come out otherwise, month by month; gives how many.

    Args:
        store: The database.
        scope: Which: `restatement_id`, `from`, `to`, `tenants`, `changed` and `since`, as of its calls.
        write: Whether to write them, or only to count them.
        keep_on: Asked before each month; None comes back when it says no, and the same again writes the rest.
    """
    target = "outcome" if write else _RESTATED
    if not write:
        store.execute(statement("ledger/batch/own_table"), {"table": _RESTATED, "like": "outcome"})
    try:
        for begin, end in _months(store):
            if not keep_on():
                return None
            first, last = max(begin, scope["from"]), min(end, scope["to"])
            if first < last:
                _write(store, first, last, target=target, scope=scope)
        return restated_outcomes(store, scope["restatement_id"], table=target)
    finally:
        if not write:
            store.execute(f"DROP TABLE IF EXISTS {_RESTATED}")


def restated_outcomes(store: Store, restatement_id: str, *, table: str = "outcome") -> int:
    """How many outcomes a restatement wrote that nothing wrote since."""
    final = "FINAL" if table == "outcome" else ""
    return int(
        store.value(
            f"SELECT count() FROM {table} {final} WHERE restatement_id = {{id:String}}",  # noqa: S608
            id=restatement_id,
        )
    )


def _months(store: Store, parts: list[str] | None = None) -> list[tuple[datetime, datetime]]:
    """The months of outcomes, so that no statement holds those of all time at once."""
    rows = store.rows(
        "SELECT DISTINCT toDateTime64(toStartOfMonth(ts), 0, 'UTC') AS begins, "
        "addMonths(begins, 1) AS ends FROM reported_outcome "
        "WHERE empty({parts:Array(String)}) OR _part IN {parts:Array(String)} ORDER BY begins",
        parts=parts or [],
    )
    return [(row["begins"], row["ends"]) for row in rows]


def _write(
    store: Store,
    begin: datetime,
    end: datetime,
    *,
    target: str = "outcome",
    parts: list[str] | None = None,
    scope: dict[str, Any] | None = None,
) -> None:
    of_all = {"restatement_id": "", "tenants": [], "changed": 0, "since": _BEGINNING}
    store.execute(
        statement("ledger/batch/outcome_tenant"),
        {
            **of_all,
            **(scope or {}),
            "target": target,
            "version": store.value("SELECT max(version) FROM tenant_rule_set"),
            "from": begin,
            "to": end,
            "parts": parts or [],
        },
    )
