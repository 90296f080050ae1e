"""Rows per second of the ledger's stages, against a plain typed INSERT SELECT of as many rows, in one run.

Bar: <= 1.3 x the floor's time, and <= 1.5 x the memory that the process grows by at its peak (Linux). The floor copies
the typed columns of llm_spans into a table of the ledger's kind, without joins or arithmetic.

Both sync what they write to the disk before they are done, which takes the ledger long where disks are slow: what
the floor writes for columns that no span has is constants, and small. `--unsynced` leaves that out.

The enrichment leaves it to merges to look for rows of one key (optimize_on_insert = 0), which a plain INSERT does by
default; the floor is measured both ways.

    python bench/enrich.py --calls 1000000 --unsynced
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from traffic import requests

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.ledger.enrichment import all_parts, enrich, new_calls
from spanledger_enrich.ledger.resolution import resolve_models, resolve_places
from spanledger_enrich.ledger.stages import Stages
from spanledger_enrich.worker import load_reference_data
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

# What the floor writes where llm_spans has no such column: constants of the ledger's types.
_CONSTANTS = {"LowCardinality(String)": "'modelled'", "String": "'x'", "Map(LowCardinality(String), String)": "map()"}


def floor_statement(store: Store) -> str:
    """An INSERT of as many columns as the ledger has: copies where llm_spans has them, else constants."""
    spans = {row["name"] for row in store.rows("DESCRIBE TABLE llm_spans")}
    columns = {row["name"]: row["type"] for row in store.rows("DESCRIBE TABLE ledger")}
    values = [
        name if name in spans else f"CAST({_CONSTANTS.get(kind, '1')}, '{kind.replace(chr(39), chr(92) + chr(39))}')"
        for name, kind in columns.items()
    ]
    return f"INSERT INTO floor ({', '.join(columns)}) SELECT {', '.join(values)} FROM llm_spans"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--unsynced", action="store_true", help="let a power cut lose what was written, on both sides")
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
        stages = Stages(store)
        scope = new_calls(store, configuration, version=1)
        call_parts, parent_parts = all_parts(store)
        stages.choose(scope, call_parts, parent_parts, limit=2**63)
        stages.take(scope)
        resolve_models(store, stages.tables["batch"])
        resolve_places(store, stages.tables["batch"])
        if options.unsynced:
            store.execute("ALTER TABLE ledger MODIFY SETTING fsync_after_insert = 0, fsync_part_directory = 0")
        store.execute("CREATE TABLE floor AS ledger")
        floor_text = floor_statement(store)
        floor: list[_Measured] = []
        bare_floor: list[_Measured] = []
        enriched: list[_Measured] = []
        base = _resident("VmRSS")
        configuration = load()
        for _ in range(options.rounds):
            store.execute("TRUNCATE TABLE floor")
            floor.append(_measured(lambda: store.execute(floor_text)))
            store.execute("TRUNCATE TABLE floor")
            bare_floor.append(_measured(lambda: store.execute(f"{floor_text} SETTINGS optimize_on_insert = 0")))
            store.execute("TRUNCATE TABLE ledger")
            enriched.append(_measured(lambda: enrich(store, configuration, version=1)))
        cost = store.value("SELECT sum(list_cost) FROM calls")
    print(f"{calls:,} calls, best of {options.rounds}; list cost {cost} USD")
    print(f"{'statement':<30} {'rows/s':>10} {'ratio':>6} {'CPU s':>7} {'ratio':>6} {'peak MiB':>9} {'ratio':>6}")
    fastest, least = min(one.seconds for one in floor), min(one.cpu_seconds for one in floor)
    peak = max(one.peak for one in floor) - base
    statements = {
        "plain typed INSERT SELECT": floor,
        "the same, keys left to merges": bare_floor,
        "enrichment": enriched,
    }
    for name, rounds in statements.items():
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


def _measured(run: Callable[[], None]) -> _Measured:
    # The kernel's mark of the process's highest memory starts anew.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    begin, cpu = time.perf_counter(), time.process_time()
    run()
    return _Measured(time.perf_counter() - begin, time.process_time() - cpu, _resident("VmHWM"))


def _resident(field: str) -> int:
    """The process's memory in bytes: VmRSS, as it is, or VmHWM, at its highest."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(status.split(f"{field}:")[1].split()[0])


if __name__ == "__main__":
    main()
