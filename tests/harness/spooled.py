"""Requests whose spans can be counted, and a spool and a committer without a node around them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.committer import Committer
from spanledger_collector.export_request import from_protobuf
from spanledger_collector.spool.spool import Spool
from spanledger_settings.configuration import Configuration
from spanledger_sql.store import Store

TABLES = ("otel_traces", "llm_spans", "span_parent")


def request(first: int, spans: int = 10, **fields: Any) -> bytes:
    """A request of calls, each with a parent; ids follow from their numbers."""
    message = ExportTraceServiceRequest()
    scope = message.resource_spans.add().scope_spans.add()
    for number in range(first, first + spans):
        draw = random.Random(number)
        span = scope.spans.add(
            trace_id=draw.randbytes(16), span_id=draw.randbytes(8), parent_span_id=draw.randbytes(8), name="chat",
            start_time_unix_nano=1_790_000_000 * 10**9 + number, end_time_unix_nano=1_790_000_001 * 10**9 + number,
            **fields,
        )  # fmt: skip
        for key, value in (("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "gpt-4o")):
            span.attributes.add(key=key).value.string_value = value
        span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = number
    return message.SerializeToString()


def spool_of(configuration: Configuration, **options: Any) -> Spool:
    return Spool(configuration.spool, **{"segment_spans": 1000, "segment_seconds": 0.2, "max_bytes": 2**30, **options})


def acknowledge(spool: Spool, *bodies: bytes) -> None:
    for future in [spool.append(from_protobuf(body)) for body in bodies]:
        future.result(timeout=10)


def commit(store: Store, spool: Spool) -> Committer:
    """Commit what is in the spool."""
    spool.close()
    committer = Committer(spool, store)
    committer.join()
    return committer


def counts(store: Store) -> dict[str, tuple[int, int]]:
    """Rows, and different spans, of each table that an insert reaches."""
    found = {}
    for table in TABLES:
        span = "SpanId" if table == "otel_traces" else "span_id"
        found[table] = tuple(store.rows(f"SELECT count() AS n, uniqExact({span}) AS spans FROM {table}")[0].values())
    return found


def all_once(spans: int) -> dict[str, tuple[int, int]]:
    """What `counts` gives where each of so many spans is in each table once."""
    return dict.fromkeys(TABLES, (spans, spans))


def eventually(condition: Callable[[], object], timeout_s: float = 30.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
