"""Effective cost: what calls cost once commitments, charges and invoices are told beside them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spanledger_sql.store import Store

# What stands between contracted and effective cost, in the order of the sum.
BETWEEN: Final = ("covered_cost", "commitment_cost", "charge_cost")
COSTS: Final = (*BETWEEN, "effective_cost", "billed_cost")
_NOTHING: Final = Decimal(0)
_COUNTS: Final = (
    "calls", "input_tokens", "cache_read_tokens", "output_tokens", "unpriced_calls", "unknown_energy_calls",
    "missing_usage_calls", "partly_priced_calls",
)  # fmt: skip


def with_effective_cost(
    store: Store, frame: pd.DataFrame, dimensions: Sequence[str], parameters: Mapping[str, Any]
) -> pd.DataFrame:
    """Rows of `chargeback/chargeback` with what stands beside their calls, and rows for what has no calls.

    effective = contracted - covered by commitments + commitments' parts + other charges; billed = effective + prepaid
    credits bought. USD, exact; unknown where no cost of the calls is known and nothing stands beside them.

    Args:
        store: The database.
        frame: The rows, by `dimensions` and ``custom``.
        dimensions: All that the report knows.
        parameters: The report's.
    """
    keys = [*dimensions, "custom"]
    told: dict[tuple[Any, ...], dict[Any, Any]] = {}
    # The engine pays for the plan, whether there is anything or not.
    if store.rows(statement("lookups/kept_books"))[0]["beside"]:
        beside = store.frame("reports/chargeback/beside_calls", **parameters)
        told = {row_key(row, keys): row for row in beside.to_dict("records")}
    rows: list[dict[Any, Any]] = frame.to_dict("records")
    for row in rows:
        _add(row, told.pop(row_key(row, keys), {}))
    for row in told.values():
        empty = without_calls(frame, row, keys)
        _add(empty, row)
        rows.append(empty)
    columns = [str(name) for name in frame]
    place = columns.index("contracted_cost") + 1
    whole = pd.DataFrame(rows, columns=[*columns[:place], *COSTS, *columns[place:]])
    for name in frame:
        if len(frame):
            whole[name] = whole[name].astype(frame[name].dtype)
    whole.attrs["types"] = {**frame.attrs["types"], **dict.fromkeys(COSTS, "Decimal(38, 12)")}
    return whole.sort_values(
        ["month", "day", "hour", "effective_cost"], ascending=[True, True, True, False], kind="stable"
    ).reset_index(drop=True)


def _add(row: dict[Any, Any], beside: Mapping[Any, Any]) -> None:
    for name in BETWEEN:
        row[name] = beside.get(name, _NOTHING)
    if pd.isna(row["contracted_cost"]) and not beside:
        row["effective_cost"] = row["billed_cost"] = None  # of calls of which nothing is known
        return
    contracted = _NOTHING if pd.isna(row["contracted_cost"]) else row["contracted_cost"]
    row["effective_cost"] = contracted - row["covered_cost"] + row["commitment_cost"] + row["charge_cost"]
    row["billed_cost"] = row["effective_cost"] + beside.get("prepaid_cost", _NOTHING)


def without_calls(frame: pd.DataFrame, row: Mapping[Any, Any], keys: Sequence[str]) -> dict[str, Any]:
    """A row of chargeback for what has no calls, by the dimensions of ``row``."""
    empty: dict[str, Any] = dict.fromkeys(map(str, frame), None)
    empty |= {name: row[name] for name in keys} | dict.fromkeys(_COUNTS, 0)
    costs = dict.fromkeys(("list_cost", "contracted_cost", *COSTS), _NOTHING)
    return empty | {name: cost for name, cost in costs.items() if name in frame} | {"unpriced_parts": ""}


def row_key(row: Mapping[Any, Any], names: Sequence[str]) -> tuple[Any, ...]:
    """What tells a row of chargeback from others."""
    return tuple(tuple(row[name]) if name == "custom" else row[name] for name in names)
