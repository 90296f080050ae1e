"""Requests go into the tables of their signals, and of no others: an insert plans all views behind its table."""

from __future__ import annotations

from pathlib import Path

import pytest

from spanledger_collector.otlp_signal import LOGS, METRICS, TRACES
from spanledger_collector.spool.record import length_prefixed
from spanledger_sql.inserts.request_tables import REQUEST_TABLES, request_tables

SPANS, RECORDS, POINTS = (bytes([signal.tag, 200, 1]) + bytes(200) for signal in (TRACES, LOGS, METRICS))
EVERY_TABLE = ["otlp_trace_requests", "otlp_log_requests", "otlp_metric_requests"]


@pytest.mark.parametrize(
    ("bodies", "tables"),
    [
        ([SPANS, SPANS], ["otlp_trace_requests"]),
        ([RECORDS], ["otlp_log_requests"]),
        ([POINTS], ["otlp_metric_requests"]),
        ([POINTS, POINTS, SPANS], ["otlp_trace_requests", "otlp_metric_requests"]),
        ([b"", SPANS, b""], ["otlp_trace_requests"]),
    ],
)
def test_requests_go_into_the_tables_of_their_signals(tmp_path: Path, bodies: list[bytes], tables: list[str]) -> None:
    block = b"".join(map(length_prefixed, bodies))
    (tmp_path / "segment").write_bytes(block)
    assert request_tables(block) == request_tables(tmp_path / "segment") == tables


@pytest.mark.parametrize("block", [length_prefixed(SPANS)[:1], length_prefixed(SPANS) + b"\x05\x22", b"\xff" * 20])
def test_what_is_torn_goes_into_all_and_is_refused_there(block: bytes) -> None:
    assert request_tables(block) == EVERY_TABLE == list(REQUEST_TABLES.values())


def test_a_request_is_told_by_its_first_byte_whatever_stood_before_its_field() -> None:
    unknown = bytes([0x12, 1, 0])
    assert TRACES.spooled(unknown + SPANS) == SPANS
