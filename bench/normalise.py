"""What filling `llm_spans` adds to ingest into `otel_traces` alone, in one run.

Bar: filling costs <= 1.3 x of what ingest into otel_traces alone does. Both insert the same export requests in
segments as the node does, the one without the materialized view that reads the dialects: filling is the difference.
Each span of this traffic is one of a call to a model; others cost less.

    python bench/normalise.py
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from mixed_traffic import mixed_requests
from traffic import requests

from spanledger_collector.spool.record import length_prefixed
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.definitions.schema_file import views
from spanledger_sql.store import Store

_VIEW = "llm_spans_from_otel_traces"
_SEGMENT = load().segment_spans


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    traffics = {
        "spans of this library": [(body, 500) for body in requests(options.spans // 500, 500)],
        "spans of a dozen dialects, as captured": list(mixed_requests(options.spans)),
    }
    print(
        f"{'traffic':<42} {'otel_traces':>12} {'and llm_spans':>14} {'filling':>8} {'both':>6}"
        f"  (spans/s, best of {options.rounds})"
    )
    for name, traffic in traffics.items():
        segments = _segments(traffic)
        with tempfile.TemporaryDirectory() as folder, Store.open(load(data_dir=Path(folder)), exclusive=True) as store:
            migrate(store)
            alone, both = [], []
            for _ in range(options.rounds):
                store.execute(f"DROP VIEW {_VIEW}")
                alone.append(_insert(store, segments))
                for statement in _statements():
                    store.execute(statement)
                both.append(_insert(store, segments))
                for table in ("otel_traces", "llm_spans"):
                    store.execute(f"TRUNCATE TABLE {table}")
        spans = sum(count for _, count in traffic)
        ratio = min(both) / min(alone)
        print(f"{name:<42} {spans / min(alone):>12,.0f} {spans / min(both):>14,.0f} {ratio - 1:>8.2f} {ratio:>6.2f}")


def _segments(traffic: list[tuple[bytes, int]]) -> list[bytes]:
    segments, part, spans = [], [], 0
    for body, count in traffic:
        part.append(length_prefixed(body))
        spans += count
        if spans >= _SEGMENT:
            segments.append(b"".join(part))
            part, spans = [], 0
    return [*segments, b"".join(part)] if part else segments


def _insert(store: Store, segments: list[bytes]) -> float:
    begin = time.perf_counter()
    for number, segment in enumerate(segments):
        store.insert_otlp(segment, f"{begin}-{number}")
    return time.perf_counter() - begin


def _statements() -> list[str]:
    return next(view for view in views() if _VIEW in view.makes).statements


if __name__ == "__main__":
    main()
