"""Restating every call of a ledger against enriching as many from scratch, in one run, and how much memory each takes.

Bars: restating takes at most 4 x the time of enriching (it computes, compares, and writes), in chunks whose memory does
not grow with the ledger; repeating it changes nothing.

    python bench/restate.py --calls 1000000
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from spanledger_enrich.books.restatement import restate
from spanledger_enrich.books.scope import Scope
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

_SPANS = """
INSERT INTO llm_spans (ingested_at, trace_id, span_id, ts, provider, request_model, operation, status, tenant_id,
                       input_tokens, output_tokens, usage_source)
SELECT now64(6, 'UTC') - INTERVAL 1 DAY + intDiv(number, 100000) * 120,
       lower(hex(MD5(toString(number)))), leftPad(hex(number), 16, '0'),
       toDateTime64('2024-10-01 00:00:00', 9, 'UTC') + toFloat64(number * 2.5), 'openai', 'gpt-4o', 'chat', 'ok',
       concat('tenant-', toString(number % 50)), 1000 + number % 5000, 100, 'reported'
FROM numbers({calls:UInt64})
"""
_PRICE = (
    "INSERT INTO price_list SELECT * REPLACE (input_price * 2 AS input_price, now64(6, 'UTC') AS loaded_at) "
    "FROM price_list FINAL WHERE model = 'gpt-4o'"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--batch-calls", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        configuration = load(data_dir=Path(folder), batch_calls=options.batch_calls)
        with Store.open(configuration, exclusive=True) as store:
            migrate(store)
            load_reference_data(store)
            store.execute(_SPANS, {"calls": options.calls})
            begin = time.perf_counter()
            calls = Worker(store, configuration).catch_up()
            enriching = time.perf_counter() - begin
            enriching_mib = _peak_mib()
            print(f"{'':<28} {'calls/s':>12} {'ratio of times':>15} {'peak MiB':>9} {'changed':>10}")
            print(f"{'enriching from scratch':<28} {calls / enriching:>12,.0f} {1:>15.2f} {enriching_mib:>9,.0f}")
            store.execute(_PRICE)
            for name in ("restating a changed price", "restating it again"):
                begin = time.perf_counter()
                done = restate(store, configuration, Scope(changed=False), requested_by="bench", reason="bench")
                seconds = time.perf_counter() - begin
                print(
                    f"{name:<28} {done.examined_calls / seconds:>12,.0f} {seconds / enriching:>15.2f} "
                    f"{_peak_mib():>9,.0f} {done.changed_calls:>10,}"
                )


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
