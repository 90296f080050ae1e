"""What-if: recorded usage under other models, prices, service tiers or cache hit rates, in money by tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from spanledger_enrich.books.whatif.assumptions import WhatIfError
from spanledger_enrich.books.whatif.recosting import recosting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spanledger_enrich.books.scope import Scope
    from spanledger_enrich.books.whatif.assumptions import Assumptions
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store


def reckon(
    store: Store,
    configuration: Configuration,
    scope: Scope,
    assumptions: Assumptions,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    by: Sequence[str] = ("tenant",),
    **own: object,
) -> pd.DataFrame:
    """Calls, tokens as they would have been, cost as it was and as it would have been, in USD.

    The rows are those of ``reports/prices/whatif``, summed over all calls. ``by`` says by which of its dimensions, and
    ``own`` are its parameters for those of one's own.

    Raises:
        WhatIfError: No call has the model, or the other model has no price.
    """
    nothing: dict[str, list[str]] = {key: [] for key in ("custom", "where_names", "where_values")}
    asked = {"by": list(by), **nothing, **own}
    compared = {**asked, "list": int(assumptions.list_prices), "price_factor": assumptions.price_factor}
    done, parts = 0, []
    with recosting(store, configuration, scope, assumptions) as run:
        for chunk in run.chunks():
            key = {"costed": run.table, "restatement_id": run.identity, "chunk": chunk["chunk"]}
            parts.append(store.frame("reports/prices/whatif", **key, **compared))
            run.forget()
            done += chunk["calls"]
            on_progress(done, run.calls)
    parts = [part for part in parts if len(part)]
    if not parts:
        raise WhatIfError("no calls in the ledger for that scope")
    frame = pd.concat(parts)
    frame["custom"] = frame["custom"].map(tuple)
    frame = frame.groupby([*_DIMENSIONS, "custom"], as_index=False, sort=True).sum()
    frame.attrs["types"] = parts[0].attrs["types"]
    frame.insert(list(frame.columns).index("new_cost") + 1, "difference", frame["new_cost"] - frame["cost"])
    return frame.sort_values("cost", ascending=False)


_DIMENSIONS = ("tenant", "cost_center", "environment", "service", "feature", "workflow", "user", "provider", "model")
