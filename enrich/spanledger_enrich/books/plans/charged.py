"""Charged cost: what tenants pay by their price plans, beside what it costs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from spanledger_enrich.books.effective_cost import row_key, without_calls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spanledger_sql.store import Store

COSTS: Final = ("charged_cost", "showback_cost")
_NOTHING: Final = Decimal(0)
_WITH_TERMS: Final = (
    "SELECT plan_id FROM price_plan FINAL WHERE NOT removed AND (minimum > 0 OR free_amount > 0 OR free_tokens > 0)"
)
_PLANS: Final = "SELECT count() FROM price_plan FINAL WHERE NOT removed"


def with_charged_cost(
    store: Store, frame: pd.DataFrame, dimensions: Sequence[str], parameters: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[str]]:
    """Rows with what tenants pay for them, and rows for what plans take off whole months and add to them; USD, exact.

    Args:
        store: The database.
        frame: Rows of chargeback with effective cost, by `dimensions` and ``custom``.
        dimensions: All that the report knows.
        parameters: The report's.

    Returns:
        The rows, and the names of tenants of whose months a minimum or free allowance is left out, since a month is not
        whole, or only a part of it is asked for.
    """
    rows: list[dict[Any, Any]] = frame.to_dict("records")
    left_out: list[str] = []
    if not store.value(_PLANS):
        for row in rows:
            row["charged_cost"], row["showback_cost"] = row["effective_cost"], _NOTHING
    else:
        keys = [*dimensions, "custom"]
        charged = store.frame("reports/chargeback/charged", **parameters).to_dict("records")
        told = {row_key(row, keys): row for row in charged}
        left_out = _add_terms(store, told, keys, parameters)
        for row in rows:
            of = told.pop(row_key(row, keys), {})
            for name in COSTS:
                row[name] = of.get(name, _NOTHING)
            if pd.isna(row["effective_cost"]) and not row["charged_cost"]:
                row["charged_cost"] = None  # a percentage of what nobody knows
        rows += [{**without_calls(frame, of, keys), **{name: of[name] for name in COSTS}} for of in told.values()]
    columns = [str(name) for name in frame]
    place = columns.index("billed_cost") + 1
    whole = pd.DataFrame(rows, columns=[*columns[:place], *COSTS, *columns[place:]])
    if len(frame):
        whole = whole.astype({str(name): frame[name].dtype for name in frame})
    whole.attrs["types"] = {**frame.attrs["types"], **dict.fromkeys(COSTS, "Decimal(38, 12)")}
    return whole, left_out


def _add_terms(
    store: Store, told: dict[tuple[Any, ...], dict[Any, Any]], keys: Sequence[str], parameters: Mapping[str, Any]
) -> list[str]:
    """Put minimums and free allowances of whole months to what is charged; gives of whom they are left out."""
    rows = store.frame(
        "reports/finance/plans", **{name: parameters[name] for name in ("from", "to", "timezone", "tenants")}
    ).to_dict("records")
    if parameters["where_names"]:
        return sorted({row["tenant"] for row in rows if row["allowance"] or row["minimum"]})
    with_terms = {row["plan_id"] for row in store.rows(_WITH_TERMS)}
    for row in rows:
        amount = row["allowance"] + row["minimum"]
        if not amount:
            continue
        of: dict[Any, Any] = dict.fromkeys(keys, "") | {"custom": ["" for _ in parameters["custom"]]}
        of |= {name: row[name] for name in ("tenant", "month") if name in parameters["by"]}
        one = told.setdefault(row_key(of, keys), of | dict.fromkeys(COSTS, _NOTHING))
        one["charged_cost" if row["pays"] else "showback_cost"] += amount
    return sorted({row["tenant"] for row in rows if not row["is_whole"] and row["plan"] in with_terms})
