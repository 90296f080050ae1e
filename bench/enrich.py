"""Rows per second of the enrichment statement, against a plain typed INSERT SELECT of as many rows, in one run.

Bar: <= 1.3 x the floor's time, and <= 1.5 x the memory that the process grows by at its peak (Linux). The floor copies
the typed columns of llm_spans into a table of the ledger's kind, without joins or arithmetic.

    python bench/enrich.py --calls 1000000
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from traffic import requests

from spanledger_collector.spool import length_prefixed
from spanledger_enrich.resolution import resolve_models, resolve_places
from spanledger_enrich.worker import _BEGINNING, load_reference_data
from spanledger_sql.configuration import load
from spanledger_sql.migrations import migrate
from spanledger_sql.store import Store, statement

_FLOOR = """
INSERT INTO floor (
    trace_id, span_id, ts, duration_ms, service_name, environment, tenant_id, tenant_source, user_id, session_id,
    feature, workflow, run_id, cost_center, dialect, provider, request_model, response_model, operation, streaming,
    ttft_ms, status, error_type, finish_reason, response_id, service_tier, cloud_region, input_tokens,
    cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, usage_source,
    price_status, price_id, price_valid_from, list_cost, contracted_cost, input_cost, cache_read_cost,
    cache_write_cost, output_cost, other_cost, energy_wh, energy_wh_low, energy_wh_high, energy_method, energy_id,
    zone, intensity_g_per_kwh, intensity_source, intensity_resolution, co2e_g, co2e_g_low, co2e_g_high,
    co2e_market_g, embodied_g, water_ml, counted, counted_reason, version, enriched_at, usage_note,
    input_audio_tokens, output_audio_tokens, web_searches, vendor_unit, vendor_quantity, speed, provider_account,
    host_name, scope_name, contract_price_id
)
SELECT
    trace_id, span_id, ts, duration_ms, service_name, environment, tenant_id, tenant_source, user_id, session_id,
    feature, workflow, run_id, cost_center, dialect, provider, request_model, response_model, operation, streaming,
    ttft_ms, status, error_type, finish_reason, response_id, service_tier, cloud_region, input_tokens,
    cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, usage_source,
    'priced', 'list/openai/gpt-4o@1970-01-01', toDateTime64(0, 9, 'UTC'),
    1, 1, 1, 1, 1, 1, 1, 1., 1., 1., 'modelled', 'ecologits/openai/gpt-4o', 'DE', 1., 'Electricity Maps', 'hour',
    1., 1., 1., NULL, 1., NULL, 1, '', 1, now64(6, 'UTC'),
    usage_note, input_audio_tokens, output_audio_tokens, web_searches, vendor_unit, vendor_quantity, speed,
    provider_account, host_name, scope_name, ''
FROM llm_spans
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Store.open(load(data_dir=Path(folder)), exclusive=True) as store:
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
        resolve_models(store, _BEGINNING, until)
        resolve_places(store, _BEGINNING, until, "WORLD")
        store.execute("CREATE TABLE floor AS ledger")
        floor: list[_Measured] = []
        enriched: list[_Measured] = []
        base = _resident("VmRSS")
        parameters = {"after": _BEGINNING, "until": until, "version": 1, "default_zone": "WORLD"}
        for _ in range(options.rounds):
            store.execute("TRUNCATE TABLE floor")
            floor.append(_measured(store, _FLOOR, {}))
            store.execute("TRUNCATE TABLE ledger")
            enriched.append(_measured(store, statement("enrich/ledger"), parameters))
        cost = store.value("SELECT sum(list_cost) FROM calls")
    print(f"{calls:,} calls, best of {options.rounds}; list cost {cost} USD")
    print(f"{'statement':<30} {'rows/s':>10} {'ratio':>6} {'CPU s':>7} {'ratio':>6} {'peak MiB':>9} {'ratio':>6}")
    fastest, least = min(one.seconds for one in floor), min(one.cpu_seconds for one in floor)
    peak = max(one.peak for one in floor) - base
    for name, rounds in (("plain typed INSERT SELECT", floor), ("enrichment", enriched)):
        seconds, cpu = min(one.seconds for one in rounds), min(one.cpu_seconds for one in rounds)
        grown = max(one.peak for one in rounds) - base
        print(
            f"{name:<30} {calls / seconds:>10,.0f} {seconds / fastest:>6.2f} {cpu:>7.1f} {cpu / least:>6.2f} "
            f"{grown / 2**20:>9,.0f} {grown / peak:>6.2f}"
        )


@dataclass(frozen=True)
class _Measured:
    seconds: float
    cpu_seconds: float
    peak: int


def _measured(store: Store, text: str, parameters: dict[str, object]) -> _Measured:
    # The kernel's mark of the process's highest memory starts anew.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    begin, cpu = time.perf_counter(), time.process_time()
    store.execute(text, parameters)
    return _Measured(time.perf_counter() - begin, time.process_time() - cpu, _resident("VmHWM"))


def _resident(field: str) -> int:
    """The process's memory in bytes: VmRSS, as it is, or VmHWM, at its highest."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(status.split(f"{field}:")[1].split()[0])


if __name__ == "__main__":
    main()
