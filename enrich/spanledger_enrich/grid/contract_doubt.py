"""What an auditor would ask of contracts on power: used twice, more than all, or of another year than the use."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spanledger_sql.store import Store

_COVERING = ("certificate", "ppa")
_STORED = (
    "SELECT contract_id, kind, provider, zone, valid_from, valid_until, mwh, share FROM grid_contract FINAL "
    "WHERE kind IN ('certificate', 'ppa')"
)


def doubts(store: Store, rows: Iterable[dict[str, Any]]) -> list[str]:
    """Why contracts that are to be stored might not be claimed as they are, with those that are there already.

    Args:
        store: The database.
        rows: As `grid_contract.read_files` gives them; a `vintage` is the year in which the power was made.
    """
    new = [row for row in rows if row["kind"] in _COVERING]
    keys = {_key(row) for row in new}
    stored = [row for row in store.rows(_STORED) if _key(row) not in keys]
    return [*_vintages(new), *_used_twice(new, stored), *_more_than_all(new, stored)]


def _vintages(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        vintage = row.get("vintage")
        if vintage and not row["valid_from"].year - 1 <= vintage <= row["valid_until"].year:
            yield (
                f"{row['contract_id']}: power of {vintage} for use from {row['valid_from']:%Y-%m-%d}: registries and "
                "auditors expect a vintage of the same year or the one before"
            )


def _used_twice(new: list[dict[str, Any]], stored: list[dict[str, Any]]) -> Iterator[str]:
    for number, row in enumerate(new):
        for other in itertools.chain(new[number + 1 :], stored):
            if row["contract_id"] == other["contract_id"] and _meet(row, other):
                yield (
                    f"{row['contract_id']}: is claimed twice, for {_for(row)} and for {_for(other)}; an instrument "
                    "covers one use"
                )


def _more_than_all(new: list[dict[str, Any]], stored: list[dict[str, Any]]) -> Iterator[str]:
    for row in new:
        if row["share"] is None:
            continue
        together = [
            other
            for other in itertools.chain(new, stored)
            if other["share"] is not None
            and (other["zone"], other["provider"]) == (row["zone"], row["provider"])
            and other["valid_from"] <= row["valid_from"] < other["valid_until"]
        ]
        if (total := sum(other["share"] for other in together)) > 1 + 1e-9:
            yield f"{row['contract_id']}: with others {_for(row)} is covered to {total:.0%}; each then counts for less"


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["contract_id"], row["zone"], row["provider"], row["valid_from"]


def _meet(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["valid_from"] < other["valid_until"] and other["valid_from"] < one["valid_until"])


def _for(row: dict[str, Any]) -> str:
    return f"{row['zone']}{' at ' + row['provider'] if row['provider'] else ''}"
