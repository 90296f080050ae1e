"""Rows per second of the enrichment statement, against a plain typed INSERT SELECT of as many rows, in one run.

Bar: <= 1.3 x the floor's time. The floor copies the typed columns of llm_spans into a table of the ledger's kind,
without joins or arithmetic.

    python bench/enrich.py --calls 1000000
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import datetime
from pathlib import Path

from traffic import requests

from spanledger_collector.spool import length_prefixed
from spanledger_enrich.enrichment import BEGINNING, enrich
from spanledger_enrich.resolution import resolve_models, resolve_places
from spanledger_enrich.worker import load_reference_data
from spanledger_sql.configuration import Configuration, load
from spanledger_sql.migrations import migrate
from spanledger_sql.store import Store

_FLOOR = """
INSERT INTO floor SELECT
    trace_id, span_id, ts, duration_ms, service_name, environment, tenant_id, tenant_source, user_id, session_id,
    feature, workflow, run_id, cost_center, dialect, provider, request_model, response_model, operation, streaming,
    ttft_ms, status, error_type, finish_reason, response_id, service_tier, cloud_region, input_tokens,
    cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, usage_source,
    'priced', 'list/openai/gpt-4o@1970-01-01', toDateTime64(0, 9, 'UTC'),
    1, 1, 1, 1, 1, 1, 1, 1., 1., 1., 'modelled', 'ecologits/openai/gpt-4o', 'DE', 1., 'Electricity Maps', 'hour',
    1., 1., 1., NULL, 1., NULL, 1, '', 1, now64(6, 'UTC'),
    usage_note, input_audio_tokens, output_audio_tokens, web_searches, vendor_unit, vendor_quantity, speed,
    provider_account, host_name, scope_name
FROM llm_spans
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Store.open(load(data_dir=Path(folder)), exclusive=True) as store:
        configuration = load(data_dir=Path(folder))
        migrate(store)
        load_reference_data(store)
        # Distinct spans cost most to make: make some, and copy them under other ids inside the engine.
        made = min(options.calls, 100_000)
        store.insert_otlp(b"".join(map(length_prefixed, requests(made // 500, 500))), "bench")
        copies = options.calls // made - 1
        if copies > 0:
            store.execute(
                "INSERT INTO llm_spans "
                "SELECT span.* REPLACE (lower(hex(MD5(concat(trace_id, toString(n))))) AS trace_id) "
                f"FROM llm_spans AS span CROSS JOIN (SELECT number + 1 AS n FROM numbers({copies})) AS copies"
            )
        store.execute("OPTIMIZE TABLE llm_spans FINAL")
        calls = store.value("SELECT count() FROM llm_spans")
        until = store.value("SELECT max(ingested_at) FROM llm_spans")
        resolve_models(store, BEGINNING, until)
        resolve_places(store, BEGINNING, until, "WORLD")
        store.execute("CREATE TABLE floor AS ledger")
        floor, enriched = [], []
        for _ in range(options.rounds):
            store.execute("TRUNCATE TABLE floor")
            floor.append(_seconds(store, _FLOOR, {}))
            store.execute("TRUNCATE TABLE ledger")
            enriched.append(_enrichment_seconds(store, configuration, until))
        cost = store.value("SELECT sum(list_cost) FROM calls")
    print(f"{calls:,} calls, best of {options.rounds}; list cost {cost} USD")
    print(f"{'statement':<40} {'rows/s':>12} {'ratio of times':>15}")
    print(f"{'plain typed INSERT SELECT':<40} {calls / min(floor):>12,.0f} {1:>15.2f}")
    print(f"{'enrichment':<40} {calls / min(enriched):>12,.0f} {min(enriched) / min(floor):>15.2f}")


def _enrichment_seconds(store: Store, configuration: Configuration, until: datetime) -> float:
    begin = time.perf_counter()
    enrich(store, configuration, BEGINNING, until)
    return time.perf_counter() - begin


def _seconds(store: Store, text: str, parameters: dict[str, object]) -> float:
    begin = time.perf_counter()
    store.execute(text, parameters)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
