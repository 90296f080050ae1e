"""Costs of random calls by the ledger's stages against genai-prices' own calc_price, over its whole catalogue.

Bar: equal to 1e-12 USD for 100,000 cases: every model that the catalogue prices, context tiers, dates, times of day,
service tiers and speeds. Exceptions, with their reasons, are counted at the end.

    python bench/price_parity.py --cases 100000
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from genai_prices import data_snapshot
from harness.price_cases import catalogue, random_case, resolutions, truth

from spanledger_enrich.prices import price_list
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

EXACT = Decimal("1e-12")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    models = catalogue()
    cases = [random_case(draw, *models[number % len(models)]) for number in range(options.cases)]
    now = datetime.now(UTC)
    rows = [
        {
            "ingested_at": now, "trace_id": f"{number:032x}", "span_id": f"{number:016x}", "status": "ok",
            "usage_source": "reported", **case.span,
        }
        for number, case in enumerate(cases)
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        configuration = load(data_dir=Path(folder))
        with Store.open(configuration, exclusive=True) as store:
            migrate(store)
            load_reference_data(store)
            store.insert("model_resolution", resolutions(models))
            store.insert("llm_spans", rows)
            Worker(store, configuration).catch_up()
            booked = dict(store.client.query("SELECT span_id, list_cost FROM calls").result_rows)
    begin = time.perf_counter()
    truths = [truth(case) for case in cases]
    seconds = time.perf_counter() - begin
    found = [booked[row["span_id"]] for row in rows]
    wrong = [
        (case, cost, true)
        for case, cost, true in zip(cases, found, truths, strict=True)
        if cost is None or abs(cost - true) > EXACT
    ]
    print(f"{len(cases):,} cases, {len(models):,} models, {price_list.SOURCE}, {seconds:.0f} s in calc_price")
    print(f"equal to 1e-12 USD: {len(cases) - len(wrong):,}; equal to the last digit: {_same(found, truths):,}")
    for case, cost, true in wrong[:10]:
        print(f"  differs: {case.span}: {cost} instead of {true}")
    print("not compared: models of the catalogue")
    for reason, count in _left_out(models).items():
        print(f"  {count:>5}  {reason}")
    sys.exit(bool(wrong))


def _same(found: list[Decimal | None], truths: list[Decimal]) -> int:
    return sum(cost == true for cost, true in zip(found, truths, strict=True))


def _left_out(compared: list[tuple[object, object]]) -> Counter[str]:
    """Why models of the catalogue were not compared."""
    inside = {id(model) for _, model in compared}
    reasons: Counter[str] = Counter()
    for provider in data_snapshot.get_snapshot().providers:
        for model in provider.models:
            if id(model) not in inside:
                sets = [part.prices for part in model.prices] if isinstance(model.prices, list) else [model.prices]
                if any(value is not None for prices in sets for value in vars(prices).values()):
                    reasons["priced only by what no span counts (tokens of images or videos): unpriced here"] += 1
                else:
                    reasons["without any price in the catalogue: unpriced here, where calc_price says 0"] += 1
    return reasons


if __name__ == "__main__":
    main()
