"""Calls priced a second: the ledger's stages against a cost function called for each call, in one run.

Bar: >= 100 x the faster of genai-prices' calc_price and LiteLLM's cost_per_token. They do more: they read
spans, and write ledger rows with energy and emissions. The functions get their arguments ready made. LiteLLM is
asked only where it is installed (pip install litellm).

    python bench/pricing.py --calls 1000000
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from genai_prices import Usage, calc_price
from traffic import requests

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.ledger.enrichment import enrich, new_calls
from spanledger_enrich.ledger.resolution import resolve_models, resolve_places
from spanledger_enrich.ledger.stages import Stages
from spanledger_enrich.worker import load_reference_data
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store, statement

_SAMPLE = 20_000
_PROVIDERS = {"azure.ai.openai": "azure"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Store.open(load(data_dir=Path(folder)), exclusive=True) as store:
        migrate(store)
        load_reference_data(store)
        made = min(options.calls, 100_000)
        store.insert_otlp(b"".join(map(length_prefixed, requests(made // 500, 500))), "bench")
        copies = options.calls // made - 1
        if copies > 0:
            store.execute(
                "INSERT INTO llm_spans "
                "SELECT span.* REPLACE (lower(hex(MD5(concat(trace_id, toString(n))))) AS trace_id) "
                f"FROM llm_spans AS span CROSS JOIN (SELECT number + 1 AS n FROM numbers({copies})) AS copies"
            )
        calls = store.value("SELECT count() FROM llm_spans")
        sample = store.rows(f"SELECT * FROM llm_spans LIMIT {_SAMPLE}")
        stages, configuration = Stages(store), load()
        scope = new_calls(store, configuration, version=1)
        stages.take(scope)
        resolve_models(store, stages.tables["batch"])
        resolve_places(store, stages.tables["batch"])
        whole, prices = [], []
        for _ in range(options.rounds):
            store.execute("TRUNCATE TABLE ledger")
            whole.append(_timed(lambda: enrich(store, configuration, version=1), calls))
        # Pricing alone: the same arithmetic on what the stages put down; nothing that only energy needs is read.
        text = statement("ledger/7_ledger")
        costs = (
            f"{text[text.index('WITH') : text.rindex('SELECT')]} SELECT sum(cost), sum(cost_by_contract) FROM summed"
        )
        for _ in range(options.rounds):
            prices.append(_timed(lambda: store.value(costs, **scope, **stages.tables), calls))
    functions = {"genai-prices calc_price": _each(_genai_prices(sample))}
    if importlib.util.find_spec("litellm"):
        functions["LiteLLM cost_per_token"] = _each(_litellm(sample))
    measured = {
        "the last stage: list and contract cost": min(prices),
        "all stages: spans to ledger rows": min(whole),
        **functions,
    }
    fastest = min(seconds for seconds, _ in functions.values())
    least = min(cpu for _, cpu in functions.values())
    print(f"{calls:,} calls, best of {options.rounds}; the functions over {len(sample):,} calls")
    print(f"{'':<36} {'calls/s':>10} {'x faster':>9} {'CPU us a call':>14} {'x less':>7}")
    for name, (seconds, cpu) in measured.items():
        print(f"{name:<36} {1 / seconds:>10,.0f} {fastest / seconds:>9.1f} {cpu * 1e6:>14.2f} {least / cpu:>7.1f}")


def _timed(run: Callable[[], object], calls: int) -> tuple[float, float]:
    """Seconds and CPU seconds for one of so many calls."""
    begin, cpu = time.perf_counter(), time.process_time()
    run()
    return (time.perf_counter() - begin) / calls, (time.process_time() - cpu) / calls


def _each(priced: list[Callable[[], object]]) -> tuple[float, float]:
    def run() -> None:
        for price in priced:
            price()

    return min(_timed(run, len(priced)) for _ in range(3))


def _genai_prices(sample: list[dict[str, object]]) -> list[Callable[[], object]]:
    def ready(span: dict[str, object]) -> Callable[[], object]:
        counts = {name: span[name] for name in ("input_tokens", "cache_read_tokens", "output_tokens")}
        provider = _PROVIDERS.get(str(span["provider"]), str(span["provider"]))
        return lambda: calc_price(
            Usage(**counts), str(span["response_model"]), provider_id=provider, genai_request_timestamp=span["ts"]
        )

    return [ready(span) for span in sample]


def _litellm(sample: list[dict[str, object]]) -> list[Callable[[], object]]:
    # Without this LiteLLM asks the network for its prices first.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    from litellm import cost_per_token

    def ready(span: dict[str, object]) -> Callable[[], object]:
        provider = _PROVIDERS.get(str(span["provider"]), str(span["provider"]))
        return lambda: cost_per_token(
            model=str(span["response_model"]), custom_llm_provider=provider, prompt_tokens=span["input_tokens"],
            completion_tokens=span["output_tokens"], cache_read_input_tokens=span["cache_read_tokens"],
        )  # fmt: skip

    def known(price: Callable[[], object]) -> bool:
        try:
            price()
        except Exception:  # noqa: BLE001  (it raises its own, of a model that its price file lacks)
            return False
        return True

    return [price for span in sample if known(price := ready(span))]


if __name__ == "__main__":
    main()
