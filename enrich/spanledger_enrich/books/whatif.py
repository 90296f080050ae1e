"""What-if: recorded usage under other models, prices, service tiers or cache hit rates, in money by tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from spanledger_enrich.books.assumptions import WhatIfError
from spanledger_enrich.books.recosting import recosting

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanledger_enrich.books.assumptions import Assumptions
    from spanledger_enrich.books.scope import Scope
    from spanledger_settings.configuration import Configuration
    from spanledger_sql.store import Store


def reckon(
    store: Store,
    configuration: Configuration,
    scope: Scope,
    assumptions: Assumptions,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> pd.DataFrame:
    """By tenant: calls, tokens as they would have been, cost as it was and as it would have been, in USD.

    Raises:
        WhatIfError: No call has the model, or the other model has no price.
    """
    compared = {"list": int(assumptions.list_prices), "price_factor": assumptions.price_factor}
    done, parts = 0, []
    with recosting(store, configuration, scope, assumptions) as run:
        for chunk in run.chunks():
            key = {"costed": run.table, "restatement_id": run.identity, "chunk": chunk["chunk"]}
            parts.append(store.frame("reports/prices/whatif", **key, **compared))
            run.forget()
            done += chunk["calls"]
            on_progress(done, run.calls)
    if not parts:
        raise WhatIfError("no calls in the ledger for that scope")
    frame = pd.concat(parts).groupby("tenant", as_index=False, sort=True).sum()
    frame.insert(list(frame.columns).index("new_cost") + 1, "difference", frame["new_cost"] - frame["cost"])
    return frame.sort_values("cost", ascending=False)
